// CBOR bodies.
#include <cstdint>

#include "fuzz/body_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace millrace::protocol;
    fuzz_body({reinterpret_cast<const char*>(data), size}, Format::kCbor);
    return 0;
}
