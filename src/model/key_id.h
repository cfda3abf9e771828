// Identifiers of encryption keys, in the forms the service takes: a key's UUID or multi-region id
// ("mrk-..."), "alias/NAME", and the ARN of either.
#pragma once

#include <string>
#include <string_view>

#include "model/identity.h"

namespace millrace::model {

bool is_key_id(std::string_view text);

// What an identifier says of the key itself, whatever its form: "alias/NAME" or the key's own id.
// REQUIRES: is_key_id(text).
std::string_view key_name(std::string_view text);

// As an ARN; what is not one yet is of `owner`. REQUIRES: is_key_id(text).
std::string key_arn(std::string_view text, const Identity& owner);

}  // namespace millrace::model
