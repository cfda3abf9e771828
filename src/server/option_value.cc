#include "server/option_value.h"

#include <array>
#include <charconv>
#include <utility>

namespace millrace::server {
namespace {

using O = Options;

struct UnitName {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array kSizes = {UnitName{"GiB", 1ULL << 30}, UnitName{"MiB", 1ULL << 20},
                               UnitName{"KiB", 1ULL << 10}, UnitName{"B", 1}};
constexpr std::array kTimes = {UnitName{"d", 86'400'000}, UnitName{"h", 3'600'000},
                               UnitName{"m", 60'000}, UnitName{"s", 1000}, UnitName{"ms", 1}};

template <class T>
struct Choice {
    std::string_view name;
    T value;
};
constexpr std::array kDurabilities = {Choice<Durability>{"power", Durability::kPower},
                                      Choice<Durability>{"process", Durability::kProcess},
                                      Choice<Durability>{"none", Durability::kNone}};
constexpr std::array kProfiles = {Choice<Profile>{"test", Profile::kTest},
                                  Choice<Profile>{"aws", Profile::kAws}};
constexpr std::array kFormats = {Choice<LogFormat>{"text", LogFormat::kText},
                                 Choice<LogFormat>{"json", LogFormat::kJson}};
constexpr std::array kChannels = {Choice<Channels>{"refuse", Channels::kRefuse},
                                  Choice<Channels>{"accept", Channels::kAccept}};
constexpr std::array kTls = {Choice<Tls>{"auto", Tls::kAuto},
                             Choice<Tls>{"required", Tls::kRequired},
                             Choice<Tls>{"off", Tls::kOff}};
constexpr std::array kBooleans = {Choice<bool>{"true", true}, Choice<bool>{"false", false}};

Error must(const std::string& what) {
    return Error{Errc::kInvalid, "must be " + what};
}

// The number `text` begins with, and what follows it; false without a number.
bool take_number(std::string_view& text, std::uint64_t& number) {
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, number);
    if (failed != std::errc() || stop == text.data()) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return true;
}

template <std::size_t N>
bool take_quantity(std::string_view text, const std::array<UnitName, N>& units,
                   std::uint64_t& value) {
    if (!take_number(text, value)) {
        return false;
    }
    for (const UnitName& unit : units) {
        if (unit.name == text) {
            return !__builtin_mul_overflow(value, unit.factor, &value);
        }
    }
    return text.empty() && value == 0;
}

template <std::size_t N>
std::string print_quantity(std::uint64_t value, const std::array<UnitName, N>& units) {
    for (const UnitName& unit : units) {
        if (value >= unit.factor && value % unit.factor == 0) {
            return std::to_string(value / unit.factor) + std::string(unit.name);
        }
    }
    return "0" + std::string(units.back().name);
}

std::string print_number(std::uint64_t value, Unit unit) {
    switch (unit) {
        case Unit::kNone:
            return std::to_string(value);
        case Unit::kBytes:
            return print_size(value);
        case Unit::kTime:
            break;
    }
    return print_time(O::Millis(value));
}

Result<void> check_range(const OptionRow& row, std::uint64_t value) {
    if (value >= row.min && value <= row.max) {
        return success();
    }
    return must("from " + print_number(row.min, row.unit) + " to " +
                print_number(row.max, row.unit));
}

template <class T, std::size_t N>
Result<void> set_choice(T& field, const std::array<Choice<T>, N>& choices, std::string_view text) {
    std::string names;
    for (std::size_t i = 0; i < N; ++i) {
        if (choices[i].name == text) {
            field = choices[i].value;
            return success();
        }
        names += i == 0 ? "" : i + 1 == N ? " or " : ", ";
        names += choices[i].name;
    }
    return must(names);
}

template <class T, std::size_t N>
std::string print_choice(T value, const std::array<Choice<T>, N>& choices) {
    for (const Choice<T>& choice : choices) {
        if (choice.value == value) {
            return std::string(choice.name);
        }
    }
    return {};
}

struct Setter {
    O& options;
    const OptionRow& row;
    std::string_view text;

    Result<void> operator()(std::string O::*field) const {
        const bool missing = text.empty() && !row.by_default.empty();
        if (missing || text.find('\0') != std::string_view::npos) {
            return must("a text that is not empty");
        }
        options.*field = std::string(text);
        return success();
    }
    Result<void> operator()(std::vector<std::string> O::*field) const {
        auto parts = split_list(text);
        for (const std::string& part : parts) {
            if (part.empty()) {
                return must("a list separated by single commas");
            }
        }
        options.*field = std::move(parts);
        return success();
    }
    Result<void> operator()(std::uint64_t O::*field) const {
        std::uint64_t value = 0;
        if (row.unit == Unit::kBytes) {
            MILLRACE_TRY(value, parse_size(text));
        } else {
            std::string_view rest = text;
            if (!take_number(rest, value) || !rest.empty()) {
                return must("a whole number");
            }
        }
        MILLRACE_TRY(check_range(row, value));
        options.*field = value;
        return success();
    }
    Result<void> operator()(O::Millis O::*field) const {
        MILLRACE_TRY(const O::Millis value, parse_time(text));
        MILLRACE_TRY(check_range(row, static_cast<std::uint64_t>(value.count())));
        options.*field = value;
        return success();
    }
    Result<void> operator()(bool O::*field) const {
        return set_choice(options.*field, kBooleans, text);
    }
    Result<void> operator()(Durability O::*field) const {
        return set_choice(options.*field, kDurabilities, text);
    }
    Result<void> operator()(Profile O::*field) const {
        return set_choice(options.*field, kProfiles, text);
    }
    Result<void> operator()(LogFormat O::*field) const {
        return set_choice(options.*field, kFormats, text);
    }
    Result<void> operator()(Channels O::*field) const {
        return set_choice(options.*field, kChannels, text);
    }
    Result<void> operator()(Tls O::*field) const { return set_choice(options.*field, kTls, text); }
};

struct Printer {
    const O& options;
    const OptionRow& row;

    std::string operator()(std::string O::*field) const { return options.*field; }
    std::string operator()(std::vector<std::string> O::*field) const {
        std::string text;
        for (const std::string& part : options.*field) {
            text.append(text.empty() ? "" : ",").append(part);
        }
        return text;
    }
    std::string operator()(std::uint64_t O::*field) const {
        return print_number(options.*field, row.unit);
    }
    std::string operator()(O::Millis O::*field) const { return print_time(options.*field); }
    std::string operator()(bool O::*field) const { return print_choice(options.*field, kBooleans); }
    std::string operator()(Durability O::*field) const {
        return print_choice(options.*field, kDurabilities);
    }
    std::string operator()(Profile O::*field) const {
        return print_choice(options.*field, kProfiles);
    }
    std::string operator()(LogFormat O::*field) const {
        return print_choice(options.*field, kFormats);
    }
    std::string operator()(Channels O::*field) const {
        return print_choice(options.*field, kChannels);
    }
    std::string operator()(Tls O::*field) const { return print_choice(options.*field, kTls); }
};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t bytes = 0;
    if (!take_quantity(text, kSizes, bytes)) {
        return must("a size such as 512KiB, 64MiB or 1GiB");
    }
    return bytes;
}

Result<O::Millis> parse_time(std::string_view text) {
    std::uint64_t ms = 0;
    // What fits a century fits every sum of times, too.
    constexpr std::uint64_t kCentury = 36'525ULL * 86'400'000;
    if (!take_quantity(text, kTimes, ms) || ms > kCentury) {
        return must("a time such as 500ms, 10s or 1h");
    }
    return O::Millis(ms);
}

std::string print_size(std::uint64_t bytes) {
    return print_quantity(bytes, kSizes);
}

std::string print_time(O::Millis time) {
    return print_quantity(static_cast<std::uint64_t>(time.count()), kTimes);
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) {
            break;
        }
        text.remove_prefix(comma + 1);
        if (text.empty()) {
            parts.emplace_back();
        }
    }
    return parts;
}

Result<void> set_option(O& options, const OptionRow& row, std::string_view text) {
    return std::visit(Setter{options, row, text}, row.field);
}

std::string print_option(const O& options, const OptionRow& row) {
    return std::visit(Printer{options, row}, row.field);
}

}  // namespace millrace::server
