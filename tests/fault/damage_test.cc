// Damage to what was durable is reported and never skipped silently; a torn tail is normal and
// leaves no trace; indexes are hints.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/log.h"
#include "fault/course.h"
#include "support/fault_file_system.h"
#include "support/read_all.h"
#include "support/scale.h"
#include "support/sync_wait.h"

namespace millrace::test {
namespace {

using env::Path;
using storage::AppendStatus;
using storage::Position;
using storage::ShardKey;

constexpr ShardKey kShard{1, 0};
const storage::SegmentEngineOptions kOptions = small_segments(160 << 10);  // some have an index

std::string content(FaultFileSystem& disk, const Path& path) {
    auto file = disk.open(path, env::OpenMode::kReadOnly);
    EXPECT_TRUE(file) << path;
    std::string text(file.value()->size().value(), '\0');
    EXPECT_TRUE(file.value()->read_at(0, std::as_writable_bytes(std::span(text)),
                                      env::ReadMode::kMayBlock));
    return text;
}
void overwrite(FaultFileSystem& disk, const Path& path, std::uint64_t offset,
               std::string_view bytes) {
    auto file = disk.open(path, env::OpenMode::kReadWrite);
    ASSERT_TRUE(file) << path;
    const Bytes slice = as_bytes(bytes);
    ASSERT_TRUE(file.value()->write_at(offset, std::span(&slice, 1)));
    ASSERT_TRUE(file.value()->sync_data());
}
void flip(FaultFileSystem& disk, const Path& path, std::uint64_t offset) {
    const char was = content(disk, path).at(offset);
    const char now = static_cast<char>(was ^ 0x10);
    overwrite(disk, path, offset, {&now, 1});
}
std::vector<Path> files_ending(const FaultFileSystem& disk, std::string_view part,
                               std::string_view end) {
    std::vector<Path> found;
    for (const Path& path : disk.files()) {
        const std::string text = path.string();
        if (text.find(part) != std::string::npos && text.ends_with(end))
            found.push_back(path);
    }
    return found;
}

// One shard with records in several segments, and a way back to it.
class Damage : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(log::configure("off", log::Format::kText));  // each damage has its line
        SegmentHost host(disk_, kOptions);
        ASSERT_TRUE(host.open());
        ASSERT_TRUE(sync_wait(host.engine().catalog_log().load()));
        ASSERT_TRUE(sync_wait(host.engine().create(std::span(&kShard, 1))));
        for (int i = 0; i < 90; ++i)
            append(host, std::string(static_cast<std::size_t>(i % 7) * 2000, 'd'));
        running_ = disk_.crashed(Loss::kNothing, 1);
        host.close();
    }

    void append(SegmentHost& host, std::string data) {
        const Sent& sent = model_.send(kShard, std::move(data), wall_time(1000 + ++count_), "key");
        const auto record = sent.record();
        const auto result = sync_wait(host.engine().append(std::span(&record, 1))).at(0);
        ASSERT_EQ(result.status, AppendStatus::kCommitted);
        ASSERT_EQ(model_.answered(sent, result), "");
    }
    std::unique_ptr<FaultFileSystem> copy() const { return disk_.crashed(Loss::kNothing, 1); }

    void expect_whole(FaultFileSystem& disk) {
        SegmentHost host(disk, kOptions);
        const auto opened = host.open();
        ASSERT_TRUE(opened) << opened.error().message;
        const auto found = sync_wait(read_all(host.engine(), kShard, {}, 10));
        ASSERT_TRUE(found) << found.error().message;
        ASSERT_EQ(model_.check(kShard, found.value()), "");
        ASSERT_TRUE(host.engine().corruptions().empty());
    }
    // Everything is there, or something is said.
    void expect_told(FaultFileSystem& disk) {
        SegmentHost host(disk, kOptions);
        const auto opened = host.open();
        if (!opened) {
            ASSERT_EQ(opened.error().code, Errc::kCorrupt) << opened.error().message;
            return;
        }
        const auto found = sync_wait(read_all(host.engine(), kShard, {}, 10));
        if (found && model_.check(kShard, found.value()).empty())
            return;
        if (!found) {
            ASSERT_EQ(found.error().code, Errc::kCorrupt) << found.error().message;
        }
        ASSERT_FALSE(host.engine().corruptions().empty());
    }

