#include "storage/shard_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "storage/segment.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

class ShardReaderTest : public Store {
protected:
    void fill(int records) {
        for (int i = 0; i < records; ++i) {
            append(*log, "rec" + std::to_string(i), kStampMs + 10 * i);
        }
    }
    static WallTime after(std::int64_t ms) { return wall_time(kStampMs + ms); }
    Result<Position> locate(Locate::What what, std::int64_t ms = 0) {
        return locate_record(*parts, *log, {what, after(ms)}, env::ReadMode::kMayBlock);
    }
    std::uint64_t frame_at(std::uint64_t number) {
        return kSegmentHeaderBytes + number * frame_of("rec0").size();
    }

    std::shared_ptr<ShardLog> log = std::make_shared<ShardLog>(*parts, state_of(kShard));
};

TEST_F(ShardReaderTest, GivesAllOfARecord) {
    FrameBytes frame;
    append_frame(frame, FrameKind::kRecord, "the key", as_bytes("the data"), wall_time(77), 5);
    log->stage(frame);
    ASSERT_TRUE(log->write_staged());
    log->publish(granted);
    const auto result = read(*log).value();
    ASSERT_EQ(result.records.size(), 1U);
    EXPECT_EQ(result.records[0].key, "the key");
    EXPECT_EQ(as_text(result.records[0].data), "the data");
    EXPECT_EQ(result.records[0].stamp, wall_time(77));
    EXPECT_EQ(result.records[0].attributes, 5);
    EXPECT_EQ(result.next, Position(1));
    EXPECT_EQ(result.tip, Position(1));
    EXPECT_FALSE(result.at_end);
}

TEST_F(ShardReaderTest, StopsAtTheBoundsAndSaysWhereToGoOn) {
    fill(5);
    auto result = read(*log, 1, 2).value();
    EXPECT_EQ(text_of(result), "1:rec1 2:rec2");
    EXPECT_EQ(result.next, Position(3));
    EXPECT_EQ(result.next_stamp, after(30));
    EXPECT_EQ(result.tip, Position(5));

    ReadRequest request{kShard, Position(0), 100, 14, WallTime{}};  // a record is 3 + 4
    result = read_records(*parts, *log, request).value();
    EXPECT_EQ(text_of(result), "0:rec0 1:rec1");
    request.bytes_max = 1;
    result = read_records(*parts, *log, request).value();
    EXPECT_EQ(text_of(result), "0:rec0") << "the first is given whatever its size";
    request.records_max = 0;
    result = read_records(*parts, *log, request).value();
    EXPECT_TRUE(result.records.empty());
    EXPECT_EQ(result.next, Position(0));
}

TEST_F(ShardReaderTest, AtAndPastTheTipThereIsNothing) {
    fill(2);
    for (const std::uint64_t from : {2U, 9U}) {
        const auto result = read(*log, from).value();
        EXPECT_TRUE(result.records.empty());
        EXPECT_EQ(result.next, Position(from));
        EXPECT_EQ(result.tip, Position(2));
    }
}

TEST_F(ShardReaderTest, SkipsExactlyWhatIsOlderThanTheHorizon) {
    fill(5);
    EXPECT_EQ(text_of(read(*log, 0, 100, after(20)).value()), "2:rec2 3:rec3 4:rec4");
    EXPECT_EQ(text_of(read(*log, 0, 100, after(21)).value()), "3:rec3 4:rec4");
    const auto none = read(*log, 0, 100, after(1000)).value();
    EXPECT_TRUE(none.records.empty());
    EXPECT_EQ(none.next, Position(5));
}

TEST_F(ShardReaderTest, LocatesByPlaceAndTime) {
    EXPECT_EQ(locate(Locate::What::kFirst).value(), Position(0));
    EXPECT_EQ(locate(Locate::What::kTip).value(), Position(0));
    EXPECT_EQ(locate(Locate::What::kAtTime, 5).value(), Position(0));
    fill(5);
    EXPECT_EQ(locate(Locate::What::kFirst).value(), Position(0));
    EXPECT_EQ(locate(Locate::What::kTip).value(), Position(5));
    EXPECT_EQ(locate(Locate::What::kAtTime, 0).value(), Position(0));
    EXPECT_EQ(locate(Locate::What::kAtTime, 20).value(), Position(2));
    EXPECT_EQ(locate(Locate::What::kAtTime, 21).value(), Position(3));
    EXPECT_EQ(locate(Locate::What::kAtTime, 41).value(), Position(5));
}

