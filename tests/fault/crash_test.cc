// Power loss and kill -9 before every change the engine makes on its disk, in every way the crash
// model allows: what was acknowledged is there, once, whole and in its place; nothing is invented;
// positions are not given out twice; the engine takes writes of every kind; and what a recovery has
// shown stays so. The recovery and what follows it are cut short as well, at instants drawn by lot.
//
// The workload runs once per scene. Before each change a picture of the disk is taken, with what is
// not synced yet, beside what its client knew; each picture then crashes in many ways. Where calls
// fail first, it runs once for each of them, with few pictures.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "fault/course.h"
#include "storage/checkpoint.h"
#include "storage/layout.h"
#include "storage/store_parts.h"
#include "support/fault_file_system.h"
#include "support/scale.h"

namespace millrace::test {
namespace {

using storage::Durability;

struct Scene {
    const char* name;
    Durability durability = Durability::kPower;
    bool large = false;
    std::uint64_t every = 1;        // so many changes from picture to picture, or failing call
    std::uint64_t round = 0;        // further ones have other sizes and losses
    Durability after = durability;  // from the first crash on
    bool failures = false;          // calls fail before the first crash

    std::uint64_t seed() const { return test::seed() + round; }
};

storage::SegmentEngineOptions options(Durability durability) {
    auto options = small_segments();
    options.durability = durability;
    return options;
}

// Those drawn by lot more than once.
std::vector<Loss> losses(Durability durability) {
    if (durability != Durability::kPower)
        return {Loss::kNothing};
    std::vector<Loss> all(std::begin(kLosses), std::end(kLosses));
    all.insert(all.end(), {Loss::kPrefix, Loss::kSectors, Loss::kOneLost, Loss::kOneKept});
    return all;
}

struct Picture {
    std::uint64_t change = 0;
    Knowledge known;
    std::unique_ptr<FaultFileSystem> disk;  // as it is, what is unsynced unsynced
    std::vector<std::string> trace;         // how it came to this, the last calls
};

// Pictures of a disk before those changes that are wanted, and of its end. One per course.
class Camera final {
public:
    using Wanted = std::function<bool(std::uint64_t change)>;

    Camera(FaultFileSystem& disk, const Course& course, Wanted wanted)
        : disk_(disk), course_(course) {
        disk.before_change([this, wanted = std::move(wanted)](std::uint64_t change) {
            if (wanted(change))
                take(change);
        });
    }
    void take_last() { take(disk_.changes_made()); }
    const std::vector<Picture>& pictures() const { return pictures_; }

private:
    void take(std::uint64_t change) {
        Picture picture;
        picture.change = change;
        picture.known =
            course_.known_during([&] { picture.disk = disk_.crashed(Loss::kNothing, change); });
        picture.trace = disk_.trace();
        picture.trace.resize(std::min<std::size_t>(picture.trace.size(), change + 1));
        if (picture.trace.size() > kCallsTold)
            picture.trace.erase(picture.trace.begin(), picture.trace.end() - kCallsTold);
        const std::lock_guard lock(mutex_);
        pictures_.push_back(std::move(picture));
    }

    static constexpr std::ptrdiff_t kCallsTold = 12;

