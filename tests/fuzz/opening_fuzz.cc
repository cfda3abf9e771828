// First bytes of a connection, one more at a time: what they were once taken for they stay, and
// they are not waited for any longer than the preface of HTTP/2 is.
#include <cstdint>
#include <cstdlib>

#include "wire/opening.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace millrace::wire;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Opening before = Opening::kUndecided;
    for (std::size_t count = 0; count <= size; ++count) {
        const std::string_view first = bytes.substr(0, count);
        const Opening opening = opening_of(first);
        const bool undecided = opening == Opening::kUndecided;
        if ((before != Opening::kUndecided && opening != before) ||
            undecided != (count < kHttp2Preface.size() && kHttp2Preface.starts_with(first)) ||
            (opening == Opening::kTls) != (count > 0 && first.front() == kTlsHandshake) ||
            (opening == Opening::kHttp2) != first.starts_with(kHttp2Preface))
            std::abort();
        before = opening;
    }
    return 0;
}
