#include "stream/auto_scaling.h"

#include <utility>

#include "base/log.h"
#include "stream/reshard.h"

namespace millrace::stream {
AutoScaling::AutoScaling(Catalog& catalog, Lifecycle& lifecycle, env::Clock& clock,
                         Background& background, ShardLoad& load, const Settings& settings)
    : catalog_(catalog),
      lifecycle_(lifecycle),
      clock_(clock),
      background_(background),
      load_(load),
      settings_(settings) {}

void AutoScaling::resume() {
    if (settings_.on_demand.window > Millis(0)) {
        looked_ = clock_.steady();
        arm();
    }
}

void AutoScaling::arm() {
    auto run = [this]() -> Task<void> { return look(); };
    background_.after(settings_.on_demand.window, std::move(run));
}

Task<void> AutoScaling::look() {
    const auto now = clock_.steady();
    const auto elapsed = std::chrono::duration_cast<Millis>(now - looked_);
    looked_ = now;
    std::map<StreamUid, Sums> streams;
    for (const auto& [key, sums] : load_.take()) {
        streams[StreamUid(key.stream_uid)][model::ShardNo(key.shard_no)] = sums;
    }
    for (const auto& [uid, sums] : streams) {
        if (background_.stopping()) {
            co_return;
        }
        const StreamPtr stream = catalog_.find(uid);
        if (stream == nullptr || stream->status != Status::kActive ||
            stream->mode != Mode::kOnDemand) {
            continue;
        }
        BeginReshard reshard;
        reshard.steps = splits_of(*stream, sums, elapsed);
        if (reshard.steps.empty()) {
            continue;
        }
        const std::size_t splits = reshard.steps.size();
        reshard.uid = uid;
        reshard.planned_over = static_cast<std::uint32_t>(stream->shards.size());
        reshard.mode = stream->mode;
        reshard.due = clock_.now() + settings_.update_delay;
        Action action = std::move(reshard);
        const auto begun =
            co_await lifecycle_.begin(std::move(action), uid, settings_.update_delay);
        if (!begun) {
            log::error("hot shards could not be split: {} stream={}", begun.error().message,
                       stream->name.text());
        } else if (begun.value().outcome == Outcome::kApplied) {
            log::info("hot shards are split: stream={} account={} region={} splits={}",
                      stream->name.text(), stream->owner.account, stream->owner.region, splits);
        }
    }
    arm();
}

bool AutoScaling::hot(const ShardLoad::Sums& sums, Millis elapsed) const {
    const auto seconds = std::chrono::duration<double>(elapsed).count();
    return static_cast<double>(sums.bytes) >
               seconds * static_cast<double>(settings_.on_demand.split_bytes_per_second) ||
           static_cast<double>(sums.records) >
               seconds * static_cast<double>(settings_.on_demand.split_records_per_second);
}

std::vector<ReshardStep> AutoScaling::splits_of(const Stream& stream, const Sums& sums,
                                                Millis elapsed) const {
    std::vector<ReshardStep> steps;
    for (const auto& [no, written] : sums) {
        if (stream.open_shards() + steps.size() >= settings_.on_demand.shards_max) {
            break;
        }
        const Shard* const shard = stream.shard(no);
        if (shard == nullptr || !shard->open() || !hot(written, elapsed)) {
            continue;
        }
        const model::HashKey at = middle(shard->range);
        if (splits(shard->range, at)) {
            steps.push_back({no, at});
        }
    }
    return steps;
}

}  // namespace millrace::stream
