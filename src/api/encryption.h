// Encryption of what a stream stores, under a key that the client names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"
#include "stream/stream.h"

namespace millrace::api {

// Of both directions.
struct StreamEncryptionRequest {
    std::optional<std::string_view> encryption_type;
    std::optional<std::string_view> key_id;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

// In the order messages print.
inline constexpr std::string_view kEncryptionTypes[] = {"NONE", "KMS"};
inline constexpr std::string_view kEncryptionNone = kEncryptionTypes[0];
inline constexpr std::string_view kEncryptionKms = kEncryptionTypes[1];

// What the service says of a stream's new records, and of one record (where it leaves NONE out).
std::string_view encryption_type(const stream::Stream& stream);
std::optional<std::string_view> encryption_type_if(bool encrypted);
// Of a stream that is encrypted.
std::optional<std::string> current_key_id(const stream::Stream& stream);

enum class KeyUse : std::uint8_t { kWrite, kRead };
// Why the caller cannot use the client's key `key_id` for the stream, by the key's state.
// REQUIRES: it is not kEnabled.
ClientError key_unusable(const Context& context, std::string_view key_id, KeyUse use,
                         const stream::Stream& stream);
// Whether the client's key can encrypt what is put into the stream.
Answer<void> check_key(const Context& context, const stream::Stream& stream,
                       std::string_view key_id);
// The same of the key it has, if any.
Answer<void> check_key(const Context& context, const stream::Stream& stream);

Task<Answer<Nothing>> start_stream_encryption(Context& context,
                                              const StreamEncryptionRequest& request);
Task<Answer<Nothing>> stop_stream_encryption(Context& context,
                                             const StreamEncryptionRequest& request);

}  // namespace millrace::api
