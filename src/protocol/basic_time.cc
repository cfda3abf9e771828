#include "protocol/basic_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace millrace::protocol {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<WallSeconds> parse_basic_time(std::string_view text) {
    const bool formed = text.size() == 16 && text[8] == 'T' && text[15] == 'Z' &&
                        std::ranges::all_of(text.substr(0, 8), is_digit) &&
                        std::ranges::all_of(text.substr(9, 6), is_digit);
    if (!formed)
        return std::nullopt;
    const auto number = [text](std::size_t at, std::size_t digits) {
        unsigned value = 0;
        std::from_chars(&text[at], &text[at] + digits, value);
        return value;
    };
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(0, 4))),
                                           std::chrono::month(number(4, 2)),
                                           std::chrono::day(number(6, 2)));
    const unsigned hours = number(9, 2);
    const unsigned minutes = number(11, 2);
    const unsigned seconds = number(13, 2);
    if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
           Seconds(seconds);
}

std::string basic_time(WallSeconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 40> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace millrace::protocol
