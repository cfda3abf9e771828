// The segment engine under the contract: in memory and on a disk, in each durability, with every
// read cold, and with a segment for every commit.
#include "contract/random_operations.h"
#include "env/memory_file_system.h"
#include "env/posix_file_system.h"
#include "support/fault_file_system.h"
#include "support/segment_host.h"
#include "support/temp_directory.h"

namespace millrace::test {
namespace {

class SegmentSubject final : public Subject {
public:
    SegmentSubject(std::unique_ptr<env::FileSystem> files, storage::Durability durability,
                   WallTime now = wall_time(1000))
        : files_(std::move(files)), host_(*files_, options(durability), now) {
        open();
    }

    storage::LogEngine& engine() override { return host_.engine(); }
    storage::CatalogLog& catalog_log() override { return host_.engine().catalog_log(); }
    void reopen() override {
        const auto closed = host_.engine().close();
        EXPECT_TRUE(closed) << closed.error().message;
        open();
    }

private:
    storage::SegmentEngineOptions options(storage::Durability durability) const {
        auto options = small_segments(160 << 10);  // room for some entries of an index
        options.data_dir = temp_.path() / "data";
        options.durability = durability;
        return options;
    }
    void open() {
        const auto opened = host_.open();
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_TRUE(host_.engine().corruptions().empty());
    }

    const TempDirectory temp_;
    const std::unique_ptr<env::FileSystem> files_;
    SegmentHost host_;
};

using storage::Durability;

std::unique_ptr<Subject> memory_none() {
    return std::make_unique<SegmentSubject>(std::make_unique<env::MemoryFileSystem>(),
                                            Durability::kNone);
}
std::unique_ptr<Subject> memory_power() {
    return std::make_unique<SegmentSubject>(std::make_unique<env::MemoryFileSystem>(),
                                            Durability::kPower);
}
std::unique_ptr<Subject> posix_power() {
    return std::make_unique<SegmentSubject>(std::make_unique<env::PosixFileSystem>(),
                                            Durability::kPower);
}
std::unique_ptr<Subject> posix_process() {
    return std::make_unique<SegmentSubject>(std::make_unique<env::PosixFileSystem>(),
                                            Durability::kProcess);
}
std::unique_ptr<Subject> cold() {
    auto disk = std::make_unique<FaultFileSystem>();
    disk->set_cold(true);
    return std::make_unique<SegmentSubject>(std::move(disk), Durability::kPower);
}

std::unique_ptr<Subject> aged() {
    return std::make_unique<SegmentSubject>(std::make_unique<env::MemoryFileSystem>(),
                                            Durability::kPower, wall_time(1'700'000'000'000));
}

const auto kKinds = testing::Values(
    SubjectKind{"MemoryNone", memory_none}, SubjectKind{"MemoryPower", memory_power},
    SubjectKind{"PosixPower", posix_power}, SubjectKind{"PosixProcess", posix_process},
    SubjectKind{"Cold", cold}, SubjectKind{"Aged", aged});

INSTANTIATE_TEST_SUITE_P(Segment, EngineContract, kKinds, kind_name);
INSTANTIATE_TEST_SUITE_P(Segment, LooseEngineContract, kKinds, kind_name);
INSTANTIATE_TEST_SUITE_P(Segment, RandomOperations, kKinds, kind_name);

}  // namespace
}  // namespace millrace::test
