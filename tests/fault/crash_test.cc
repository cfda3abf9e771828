// Power loss and kill -9 before every change the engine makes on its disk, in every way the crash
// model allows: what was acknowledged is there, once, whole and in its place; nothing is invented;
// and what a recovery has shown stays.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "fault/course.h"
#include "support/fault_file_system.h"
#include "support/scale.h"
#include "support/sync_wait.h"

namespace millrace::test {
namespace {

using storage::AppendStatus;
using storage::Durability;

struct Picture {
    std::uint64_t change = 0;
    Knowledge known;
    std::unique_ptr<FaultFileSystem> disk;  // as it is, what is unsynced unsynced
};

struct Scene {
    const char* name;
    Durability durability = Durability::kPower;
    bool large = false;
    std::uint64_t every = 1;  // so many changes from picture to picture
};

std::vector<Picture> pictures_of(const Scene& scene, const storage::SegmentEngineOptions& options) {
    FaultFileSystem disk(seed());
    SegmentHost host(disk, options);
    Course course(host, {.seed = seed(), .large = scene.large, .strict = true});
    std::vector<Picture> pictures;
    std::mutex mutex;
    const auto take = [&](std::uint64_t change) {
        Picture picture;
        picture.change = change;
        picture.known = course.known_during(
            [&] { picture.disk = disk.crashed(Loss::kNothing, seed() + change); });
        const std::lock_guard lock(mutex);
        pictures.push_back(std::move(picture));
    };
    const std::uint64_t every = scene.every * (kSanitized ? 7 : 1);
    disk.before_change([&](std::uint64_t change) {
        if (change % every == 0)
            take(change);
    });
    EXPECT_EQ(course.run(), "");
    take(disk.changes_made());
    host.close();
    return pictures;
}

bool is_open(const Knowledge::Shard& shard) {
    return shard.create == Asked::kDone && shard.seal == Asked::kNever &&
           shard.drop == Asked::kNever;
}

// Opens the disk after the crash, checks, goes on writing, and does the same after a second crash.
void check_after(const Picture& picture, Loss loss, const storage::SegmentEngineOptions& options) {
    const auto disk = picture.disk->crashed(loss, seed() + 1000 * picture.change);
    Knowledge known = picture.known;
    Contents before;
    std::unique_ptr<FaultFileSystem> again;
    {
        SegmentHost host(*disk, options);
        const auto opened = host.open();
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_EQ(known.check(host.engine(), before), "");
        for (auto& [key, found] : before) {
            if (!is_open(known.shards[key]))
                continue;
            const Sent& sent = known.records.send(key, "after the crash", wall_time(2'000'000));
            const auto record = sent.record();
            const auto result = sync_wait(host.engine().append(std::span(&record, 1))).at(0);
            ASSERT_EQ(result.status, AppendStatus::kCommitted);
            ASSERT_EQ(known.records.answered(sent, result), "");
            ASSERT_TRUE(found.empty() || result.position > found.back().position);
        }
        const bool power = options.durability == Durability::kPower;
        again = disk->crashed(power ? Loss::kAll : Loss::kNothing, seed());
    }
    SegmentHost host(*again, options);
    const auto opened = host.open();
    ASSERT_TRUE(opened) << opened.error().message;
    Contents after;
    ASSERT_EQ(known.check(host.engine(), after), "");
    for (auto& [key, found] : before) {
        const auto reclaimed = [horizon = known.shards[key].reclaimed](const Found& one) {
            return one.stamp < horizon;  // it may go at any time
        };
        std::erase_if(found, reclaimed);
        std::erase_if(after[key], reclaimed);
        ASSERT_GE(after[key].size(), found.size());
        ASSERT_TRUE(std::equal(found.begin(), found.end(), after[key].begin()))
            << "what the first recovery showed has changed";
    }
}

class Crash : public testing::TestWithParam<Scene> {};

TEST_P(Crash, KeepsWhatWasAcknowledged) {
    ASSERT_TRUE(log::configure("off", log::Format::kText));
    auto options = small_segments();
    options.durability = GetParam().durability;
    const auto pictures = pictures_of(GetParam(), options);
    EXPECT_GE(pictures.size(), 5U);
    for (const Picture& picture : pictures) {
        for (const Loss loss : kLosses) {
            if (options.durability == Durability::kProcess && loss != Loss::kNothing)
                continue;
            SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed()) + ", before change " +
                         std::to_string(picture.change) + ", loss " + name(loss));
            check_after(picture, loss, options);
            if (testing::Test::HasFatalFailure())
                return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Engine, Crash,
                         testing::Values(Scene{"Power"}, Scene{"Process", Durability::kProcess},
                                         Scene{"PowerWithCheckpoints", Durability::kPower, true,
                                               kSanitized ? 13 : 23}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace millrace::test
