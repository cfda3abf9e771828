#include "protocol/cbor_reader.h"

#include <gtest/gtest.h>

#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

// 64 "Text"; 67 "Integer"; 63 "Big"; 64 "Flag"; 64 "Blob"; 64 "When"; 65 "Parts"; 65 "Words"
const std::string kText = hex("64 54657874");
const std::string kInteger = hex("67 496e7465676572");
const std::string kBig = hex("63 426967");
const std::string kFlag = hex("64 466c6167");
const std::string kBlob = hex("64 426c6f62");
const std::string kWhen = hex("64 5768656e");
const std::string kPartMember = hex("64 50617274");
const std::string kParts = hex("65 5061727473");
const std::string kWords = hex("65 576f726473");
const std::string kTags = hex("64 54616773");

Bound<Whole> one(const std::string& member, std::string_view value) {
    return whole_of_cbor("\xa1" + member + hex(value));
}
bool reads(const std::string& digits) {
    return whole_of_cbor(hex(digits)).well_formed;
}

std::string failure_of(const std::string& member, std::string_view value) {
    const auto bound = one(member, value);
    EXPECT_TRUE(bound.well_formed);
    return bound.failure.value_or("none");
}

TEST(CborReader, ReadsDefiniteAndIndefiniteItemsAlike) {
    const std::string inside = kParts + hex("82 a1 64 53697a65 01 a0") + kWords +
                               hex("9f 61 61 61 62 ff") + kTags + hex("bf 61 6b 61 76 ff");
    for (const std::string& body : {hex("a3") + inside, hex("bf") + inside + hex("ff")}) {
        const auto bound = whole_of_cbor(body);
        ASSERT_TRUE(bound.well_formed);
        ASSERT_FALSE(bound.failure) << *bound.failure;
        ASSERT_EQ(bound.value().parts.value().size(), 2u);
        EXPECT_EQ(bound.value().parts->at(0).size, 1);
        EXPECT_EQ(bound.value().words, (std::vector<std::string_view>{"a", "b"}));
        EXPECT_EQ(bound.value().tags, (model::TextMap{{"k", "v"}}));
    }
}

TEST(CborReader, ReadsIntegersOfEveryWidth) {
    EXPECT_EQ(one(kBig, "17").value().big, 23);
    EXPECT_EQ(one(kBig, "18 ff").value().big, 255);
    EXPECT_EQ(one(kBig, "19 ffff").value().big, 65535);
    EXPECT_EQ(one(kBig, "1a ffffffff").value().big, 4294967295);
    EXPECT_EQ(one(kBig, "1b 7fffffffffffffff").value().big, INT64_MAX);
    EXPECT_EQ(one(kBig, "1b ffffffffffffffff").value().big, INT64_MAX);
    EXPECT_EQ(one(kBig, "20").value().big, -1);
    EXPECT_EQ(one(kBig, "38 ff").value().big, -256);
    EXPECT_EQ(one(kBig, "3b 7fffffffffffffff").value().big, INT64_MIN);
    EXPECT_EQ(one(kBig, "3b ffffffffffffffff").value().big, INT64_MIN);
    EXPECT_EQ(one(kInteger, "1b 7fffffffffffffff").value().integer, INT32_MAX);
    EXPECT_EQ(one(kInteger, "3b 7fffffffffffffff").value().integer, INT32_MIN);
}

TEST(CborReader, ReadsFloatsOfEveryWidth) {
    EXPECT_EQ(one(kInteger, "f9 3e00").value().integer, 1);              // 1.5
    EXPECT_EQ(one(kInteger, "fa bfc00000").value().integer, -2);         // -1.5
    EXPECT_EQ(one(kInteger, "fb 4004cccccccccccd").value().integer, 2);  // 2.6
    EXPECT_EQ(one(kInteger, "f9 7e00").value().integer, 0);              // NaN
    EXPECT_EQ(one(kInteger, "f9 7c00").value().integer, INT32_MAX);      // infinity
    EXPECT_EQ(one(kInteger, "f9 fc00").value().integer, INT32_MIN);
}

