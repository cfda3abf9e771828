#include "server/verbs.h"

#include <cstdio>
#include <string>
#include <string_view>

#include "millrace/version.h"
#include "server/option_sources.h"
#include "server/option_text.h"
#include "server/option_value.h"
#include "server/probe.h"

namespace millrace::server {
namespace {

constexpr Millis kPatience{2'000};

int refuse(const std::string& message) {
    std::fprintf(stderr, "millrace: %s\n", message.c_str());
    return 2;
}

int print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    return 0;
}

bool asks_for_help(std::string_view word) {
    return word == "--help" || word == "-h";
}

// Where the broker of this environment listens, as seen from this machine.
std::string default_endpoint(std::span<const char* const> environment) {
    std::string listen = "127.0.0.1:4567";
    bool tls = false;
    if (const auto given = read_environment(environment)) {
        for (const Setting& setting : given.value().settings) {
            const auto addresses = split_list(setting.text);
            if (setting.row->name == "listen" && !addresses.empty()) {
                listen = addresses.front();
            }
            tls = tls || (setting.row->name == "tls" && setting.text == "required");
        }
    }
    for (const auto& [any, loopback] :
         {std::pair<std::string_view, std::string_view>{"0.0.0.0:", "127.0.0.1:"},
          {"[::]:", "[::1]:"}}) {
        if (listen.starts_with(any)) {
            listen.replace(0, any.size(), loopback);
        }
    }
    return (tls ? "https://" : "http://") + listen;
}

}  // namespace

int run_health(Arguments arguments, std::span<const char* const> environment) {
    std::string endpoint = default_endpoint(environment);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        static constexpr std::string_view kFlag = "--endpoint";
        if (asks_for_help(word)) {
            return print(
                "usage: millrace health [--endpoint http://127.0.0.1:4567]\n"
                "Exit status 0 if the broker there is ready, else 1. The default is the first "
                "address\n"
                "of MILLRACE_LISTEN.\n");
        }
        if (word == kFlag && i + 1 < arguments.size()) {
            endpoint = arguments[++i];
        } else if (word.starts_with(std::string(kFlag) + "=")) {
            endpoint = word.substr(kFlag.size() + 1);
        } else {
            return refuse("health: '" + std::string(word) + "' is not known; write --endpoint URL");
        }
    }
    const auto probed = probe_health(endpoint, kPatience);
    if (!probed) {
        if (probed.error().code == Errc::kInvalid) {
            return refuse("health: " + probed.error().message);
        }
        std::fprintf(stderr, "millrace: %s\n", probed.error().message.c_str());
        return 1;
    }
    print(probed.value().body);
    return probed.value().status == 200 ? 0 : 1;
}

int run_config(Arguments arguments) {
    if (arguments.empty()) {
        return print(annotated_config());
    }
    const std::string_view word = arguments.front();
    if (arguments.size() == 1 && word == "--markdown") {
        return print(options_markdown());
    }
    if (arguments.size() == 1 && asks_for_help(word)) {
        return print(
            "usage: millrace config [--markdown]\n"
            "Prints every option with its default and its meaning, as a file for --config or as a\n"
            "table.\n");
    }
    return refuse("config: '" + std::string(word) + "' is not known; there is --markdown");
}

int run_version() {
    return print("millrace " + std::string(kVersion) + "\n");
}

}  // namespace millrace::server
