// Why a broker did not start. `message` is one line that names what is wrong and what to do.
#pragma once

#include <string>

namespace millrace {

struct StartError {
    enum class Kind {
        kOptions,  // a value is out of range or contradicts another
        kAddress,  // an address cannot be listened on
        kData,     // the data directory is locked, unreadable or of an unknown format
        kInternal,
    };
    Kind kind = Kind::kInternal;
    std::string message;
};

}  // namespace millrace
