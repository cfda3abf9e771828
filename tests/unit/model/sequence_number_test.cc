#include "model/sequence_number.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace millrace::model {
namespace {

// Decimal addition and doubling on texts: an arithmetic independent of the implementation's.
std::string add(std::string a, const std::string& b) {
    std::string sum;
    int carry = 0;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
        const int x = i < a.size() ? a[a.size() - 1 - i] - '0' : 0;
        const int y = i < b.size() ? b[b.size() - 1 - i] - '0' : 0;
        sum.insert(sum.begin(), static_cast<char>('0' + (x + y + carry) % 10));
        carry = (x + y + carry) / 10;
    }
    return sum;
}
std::string decimal_of_hex(const std::string& hex) {
    std::string value = "0";
    for (char c : hex) {
        for (int i = 0; i < 4; ++i) {
            value = add(value, value);
        }
        value = add(value, std::to_string(c <= '9' ? c - '0' : c - 'a' + 10));
    }
    return value;
}
std::string power_of_two(int exponent) {
    std::string value = "1";
    for (int i = 0; i < exponent; ++i) {
        value = add(value, value);
    }
    return value;
}
std::string hex(std::uint64_t value, int digits) {
    std::string text(static_cast<std::size_t>(digits), '0');
    for (int i = digits - 1; i >= 0; --i, value >>= 4) {
        text[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
    }
    return text;
}

TEST(SequenceNumber, StartingNumbersMatchTheServices) {
    const std::int64_t created = 1700000000;
    EXPECT_EQ(SequenceNumber::starting(created, ShardNo(0)).text().view(),
              "49646437577108476416916876405825929425585429676275269634");
    EXPECT_EQ(SequenceNumber::starting(created, ShardNo(1)).text().view(),
              "49646437577130777162115407028967465143858078037781250066");
    EXPECT_EQ(SequenceNumber::starting(created, ShardNo(17)).text().view(),
              "49646437577130777162115407028967465143858078037781250322");
}

TEST(SequenceNumber, EndingNumberMatchesTheServices) {
    EXPECT_EQ(SequenceNumber::ending(1700000000, ShardNo(0), 1700000100).text().view(),
              "49646437577119626789516141717395488358902146099801227266");
}

TEST(SequenceNumber, NeighbouringShardsStartTheServicesDistanceApart) {
    const std::string first = SequenceNumber::starting(1700000000, ShardNo(0)).text().str();
    const std::string second = SequenceNumber::starting(1700000000, ShardNo(1)).text().str();
    EXPECT_EQ(add(first, "22300745198530623141535718272648361505980432"), second);
}

TEST(SequenceNumber, LiveSamplesDecode) {
    const auto a =
        ParsedSequence::parse("49570154343577991434159135485979649237735405726566711298");
    ASSERT_TRUE(a);
    EXPECT_EQ(a->version, 2u);
    EXPECT_EQ(a->created_s, 1486208844);
    EXPECT_EQ(a->index, 0x17321b7b8u);
    EXPECT_EQ(a->time_s, 1493220529);
    EXPECT_EQ(a->shard_index, 0);
    const auto b =
        ParsedSequence::parse("49674026002850188218576229259473476449429298564223254594");
    ASSERT_TRUE(b);
    EXPECT_EQ(b->created_s, 1777319237);
    EXPECT_EQ(b->index, 0x50ccb9d26u);
    EXPECT_EQ(b->time_s, 1777320018);
    EXPECT_EQ(b->shard_index, 3076);
}

TEST(SequenceNumber, EveryIssuedNumberReadsBack) {
    std::mt19937_64 random(20260101);
    for (int i = 0; i < 20000; ++i) {
        const auto created = static_cast<std::int64_t>(random() % 16025175000u);
        const auto shard = static_cast<std::uint32_t>(random() >> 33) >> (random() % 31);
        const std::uint64_t index = (random() >> 1) >> (random() % 63);
        const auto time = static_cast<std::int64_t>(random() >> 28);
        const SequenceNumber number = SequenceNumber::make(created, ShardNo(shard), index, time);
        const std::string text = number.text().str();
        ASSERT_EQ(text.size(), 56u);
        ASSERT_EQ(text,
                  decimal_of_hex("2" + hex(static_cast<std::uint64_t>(created), 9) +
                                 hex(shard & 15, 1) + hex(index, 16) + "00" +
                                 hex(static_cast<std::uint64_t>(time), 9) + hex(shard, 8) + "2"))
            << i;
        const auto parsed = ParsedSequence::parse(text);
        ASSERT_TRUE(parsed) << text;
        ASSERT_EQ(parsed->version, 2u);
        ASSERT_EQ(parsed->created_s, created);
        ASSERT_EQ(parsed->shard_index, static_cast<std::int32_t>(shard));
        ASSERT_EQ(parsed->index, index);
        ASSERT_EQ(parsed->time_s, time);
        ASSERT_EQ(parsed->number, number);
        if (i == 300) {
            i = 19000;  // the independent arithmetic is slow
        }
    }
}

// Digits are printed eight at a time, in halves of four: in as many numbers, each half there is.
TEST(SequenceNumber, EveryDigitIsReadAsItWasPrinted) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 50'000; ++i) {
        const auto number =
            SequenceNumber::make(static_cast<std::int64_t>(random() % 16025175000u),
                                 ShardNo(static_cast<std::uint32_t>(random() >> 33)), random() >> 1,
                                 static_cast<std::int64_t>(random() >> 28));
        ASSERT_EQ(ParsedSequence::parse(number.text()).value().number, number);
    }
}

