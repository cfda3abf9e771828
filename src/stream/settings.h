// What an operator may set about streams. The defaults are those of the `test` profile: nothing
// waits and nothing is limited.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/time.h"
#include "env/file_system.h"
#include "stream/key_states.h"

namespace millrace::stream {

struct Quotas {
    bool enforced = false;
    std::uint32_t shards_max = 20000;            // open, per account and region
    std::uint32_t on_demand_streams_max = 50;    // per account and region
    std::uint32_t pending_streams_max = 5;       // CREATING or DELETING at once
    std::uint32_t scalings_max = 10;             // UpdateShardCount, per stream and 24 h
    std::uint32_t mode_changes_max = 2;          // per stream and 24 h
    std::uint32_t encryption_changes_max = 25;   // starts, and stops, per stream and 24 h
    std::uint32_t consumers_max = 20;            // per stream
    std::uint32_t committed_consumers_max = 50;  // of an on-demand one in a committed account
    std::uint32_t creating_consumers_max = 5;    // CREATING at once, per account and region
    std::uint32_t tags_max = 50;                 // per stream or consumer; always enforced
};

// How much and how often, per second; 0: without limit.
struct Rates {
    bool enforced = false;
    std::uint64_t write_bytes = 1 << 20;  // to a shard: data and partition keys
    std::uint64_t write_records = 1000;   // to a shard
    std::uint64_t read_bytes = 2 << 20;   // from a shard by GetRecords, all readers together
    std::uint64_t read_calls = 5;         // of GetRecords for a shard
    std::uint64_t iterator_calls = 5;     // of GetShardIterator for a shard
    // Of an operation by an account, where it is not the service's; "*": of all that have a limit.
    std::map<std::string, std::uint64_t, std::less<>> calls;
};

struct SubscriptionSettings {
    Millis life{300'000};
    bool limited = false;                      // to the next, and to one call per second
    std::uint64_t bytes_per_second = 2 << 20;  // to a consumer from a shard; 0: without limit
};

// When a shard of an on-demand stream is split: written to at more than one of these rates over a
// whole window.
struct OnDemand {
    Millis window{60'000};  // 0: never
    std::uint64_t split_bytes_per_second = 500 << 10;
    std::uint64_t split_records_per_second = 500;
    std::uint32_t shards_max = 200;  // open; no further splits
};

struct Settings {
    Millis create_delay{0};    // CREATING -> ACTIVE; 0: within the call
    Millis update_delay{0};    // UPDATING -> ACTIVE
    Millis delete_delay{0};    // DELETING -> gone
    Millis consumer_delay{0};  // of consumers: CREATING -> ACTIVE, DELETING -> gone
    Quotas quotas;
    Rates rates;
    OnDemand on_demand;
    SubscriptionSettings subscriptions;
    env::Path master_key_file;               // empty: master.key in the data directory
    KeyStates key_states;                    // of clients' encryption keys
    bool channels_accepted = false;          // nothing delivers: accepting is for tests of clients
    Millis sweep_interval{60'000};           // between two runs of the retention sweeper
    std::uint32_t snapshot_commands = 1000;  // catalog commands between two snapshots

    // How long to wait yet for what was to be done at `due`: no longer than anything can wait, for
    // the clock may have been stepped back since.
    Millis rest(WallTime due, WallTime now) const {
        const Millis most = std::max({create_delay, update_delay, delete_delay, consumer_delay});
        return std::clamp(due - now, Millis(0), most);
    }
};

}  // namespace millrace::stream
