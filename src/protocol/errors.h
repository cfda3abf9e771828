// Every error body there is, rendered in one place: type, status, casing of the message member.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/errors.h"
#include "protocol/content_type.h"
#include "wire/handler.h"

namespace millrace::protocol {

// A response, and what it counts as in the metrics: "ok" or the error's type, in static storage.
struct Reply {
    wire::Response response;
    std::string_view result;
};

inline constexpr std::string_view kSerialization = "SerializationException";
inline constexpr std::string_view kValidation = "ValidationException";
inline constexpr std::string_view kUnknownOperation = "UnknownOperationException";
inline constexpr std::string_view kAccessDenied = "AccessDeniedException";
inline constexpr std::string_view kInternalFailure = "InternalFailure";

// `type` has static storage. Without a message the body has only the type.
Reply error(Format format, std::string_view type,
            const std::optional<std::string>& message = std::nullopt);
Reply error(Format format, const api::ClientError& error);

// `text` as XML has it between tags.
std::string xml_escaped(std::string_view text);

// To callers whose Content-Type names no encoding: <Type><Message>, status 403.
Reply xml_error(std::string_view type, std::string_view message);
// To the same, once they named an operation: status 404 and no more than the type.
Reply xml_unknown_operation();

// To callers of application/json, which is never served: the envelope of an older protocol.
Reply enveloped_error(unsigned status, std::string_view type);

}  // namespace millrace::protocol
