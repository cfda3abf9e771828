#include "protocol/target.h"

namespace millrace::protocol {

Target parse_target(std::string_view header) {
    const std::size_t dot = header.find('.');
    if (dot == std::string_view::npos)
        return {header, {}};
    const std::string_view rest = header.substr(dot + 1);
    return {header.substr(0, dot), rest.substr(0, rest.find('.'))};
}

Target parse_rpc_target(std::string_view path) {
    constexpr std::string_view kService = "/service/";
    constexpr std::string_view kOperation = "/operation/";
    path = path.substr(0, path.find('?'));
    const std::size_t service = path.rfind(kService);
    if (service == std::string_view::npos)
        return {};
    const std::string_view rest = path.substr(service + kService.size());
    const std::size_t operation = rest.find(kOperation);
    if (operation == std::string_view::npos)
        return {rest, {}};
    return {rest.substr(0, operation), rest.substr(operation + kOperation.size())};
}

}  // namespace millrace::protocol
