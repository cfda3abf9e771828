#include "server/call_rates.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "api/operations.h"

namespace millrace::server {
namespace {

constexpr std::uint64_t kRateMax = 1'000'000'000;

Error wrong(std::string_view part, std::string_view why) {
    std::string message(1, '\'');
    message.append(part).append("' ").append(why);
    message += "; write OPERATION:COUNT or *:COUNT, separated by commas";
    return Error{Errc::kInvalid, std::move(message)};
}

// Writing and reading records is limited by shard.
bool has_limit(std::string_view name) {
    const api::Operation* const operation = api::find_operation(name);
    return name == "*" || (operation != nullptr && operation->calls_per_second != 0);
}

}  // namespace

Result<CallRates> parse_call_rates(const Options& options) {
    CallRates rates;
    for (const std::string& part : options.call_rates) {
        const std::string_view text = part;
        const std::size_t colon = text.find(':');
        const std::string_view name = text.substr(0, colon);
        if (!has_limit(name)) {
            return wrong(part, "names no operation with a limit of its own");
        }
        const std::string_view count =
            colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
        const char* const end = count.data() + count.size();
        std::uint64_t rate = 0;
        const auto [stop, failed] = std::from_chars(count.data(), end, rate);
        if (failed != std::errc() || stop != end || rate > kRateMax) {
            return wrong(part, "has no number of calls from 0, which is no limit, to 1000000000");
        }
        if (!rates.emplace(name, rate).second) {
            return wrong(part, "names an operation twice");
        }
    }
    return rates;
}

}  // namespace millrace::server
