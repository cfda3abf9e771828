// The documents made from the table of options.
#pragma once

#include <string>

namespace millrace::server {

// config/millrace.toml: every option, commented out at its default, with what it does.
std::string annotated_config();

// The README's table.
std::string options_markdown();

}  // namespace millrace::server
