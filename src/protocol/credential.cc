#include "protocol/credential.h"

namespace millrace::protocol {

Credential Credential::parse(std::string_view text) {
    text = text.substr(0, text.find_last_not_of('/') + 1);
    Credential credential;
    std::string_view* const elements[] = {&credential.key_id, &credential.date, &credential.region,
                                          &credential.service, &credential.terminator};
    for (std::size_t slash = 0; slash != std::string_view::npos; ++credential.elements) {
        slash = text.find('/');
        if (credential.elements < std::size(elements))
            *elements[credential.elements] = text.substr(0, slash);
        text = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
    }
    return credential;
}

}  // namespace millrace::protocol
