// The one door to toml++, which throws: nothing of it leaves this file.
#include <toml++/toml.h>

#include "server/option_sources.h"

namespace millrace::server {
namespace {

// A value as it would stand in a flag; false if it is of a kind no option has.
bool value_text(const toml::node& node, std::string& text) {
    if (const auto* string = node.as_string()) {
        text = string->get();
    } else if (const auto* integer = node.as_integer()) {
        text = std::to_string(integer->get());
    } else if (const auto* boolean = node.as_boolean()) {
        text = boolean->get() ? "true" : "false";
    } else if (const auto* array = node.as_array()) {
        for (const toml::node& element : *array) {
            const auto* part = element.as_string();
            if (part == nullptr || part->get().find(',') != std::string::npos) {
                return false;
            }
            text.append(text.empty() ? "" : ",").append(part->get());
        }
    } else {
        return false;
    }
    return true;
}

std::string place_of(const toml::node& node, const std::string& file) {
    return file + " line " + std::to_string(node.source().begin.line);
}

std::string written_as(const std::string& name, const std::string& place) {
    return name + " in " + place;
}

Error unknown(const std::string& name, const std::string& place) {
    return Error{Errc::kInvalid, place + ": unknown option '" + name +
                                     "'; `millrace config` prints those there are"};
}

}  // namespace

Result<std::vector<Setting>> read_file_settings(std::string_view document,
                                                const std::string& file) {
    std::vector<Setting> settings;
    try {
        const toml::table table = toml::parse(document, file);
        for (const auto& [key, node] : table) {
            const std::string name(key.str());
            const std::string place = place_of(node, file);
            const OptionRow* const row = find_option(name);
            if (row == nullptr) {
                return unknown(name, place);
            }
            Setting setting{row, {}, written_as(name, place)};
            if (!value_text(node, setting.text)) {
                return Error{Errc::kInvalid,
                             setting.written_as + ": must be a string, a number or true or false"};
            }
            settings.push_back(std::move(setting));
        }
    } catch (const toml::parse_error& error) {
        return Error{Errc::kInvalid, file + " line " + std::to_string(error.source().begin.line) +
                                         ": " + std::string(error.description())};
    } catch (const std::exception& error) {
        return Error{Errc::kInvalid, file + ": " + error.what()};
    }
    return settings;
}

}  // namespace millrace::server