    FaultFileSystem& disk_;
    const Course& course_;
    std::mutex mutex_;  // two threads of the engine may change the disk at once
    std::vector<Picture> pictures_;
};

// Segments that nobody refers to, and drafts of such: after an orderly end the checkpoint has all
// there are, and what is still to be removed. What a cut commit left lies past the end, and is
// replaced by the next. (After failures one may stay: where a checkpoint failed in the sync of its
// name, then a sync of what was written and rolled back, and power went before the next checkpoint,
// it is the repaired segment; where it could not be removed, a draft. Both are void.)
std::string orphans(FaultFileSystem& disk, const Knowledge& known) {
    env::ManualClock clock;
    storage::StoreParts parts(small_segments(), disk, clock);
    const auto checkpoint = storage::load_checkpoint(parts);
    if (!checkpoint || !checkpoint.value())
        return "no checkpoint after an orderly end";
    std::set<env::Path> kept;
    std::string found;
    for (const auto& doomed : checkpoint.value()->doomed)
        kept.insert(doomed.path(parts.layout));
    for (const storage::ShardState& shard : checkpoint.value()->shards) {
        const env::Path folder = parts.layout.shard(shard.key);
        for (const storage::Segment& segment : shard.segments)
            kept.insert(folder / storage::segment_name(segment.first));
        const auto names = disk.list(folder);
        for (const std::string& name : names ? names.value() : std::vector<std::string>()) {
            const auto first = storage::parse_segment_name(name);
            const bool is_void = first && *first < shard.next && !kept.contains(folder / name);
            if (is_void || name.ends_with(".new"))
                found += (folder / name).string() + " ";
        }
    }
    for (const auto& [key, shard] : known.shards) {
        const env::Path folder = parts.layout.shard(key);
        const bool listed = kept.contains(folder) || kept.contains(folder.parent_path());
        if (shard.drop == Asked::kDone && disk.exists(folder) && !listed)
            found += folder.string() + " ";
    }
    return found;
}

class Crash : public testing::TestWithParam<Scene> {
protected:
    Crash() : random_(GetParam().seed()) {}

    void run_all() {
        FaultFileSystem disk(GetParam().seed());
        SegmentHost host(disk, options(GetParam().durability));
        Course course(host, {.seed = GetParam().seed(), .large = GetParam().large, .strict = true});
        const std::uint64_t every = GetParam().every;
        Camera camera(disk, course, [every](std::uint64_t change) { return change % every == 0; });
        ASSERT_EQ(course.run(), "");
        camera.take_last();
        host.close();
        EXPECT_GE(camera.pictures().size(), 5U);
        for (const Picture& picture : camera.pictures()) {
            for (const Loss loss : losses(GetParam().durability))
                ASSERT_NO_FATAL_FAILURE(crash(picture, loss, 0));
        }
    }

    // The nth call fails, by itself or with some after it, and some time later comes the crash.
    void run_with_failures() {
        bool met = true;
        for (std::uint64_t nth = 1; met; nth += GetParam().every) {
            SCOPED_TRACE("call " + std::to_string(nth) + " fails");
            random_.seed(GetParam().seed() + nth);  // whatever became of those before
            FaultFileSystem disk(GetParam().seed() + nth);
            SegmentHost host(disk, options(GetParam().durability));
            Course course(host,
                          {.seed = GetParam().seed(), .large = GetParam().large, .retry = true});
            std::set<std::uint64_t> cuts;
            for (int i = 0; i < 4; ++i)
                cuts.insert(nth + random_() % kChangesAfter);
            Camera camera(disk, course, [&cuts](std::uint64_t at) { return cuts.contains(at); });
            disk.inject(failure(nth));
            ASSERT_EQ(course.run(), "");
            met = disk.faults_met() > 0;
            camera.take_last();
            host.close();
            const std::vector<Loss> ways = losses(GetParam().durability);
            for (const Picture& picture : camera.pictures()) {
                ASSERT_NO_FATAL_FAILURE(crash(picture, Loss::kNothing, 0));
                ASSERT_NO_FATAL_FAILURE(crash(picture, ways[random_() % ways.size()], 0));
            }
        }
    }

    std::uint64_t crashes() const { return crashes_; }

private:
    Fault failure(std::uint64_t nth) {
        std::vector<Call> calls = {Call::kWrite,  Call::kSyncData, Call::kSyncDirectory,
                                   Call::kRename, Call::kRemove,   Call::kTruncate};
        if (random_() % 2 == 0)
            calls.insert(calls.end(), kReads.begin(), kReads.end());
        return {.nth = nth,
                .calls = std::move(calls),
                .times = random_() % 2 == 0 ? 1 : 2 + random_() % 8};
    }

