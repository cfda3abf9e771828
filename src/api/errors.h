// Client errors: what a handler answers when the caller is at fault or must wait. The texts live in
// api/messages.h, one function per message of ../shared's standard table; rendering is
// protocol/errors.cc's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/success_failure.hpp>

namespace millrace::api {

enum class ErrorType : std::uint8_t {
    kAccessDenied,
    kDryRunOperation,
    kExpiredIterator,
    kExpiredNextToken,
    kInternalFailure,  // the only one with status 500; it has no message on the wire
    kInvalidArgument,
    kKmsAccessDenied,
    kKmsDisabled,
    kKmsInvalidState,
    kKmsNotFound,
    kKmsOptInRequired,
    kKmsThrottling,
    kLimitExceeded,
    kProvisionedThroughputExceeded,
    kResourceInUse,
    kResourceNotFound,
    kValidation,
};

std::string_view type_name(ErrorType type);  // "ResourceNotFoundException"

struct [[nodiscard]] ClientError {
    ErrorType type;
    std::string message;
};

// What every handler returns. Ignoring one does not compile.
template <class T>
using Answer =
    boost::outcome_v2::basic_result<T, ClientError, boost::outcome_v2::policy::terminate>;

}  // namespace millrace::api