// A read up to damage gives what lies before; a read at it fails; a read past it goes on.
TEST_F(ShardReaderTest, DamageEndsAReadAndFailsOneThatBeginsThere) {
    for (const std::uint64_t within : {5U, 33U}) {  // in the header; in the payload
        log = std::make_shared<ShardLog>(*parts, state_of({within, 0}));
        fill(5);
        const env::Path path = log->segment_path(Position(0));
        files.flip(path, frame_at(2) + within);
        const auto before = read(*log).value();
        EXPECT_EQ(text_of(before), "0:rec0 1:rec1");
        EXPECT_EQ(before.next, Position(2));
        EXPECT_LT(before.next, before.tip);
        const auto at = read(*log, 2);
        ASSERT_FALSE(at);
        EXPECT_EQ(at.error().code, Errc::kCorrupt);
        EXPECT_EQ(text(*log, 3), "3:rec3 4:rec4");
        EXPECT_EQ(text(*log, 4), "4:rec4");
        EXPECT_EQ(text(*log, 5), "");
        std::size_t reports = 0;
        for (const Corruption& found : parts->damage.all()) {
            reports += found.file == path.string() ? 1 : 0;
        }
        EXPECT_EQ(reports, 1U);
        const Corruption found = parts->damage.all().back();
        EXPECT_EQ(found.offset, frame_at(2));
        EXPECT_EQ(found.bytes, frame_of("rec2").size());
        EXPECT_EQ(found.first, Position(2));
    }
}

TEST_F(ShardReaderTest, DamageAtTheEndIsNotTheTip) {
    fill(3);
    files.flip(log->segment_path(Position(0)), frame_at(2) + 5);
    EXPECT_EQ(text(*log), "0:rec0 1:rec1");
    EXPECT_FALSE(read(*log, 2));
}

// Records of `kFrame` bytes with their headers, so many to a segment.
template <std::uint64_t kFrame, std::uint64_t kFrames>
class FromTheDisk : public ShardReaderTest {
protected:
    static constexpr std::uint64_t kSegment = kSegmentHeaderBytes + kFrames * kFrame;
    using Wishes = std::vector<test::FaultFileSystem::Wish>;

    explicit FromTheDisk(std::uint64_t segments) {
        options.segment_bytes = kSegment;
        reopen();
        log = std::make_shared<ShardLog>(*parts, state_of(kShard));
        const std::string data(kFrame - sizeof(FrameHeader) - 3, 'x');  // the key has three
        for (std::uint64_t i = 0; i < segments * kFrames; ++i) {
            append(*log, data);
        }
        files.set_cold(true);
    }

    void read_on(std::uint64_t from, std::uint32_t records) {
        EXPECT_EQ(Store::read(*log, from, records).value().records.size(), records);
    }
    env::Path segment(std::uint64_t number) const {
        return log->segment_path(Position(kFrames * number));
    }
    static std::uint64_t offset(std::uint64_t number) {
        return kSegmentHeaderBytes + number * kFrame;
    }
};

class ReadsFromTheDisk : public FromTheDisk<4096, 16> {
protected:
    static constexpr std::uint64_t kFrame = 4096;
    ReadsFromTheDisk() : FromTheDisk(4) {}
};

constexpr std::uint64_t kMiB = 1 << 20;

class LargeReadsFromTheDisk : public FromTheDisk<kMiB, 24> {
protected:
    LargeReadsFromTheDisk() : FromTheDisk(3) {}
};

TEST_F(ReadsFromTheDisk, AReaderAsksForTwiceWhatItTookIntoTheNextSegment) {
    read_on(0, 10);
    const std::uint64_t twice = 2 * 10 * (kFrame - sizeof(FrameHeader));
    EXPECT_EQ(files.take_wishes(),
              (Wishes{{segment(0), offset(10), 6 * kFrame}, {segment(1), 0, twice - 6 * kFrame}}));
    EXPECT_TRUE(log->read_ahead().expects(Position(10)));
    read_on(10, 10);
    EXPECT_EQ(files.take_wishes(),
              (Wishes{{segment(1), offset(4), 12 * kFrame}, {segment(2), 0, twice - 12 * kFrame}}));
    EXPECT_TRUE(log->read_ahead().expects(Position(20)));
}

