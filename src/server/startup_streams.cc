#include "server/startup_streams.h"

#include <charconv>
#include <set>
#include <string_view>

#include "model/limits.h"
#include "model/patterns.h"

namespace millrace::server {
namespace {

constexpr std::uint32_t kShardsMax = 10'000;

Error wrong(std::string_view part, std::string_view why) {
    std::string message(1, '\'');
    message.append(part).append("' ").append(why);
    message += "; write NAME, NAME:SHARDS or NAME:on-demand, separated by commas";
    return Error{Errc::kInvalid, std::move(message)};
}

}  // namespace

Result<std::vector<stream::StartupStream>> parse_startup_streams(const Options& options) {
    std::vector<stream::StartupStream> streams;
    std::set<std::string_view> names;
    for (const std::string& part : options.streams) {
        const std::string_view text = part;
        const std::size_t colon = text.find(':');
        const std::string_view name = text.substr(0, colon);
        if (!model::kNamePattern.matches(name) || name.empty() ||
            name.size() > static_cast<std::size_t>(model::kNameMaxUnits)) {
            return wrong(part, "has no stream name of 1 to 128 letters, digits, '_', '.' and '-'");
        }
        if (!names.insert(name).second) {
            return wrong(part, "names a stream twice");
        }
        stream::StartupStream& stream = streams.emplace_back();
        stream.owner = {options.account, options.region};
        stream.name = model::StreamName(name);
        if (colon == std::string_view::npos) {
            continue;
        }
        const std::string_view what = text.substr(colon + 1);
        if (what == "on-demand") {
            stream.mode = stream::Mode::kOnDemand;
            stream.shards = static_cast<std::uint32_t>(model::kOnDemandInitialShards);
            continue;
        }
        const char* const end = what.data() + what.size();
        const auto [stop, failed] = std::from_chars(what.data(), end, stream.shards);
        if (failed != std::errc() || stop != end || stream.shards < 1 ||
            stream.shards > kShardsMax) {
            return wrong(part, "has no number of shards between 1 and 10000");
        }
    }
    return streams;
}

}  // namespace millrace::server
