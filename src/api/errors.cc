#include "api/errors.h"

#include "base/check.h"

namespace millrace::api {

std::string_view type_name(ErrorType type) {
    switch (type) {
        case ErrorType::kAccessDenied:
            return "AccessDeniedException";
        case ErrorType::kDryRunOperation:
            return "DryRunOperationException";
        case ErrorType::kExpiredIterator:
            return "ExpiredIteratorException";
        case ErrorType::kExpiredNextToken:
            return "ExpiredNextTokenException";
        case ErrorType::kInternalFailure:
            return "InternalFailure";
        case ErrorType::kInvalidArgument:
            return "InvalidArgumentException";
        case ErrorType::kKmsAccessDenied:
            return "KMSAccessDeniedException";
        case ErrorType::kKmsDisabled:
            return "KMSDisabledException";
        case ErrorType::kKmsInvalidState:
            return "KMSInvalidStateException";
        case ErrorType::kKmsNotFound:
            return "KMSNotFoundException";
        case ErrorType::kKmsOptInRequired:
            return "KMSOptInRequired";
        case ErrorType::kKmsThrottling:
            return "KMSThrottlingException";
        case ErrorType::kLimitExceeded:
            return "LimitExceededException";
        case ErrorType::kProvisionedThroughputExceeded:
            return "ProvisionedThroughputExceededException";
        case ErrorType::kResourceInUse:
            return "ResourceInUseException";
        case ErrorType::kResourceNotFound:
            return "ResourceNotFoundException";
        case ErrorType::kValidation:
            return "ValidationException";
    }
    check_failed("known ErrorType", __FILE__, __LINE__);
}

}  // namespace millrace::api
