#include "console/clock_document.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace millrace::console {
namespace {

constexpr std::size_t kBytesMax = 1024;  // a document takes many times its text's memory
constexpr double kSecondsMax = 1e10;     // more than the clock knows

double seconds(Millis time) {
    return static_cast<double>(time.count()) / 1000;
}

Error wrong(const std::string& what) {
    return {Errc::kInvalid, what};
}

Result<Millis> read_seconds(const std::string& name, const nlohmann::json& value) {
    if (!value.is_number()) {
        return wrong(name + " must be a number of seconds");
    }
    const auto number = value.get<double>();
    if (!(number >= 0 && number <= kSecondsMax)) {  // nor what is no number
        return wrong(name + " must be from 0 to " + std::to_string(std::llround(kSecondsMax)));
    }
    return Millis(std::llround(number * 1000));
}

}  // namespace

std::string write_clock(const ClockControl::Reading& reading) {
    const nlohmann::ordered_json document = {
        {"now", seconds(reading.now.time_since_epoch())},
        {"frozen", reading.frozen},
        {"ahead", seconds(reading.ahead)},
    };
    return document.dump() + "\n";
}

Result<ClockControl::Order> read_clock_order(std::string_view json) {
    if (json.size() > kBytesMax) {
        return wrong("the body must not be longer than " + std::to_string(kBytesMax) + " bytes");
    }
    const auto document = nlohmann::json::parse(json, nullptr, false);
    if (!document.is_object()) {
        return wrong("the body must be a JSON object");
    }
    ClockControl::Order order;
    for (const auto& [name, value] : document.items()) {
        if (name == "frozen") {
            if (!value.is_boolean()) {
                return wrong("frozen must be true or false");
            }
            order.frozen = value.get<bool>();
        } else if (name == "now") {
            MILLRACE_TRY(const Millis since, read_seconds(name, value));
            order.now = WallTime(since);
        } else if (name == "advance") {
            MILLRACE_TRY(order.advance, read_seconds(name, value));
        } else {
            return wrong("there are frozen, now and advance");
        }
    }
    return order;
}

}  // namespace millrace::console
