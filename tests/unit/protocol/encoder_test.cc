#include "protocol/encoder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

std::string as_json(const Whole& w) {
    return encode(Format::kJson, kWhole, &w);
}
std::string as_cbor(const Whole& w) {
    return encode(Format::kCbor, kWhole, &w);
}

Whole everything() {
    Whole w;
    w.text = "a\"\\\n\x01\xe2\x82\xac";
    w.integer = -42;
    w.big = INT64_MIN;
    w.flag = true;
    w.blob = as_bytes("foob");
    w.when = wall_time(1441215410867);
    w.part.emplace().type = "WIDE";
    w.parts.emplace().resize(2);
    w.parts->at(1).size = 7;
    w.words = {"x", ""};
    w.tags = {{"k", "v"}, {"l", ""}};
    return w;
}

TEST(Encoder, AbsentMembersAreLeftOut) {
    EXPECT_EQ(as_json({}), "{}");
    EXPECT_EQ(as_cbor({}), hex("bf ff"));
}

TEST(Encoder, WritesEveryKindAsJson) {
    EXPECT_EQ(as_json(everything()),
              R"({"Text":"a\"\\\n\u0001)"
              "\xe2\x82\xac"
              R"(","Integer":-42,"Big":-9223372036854775808,"Flag":true,"Blob":"Zm9vYg==",)"
              R"("When":1441215410.867,"Part":{"Type":"WIDE"},"Parts":[{},{"Size":7}],)"
              R"("Words":["x",""],"Tags":{"k":"v","l":""}})");
}

TEST(Encoder, WritesEveryKindAsCbor) {
    EXPECT_EQ(as_cbor(everything()),
              hex("bf"                                              //
                  "64 54657874 68 61 22 5c 0a 01 e282ac"            // Text
                  "67 496e7465676572 38 29"                         // Integer
                  "63 426967 3b 7fffffffffffffff"                   // Big
                  "64 466c6167 f5"                                  // Flag
                  "64 426c6f62 44 666f6f62"                         // Blob
                  "64 5768656e c1 1b 0000014f8f21f2b3"              // When
                  "64 50617274 bf 64 54797065 64 57494445 ff"       // Part
                  "65 5061727473 9f bf ff bf 64 53697a65 07 ff ff"  // Parts
                  "65 576f726473 9f 61 78 60 ff"                    // Words
                  "64 54616773 bf 61 6b 61 76 61 6c 60 ff"          // Tags
                  "ff"));
}

TEST(Encoder, TimestampsOfRpcV2AreSeconds) {
    const auto text = [](std::int64_t ms) {
        Whole w;
        w.when = wall_time(ms);
        return encode(Format::kRpcCbor, kWhole, &w);
    };
    EXPECT_EQ(text(1441215410000), hex("bf 64 5768656e c1 1a 55e733b2 ff"));
    EXPECT_EQ(text(1441215410500), hex("bf 64 5768656e c1 fb 41d579cceca00000 ff"));
    EXPECT_EQ(text(0), hex("bf 64 5768656e c1 00 ff"));
}

TEST(Encoder, TimestampsHaveAtMostThreeDecimals) {
    auto text = [](std::int64_t ms) {
        Whole w;
        w.when = wall_time(ms);
        const std::string json = as_json(w);
        return json.substr(8, json.size() - 9);
    };
    EXPECT_EQ(text(0), "0");
    EXPECT_EQ(text(1441215410000), "1441215410");
    EXPECT_EQ(text(1441215410100), "1441215410.1");
    EXPECT_EQ(text(1441215410120), "1441215410.12");
    EXPECT_EQ(text(1441215410003), "1441215410.003");
    EXPECT_EQ(text(-1), "-0.001");
    EXPECT_EQ(text(-62135596800000), "-62135596800");
}

TEST(Encoder, CborHeadsAreAsShortAsTheyCanBe) {
    auto big = [](std::int64_t value) {
        Whole w;
        w.big = value;
        const std::string cbor = as_cbor(w);
        return cbor.substr(5, cbor.size() - 6);
    };
    EXPECT_EQ(big(23), hex("17"));
    EXPECT_EQ(big(24), hex("18 18"));
    EXPECT_EQ(big(255), hex("18 ff"));
    EXPECT_EQ(big(256), hex("19 0100"));
    EXPECT_EQ(big(65536), hex("1a 00010000"));
    EXPECT_EQ(big(4294967296), hex("1b 0000000100000000"));
    EXPECT_EQ(big(-1), hex("20"));
    EXPECT_EQ(big(-25), hex("38 18"));
}

