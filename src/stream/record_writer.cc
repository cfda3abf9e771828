#include "stream/record_writer.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/recycled.h"
#include "crypto/md5.h"
#include "stream/reshard.h"

namespace millrace::stream {
namespace {

// How often records may find their shard closed although the catalog says that nothing closes it.
constexpr int kContradictionsMax = 4;

constexpr std::size_t kHashedAtOnce = 8;

using Indices = RecycledVector<std::uint32_t>;  // of records

// Deals records out to the open shards whatever their keys: in runs, one for each shard, of nearly
// equal length, from a random shard on. A run keeps its order, and its shard is written once.
class EvenSpread final {
public:
    EvenSpread(const Stream& stream, std::size_t records, std::uint64_t random)
        : stream_(stream), records_(records), first_(random % stream.routes.size()) {}

    // Or the one that comes so many shards after it.
    const Shard& shard(std::size_t record, std::size_t after = 0) const {
        const std::size_t shards = stream_.routes.size();
        const std::size_t runs = std::min(records_, shards);
        const std::size_t run = record * runs / records_;
        return stream_.shards[stream_.routes[(first_ + run + after) % shards].value()];
    }

private:
    const Stream& stream_;
    const std::size_t records_;
    const std::size_t first_;
};

}  // namespace

void hash_keys(std::span<const PutRecord> records, std::span<model::HashKey> hashes) {
    std::array<Bytes, kHashedAtOnce> keys;
    std::array<crypto::Md5Digest, kHashedAtOnce> digests;
    for (std::size_t i = 0; i < records.size(); i += kHashedAtOnce) {
        const auto group = records.subspan(i, std::min(kHashedAtOnce, records.size() - i));
        std::ranges::transform(group, keys.begin(), [](const PutRecord& record) {
            return record.explicit_hash ? Bytes() : as_bytes(record.partition_key);
        });
        crypto::md5(std::span(keys).first(group.size()), std::span(digests).first(group.size()));
        for (std::size_t k = 0; k < group.size(); ++k) {
            hashes[i + k] =
                group[k].explicit_hash.value_or(model::HashKey::from_digest(digests[k]));
        }
    }
}

Task<std::vector<PutResult>> RecordWriter::put(StreamPtr stream,
                                               std::span<const PutRecord> records) {
    std::vector<PutResult> results(records.size());
    Indices pending(records.size());
    std::iota(pending.begin(), pending.end(), 0U);
    std::uint64_t stored = 0;
    std::uint64_t stored_bytes = 0;
    const StreamUid uid = stream->uid;
    const bool spreads = stream->distribution == Distribution::kAuto;
    RecycledVector<model::HashKey> hashes(spreads ? 0 : records.size());
    if (!spreads) {
        hash_keys(records, hashes);
    }

    std::optional<SteadyTime> patience_ends;
    int contradictions = 0;
    bool first_try = true;

    while (!pending.empty()) {
        if (stream == nullptr || !stream->writable()) {
            for (const std::uint32_t index : pending) {
                results[index].status = PutStatus::kGone;
            }
            break;
        }
        // After a step of the clock back, what is new must not be older than what has expired.
        const WallTime now = std::max(clock_.now(), stream->horizon_floor);
        if (now > latest()) {
            latest_.store(now, std::memory_order_relaxed);
        }
        RecycledVector<storage::NewRecord> batch;
        batch.reserve(pending.size());
        const EvenSpread spread(*stream, pending.size(), spreads ? entropy_.u64() : 0);
        std::size_t admitted = 0;
        for (std::size_t i = 0; i < pending.size(); ++i) {
            const std::uint32_t index = pending[i];
            const PutRecord& record = records[index];
            const Shard* shard = spreads ? &spread.shard(i) : &stream->route(hashes[index]);
            const std::size_t bytes = record.partition_key.size() + record.data.size();
            // What another shard was to take before counted there.
            bool admits = !first_try || throttle_.admits_record(*stream, shard->no, bytes);
            for (std::size_t k = 1; !admits && spreads && k < stream->open_shards(); ++k) {
                shard = &spread.shard(i, k);
                admits = throttle_.admits_record(*stream, shard->no, bytes);
            }
            if (!admits) {
                results[index].status = PutStatus::kOverloaded;
                results[index].shard_no = shard->no;
                continue;
            }
            pending[admitted++] = index;
            batch.push_back({stream->key(shard->no), record.partition_key, record.data,
                             arrival(*shard, now), 0});
        }
        first_try = false;
        pending.resize(admitted);
        if (pending.empty()) {
            break;
        }
        RecordSeal::Buffer sealed;  // what `batch` views, of an encrypted stream
        if (stream->encrypted) {
            // Asked for what the shards admit, and for nothing else.
            if (key_states_.of(stream->key_id()) != KeyState::kEnabled) {
                for (const std::uint32_t index : pending) {
                    results[index].status = PutStatus::kNoKey;
                }
                break;
            }
            auto done = seal_.seal(*stream, batch);
            if (!done) {
                log::error("a put failed: {} stream={}", done.error().message, stream->name.text());
                break;
            }
            sealed = std::move(done).value();
        }
        const std::vector<storage::AppendResult> appended = co_await engine_.append(batch);
        CHECK(appended.size() == batch.size());

        Indices closed;
        for (std::size_t i = 0; i < appended.size(); ++i) {
            const std::uint32_t index = pending[i];
            PutResult& result = results[index];
            result.encrypted = stream->encrypted;
            switch (appended[i].status) {
                case storage::AppendStatus::kCommitted: {
                    const Shard& shard = stream->shards[batch[i].shard.shard_no];
                    result.status = PutStatus::kStored;
                    result.shard_no = shard.no;
                    result.number = sequence_number(shard, appended[i].position, appended[i].stamp);
                    ++stored;
                    stored_bytes +=
                        records[index].partition_key.size() + records[index].data.size();
                    break;
                }
                case storage::AppendStatus::kClosed:
                    closed.push_back(index);
                    break;
                case storage::AppendStatus::kUnknown:
                    result.status = PutStatus::kFailed;
                    break;
                case storage::AppendStatus::kRejected: {
                    // Of a stream being deleted the shards may be gone before our copy of it.
                    const StreamPtr current = catalog_.find(uid);
                    const bool gone = current == nullptr || !current->writable();
                    result.status = gone ? PutStatus::kGone : PutStatus::kFailed;
                    break;
                }
                case storage::AppendStatus::kOverloaded:
                    result.status = PutStatus::kOverloaded;
                    result.shard_no = model::ShardNo(batch[i].shard.shard_no);
                    break;
            }
        }
        if (stream->mode == Mode::kOnDemand) {
            load_.add(batch, appended);
        }
        pending = std::move(closed);
        if (pending.empty()) {
            break;
        }
        // Sealed before the catalog opens the children: what was not stored waits for them, in its
        // order.
        StreamPtr next = catalog_.find(uid);
        if (next == stream && resharding(*stream)) {
            const SteadyTime steady = clock_.steady();
            if (!patience_ends) {
                patience_ends = steady + kPatience;
            }
            const auto rest = std::chrono::ceil<Millis>(*patience_ends - steady);
            co_await changes_.after(stream, std::max(rest, Millis(0)));
            next = catalog_.find(uid);
            if (next == stream) {
                log::warn("a put gave up waiting for a resharding: stream={}", stream->name.text());
                break;
            }
        } else if (next == stream && ++contradictions == kContradictionsMax) {
            break;
        }
        stream = std::move(next);
    }
    if (stored > 0) {
        meters_.in(uid, stored, stored_bytes);
    }
    co_return results;
}

}  // namespace millrace::stream
