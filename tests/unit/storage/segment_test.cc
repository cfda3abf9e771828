#include "storage/segment.h"

#include <gtest/gtest.h>

#include "unit/storage/random.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

Errc fault_of(const Result<void>& checked) {
    return checked ? Errc::kIo : checked.error().code;
}

TEST(SegmentHeader, NamesItsShardAndFirstPosition) {
    const auto header = encode_segment_header(kShard, Position(7));
    EXPECT_TRUE(check_segment_header(header, kShard, Position(7)));
    EXPECT_EQ(fault_of(check_segment_header(header, {1, 3}, Position(7))), Errc::kCorrupt);
    EXPECT_EQ(fault_of(check_segment_header(header, {2, 2}, Position(7))), Errc::kCorrupt);
    EXPECT_EQ(fault_of(check_segment_header(header, kShard, Position(8))), Errc::kCorrupt);
}

TEST(SegmentHeader, AnyFlippedBitIsNoticed) {
    auto header = encode_segment_header(kShard, Position(7));
    for (std::size_t bit = 0; bit < header.size() * 8; ++bit) {
        header[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        const bool version = bit / 8 >= 8 && bit / 8 < 12;
        EXPECT_EQ(fault_of(check_segment_header(header, kShard, Position(7))),
                  version ? Errc::kUnsupported : Errc::kCorrupt)
            << "bit " << bit;
        header[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
}

TEST(SegmentHeader, AShortOneIsNone) {
    const auto header = encode_segment_header(kShard, Position(7));
    for (std::size_t size = 0; size < header.size(); ++size) {
        EXPECT_EQ(fault_of(check_segment_header(Bytes(header).first(size), kShard, Position(7))),
                  Errc::kCorrupt);
    }
}

}  // namespace
}  // namespace millrace::storage
