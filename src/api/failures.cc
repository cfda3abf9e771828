#include "api/failures.h"

#include "api/messages.h"
#include "base/log.h"

namespace millrace::api {

ClientError failure(const Error& error, std::string_view operation) {
    switch (error.code) {
        case Errc::kClosed:  // the broker is stopping
        case Errc::kOverloaded:
        case Errc::kWouldBlock:
            log::warn("request not served: {} operation={}", error.message, operation);
            return internal_failure();
        case Errc::kNotFound:
        case Errc::kExists:
        case Errc::kInvalid:
        case Errc::kCorrupt:
        case Errc::kNoSpace:
        case Errc::kIo:
        case Errc::kPoisoned:
        case Errc::kLocked:
        case Errc::kUnsupported:
            log::error("request failed: {} operation={}", error.message, operation);
            return internal_failure();
    }
    return internal_failure();
}

ClientError unexpected(stream::Outcome outcome, std::string_view operation) {
    log::error("catalog answered with an unexpected outcome outcome={} operation={}",
               static_cast<int>(outcome), operation);
    return internal_failure();
}

}  // namespace millrace::api