    FaultFileSystem disk_;                      // after an orderly end
    std::unique_ptr<FaultFileSystem> running_;  // as it was before
    LogModel model_;
    int count_ = 0;
};

TEST_F(Damage, OfASegmentIsReportedWhereverItIs) {
    const auto segments = files_ending(disk_, "/shards/", ".log");
    ASSERT_GE(segments.size(), 3U);
    std::mt19937_64 random(seed());
    for (const Path& path : segments) {
        const std::uint64_t size = content(disk_, path).size();
        std::vector<std::uint64_t> offsets = {size - 1};
        for (std::uint64_t i = 0; i < 120 && i < size; i += kSanitized ? 17 : 1)
            offsets.push_back(i);
        for (std::uint64_t i = 0; i < steps(20, 4); ++i)
            offsets.push_back(random() % size);
        for (const std::uint64_t offset : offsets) {
            SCOPED_TRACE(path.string() + " at " + std::to_string(offset));
            const auto disk = copy();
            flip(*disk, path, offset);
            expect_told(*disk);
            if (HasFailure())
                return;
        }
    }
}

TEST_F(Damage, InTheMiddleStopsTheReaderThereAndNowhereElse) {
    const auto segments = files_ending(disk_, "/shards/", ".log");
    ASSERT_GE(segments.size(), 3U);
    flip(disk_, segments[1], content(disk_, segments[1]).size() / 2);
    SegmentHost host(disk_, kOptions);
    ASSERT_TRUE(host.open());
    Position from;
    std::uint64_t before = 0;
    Result<storage::ReadResult> result = Error{Errc::kInvalid, "not read"};
    while (true) {
        const storage::ReadRequest request{kShard, from, 5, 1 << 20, {}};
        result = sync_wait(host.engine().read(request));
        if (!result)
            break;
        before += result.value().records.size();
        ASSERT_LT(from, result.value().next) << "neither records nor an error";
        from = result.value().next;
    }
    ASSERT_EQ(result.error().code, Errc::kCorrupt);
    EXPECT_GT(before, 5U) << "what stands before the damage is read";
    const auto corruptions = host.engine().corruptions();
    ASSERT_EQ(corruptions.size(), 1U);
    EXPECT_EQ(corruptions[0].shard, kShard);
    EXPECT_EQ(corruptions[0].first, from);
    EXPECT_NE(corruptions[0].file.find(segments[1].filename().string()), std::string::npos);
    EXPECT_GT(corruptions[0].bytes, 0U);
    // What stands in later segments is read too, and the shard takes records.
    const auto tip = sync_wait(host.engine().locate(kShard, {}));
    ASSERT_TRUE(tip);
    append(host, "more");
    const storage::ReadRequest last{kShard, tip.value(), 5, 1 << 20, {}};
    result = sync_wait(host.engine().read(last));
    ASSERT_TRUE(result);
    ASSERT_EQ(result.value().records.size(), 1U);
    EXPECT_EQ(as_text(result.value().records[0].data), "more");
}

TEST_F(Damage, OfTheJournalIsReportedUnlessNothingIsMissing) {
    const auto lost = running_->crashed(Loss::kAll, 1);
    expect_whole(*lost->crashed(Loss::kNothing, 1));
    const auto journals = files_ending(*lost, "/journal/", ".log");
    ASSERT_FALSE(journals.empty());
    const ShardKey key = kShard;
    for (const Path& path : journals) {
        const std::string bytes = content(*lost, path);
        const auto used = bytes.find_last_not_of('\0');
        if (used == std::string::npos)
            continue;
        for (std::uint64_t offset = 0; offset <= used; offset += kSanitized ? 50'021 : 5003) {
            SCOPED_TRACE(path.string() + " at " + std::to_string(offset));
            const auto disk = lost->crashed(Loss::kNothing, 1);
            flip(*disk, path, offset);
            SegmentHost host(*disk, kOptions);
            const auto opened = host.open();
            if (!opened) {
                ASSERT_EQ(opened.error().code, Errc::kCorrupt);
                continue;
            }
            const auto found = sync_wait(read_all(host.engine(), key, {}, 10));
            const bool whole = found && model_.check(key, found.value()).empty();
            // The last commit, damaged, looks as one that was being written.
            const bool torn = found && found.value().size() == model_.committed(key) - 1;
            ASSERT_TRUE(whole || torn || !host.engine().corruptions().empty());
        }
    }
}