TEST_F(ReadsFromTheDisk, NoMoreThanOneSegmentIsOpenedForWhatIsToCome) {
    read_on(0, 40);
    EXPECT_EQ(files.take_wishes(),
              (Wishes{{segment(2), offset(8), 8 * kFrame}, {segment(3), 0, kSegment}}));
}

TEST_F(ReadsFromTheDisk, NothingIsAskedForAtTheEnd) {
    read_on(20, 4 * 16 - 20);
    EXPECT_TRUE(files.take_wishes().empty());
    EXPECT_FALSE(log->read_ahead().expects(Position(4 * 16)));
}

TEST_F(ReadsFromTheDisk, NothingIsAskedForByAReaderOfLittle) {
    read_on(0, 8);
    EXPECT_TRUE(files.take_wishes().empty());
    EXPECT_FALSE(log->read_ahead().expects(Position(8)));
}

TEST_F(ReadsFromTheDisk, NothingIsAskedForThatIsInMemory) {
    read_on(0, 10);
    EXPECT_FALSE(files.take_wishes().empty());
    files.set_cold(false);
    read_on(10, 10);
    EXPECT_TRUE(files.take_wishes().empty());
    EXPECT_FALSE(log->read_ahead().expects(Position(20))) << "memory serves the next read";
}

TEST_F(ReadsFromTheDisk, ReadersThatMemoryServesAskForNothing) {
    files.set_cold(false);
    ReadRequest request{kShard, Position(0), 10, 1 << 30, WallTime{}};
    ASSERT_TRUE(ShardReader(*parts, *log, request).read(env::ReadMode::kCachedOnly).value());
    EXPECT_TRUE(files.take_wishes().empty());
    EXPECT_FALSE(log->read_ahead().expects(Position(10)));
}

TEST_F(LargeReadsFromTheDisk, AReaderLetsGoOfWhatIsSixteenMiBBehindIt) {
    read_on(0, 10);
    read_on(10, 10);
    EXPECT_TRUE(files.take_farewells().empty());
    read_on(20, 8);
    EXPECT_EQ(files.take_farewells(), (Wishes{{segment(0), 0, offset(20) - 16 * kMiB}}));
    read_on(28, 12);
    EXPECT_EQ(files.take_farewells(), (Wishes{{segment(0), 0, kSegment - 16 * kMiB + offset(4)}}));
    read_on(40, 10);
    EXPECT_EQ(files.take_farewells(),
              (Wishes{{segment(1), 0, offset(16) - 16 * kMiB}, {segment(0), 0, kSegment}}));
    read_on(50, 20);
    EXPECT_EQ(files.take_farewells(), (Wishes{{segment(1), 0, kSegment - 16 * kMiB + offset(2)}}));
    read_on(70, 2);
    EXPECT_EQ(files.take_farewells(),
              (Wishes{{segment(2), 0, offset(22) - 16 * kMiB}, {segment(1), 0, kSegment}}));
}

TEST_F(LargeReadsFromTheDisk, ReadersThatComeFromNowhereOrFromMemoryLetGoOfNothing) {
    read_on(0, 20);
    read_on(30, 10);  // another
    EXPECT_TRUE(files.take_farewells().empty());
    const ReadRequest request{kShard, Position(20), 1, 1 << 30, WallTime{}};
    files.set_cold(false);
    ASSERT_TRUE(ShardReader(*parts, *log, request).read(env::ReadMode::kCachedOnly).value());
    EXPECT_TRUE(files.take_farewells().empty());
}

// ---- A worker begins, the disk pool goes on.

void expect_same(const ReadResult& one, const ReadResult& other) {
    ASSERT_EQ(one.records.size(), other.records.size());
    for (std::size_t i = 0; i < one.records.size(); ++i) {
        const Record& a = one.records[i];
        const Record& b = other.records[i];
        ASSERT_EQ(a.position, b.position);
        ASSERT_EQ(a.key, b.key);
        ASSERT_EQ(as_text(a.data), as_text(b.data));
    }
    EXPECT_EQ(one.next, other.next);
    EXPECT_EQ(one.tip, other.tip);
    EXPECT_EQ(one.at_end, other.at_end);
    if (one.next < one.tip) {
        EXPECT_EQ(one.next_stamp, other.next_stamp);
    }
}

