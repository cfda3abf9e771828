// FORMAT.md against the code: its examples are read from the document itself.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "storage/checkpoint.h"
#include "storage/frame.h"
#include "storage/journal_format.h"
#include "storage/segment.h"
#include "storage/segment_index.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

constexpr std::uint32_t kExampleSeed = 0x12345678;
constexpr WallTime kExampleStamp{Millis(1'700'000'000'123)};

// The bytes under the "Example" of the section of this name.
std::vector<std::byte> example(const std::string& section) {
    std::ifstream document(MILLRACE_SOURCE_DIR "/src/storage/FORMAT.md");
    EXPECT_TRUE(document.is_open());
    std::vector<std::byte> bytes;
    bool in_section = false;
    bool in_example = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with("## ")) {
            in_section = line.starts_with("## " + section);
            in_example = false;
        } else if (in_section && line.starts_with("Example")) {
            in_example = true;
        } else if (in_example && line.starts_with("    ")) {
            std::istringstream words(line);
            for (std::string word; words >> word;) {
                EXPECT_EQ(word.size(), 2U) << line;
                bytes.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
            }
        }
    }
    EXPECT_FALSE(bytes.empty()) << section;
    return bytes;
}

// As the document writes bytes, so that a mismatch shows what should stand there.
std::string hex(Bytes bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        constexpr char kDigits[] = "0123456789abcdef";
        const auto value = std::to_integer<unsigned>(bytes[i]);
        out += i % 16 == 0 ? "\n   " : "";
        out += {' ', kDigits[value >> 4], kDigits[value & 15]};
    }
    return out;
}

FrameBytes example_frame() {
    FrameBytes frame;
    append_frame(frame, FrameKind::kRecord, "k", as_bytes("hello"), kExampleStamp, 0);
    place_frame(frame.data(), frame_seed(kShard), Position(7), kExampleStamp);
    return frame;
}

TEST(Format, Frame) {
    const auto frame = example("Frame");
    EXPECT_EQ(hex(frame), hex(example_frame()));
    ASSERT_EQ(check_frame(frame, frame_seed(kShard)), FrameState::kWhole);
    const FrameHeader header = load_header(frame);
    EXPECT_EQ(header.position, 7U);
    EXPECT_EQ(header.stamp(), kExampleStamp);
    EXPECT_EQ(header.kind, FrameKind::kRecord);
    EXPECT_EQ(frame_key(frame), "k");
    EXPECT_EQ(as_text(frame_data(frame)), "hello");
}

TEST(Format, Segment) {
    const auto header = example("Segment");
    EXPECT_EQ(hex(header), hex(encode_segment_header(kShard, Position(7))));
    EXPECT_TRUE(check_segment_header(header, kShard, Position(7)));
}

TEST(Format, Index) {
    const SegmentIndex index = {{1000, 65'600, to_ms(kExampleStamp)}};
    const auto bytes = example("Index");
    EXPECT_EQ(hex(bytes), hex(encode_index(kShard, Position(7), index)));
    EXPECT_EQ(decode_index(bytes, kShard, Position(7), 1 << 20), index);
}

TEST(Format, Journal) {
    const CommitHeader commit{
        3,
        12,
        11,
        {{JournalEntry::Kind::kCreate, {1, 3}, 0}, {JournalEntry::Kind::kFrames, kShard, 38}}};
    const auto bytes = example("Journal");
    auto encoded = encode_commit_header(commit, kExampleSeed);
    add(encoded, example_frame());
    EXPECT_EQ(hex(bytes), hex(encoded));
    std::uint64_t needed = 0;
    const auto decoded = decode_commit_header(bytes, kExampleSeed, needed);
    ASSERT_EQ(decoded, commit);
    EXPECT_EQ(decoded->total_bytes(), kJournalBlockBytes);
    EXPECT_TRUE(body_is_whole(*decoded, Bytes(bytes).subspan(decoded->header_bytes())));
}

TEST(Format, Checkpoint) {
    Checkpoint checkpoint;
    checkpoint.mark = {3, 12, 8192};
    ShardState shard = state_of(kShard);
    shard.next = Position(8);
    shard.last_stamp = kExampleStamp;
    shard.segments = {{Position(7), 78, kExampleStamp, kExampleStamp}};
    checkpoint.shards = {shard};
    checkpoint.journal_seed = kExampleSeed;
    checkpoint.doomed = {{Doomed::Kind::kSegment, kShard, Position(3)}};
    const auto bytes = example("Checkpoint");
    EXPECT_EQ(hex(bytes), hex(encode_checkpoint(checkpoint)));
    const auto decoded = decode_checkpoint(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded.value(), checkpoint);
}

}  // namespace
}  // namespace millrace::storage
