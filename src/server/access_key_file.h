// The file that names who may call, in the format in which AWS's tools keep credentials: a section
// for each key, with aws_access_key_id and aws_secret_access_key, and if wanted aws_session_token
// and aws_account_id.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "env/file_system.h"
#include "protocol/access_keys.h"

namespace millrace::server {

// Errors name the place and never quote what might be a secret.
Result<std::shared_ptr<const protocol::AccessKeys>> parse_access_keys(const std::string& text);
// The same, of a file.
Result<std::shared_ptr<const protocol::AccessKeys>> load_access_keys(env::FileSystem& host,
                                                                     const std::string& path);

}  // namespace millrace::server
