#include "base/base64.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace millrace::base64 {
namespace {

constexpr Path kPaths[] = {Path::kPlain, Path::kAvx2, Path::kAvx512};

std::string encoded(std::string_view raw, Path path = best_path()) {
    std::string out(encoded_size(raw.size()), '?');
    encode(as_bytes(raw), out.data(), path);
    return out;
}

struct Outcome {
    Fault fault;
    std::string raw;
    std::size_t at;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome decoded(std::string_view text, Path path = best_path()) {
    // A heap buffer of exactly the promised size: a sanitizer sees any write past it.
    std::vector<std::byte> out(decoded_size_max(text.size()));
    const Decoded d = decode(text, out.data(), path);
    if (d.fault != Fault::kNone)
        return {d.fault, "", d.at};
    return {d.fault, std::string(as_text(Bytes(out).first(d.size))), 0};
}

// Says what is wrong by the rules as written, character by character.
Outcome judged(std::string_view text) {
    auto in_alphabet = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    };
    if (text.size() % 4 != 0)
        return {Fault::kLength, "", 0};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!in_alphabet(text[i]) && text[i] != '=')
            return {Fault::kCharacter, "", i};
        if (text[i] == '=' && i + 1 < text.size() && text[i + 1] != '=') {
            return {Fault::kCharacter, "", i};
        }
    }
    const std::size_t data = std::min(text.find('='), text.size());
    if (text.size() - data > 2)
        return {Fault::kTrailingBits, "", 0};
    Outcome lenient = decoded(text, Path::kPlain);
    if (lenient.fault == Fault::kNone && encoded(lenient.raw, Path::kPlain) == text)
        return lenient;
    return {Fault::kTrailingBits, "", 0};
}

TEST(Base64, EncodesTheVectorsOfTheRfc) {
    EXPECT_EQ(encoded(""), "");
    EXPECT_EQ(encoded("f"), "Zg==");
    EXPECT_EQ(encoded("fo"), "Zm8=");
    EXPECT_EQ(encoded("foo"), "Zm9v");
    EXPECT_EQ(encoded("foob"), "Zm9vYg==");
    EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
    EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodesTheVectorsOfTheRfc) {
    EXPECT_EQ(decoded("").raw, "");
    EXPECT_EQ(decoded("Zg==").raw, "f");
    EXPECT_EQ(decoded("Zm8=").raw, "fo");
    EXPECT_EQ(decoded("Zm9vYmFy").raw, "foobar");
    EXPECT_EQ(decoded("+/+/").raw, "\xfb\xff\xbf");
}

TEST(Base64, NamesTheThreeFaults) {
    EXPECT_EQ(decoded("Zg=").fault, Fault::kLength);
    EXPECT_EQ(decoded("=").fault, Fault::kLength);
    EXPECT_EQ(decoded("Z-==").fault, Fault::kCharacter);
    EXPECT_EQ(decoded("Z-==").at, 1u);
    EXPECT_EQ(decoded("Z=g=").at, 1u);
    EXPECT_EQ(decoded("Zg==Zg==").at, 3u);
    EXPECT_EQ(decoded("Zh==").fault, Fault::kTrailingBits);
    EXPECT_EQ(decoded("Zm9=").fault, Fault::kTrailingBits);
    EXPECT_EQ(decoded("====").fault, Fault::kTrailingBits);
    EXPECT_EQ(decoded("Z===").fault, Fault::kTrailingBits);
    EXPECT_EQ(decoded("Zm9v====").fault, Fault::kTrailingBits);
}

TEST(Base64, EveryCharacterIsJudgedAlikeOnEveryPathAtEveryPlace) {
    for (const std::size_t length : {8u, 36u, 40u, 64u, 68u, 96u, 100u, 132u}) {
        for (std::size_t at = 0; at < length; ++at) {
            for (int c = 0; c < 256; ++c) {
                std::string text(length, 'A');
                text[at] = static_cast<char>(c);
                const Outcome expected = judged(text);
                for (const Path path : kPaths) {
                    if (!runs_here(path))
                        continue;
                    ASSERT_EQ(decoded(text, path), expected) << "char " << c << " at " << at;
                }
            }
        }
    }
}

TEST(Base64, AllPathsAgreeOnRandomBytesAndDamagedTexts) {
    const unsigned seed = 20131202;
    std::mt19937 random(seed);
    for (int round = 0; round < 20000; ++round) {
        std::string raw(random() % 200, '\0');
        for (char& c : raw)
            c = static_cast<char>(random());
        const std::string text = encoded(raw, Path::kPlain);
        for (const Path path : kPaths) {
            if (!runs_here(path))
                continue;
            ASSERT_EQ(encoded(raw, path), text) << "seed " << seed;
            ASSERT_EQ(decoded(text, path), (Outcome{Fault::kNone, raw, 0})) << text;
        }
        std::string damaged = text;
        for (auto n = random() % 3; n > 0 && !damaged.empty(); --n) {
            damaged[random() % damaged.size()] = "=A+/-_\n\xc3"[random() % 8];
        }
        const Outcome expected = judged(damaged);
        for (const Path path : kPaths) {
            if (!runs_here(path))
                continue;
            ASSERT_EQ(decoded(damaged, path), expected) << damaged;
        }
    }
}

}  // namespace
}  // namespace millrace::base64