TEST_F(Damage, DeletedOrBrokenIndexesChangeNothing) {
    const auto indexes = files_ending(disk_, "/shards/", ".idx");
    ASSERT_FALSE(indexes.empty());
    const auto without = copy();
    for (const Path& path : indexes)
        ASSERT_TRUE(without->remove(path));
    expect_whole(*without);
    std::mt19937_64 random(seed());
    for (const Path& path : indexes) {
        const std::uint64_t size = content(disk_, path).size();
        for (std::uint64_t i = 0; i < steps(12, 3); ++i) {
            const auto disk = copy();
            const std::uint64_t offset = random() % size;
            SCOPED_TRACE(path.string() + " at " + std::to_string(offset));
            flip(*disk, path, offset);
            expect_whole(*disk);
            if (HasFatalFailure())
                return;
        }
        const auto empty = copy();
        ASSERT_TRUE(empty->open(path, env::OpenMode::kReadWrite).value()->truncate(0));
        expect_whole(*empty);
        // Another segment's index in its place.
        const auto other = copy();
        const std::string wrong =
            content(*other, indexes.front() == path ? indexes.back() : indexes.front());
        ASSERT_TRUE(other->open(path, env::OpenMode::kReadWrite).value()->truncate(0));
        overwrite(*other, path, 0, wrong);
        expect_whole(*other);
    }
}

TEST_F(Damage, ATornLastCommitIsAbsentOrWholeAtEveryByte) {
    FaultFileSystem& disk = *running_;
    SegmentHost host(disk, kOptions);
    ASSERT_TRUE(host.open());
    append(host, "one more, so that the journal is in use");
    const auto before = disk.crashed(Loss::kAll, 1);
    const std::size_t known = model_.committed(kShard);
    append(host, std::string(700, 'z'));
    const auto after = disk.crashed(Loss::kAll, 1);
    for (const Path& path : files_ending(*after, "/journal/", ".log")) {
        const std::string was = content(*before, path);
        const std::string is = content(*after, path);
        const auto [first, ignored] = std::mismatch(is.begin(), is.end(), was.begin(), was.end());
        if (first == is.end())
            continue;
        const auto begin = static_cast<std::size_t>(first - is.begin());
        std::size_t end = is.size();
        while (end > begin && (end > was.size() || is[end - 1] == was[end - 1]))
            --end;
        for (std::size_t cut = begin; cut <= end; cut += kSanitized ? 97 : 1) {
            SCOPED_TRACE("cut at " + std::to_string(cut) + " of " + std::to_string(begin) + " to " +
                         std::to_string(end));
            const auto torn = before->crashed(Loss::kNothing, 1);
            overwrite(*torn, path, begin, std::string_view(is).substr(begin, cut - begin));
            SegmentHost next(*torn, kOptions);
            const auto opened = next.open();
            ASSERT_TRUE(opened) << opened.error().message;
            const auto found = sync_wait(read_all(next.engine(), kShard, {}, 50));
            ASSERT_TRUE(found) << found.error().message;
            ASSERT_EQ(found.value().size(), cut == end ? known + 1 : known);
            ASSERT_TRUE(next.engine().corruptions().empty()) << "a torn tail is no damage";
        }
    }
}

TEST_F(Damage, ATornSegmentIsMendedFromTheJournalAtEveryByte) {
    const auto segments = files_ending(*running_, "/shards/", ".log");
    const Path& active = segments.back();
    const std::uint64_t size = content(*running_, active).size();
    for (std::uint64_t cut = 1; cut <= std::min<std::uint64_t>(size, 3000);
         cut += kSanitized ? 61 : 7) {
        SCOPED_TRACE("without the last " + std::to_string(cut) + " bytes");
        const auto shorter = running_->crashed(Loss::kNothing, 1);
        ASSERT_TRUE(shorter->open(active, env::OpenMode::kReadWrite).value()->truncate(size - cut));
        expect_whole(*shorter);
        const auto zeros = running_->crashed(Loss::kNothing, 1);
        overwrite(*zeros, active, size - cut, std::string(cut, '\0'));
        expect_whole(*zeros);
        if (HasFatalFailure())
            return;
    }
}

}  // namespace
}  // namespace millrace::test
