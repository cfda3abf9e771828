// The table of options: one row each. Everything a user can set, and everything that is printed
// about it, comes from here.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millrace/options.h"

namespace millrace::server {

// The field a row sets; its type decides how the value is read and printed.
using Field = std::variant<std::string Options::*, std::vector<std::string> Options::*,
                           std::uint64_t Options::*, Options::Millis Options::*, bool Options::*,
                           Durability Options::*, Profile Options::*, LogFormat Options::*,
                           Channels Options::*, Tls Options::*>;

enum class Unit : std::uint8_t { kNone, kBytes, kTime };

struct OptionRow {
    std::string_view name;   // the flag without "--", and the key in the file
    std::string_view group;  // heading in --help and in the documents
    Field field;
    std::string_view by_default;  // in the `test` profile
    std::string_view in_aws;      // in the `aws` profile; empty: the same
    std::string_view help;        // sentences
    // Of numbers and times (milliseconds).
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
    Unit unit = Unit::kNone;
};

std::span<const OptionRow> option_rows();
const OptionRow* find_option(std::string_view name);

// "MILLRACE_DATA_DIR".
std::string environment_name(const OptionRow& row);
// "SIZE", "TIME", "power|process|none".
std::string value_name(const OptionRow& row);

}  // namespace millrace::server