    void crash(const Picture& picture, Loss loss, int depth) {
        const std::uint64_t lot = random_();
        ++crashes_;
        std::string story = "\n  cut before change " + std::to_string(picture.change) + ", loss " +
                            name(loss) + "; the last calls, this one included:";
        for (const std::string& call : picture.trace)
            story += "\n    " + call;
        const testing::ScopedTrace trace(__FILE__, __LINE__, story);
        const auto disk = picture.disk->crashed(loss, lot);
        SegmentHost host(*disk, options(GetParam().after));
        if (random_() % 4 == 0)
            start_in_vain(*disk, host);
        const bool again = depth < kDepthMax;
        const bool failing = GetParam().failures && again && random_() % 2 == 0;
        Course course(host,
                      {.seed = lot,
                       .strict = !failing,
                       .retry = failing,
                       .begins = wall_time((2 + depth) * 1'000'000)},
                      picture.known);
        // A kill hides what is not durable: power that goes after it is the harder test.
        std::set<std::uint64_t> cuts;
        for (int i = 0; again && i < (loss == Loss::kNothing ? 6 : 1); ++i)
            cuts.insert(random_() % kChangesAfter);
        Camera camera(*disk, course, [&cuts](std::uint64_t at) { return cuts.contains(at); });
        if (failing)
            disk->inject(failure(1 + random_() % kChangesAfter));
        ASSERT_EQ(course.run_on(), "");
        camera.take_last();
        host.close();
        if (!GetParam().failures) {
            ASSERT_EQ(orphans(*disk, course.known_during([] {})), "");
        }
        if (!again)
            return;
        for (const Picture& next : camera.pictures()) {
            // Between two modes the weaker one counts until the engine has opened in the other.
            const bool last = &next == &camera.pictures().back();
            const Durability weaker = std::max(GetParam().durability, GetParam().after);
            const std::vector<Loss> ways = losses(last ? GetParam().after : weaker);
            ASSERT_NO_FATAL_FAILURE(crash(next, ways[random_() % ways.size()], depth + 1));
        }
    }

    // What cannot be read for a while is not taken for damage, nor for missing.
    void start_in_vain(FaultFileSystem& disk, SegmentHost& host) {
        disk.inject(
            {.nth = 1 + random_() % kReadsAtStart, .calls = kReads, .times = 1 + random_() % 3});
        static_cast<void>(host.open());
        disk.clear_faults();
        host.close();
    }

    // A life after a crash makes more changes than these; a recovery by far not so many.
    static constexpr std::uint64_t kChangesAfter = 60;
    static constexpr int kDepthMax = 1;
    static constexpr std::uint64_t kReadsAtStart = 40;
    inline static const std::vector<Call> kReads = {Call::kOpen, Call::kRead, Call::kSize,
                                                    Call::kList};

    std::mt19937_64 random_;
    std::uint64_t crashes_ = 0;
};

TEST_P(Crash, KeepsWhatWasAcknowledged) {
    ASSERT_TRUE(log::configure("off", log::Format::kText));
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(GetParam().seed()));
    if (GetParam().failures)
        run_with_failures();
    else
        run_all();
    std::cout << "MILLRACE_SEED=" << GetParam().seed() << ": " << crashes() << " crashes\n";
}

std::vector<Scene> scenes() {
    std::vector<Scene> all;
    const std::uint64_t rounds = long_run() ? 20 : 1;
    const std::uint64_t each = kSanitized ? 23 : 1;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const auto power = Durability::kPower;
        const auto process = Durability::kProcess;
        all.push_back({"Power", power, false, each, round});
        all.push_back({"Process", process, false, each, round});
        all.push_back({"PowerThenProcess", power, false, 3 * each, round, process});
        all.push_back({"ProcessThenPower", process, false, each, round, power});
        all.push_back({"PowerWithCheckpoints", power, true, kSanitized ? 83 : 13, round});
        all.push_back({"PowerAfterFailures", power, false, 3 * each, round, power, true});
        all.push_back({"ProcessAfterFailures", process, false, 3 * each, round, process, true});
        all.push_back({"ThenProcessAfterFailures", power, false, 5 * each, round, process, true});
        all.push_back({"CheckpointsAfterFailures", power, true, 29 * each, round, power, true});
        // Not process, then power: of what a sync failed on there, no journal has a copy.
    }
    return all;
}

INSTANTIATE_TEST_SUITE_P(Engine, Crash, testing::ValuesIn(scenes()), [](const auto& one) {
    const std::uint64_t round = one.param.round;
    return one.param.name + (round == 0 ? std::string() : std::to_string(round));
});

}  // namespace
}  // namespace millrace::test