TEST(CborReader, TimestampsAreMillisecondsTaggedOrNot) {
    auto ms = [](std::string_view value) { return to_ms(one(kWhen, value).value().when.value()); };
    EXPECT_EQ(ms("c1 1b 0000014f8f6e2b23"), 0x14f8f6e2b23);
    EXPECT_EQ(ms("1b 0000014f8f6e2b23"), 0x14f8f6e2b23);
    EXPECT_EQ(ms("c1 fb 4274f8f6e2b23000"), 0x14f8f6e2b23);
    EXPECT_EQ(ms("c1 20"), -1);
    EXPECT_EQ(ms("1b ffffffffffffffff"), 253402300799999);
    EXPECT_EQ(ms("f9 7e00"), 0);
}

TEST(CborReader, BlobsAreByteStringsOrBase64Text) {
    EXPECT_EQ(as_text(one(kBlob, "43 666f6f").value().blob.value()), "foo");
    EXPECT_EQ(as_text(one(kBlob, "40").value().blob.value()), "");
    EXPECT_EQ(as_text(one(kBlob, "64 5a6d3976").value().blob.value()), "foo");
    EXPECT_EQ(as_text(one(kBlob, "5f 42 666f 41 6f 40 ff").value().blob.value()), "foo");
    EXPECT_EQ(as_text(one(kBlob, "5f ff").value().blob.value()), "");
}

TEST(CborReader, DefiniteByteStringsAreViewsIntoTheBody) {
    const auto bound = one(kBlob, "43 666f6f");
    const std::string_view blob = as_text(bound.value().blob.value());
    EXPECT_GE(blob.data(), bound.body->data());
    EXPECT_LT(blob.data(), bound.body->data() + bound.body->size());
}

TEST(CborReader, ChunkedTextsAreJoinedAsValuesAndAsKeys) {
    EXPECT_EQ(one(kText, "7f 62 6162 60 61 63 ff").value().text, "abc");
    const auto bound = whole_of_cbor(hex("bf 7f 62 5465 62 7874 ff 61 61 ff"));
    EXPECT_EQ(bound.value().text, "a");
    // A character may be split between chunks.
    EXPECT_EQ(one(kText, "7f 62 e282 61 ac ff").value().text, "\xe2\x82\xac");
}

TEST(CborReader, TagsChangeNothing) {
    EXPECT_EQ(whole_of_cbor(hex("d9d9f7") + "\xa1" + kText + hex("61 61")).value().text, "a");
    EXPECT_EQ(whole_of_cbor("\xa1" + hex("d9d9f7") + kText + hex("c0 c0 61 61")).value().text, "a");
    EXPECT_EQ(one(kInteger, "c1 05").value().integer, 5);
}

TEST(CborReader, UndefinedAndNullAreAbsent) {
    EXPECT_FALSE(one(kText, "f6").value().text.has_value());
    EXPECT_FALSE(one(kText, "f7").value().text.has_value());
    EXPECT_TRUE(one(kText, "f7").well_formed);
    EXPECT_EQ(one(kFlag, "f5").value().flag, true);
    EXPECT_EQ(one(kFlag, "f4").value().flag, false);
}

TEST(CborReader, MismatchesUseTheWordsOfJson) {
    const std::string number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber";
    EXPECT_EQ(failure_of(kText, "01"), number + " can not be converted to an String");
    EXPECT_EQ(failure_of(kText, "41 61"), "Start of structure or map found where not expected.");
    EXPECT_EQ(failure_of(kInteger, "61 31"),
              "class java.lang.String can not be converted to an Integer");
    EXPECT_EQ(failure_of(kInteger, "80"), "Start of list found where not expected");
    EXPECT_EQ(failure_of(kInteger, "bf ff"), "Start of structure or map found where not expected.");
    EXPECT_EQ(failure_of(kParts, "41 61"), "Expected list or null");
    EXPECT_EQ(failure_of(kTags, "41 61"), "Expected map or null");
    EXPECT_EQ(failure_of(kPartMember, "41 61"), "Expected null");
    EXPECT_EQ(failure_of(kBlob, "01"), number + " can not be converted to a Blob");
    EXPECT_EQ(failure_of(kBlob, "63 616263"),
              "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple "
              "of 4 bytes but found: 3");
}

