#include "protocol/target.h"

namespace millrace::protocol {

Target parse_target(std::string_view header) {
    const std::size_t dot = header.find('.');
    if (dot == std::string_view::npos)
        return {header, {}};
    const std::string_view rest = header.substr(dot + 1);
    return {header.substr(0, dot), rest.substr(0, rest.find('.'))};
}

}  // namespace millrace::protocol
