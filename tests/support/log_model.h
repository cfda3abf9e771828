// What a client knows about the records it has sent, and what that allows a log to hold. Each
// record's key carries its number, so that a record found tells which one it claims to be. Copies
// are cheap: a test may keep one for every instant it may later return to. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/engine.h"

namespace millrace::test {

struct Sent {
    storage::ShardKey shard;
    std::string key;
    std::string data;
    WallTime stamp;
    std::uint8_t attributes = 0;

    storage::NewRecord record() const { return {shard, key, as_bytes(data), stamp, attributes}; }
};

// A record read, with its bytes.
struct Found {
    storage::Position position;
    WallTime stamp;
    std::string key;
    std::string data;
    std::uint8_t attributes = 0;

    Found() = default;
    explicit Found(const storage::Record& record);
    bool operator==(const Found&) const = default;
};

class LogModel final {
public:
    // A record about to be sent; `label` makes the key longer.
    const Sent& send(storage::ShardKey shard, std::string data, WallTime stamp,
                     std::string_view label = {}, std::uint8_t attributes = 0);
    // Its answer, and what that says of records sent before: empty, or a complaint.
    std::string answered(const Sent& sent, const storage::AppendResult& result);

    // What contradicts what is known, in words; empty if nothing does. `found` is all of a shard,
    // read from its beginning; records stamped before `reclaimed` may be missing. Records must
    // stand in the order they were sent.
    std::string check(storage::ShardKey shard, const std::vector<Found>& found,
                      WallTime reclaimed = {}) const;

    // What an engine has shown is so from then on: a record in doubt that is in `found` was
    // committed; one that is not there was refused, unless it may have been reclaimed. REQUIRES:
    // check() found nothing wrong.
    void settle(storage::ShardKey shard, const std::vector<Found>& found, WallTime reclaimed = {});

    std::size_t committed(storage::ShardKey shard) const;
    // One past the highest committed position.
    storage::Position beyond(storage::ShardKey shard) const;

private:
    struct Known {
        std::shared_ptr<const Sent> sent;
        bool answered = false;
        storage::AppendResult result;
    };
    std::map<storage::ShardKey, std::map<std::uint64_t, Known>> shards_;
    std::uint64_t sent_ = 0;
};

}  // namespace millrace::test
