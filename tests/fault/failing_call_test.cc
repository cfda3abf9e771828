// The nth call to the disk fails, for every n until a course ends without reaching it: nothing
// acknowledged is lost, reads go on, and the engine writes again by itself once the disk does.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "fault/course.h"
#include "support/fault_file_system.h"
#include "support/scale.h"
#include "support/sync_wait.h"

namespace millrace::test {
namespace {

struct Trouble {
    const char* name;
    Errc code = Errc::kIo;
    bool lasting = false;
    std::vector<Call> calls = {};
    bool large = false;
    std::uint64_t every = 1;
};

class FailingCall : public testing::TestWithParam<Trouble> {};

// Whether the fault was met.
bool run_with(const Trouble& trouble, std::uint64_t nth) {
    FaultFileSystem disk(seed() + nth);
    SegmentHost host(disk);
    Course course(host, {.seed = seed(), .large = trouble.large, .retry = trouble.lasting});
    disk.inject(
        {.nth = nth, .code = trouble.code, .lasting = trouble.lasting, .calls = trouble.calls});
    EXPECT_EQ(course.run(), "");
    const bool met = disk.faults_met() > 0;
    disk.clear_faults();
    EXPECT_EQ(course.check_recovered(), "");
    // A crash right after keeps all of it, and so does an orderly end.
    std::unique_ptr<FaultFileSystem> lost;
    const Knowledge known = course.known_during([&] { lost = disk.crashed(Loss::kAll, seed()); });
    host.close();
    for (FaultFileSystem* after : {lost.get(), &disk}) {
        SegmentHost next(*after);
        const auto opened = next.open();
        EXPECT_TRUE(opened) << opened.error().message;
        Held held;
        if (opened) {
            EXPECT_EQ(known.check(next.engine(), held), "");
        }
    }
    return met;
}

TEST_P(FailingCall, LosesNothingAndIsGotOver) {
    ASSERT_TRUE(log::configure("off", log::Format::kText));
    const std::uint64_t every = GetParam().every * (kSanitized ? 7 : 1);
    std::uint64_t nth = 1;
    for (bool met = true; met && !HasFailure(); nth += every) {
        SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed()) + ", call " + std::to_string(nth));
        met = run_with(GetParam(), nth);
    }
    EXPECT_GT(nth, 1 + every) << "the course meets no such call";
}

TEST(FailingJournal, MayFailMoreOftenThanItHasFiles) {
    ASSERT_TRUE(log::configure("off", log::Format::kText));
    FaultFileSystem disk(seed());
    SegmentHost host(disk);
    ASSERT_TRUE(host.open());
    ASSERT_TRUE(sync_wait(host.engine().catalog_log().load()));
    const auto creates = [&](std::uint64_t stream) {
        host.let_recover();
        const storage::ShardKey shard{stream, 0};
        return sync_wait(host.engine().create(std::span(&shard, 1))).has_value();
    };
    EXPECT_TRUE(creates(1));
    disk.inject({.lasting = true, .calls = {Call::kWrite}});
    for (std::uint64_t i = 0; i < 10; ++i)
        EXPECT_FALSE(creates(2 + i));
    disk.clear_faults();
    EXPECT_TRUE(creates(20) || creates(20)) << "the journal has no file left";
}

const std::vector<Call> kGrowing = {Call::kWrite, Call::kAllocate, Call::kCreate,
                                    Call::kCreateDirectories};

INSTANTIATE_TEST_SUITE_P(
    Engine, FailingCall,
    testing::Values(Trouble{"Error"}, Trouble{"ErrorFromThereOn", Errc::kIo, true},
                    Trouble{"NoSpace", Errc::kNoSpace, false, kGrowing},
                    Trouble{"NoSpaceFromThereOn", Errc::kNoSpace, true, kGrowing},
                    Trouble{"SyncError", Errc::kIo, false, {Call::kSyncData}},
                    Trouble{"WriteErrorFromThereOn", Errc::kIo, true, {Call::kWrite}},
                    Trouble{"SyncErrorFromThereOn", Errc::kIo, true, {Call::kSyncData}},
                    Trouble{"ErrorWithCheckpoints", Errc::kIo, false, {}, true, 61},
                    Trouble{"NoSpaceWithCheckpoints", Errc::kNoSpace, true, kGrowing, true, 29}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace millrace::test
