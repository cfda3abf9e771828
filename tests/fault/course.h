// A fixed course of calls on a segment engine, and what its client knows at every instant. The
// course goes on when calls fail; what they answered is what is known. Afterwards, or on a picture
// of the disk, Knowledge says whether an engine holds what it must and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/log_model.h"
#include "support/segment_host.h"

namespace millrace::test {

// How far a call has come.
enum class Asked : std::uint8_t { kNever, kUnanswered, kDone };

// All that an engine holds.
struct Held {
    struct Shard {
        std::vector<Found> records;
        bool sealed = false;
        storage::Position tip;
    };
    std::map<storage::ShardKey, Shard> shards;
    storage::CatalogLog::Replay catalog;
};

class Knowledge final {
public:
    struct Shard {
        Asked create = Asked::kNever;
        Asked seal = Asked::kNever;
        Asked drop = Asked::kNever;
        storage::Position end;  // once sealed
        WallTime reclaimed{};
    };
    struct Command {
        std::string payload;
        std::optional<storage::Position> position;  // once answered
    };
    struct Snapshot {
        storage::Position through;
        std::string state;
        bool done = false;
    };

    LogModel records;
    std::map<storage::ShardKey, Shard> shards;
    std::vector<Command> commands;
    std::vector<Snapshot> snapshots;

    // What contradicts it, in words; empty if nothing does. Loads the catalog log; fills `held`.
    std::string check(storage::SegmentEngine& engine, Held& held) const;
    // What an engine has shown is so from then on: of what was in doubt, what is there was done and
    // the rest never will be. REQUIRES: check() found nothing wrong.
    void settle(const Held& held);

private:
    std::string check_catalog(const storage::CatalogLog::Replay& replay) const;
    std::string check_shard(storage::SegmentEngine& engine, storage::ShardKey key,
                            const Shard& shard, Held& held) const;
};

struct CourseOptions {
    std::uint64_t seed = 1;
    bool large = false;   // enough bytes for checkpoints on the way; fewer calls
    bool strict = false;  // every call must succeed
    bool retry = false;   // time passes, so that every append and command is a new attempt
    WallTime begins = wall_time(1'000'000);  // no record is stamped before
};

class Course final {
public:
    // `host` need not be open; its disk holds what agrees with `known`.
    Course(SegmentHost& host, CourseOptions options, Knowledge known = {});

    // What went wrong beyond calls that failed; empty if nothing did.
    std::string run();

    // After a crash: opens, checks all that is there and goes on with every kind of write.
    std::string run_on();

    // After the trouble is over: every open shard takes records again, without a reopen by hand.
    std::string check_recovered();

    // Thread-safe, for a picture of the disk: what was known while `take` ran, which is repeated
    // until nothing changed meanwhile.
    Knowledge known_during(const std::function<void()>& take) const;

private:
    template <class F>
    void note(F change);
    void complain(const std::string& what);

    void open();
    void create(std::vector<storage::ShardKey> shards);
    void append(std::vector<storage::ShardKey> shards, std::size_t bytes_max);
    void seal(storage::ShardKey shard);
    void drop(storage::ShardKey shard);
    void trim(storage::ShardKey shard, WallTime horizon);
    void commit();
    void snapshot();
    void read(storage::ShardKey shard);
    void let_checkpoint();
    void run_small();
    void run_large();
    // Whether it did; complains if it did not and nothing was wrong.
    bool succeeded(bool did, const char* what, const std::string& why);
    template <class T>
    bool succeeded(const Result<T>& result, const char* what);
    bool comes_to(const std::function<bool()>& attempt);

    SegmentHost& host_;
    const CourseOptions options_;
    std::mt19937_64 random_;
    WallTime now_;
    std::string complaint_;

    mutable std::mutex mutex_;  // of what follows
    Knowledge knowledge_;
    std::uint64_t version_ = 0;
};

}  // namespace millrace::test