class LongReads : public ShardReaderTest {
protected:
    static constexpr std::size_t kHere = 256 << 10;  // what a worker reads at once

    // 2 MiB of records of 1 to 20,000 bytes in segments of 300 KiB.
    LongReads() {
        options.segment_bytes = 300 << 10;
        reopen();
        log = std::make_shared<ShardLog>(*parts, state_of(kShard));
        for (std::size_t bytes = 0; bytes < 2 << 20; count += 1) {
            const std::string data(1 + random() % 20'000, static_cast<char>('a' + count % 26));
            append(*log, data, kStampMs + static_cast<std::int64_t>(count));
            bytes += data.size();
        }
    }

    std::mt19937 random{4711};
    std::uint64_t count = 0;
};

TEST_F(LongReads, AreTheSameWhetherOrNotAWorkerBeganThem) {
    seal(*log);
    for (int round = 0; round < 200; ++round) {
        ReadRequest request;
        request.shard = kShard;
        request.from = Position(random() % count);
        request.records_max = static_cast<std::uint32_t>(1 + random() % 300);
        request.bytes_max = random() % (2 << 20);
        if (random() % 2 == 0) {
            request.horizon = after(static_cast<std::int64_t>(random() % count));
        }
        ShardReader reader(*parts, *log, request);
        if (!reader.read(env::ReadMode::kCachedOnly).value()) {
            ASSERT_TRUE(reader.read(env::ReadMode::kMayBlock).value());
        }
        expect_same(reader.take(), read_records(*parts, *log, request).value());
    }
}

TEST_F(LongReads, AWorkerDoesNoMoreThanItsPart) {
    ReadRequest request{kShard, Position(0), 10'000, kHere, WallTime{}};
    EXPECT_TRUE(ShardReader(*parts, *log, request).read(env::ReadMode::kCachedOnly).value());
    request.bytes_max = kHere + 40'000;
    ShardReader reader(*parts, *log, request);
    EXPECT_FALSE(reader.read(env::ReadMode::kCachedOnly).value());
    const ReadResult whole = read_records(*parts, *log, request).value();
    // What the worker read is not read again.
    files.flip(log->segment_path(Position(0)), kSegmentHeaderBytes + 5);
    EXPECT_TRUE(reader.read(env::ReadMode::kMayBlock).value());
    expect_same(reader.take(), whole);
}

TEST_F(LongReads, GoOnWhereMemoryEnds) {
    ReadRequest request{kShard, Position(0), 10'000, 10 << 20, WallTime{}};
    const auto whole = read_records(*parts, *log, request).value();
    ShardReader reader(*parts, *log, request);
    files.set_cold(true);
    EXPECT_FALSE(reader.read(env::ReadMode::kCachedOnly).value());
    EXPECT_TRUE(reader.read(env::ReadMode::kMayBlock).value());
    expect_same(reader.take(), whole);
}

TEST_F(LongReads, EndBeforeDamageThatThePoolMeets) {
    const ReadRequest request{kShard, Position(0), 10'000, 10 << 20, WallTime{}};
    ShardReader reader(*parts, *log, request);
    EXPECT_FALSE(reader.read(env::ReadMode::kCachedOnly).value());
    files.flip(log->segment_path(log->state().segments.at(3).first), 1000);
    EXPECT_TRUE(reader.read(env::ReadMode::kMayBlock).value());
    const ReadResult read = reader.take();
    EXPECT_LT(read.next, read.tip);
    EXPECT_GE(read.next, log->state().segments.at(3).first);
    expect_same(read, read_records(*parts, *log, request).value());
}

TEST_F(ShardReaderTest, RecordsOutliveTheirSegment) {
    fill(3);
    const auto result = read(*log).value();
    log->drop(granted);
    files.remove_tree("/data").value();
    EXPECT_EQ(text_of(result), "0:rec0 1:rec1 2:rec2");
}

}  // namespace
}  // namespace millrace::storage
