#include "wire/handler.h"

#include "wire/text.h"

namespace millrace::wire {

std::string_view Request::header(std::string_view name) const {
    for (const Header& header : headers) {
        if (same_text(header.name, name)) {
            return header.value;
        }
    }
    return {};
}

}  // namespace millrace::wire