TEST(SequenceNumber, OrderWithinAShardIsTheOrderOfIndices) {
    const auto early = SequenceNumber::make(1700000000, ShardNo(3), 7, 1700000900);
    const auto late = SequenceNumber::make(1700000000, ShardNo(3), 8, 1700000100);
    EXPECT_LT(early, late);
    EXPECT_LT(early.text().view(), late.text().view());
    EXPECT_LT(SequenceNumber::starting(1700000000, ShardNo(3)), early);
    EXPECT_LT(late, SequenceNumber::ending(1700000000, ShardNo(3), 1700000200));
    EXPECT_LT(SequenceNumber::make(1, ShardNo(0), 5, 10),
              SequenceNumber::make(1, ShardNo(0), 5, 11));
}

TEST(SequenceNumber, SmallNumbersAreVersionZero) {
    const auto zero = ParsedSequence::parse("0");
    ASSERT_TRUE(zero);
    EXPECT_EQ(zero->version, 0u);
    EXPECT_EQ(zero->shard_index, 0);
    EXPECT_EQ(zero->created_s, 0);
    const auto five = ParsedSequence::parse("5");
    ASSERT_TRUE(five);
    EXPECT_EQ(five->version, 0u);
    EXPECT_EQ(five->shard_index, 5);
}

TEST(SequenceNumber, VersionZeroFieldsAreRead) {
    const auto parsed = ParsedSequence::parse(
        decimal_of_hex("1" + hex(1400000000, 9) + "ff" + "0123456789abcdef" + hex(4711, 4)));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->version, 0u);
    EXPECT_EQ(parsed->created_s, 1400000000);
    EXPECT_EQ(parsed->shard_index, 4711);
}

TEST(SequenceNumber, VersionZeroEndsBelowTwoToThe129) {
    EXPECT_TRUE(ParsedSequence::parse(power_of_two(128)));
    EXPECT_FALSE(ParsedSequence::parse(power_of_two(129)));
    EXPECT_FALSE(ParsedSequence::parse(power_of_two(160)));
}

TEST(SequenceNumber, VersionOneFieldsAreRead) {
    const auto parsed = ParsedSequence::parse(decimal_of_hex("2" + hex(1400000000, 9) + "0" + "00" +
                                                             hex(1400000077, 9) + "0123456789abcd" +
                                                             "ef" + hex(12, 8) + "1"));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->version, 1u);
    EXPECT_EQ(parsed->created_s, 1400000000);
    EXPECT_EQ(parsed->time_s, 1400000077);
    EXPECT_EQ(parsed->shard_index, 12);
}

TEST(SequenceNumber, OtherVersionsAreInvalid) {
    for (const char version : std::string("03456789abcdef")) {
        EXPECT_FALSE(
            ParsedSequence::parse(decimal_of_hex("2" + hex(1700000000, 9) + "0" + hex(9, 16) +
                                                 "00" + hex(1700000000, 9) + hex(0, 8) + version)))
            << version;
    }
}

TEST(SequenceNumber, RangeIsBoundedOnBothSides) {
    EXPECT_FALSE(ParsedSequence::parse(power_of_two(185)));
    EXPECT_FALSE(ParsedSequence::parse(decimal_of_hex("3" + std::string(45, '0') + "2")));
    EXPECT_FALSE(ParsedSequence::parse(decimal_of_hex("1" + std::string(45, 'f') + "2")));
    EXPECT_TRUE(ParsedSequence::parse(decimal_of_hex("2" + std::string(45, '0') + "2")));
    EXPECT_FALSE(ParsedSequence::parse(std::string(129, '9')));
    EXPECT_FALSE(ParsedSequence::parse(std::string(100000, '9')));
}

TEST(SequenceNumber, CreationBeyondTheServicesBoundIsInvalid) {
    const auto with_creation = [](std::uint64_t seconds) {
        return decimal_of_hex("2" + hex(seconds, 9) + "0" + hex(1, 16) + "00" + hex(5, 9) +
                              hex(0, 8) + "2");
    };
    EXPECT_TRUE(ParsedSequence::parse(with_creation(16025174999)));
    EXPECT_FALSE(ParsedSequence::parse(with_creation(16025175000)));
    EXPECT_FALSE(
        ParsedSequence::parse(decimal_of_hex("1" + hex(16025175000, 9) + std::string(22, '0'))));
}

TEST(SequenceNumber, IndexWithItsTopBitIsInvalid) {
    EXPECT_TRUE(ParsedSequence::parse(decimal_of_hex("2" + hex(1700000000, 9) + "0" +
                                                     hex(0x7fffffffffffffff, 16) + "00" +
                                                     hex(5, 9) + hex(0, 8) + "2")));
    EXPECT_FALSE(ParsedSequence::parse(decimal_of_hex("2" + hex(1700000000, 9) + "0" +
                                                      hex(0x8000000000000000, 16) + "00" +
                                                      hex(5, 9) + hex(0, 8) + "2")));
}

TEST(SequenceNumber, NegativeShardsAreReadAsSuch) {
    const auto parsed = ParsedSequence::parse(decimal_of_hex(
        "2" + hex(1700000000, 9) + "0" + hex(1, 16) + "00" + hex(5, 9) + hex(0x80000000, 8) + "2"));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->shard_index, -2147483647 - 1);
    EXPECT_EQ(shard_id(parsed->shard_index).view(), "shardId--02147483648");
}

TEST(SequenceNumber, WhatIsNotANumberIsInvalid) {
    for (const char* text : {"", "-1", "+5", " 5", "5 ", "0x10", "1e9", "12a"}) {
        EXPECT_FALSE(ParsedSequence::parse(text)) << text;
    }
}

}  // namespace
}  // namespace millrace::model
