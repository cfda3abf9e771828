// Throttle: how much and how often, as the service allows it: what is written to a shard and read
// from it, and calls of an account. By the steady clock it was given. Thread-safe. Switched off, it
// answers each question by one comparison and keeps nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "env/clock.h"
#include "model/identity.h"
#include "model/stream_name.h"
#include "storage/engine.h"
#include "stream/bucket_table.h"
#include "stream/settings.h"
#include "stream/stream.h"

namespace millrace::stream {

// Whose calls of what are counted together.
struct CallKey {
    std::string operation;
    model::Identity caller;
    model::Identity owner;     // with `stream`
    model::StreamName stream;  // empty: calls for all streams together
    bool operator==(const CallKey&) const = default;
};

class Throttle final {
public:
    Throttle(const Rates& rates, env::Clock& clock) : rates_(rates), clock_(clock) {}

    bool on() const { return rates_.enforced; }

    // Each of these counts what it admits.
    // A record of `bytes` (data and key) to the shard.
    bool admits_record(const Stream& stream, model::ShardNo shard_no, std::uint64_t bytes);
    // A GetRecords call for the shard: not while it owes for what the last ones returned.
    bool admits_read(storage::ShardKey key);
    // A GetShardIterator call for the shard.
    bool admits_iterator(storage::ShardKey key);
    // A call, of which there may be so many per second.
    bool admits_call(const CallKey& key, std::uint64_t per_second);

    // An admitted read has returned `bytes`.
    void did_read(storage::ShardKey key, std::uint64_t bytes);

    std::size_t size() const { return shards_.size() + calls_.size(); }

private:
    struct ShardBuckets {
        Bucket bytes_in;
        Bucket records_in;
        Bucket bytes_out;
        Bucket reads;
        Bucket iterators;
        bool full(SteadyTime now) const {
            return bytes_in.full(now) && records_in.full(now) && bytes_out.full(now) &&
                   reads.full(now) && iterators.full(now);
        }
    };
    struct ShardHash {
        std::size_t operator()(const storage::ShardKey& key) const;
    };
    struct CallHash {
        std::size_t operator()(const CallKey& key) const;
    };

    const Rates& rates_;
    env::Clock& clock_;
    BucketTable<storage::ShardKey, ShardBuckets, ShardHash> shards_;
    BucketTable<CallKey, Bucket, CallHash> calls_;
};

}  // namespace millrace::stream