TEST(Encoder, WhatItWritesOthersCanRead) {
    const Whole w = everything();
    const auto json = nlohmann::json::parse(as_json(w));
    EXPECT_EQ(json["Text"], "a\"\\\n\x01\xe2\x82\xac");
    EXPECT_EQ(json["When"], 1441215410.867);
    Whole untimed = w;  // nlohmann reads no tag 1
    untimed.when.reset();
    const auto cbor = nlohmann::json::from_cbor(as_cbor(untimed));
    EXPECT_EQ(cbor["Text"], json["Text"]);
    EXPECT_EQ(cbor["Big"], json["Big"]);
    EXPECT_EQ(cbor["Tags"], json["Tags"]);
    EXPECT_EQ(cbor["Parts"], json["Parts"]);
}

TEST(Encoder, ControlCharactersAreEscapedAndReadBack) {
    std::string text;
    for (char c = 0; c >= 0; ++c) {
        text += c;
        if (c == 127)
            break;
    }
    Whole w;
    w.text = text;
    EXPECT_EQ(nlohmann::json::parse(as_json(w))["Text"], text);
    EXPECT_EQ(whole_of_json(as_json(w)).value().text, text);
}

// Text is looked at in blocks of sixteen.
TEST(Encoder, EveryByteIsEscapedOrNotWhereverItStands) {
    for (std::size_t size = 1; size <= 34; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(size, 'x');
                text[at] = static_cast<char>(byte);
                Whole w;
                w.text = text;
                const bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
                const std::string json = as_json(w);
                if (escaped) {
                    ASSERT_EQ(nlohmann::json::parse(json)["Text"], text) << size << ' ' << byte;
                } else {
                    ASSERT_EQ(json, "{\"Text\":\"" + text + "\"}") << size << ' ' << byte;
                }
            }
        }
    }
}

// Escapes are what the room asked for beforehand does not count.
TEST(Encoder, TextsOfManyEscapesAreWholeWhateverTheirLength) {
    for (std::size_t size = 0; size < 3000; size = size * 5 / 4 + 1) {
        const std::string text(size, '\x01');
        const std::vector<std::string_view> words(4, text);
        Whole w;
        w.text = text;
        w.words = words;
        std::string json = "before";
        encode(Format::kJson, kWhole, &w, json);
        ASSERT_EQ(json.substr(0, 7), "before{");
        const auto read = nlohmann::json::parse(json.substr(6));
        ASSERT_EQ(read["Text"], text) << size;
        ASSERT_EQ(read["Words"], nlohmann::json(words)) << size;
    }
}

// What was bound from either encoding is written back, and bound again to the same.
TEST(Encoder, BothEncodingsOfRandomValuesBindAlike) {
    const unsigned seed = 4711;
    std::mt19937 random(seed);
    auto some = [&](std::vector<std::string>& store) -> std::string_view {
        static constexpr std::string_view kPieces[] = {"a", "\xe2\x82\xac", "\"", "\\", "\n", "k"};
        std::string text;
        for (auto n = random() % 12; n > 0; --n)
            text += kPieces[random() % std::size(kPieces)];
        store.push_back(text);
        return store.back();
    };
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::string> store;
        store.reserve(64);
        Whole w;
        if (random() % 2)
            w.text = some(store);
        if (random() % 2)
            w.integer = static_cast<std::int32_t>(random());
        if (random() % 2)
            w.big = static_cast<std::int64_t>(random()) << (random() % 32);
        if (random() % 2)
            w.flag = random() % 2 == 0;
        if (random() % 2)
            w.blob = as_bytes(some(store));
        if (random() % 2)
            w.when = wall_time(static_cast<std::int64_t>(random()) * 1000 % 253402300799999);
        if (random() % 2)
            w.part.emplace().type = some(store);
        if (random() % 2) {
            w.parts.emplace().resize(random() % 4);
            for (Part& part : *w.parts)
                part.size = static_cast<std::int32_t>(random() % 9);
        }
        if (random() % 2) {
            for (auto n = random() % 4; n > 0; --n) {
                w.words.has_value() ? void() : void(w.words.emplace());
                w.words->push_back(some(store));
            }
        }
        if (random() % 2)
            w.tags = {{"a", some(store)}, {"b", some(store)}};

        const std::string json = as_json(w);
        const std::string cbor = as_cbor(w);
        const auto from_json = whole_of_json(json);
        const auto from_cbor = whole_of_cbor(cbor);
        ASSERT_TRUE(from_json.well_formed && !from_json.failure) << "seed " << seed << " " << json;
        ASSERT_TRUE(from_cbor.well_formed && !from_cbor.failure) << "seed " << seed << " " << json;
        ASSERT_EQ(as_json(from_json.value()), json);
        ASSERT_EQ(as_json(from_cbor.value()), json);
        ASSERT_EQ(as_cbor(from_json.value()), cbor);
        ASSERT_EQ(from_json.violations(kWhole), from_cbor.violations(kWhole));
        ASSERT_EQ(encoded_size(Format::kJson, kWhole, &w), json.size()) << json;
        ASSERT_EQ(encoded_size(Format::kCbor, kWhole, &w), cbor.size()) << json;
        ASSERT_EQ(encoded_size(Format::kRpcCbor, kWhole, &w),
                  encode(Format::kRpcCbor, kWhole, &w).size())
            << json;
    }
}

