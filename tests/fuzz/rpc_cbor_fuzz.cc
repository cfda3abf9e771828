// Smithy's RPC v2 CBOR: a path, a line feed, a body. A path names what is in it, and only that.
#include <cstdint>

#include "fuzz/body_fuzz.h"
#include "protocol/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace millrace::protocol;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = input.find('\n');
    const std::string_view path = input.substr(0, line);
    const Target target = parse_rpc_target(path);
    if (target.names_both()) {
        std::string named("/service/");
        named.append(target.service).append("/operation/").append(target.operation);
        fail_unless(path.find(named) != std::string_view::npos);
        fail_unless(target.operation.find('?') == std::string_view::npos);
    }
    if (line != std::string_view::npos)
        fuzz_body(input.substr(line + 1), Format::kRpcCbor);
    return 0;
}
