#include "stream/throttle.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <string_view>

namespace millrace::stream {
namespace {

// A stream of large records may write as much at once, though no more in the long run.
constexpr std::uint64_t kLargeRecordBurst = std::uint64_t{10} << 20;
constexpr std::uint32_t kLargeRecordsFromKib = 1024;

bool take_one(Bucket& bucket, std::uint64_t per_second, SteadyTime now) {
    const Rate rate = Rate::of(per_second);
    const bool admitted = bucket.has(rate, 1, now);
    if (admitted) {
        bucket.take(rate, 1, now);
    }
    return admitted;
}

}  // namespace

std::size_t Throttle::ShardHash::operator()(const storage::ShardKey& key) const {
    return std::hash<std::uint64_t>{}((key.stream_uid ^ key.shard_no) * 0x9E3779B97F4A7C15U >> 7);
}

std::size_t Throttle::CallHash::operator()(const CallKey& key) const {
    std::size_t hash = 0;
    for (const std::string_view part : std::initializer_list<std::string_view>{
             key.operation, key.caller.account, key.caller.region, key.owner.account,
             key.stream.text()}) {
        hash = hash * 31 + std::hash<std::string_view>{}(part);
    }
    return hash;
}

bool Throttle::admits_record(const Stream& stream, model::ShardNo shard_no, std::uint64_t bytes) {
    if (!on()) {
        return true;
    }
    const bool large = stream.record_max_kib > kLargeRecordsFromKib;
    const Rate byte_rate{rates_.write_bytes,
                         std::max(rates_.write_bytes, large ? kLargeRecordBurst : 0)};
    const Rate record_rate = Rate::of(rates_.write_records);
    const SteadyTime now = clock_.steady();
    return shards_.with(stream.key(shard_no), now, [&](ShardBuckets& shard) {
        if (!shard.bytes_in.has(byte_rate, bytes, now) ||
            !shard.records_in.has(record_rate, 1, now)) {
            return false;
        }
        shard.bytes_in.take(byte_rate, bytes, now);
        shard.records_in.take(record_rate, 1, now);
        return true;
    });
}

bool Throttle::admits_read(storage::ShardKey key) {
    if (!on()) {
        return true;
    }
    const SteadyTime now = clock_.steady();
    return shards_.with(key, now, [&](ShardBuckets& shard) {
        return shard.bytes_out.free_of_debt(Rate::of(rates_.read_bytes)) <= now &&
               take_one(shard.reads, rates_.read_calls, now);
    });
}

bool Throttle::admits_iterator(storage::ShardKey key) {
    if (!on()) {
        return true;
    }
    const SteadyTime now = clock_.steady();
    return shards_.with(key, now, [&](ShardBuckets& shard) {
        return take_one(shard.iterators, rates_.iterator_calls, now);
    });
}

bool Throttle::admits_call(const CallKey& key, std::uint64_t per_second) {
    if (!on()) {
        return true;
    }
    const SteadyTime now = clock_.steady();
    return calls_.with(key, now, [&](Bucket& calls) { return take_one(calls, per_second, now); });
}

void Throttle::did_read(storage::ShardKey key, std::uint64_t bytes) {
    if (!on() || bytes == 0) {
        return;
    }
    const SteadyTime now = clock_.steady();
    shards_.with(key, now, [&](ShardBuckets& shard) {
        shard.bytes_out.overdraw(Rate::of(rates_.read_bytes), bytes, now);
    });
}

}  // namespace millrace::stream
