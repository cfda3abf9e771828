#include "stream/token_key.h"

#include <gtest/gtest.h>

#include <array>

#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

class TokenKeyTest : public testing::Test {
protected:
    TokenKeyTest() { EXPECT_TRUE(files_.create_directories("/data")); }

    crypto::Aead::Key load() {
        auto token = load_token_key(files_, "/data", entropy_);
        EXPECT_TRUE(token);
        if (!token) {
            return {};
        }
        if (token.value().fresh) {
            EXPECT_TRUE(token.value().file.write(files_, token.value().key));
        }
        return token.value().key;
    }
    std::unique_ptr<env::File> file(const char* path = "/data/token.key") {
        auto opened = files_.open(path, env::OpenMode::kReadWrite);
        EXPECT_TRUE(opened);
        return std::move(opened).value();
    }

    env::MemoryFileSystem files_;
    SeededEntropy entropy_;
};

TEST_F(TokenKeyTest, IsDrawnOnceAndKept) {
    const auto first = load();
    EXPECT_NE(first, crypto::Aead::Key{});
    EXPECT_EQ(load(), first);
    EXPECT_EQ(files_.list("/data").value(), (std::vector<std::string>{"token.key"}));
}

TEST_F(TokenKeyTest, ADraftLeftByACrashIsReplaced) {
    auto draft = files_.open("/data/token.key.new", env::OpenMode::kCreate);
    ASSERT_TRUE(draft);
    const auto first = load();
    EXPECT_EQ(load(), first);
    EXPECT_EQ(files_.list("/data").value(), (std::vector<std::string>{"token.key"}));
}

TEST_F(TokenKeyTest, ADamagedFileIsReplacedByANewKey) {
    for (std::uint64_t at = 0; at < 48; ++at) {
        const auto before = load();
        std::array<std::byte, 1> byte;
        ASSERT_TRUE(file()->read_at(at, byte, env::ReadMode::kMayBlock));
        byte[0] ^= std::byte{1};
        const Bytes slices[] = {Bytes(byte)};
        ASSERT_TRUE(file()->write_at(at, slices));
        const auto after = load();
        EXPECT_NE(after, before) << "byte " << at;
        EXPECT_EQ(load(), after);
    }
}

TEST_F(TokenKeyTest, AFileOfAnotherLengthIsReplaced) {
    const auto first = load();
    ASSERT_TRUE(file()->truncate(47));
    const auto second = load();
    EXPECT_NE(second, first);
    ASSERT_TRUE(file()->truncate(0));
    const auto third = load();
    EXPECT_NE(third, second);
    const std::array<std::byte, 1> extra{};
    const Bytes slices[] = {Bytes(extra)};
    ASSERT_TRUE(file()->write_at(48, slices));
    EXPECT_NE(load(), third);
}

TEST_F(TokenKeyTest, AFreshOneIsNotInItsFileYet) {
    const auto token = load_token_key(files_, "/data", entropy_);
    ASSERT_TRUE(token);
    EXPECT_TRUE(token.value().fresh);
    EXPECT_TRUE(files_.list("/data").value().empty());
    load();
    EXPECT_FALSE(load_token_key(files_, "/data", entropy_).value().fresh);
}

}  // namespace
}  // namespace millrace::stream