TEST(Encoder, SizesAreExactForEveryByteAndNumber) {
    const auto expect_exact = [](const Whole& w) {
        for (const Format format : {Format::kJson, Format::kCbor, Format::kRpcCbor}) {
            ASSERT_EQ(encoded_size(format, kWhole, &w), encode(format, kWhole, &w).size())
                << as_json(w);
        }
    };
    for (int byte = 0; byte < 256; ++byte) {
        for (const std::size_t size : {1U, 15U, 16U, 17U, 40U, 300U, 70'000U}) {
            const std::string text(size, static_cast<char>(byte));
            Whole w;
            w.text = text;
            w.blob = as_bytes(text);
            w.tags = {{text, text}};
            expect_exact(w);
        }
    }
    for (unsigned bit = 0; bit < 63; ++bit) {
        const std::int64_t power = std::int64_t{1} << bit;
        for (const std::int64_t value : {power - 1, power, power + 1, -power, -power - 1}) {
            Whole w;
            w.big = value;
            w.integer = static_cast<std::int32_t>(value);
            w.when = wall_time(value);
            expect_exact(w);
        }
    }
    Whole least;
    least.big = INT64_MIN;
    least.when = wall_time(INT64_MIN);
    expect_exact(least);
    for (std::int64_t power = 1; power < 1'000'000'000'000'000'000; power *= 10) {
        for (const std::int64_t value : {power - 1, power, -power, 1 - power}) {
            Whole w;
            w.big = value;
            w.when = wall_time(value);
            expect_exact(w);
        }
    }
}

// What GetRecords answers looks like this.
struct Reader {
    std::optional<std::string_view> before;
    std::vector<Whole> records;
    std::vector<Whole> others;
    std::optional<std::string_view> after;
};
constexpr model::Field kReaderFields[] = {
    model::string_field<&Reader::before>("Before"),
    model::list_field<&Reader::records>("Records", kWhole),
    model::list_field<&Reader::others>("Others", kWhole),
    model::string_field<&Reader::after>("After"),
};
constexpr model::Shape kReader{"Reader", kReaderFields};

TEST(PieceEncoder, ItsPiecesAreTheWhole) {
    std::mt19937 random(4711);
    const std::string payload(3 * PieceEncoder::kPieceBytes, 'p');
    for (int round = 0; round < 60; ++round) {
        Reader reader;
        if (random() % 2 == 0)
            reader.before = "b\n";
        if (random() % 2 == 0)
            reader.after = "a";
        for (auto* const list : {&reader.records, &reader.others}) {
            list->resize(random() % 60);
            for (Whole& w : *list) {
                w = everything();
                w.blob = as_bytes(payload).first(random() %
                                                 (random() % 8 == 0 ? payload.size() : 20'000));
            }
        }
        for (const Format format : {Format::kJson, Format::kCbor, Format::kRpcCbor}) {
            PieceEncoder encoder(format, kReader, &reader);
            std::string whole;
            std::size_t last = PieceEncoder::kPieceBytes;
            for (std::string piece = encoder.next(); !piece.empty(); piece = encoder.next()) {
                ASSERT_GE(last, PieceEncoder::kPieceBytes) << "only the last one is smaller";
                last = piece.size();
                whole += piece;
            }
            EXPECT_EQ(encoder.next(), "");
            ASSERT_EQ(whole, encode(format, kReader, &reader));
        }
    }
}

TEST(PieceEncoder, PiecesOfUsualRecordsAreNotMovedAsTheyGrow) {
    const std::string payload(20'000, 'p');
    Reader reader;
    reader.records.resize(100);
    for (Whole& w : reader.records)
        w.blob = as_bytes(payload);
    for (const Format format : {Format::kJson, Format::kCbor}) {
        PieceEncoder encoder(format, kReader, &reader);
        const std::string piece = encoder.next();
        EXPECT_GE(piece.size(), PieceEncoder::kPieceBytes);
        EXPECT_LT(piece.capacity(), 2 * PieceEncoder::kPieceBytes);  // never doubled
    }
}

TEST(Encoder, LargeResponsesAreNotMovedAsTheyGrow) {
    const std::string payload(100'000, 'p');
    Reader reader;
    reader.records.resize(100);
    for (Whole& w : reader.records) {
        w = everything();
        w.blob = as_bytes(payload);
    }
    for (const Format format : {Format::kJson, Format::kCbor}) {
        const std::string out = encode(format, kReader, &reader);
        EXPECT_LT(out.capacity(), out.size() + out.size() / 100);  // never doubled
    }
}

}  // namespace
}  // namespace millrace::protocol
