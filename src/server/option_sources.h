// Where options come from, and how sources are merged: flag before environment before file before
// the profile's default. Every error is one line that names the setting as the user wrote it and
// says what would be right.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/file_system.h"
#include "server/options.h"

namespace millrace::server {

// One value someone gave, and how they spell the option: "--listen", "MILLRACE_LISTEN",
// "listen in FILE".
struct Setting {
    const OptionRow* row;
    std::string text;
    std::string written_as;
};

struct Given {
    std::vector<Setting> settings;
    std::string config_file;  // empty: none
};

// `arguments` without the program's name and the verb. kUnsupported with the text of --help if that
// was asked for.
Result<Given> read_flags(std::span<const char* const> arguments);

// `environment` as NAME=VALUE. An unknown MILLRACE_ variable is an error, but for those that
// Kubernetes and Docker links derive from a service named millrace.
Result<Given> read_environment(std::span<const char* const> environment);

// A TOML document of `name = value` lines.
Result<std::vector<Setting>> read_file_settings(std::string_view document, const std::string& file);

// The default options of a profile.
Options default_options(Profile profile);

// `settings` in rising precedence. Values are checked one by one, not against each other.
Result<Options> merge_settings(std::span<const Setting> settings);

// Values that do not stand alone: addresses, names, contradictions. The message begins with the
// name of the option.
Result<void> check_options(const Options& options);

// All of it: flags, environment, the file they name, merged and checked.
Result<Options> resolve_options(std::span<const char* const> arguments,
                                std::span<const char* const> environment, env::FileSystem& files);

}  // namespace millrace::server