TEST(CborReader, MalformedBodiesAreRefused) {
    for (const char* const body : {
             "",                         // nothing
             "80",                       // an array
             "01",                       // a number
             "f6",                       // null
             "60",                       // a text
             "a0 00",                    // something follows
             "bf",                       // no end
             "a1",                       // no pair
             "a1 61 61",                 // no value
             "a1 61",                    // half a key
             "a1 01 01",                 // a key that is a number
             "a1 41 61 01",              // a key that is bytes
             "a1 5f 41 61 ff 01",        // a key that is chunked bytes
             "a1 80 01",                 // a key that is an array
             "a1 f6 01",                 // a key that is null
             "bf 61 61 ff",              // a map that ends after a key
             "a1 61 61 ff",              // a break in a definite map
             "ff",                       // a break alone
             "d9d9f7",                   // a tag alone
             "bf c1 ff",                 // a tag before a break
             "a1 61 61 c1",              // a tag before the end
             "a1 61 61 7f 41 61 ff",     // bytes among text chunks
             "a1 61 61 5f 61 61 ff",     // text among byte chunks
             "a1 61 61 7f 7f ff ff",     // chunks among chunks
             "a1 61 61 7f 01 ff",        // a number among chunks
             "a1 61 61 7f c1 61 61 ff",  // a tag among chunks
             "a1 61 61 61 ff",           // text that is not UTF-8
             "a1 61 ff 01",              // a key that is not UTF-8
             "a1 61 61 1c",              // reserved lengths
             "a1 61 61 fc",
             "a1 61 61 9b ffffffffffffffff",  // an array that claims 2^64 - 1 elements
             "bb ffffffffffffffff",           // a map that does
             "a1 61 61 7b ffffffffffffffff 61",
             "a1 61 61 5b 7fffffffffffffff 61",
         }) {
        EXPECT_FALSE(reads(body)) << body;
    }
}

TEST(CborReader, NestingIsLimited) {
    auto nested = [](std::size_t levels) {
        return hex("a1 61 61") + std::string(levels - 1, '\x9f') + std::string(levels - 1, '\xff');
    };
    EXPECT_TRUE(whole_of_cbor(nested(kNestingMax)).well_formed);
    EXPECT_FALSE(whole_of_cbor(nested(kNestingMax + 1)).well_formed);
    EXPECT_FALSE(whole_of_cbor(nested(1'000'000)).well_formed);
    auto tagged = [](std::size_t tags) {
        return hex("a1 61 61") + std::string(tags, '\xc1') + hex("01");
    };
    EXPECT_TRUE(whole_of_cbor(tagged(kNestingMax)).well_formed);
    EXPECT_FALSE(whole_of_cbor(tagged(kNestingMax + 1)).well_formed);
    EXPECT_FALSE(whole_of_cbor(tagged(1'000'000)).well_formed);
}

TEST(CborReader, UnassignedSimpleValuesAreWellFormed) {
    EXPECT_TRUE(reads("a1 61 61 e0"));
    EXPECT_TRUE(reads("a1 61 61 f3"));
    EXPECT_TRUE(reads("a1 61 61 f8 20"));
    EXPECT_TRUE(reads("a1 61 61 f8 ff"));
    EXPECT_FALSE(reads("a1 61 61 f8 1f"));  // must take the short form, and means something else
    EXPECT_FALSE(reads("a1 61 61 f8"));
    EXPECT_FALSE(reads("a1 e0 01"));  // no key
}

TEST(CborReader, TruncationAnywhereIsNoticed) {
    const std::string body = hex("bf") + kParts + hex("9f a2 64 53697a65 19 0101 61 78 f6 ff") +
                             kBlob + hex("5f 42 6162 ff") + kText + hex("7f 61 61 ff") + kWhen +
                             hex("c1 1b 0000014f8f6e2b23 ff");
    ASSERT_TRUE(whole_of_cbor(body).well_formed);
    for (std::size_t size = 0; size < body.size(); ++size) {
        EXPECT_FALSE(whole_of_cbor(body.substr(0, size)).well_formed) << size;
    }
}

TEST(CborReader, NullElementsKeepTheirPlace) {
    const auto bound = one(kWords, "83 61 61 f6 f7");
    EXPECT_EQ(bound.nulls.of(bound.owned.get(), kWholeFields[8]), (std::vector<std::size_t>{1, 2}));
}

}  // namespace
}  // namespace millrace::protocol
