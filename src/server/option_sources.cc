#include "server/option_sources.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "crypto/certificates.h"
#include "server/call_rates.h"
#include "server/kms_keys.h"
#include "server/option_value.h"
#include "server/startup_streams.h"
#include "wire/address.h"

namespace millrace::server {
namespace {

constexpr std::uint64_t kConfigFileBytesMax = 1 << 20;

Error invalid(std::string_view name, std::string_view why) {
    return Error{Errc::kInvalid, std::string(name).append(": ").append(why)};
}

bool digits(std::string_view text, std::size_t count) {
    return text.size() == count &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool region_name(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), fits);
}

Result<std::string> read_text(env::FileSystem& files, const std::string& path) {
    const auto unreadable = [&path](const Error& error) {
        return invalid("config", "cannot read " + path + ": " + error.message);
    };
    auto file = files.open(path, env::OpenMode::kReadOnly);
    if (!file) {
        return unreadable(file.error());
    }
    const auto size = file.value()->size();
    if (!size) {
        return unreadable(size.error());
    }
    if (size.value() > kConfigFileBytesMax) {
        return invalid("config", path + " is larger than 1MiB");
    }
    std::string text(size.value(), '\0');
    const auto out = std::as_writable_bytes(std::span(text.data(), text.size()));
    const auto read = file.value()->read_at(0, out, env::ReadMode::kMayBlock);
    if (!read) {
        return unreadable(read.error());
    }
    text.resize(read.value());
    return text;
}

}  // namespace

Result<Given> read_environment(std::span<const char* const> environment) {
    static constexpr std::string_view kPrefix = "MILLRACE_";
    std::map<std::string, const OptionRow*> names;
    for (const OptionRow& row : option_rows()) {
        names.emplace(environment_name(row), &row);
    }
    Given given;
    for (const std::string_view entry : environment) {
        const std::size_t equals = entry.find('=');
        const std::string name(entry.substr(0, equals));
        if (equals == std::string_view::npos || !name.starts_with(kPrefix)) {
            continue;
        }
        const std::string value(entry.substr(equals + 1));
        if (name == "MILLRACE_CONFIG") {
            given.config_file = value;
        } else if (const auto at = names.find(name); at != names.end()) {
            given.settings.push_back({at->second, value, name});
        } else if (!name.starts_with("MILLRACE_SERVICE_") && !name.starts_with("MILLRACE_PORT")) {
            return invalid(name, "no such option; `millrace serve --help` lists those there are");
        }
    }
    return given;
}

Options default_options(Profile profile) {
    Options options;
    for (const OptionRow& row : option_rows()) {
        const bool aws = profile == Profile::kAws && !row.in_aws.empty();
        CHECK(set_option(options, row, aws ? row.in_aws : row.by_default).has_value());
    }
    options.profile = profile;
    return options;
}

Result<Options> merge_settings(std::span<const Setting> settings) {
    Options chosen;  // for its profile alone, which decides the defaults of the rest
    for (const Setting& setting : settings) {
        const Result<void> set = set_option(chosen, *setting.row, setting.text);
        if (!set) {
            return invalid(setting.written_as, "'" + setting.text + "' " + set.error().message);
        }
    }
    Options options = default_options(chosen.profile);
    for (const Setting& setting : settings) {
        MILLRACE_TRY(set_option(options, *setting.row, setting.text));
    }
    return options;
}

Result<void> check_options(const Options& options) {
    if (options.listen.empty()) {
        return invalid("listen", "names no address; write ADDRESS:PORT, such as 127.0.0.1:4567");
    }
    std::set<std::string> addresses;
    for (const std::string& text : options.listen) {
        const auto address = wire::parse_address(text);
        if (!address) {
            return invalid("listen", address.error().message);
        }
        if (address.value().port != 0 && !addresses.insert(to_string(address.value())).second) {
            return invalid("listen", text + " is named twice");
        }
    }
    if (options.data_dir.empty()) {
        return invalid("data-dir", "must not be empty");
    }
    if (!digits(options.account, 12)) {
        return invalid("account", "must be 12 digits");
    }
    if (!region_name(options.region)) {
        return invalid("region", "must be a region's name such as us-east-1");
    }
    static const std::set<std::string_view> kLevels = {"trace", "debug", "info",
                                                       "warn",  "error", "off"};
    if (!kLevels.contains(options.log_level)) {
        return invalid("log-level", "must be trace, debug, info, warn, error or off");
    }
    const auto streams = parse_startup_streams(options);
    if (!streams) {
        return invalid("streams", streams.error().message);
    }
    for (const std::string& name : options.tls_names) {
        if (!crypto::is_name(name)) {
            return invalid("tls-names", "'" + name + "' is neither a host name nor an address");
        }
    }
    const auto rates = parse_call_rates(options);
    if (!rates) {
        return invalid("call-rates", rates.error().message);
    }
    if (options.tls_certificate.empty() && !options.tls_key.empty()) {
        return invalid("tls-key", "needs tls-certificate");
    }
    if (options.tls == Tls::kOff && !options.tls_certificate.empty()) {
        return invalid("tls-certificate", "has no use with tls off");
    }
    if (options.tls != Tls::kRequired && !options.tls_client_ca.empty()) {
        return invalid("tls-client-ca",
                       "needs tls required, or clients without TLS would pass it by");
    }
    if (options.test_controls && !options.access_keys.empty()) {
        return invalid("test-controls",
                       "has no use with access-keys: nobody signs what moves the clock, and that "
                       "lets records expire");
    }
    const auto keys = parse_kms_keys(options);
    if (!keys) {
        return invalid("kms-keys", keys.error().message);
    }
    if (options.body_memory < options.body_size_max) {
        return invalid("body-memory",
                       "must be at least body-size-max, or no request of that size "
                       "could be read");
    }
    // Embedding programs fill the struct themselves; hold their values to the same ranges.
    for (const OptionRow& row : option_rows()) {
        Options copy;
        const Result<void> set = set_option(copy, row, print_option(options, row));
        if (!set) {
            return invalid(row.name, set.error().message);
        }
    }
    return success();
}

Result<Options> resolve_options(std::span<const char* const> arguments,
                                std::span<const char* const> environment, env::FileSystem& files) {
    MILLRACE_TRY(const Given flags, read_flags(arguments));
    MILLRACE_TRY(const Given variables, read_environment(environment));
    const std::string& file = flags.config_file.empty() ? variables.config_file : flags.config_file;
    std::vector<Setting> settings;
    if (!file.empty()) {
        MILLRACE_TRY(const std::string document, read_text(files, file));
        MILLRACE_TRY(settings, read_file_settings(document, file));
    }
    settings.insert(settings.end(), variables.settings.begin(), variables.settings.end());
    settings.insert(settings.end(), flags.settings.begin(), flags.settings.end());
    MILLRACE_TRY(Options options, merge_settings(settings));
    MILLRACE_TRY(check_options(options));
    return options;
}

}  // namespace millrace::server
