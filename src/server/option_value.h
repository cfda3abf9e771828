// Reading and printing the values of options. Strict: a size needs a unit (64MiB, 512KiB, 1GiB,
// 100B; 0 alone is fine), a time too (500ms, 10s, 5m, 1h, 7d); nothing is rounded, trimmed or
// guessed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/options.h"

namespace millrace::server {

// The message says what would be right: "must be a time such as 500ms, 10s or 1h".
Result<std::uint64_t> parse_size(std::string_view text);
Result<Options::Millis> parse_time(std::string_view text);

// In the largest unit that divides it.
std::string print_size(std::uint64_t bytes);
std::string print_time(Options::Millis time);

std::vector<std::string> split_list(std::string_view text);  // at commas; empty text: no elements

// Reads `text` into the row's field, or says why not: a message that begins with "must".
Result<void> set_option(Options& options, const OptionRow& row, std::string_view text);

// The field's value as it would be written.
std::string print_option(const Options& options, const OptionRow& row);

}  // namespace millrace::server
