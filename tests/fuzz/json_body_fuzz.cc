// JSON bodies; the same bytes also try base64, whose paths must agree.
#include <cstdint>
#include <vector>

#include "base/base64.h"
#include "fuzz/body_fuzz.h"

namespace {

using namespace millrace;

void fuzz_base64(std::string_view input) {
    const auto decode = [&](base64::Path path) {
        std::vector<std::byte> out(base64::decoded_size_max(input.size()));
        const auto decoded = base64::decode(input, out.data(), path);
        out.resize(decoded.fault == base64::Fault::kNone ? decoded.size : 0);
        return std::tuple(decoded.fault, decoded.at, out);
    };
    const auto encode = [&](base64::Path path, Bytes bytes) {
        std::string out(base64::encoded_size(bytes.size()), '\0');
        base64::encode(bytes, out.data(), path);
        return out;
    };
    const auto plain = decode(base64::Path::kPlain);
    protocol::fail_unless(plain == decode(base64::best_path()));
    if (std::get<0>(plain) == base64::Fault::kNone) {
        protocol::fail_unless(encode(base64::best_path(), std::get<2>(plain)) == input);
    }
    protocol::fail_unless(encode(base64::Path::kPlain, as_bytes(input)) ==
                          encode(base64::best_path(), as_bytes(input)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    fuzz_base64(input);
    protocol::fuzz_body(input, protocol::Format::kJson);
    return 0;
}
