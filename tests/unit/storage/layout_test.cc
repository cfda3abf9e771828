#include "storage/layout.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

TEST(Layout, NamesAreThoseOfTheFormat) {
    const Layout layout("/data");
    EXPECT_EQ(layout.lock(), "/data/LOCK");
    EXPECT_EQ(layout.journal_file(0), "/data/journal/000.log");
    EXPECT_EQ(layout.journal_file(41), "/data/journal/041.log");
    EXPECT_EQ(layout.checkpoint(), "/data/journal/checkpoint");
    EXPECT_EQ(layout.snapshot(), "/data/catalog/snapshot");
    EXPECT_EQ(layout.shard(kCatalogShard), "/data/catalog");
    EXPECT_EQ(layout.shard({0xABC, 7}), "/data/shards/0000000000000abc/7");
    EXPECT_EQ(segment_name(Position(12)), "00000000000000000012.log");
    EXPECT_EQ(index_name(Position(~std::uint64_t{0})), "18446744073709551615.idx");
}

TEST(Layout, WhatItNamesItParses) {
    for (const std::uint64_t value : {0ULL, 1ULL, 999ULL, 1ULL << 40, ~0ULL}) {
        EXPECT_EQ(parse_segment_name(segment_name(Position(value))), Position(value));
        EXPECT_EQ(parse_stream_name(Layout("/d").stream(value).filename().string()), value);
    }
    EXPECT_EQ(parse_journal_name("007.log"), 7U);
    EXPECT_EQ(parse_shard_name("4294967295"), 4294967295U);
}

TEST(Layout, OtherNamesAreNotTheirs) {
    for (const char* const name :
         {"", ".log", "1.log", "00000000000000000012.idx", "00000000000000000012.log.new",
          "0000000000000000001x.log", "99999999999999999999.log", "-0000000000000000012.log"}) {
        EXPECT_FALSE(parse_segment_name(name)) << name;
    }
    for (const char* const name : {"", "checkpoint", "checkpoint.new", "0000.log", "x01.log"}) {
        EXPECT_FALSE(parse_journal_name(name)) << name;
    }
    for (const char* const name : {"", "abc", "000000000000000g", "00000000000000001"}) {
        EXPECT_FALSE(parse_stream_name(name)) << name;
    }
    for (const char* const name : {"", "x", "1x", "-1", "4294967296"}) {
        EXPECT_FALSE(parse_shard_name(name)) << name;
    }
}

}  // namespace
}  // namespace millrace::storage
