#include "stream/key_file.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "env/memory_file_system.h"

namespace millrace::stream {
namespace {

class KeyFileTest : public testing::Test {
protected:
    KeyFileTest() {
        EXPECT_TRUE(files_.create_directories("/data"));
        key_.fill(std::byte{7});
    }
    std::unique_ptr<env::File> open() {
        return std::move(files_.open("/data/a.key", env::OpenMode::kReadWrite)).value();
    }
    void put(Bytes bytes) {
        static_cast<void>(files_.remove("/data/a.key"));
        const auto file = std::move(files_.open("/data/a.key", env::OpenMode::kCreate)).value();
        const Bytes slices[] = {bytes};
        ASSERT_TRUE(file->write_at(0, slices));
    }

    env::MemoryFileSystem files_;
    const KeyFile file_{"/data/a.key", "magic---"};
    crypto::Aead::Key key_{};
};

TEST_F(KeyFileTest, IsReadAsItWasWritten) {
    EXPECT_EQ(file_.read(files_).error().code, Errc::kNotFound);
    ASSERT_TRUE(file_.write(files_, key_));
    EXPECT_EQ(file_.read(files_).value(), key_);
    crypto::Aead::Key other = key_;
    other[0] = std::byte{1};
    ASSERT_TRUE(file_.write(files_, other));
    EXPECT_EQ(file_.read(files_).value(), other);
    EXPECT_EQ(files_.list("/data").value(), std::vector<std::string>{"a.key"});
}

TEST_F(KeyFileTest, ATrialLeavesItAsItIs) {
    ASSERT_TRUE(file_.try_write(files_, key_));
    EXPECT_EQ(file_.read(files_).error().code, Errc::kNotFound);
    ASSERT_TRUE(file_.write(files_, key_));
    ASSERT_TRUE(file_.try_write(files_, crypto::Aead::Key{}));
    EXPECT_EQ(file_.read(files_).value(), key_);
    files_.set_bytes_max(0);
    EXPECT_EQ(file_.try_write(files_, key_).error().code, Errc::kNoSpace);
}

TEST_F(KeyFileTest, AnyOtherByteOrLengthIsDamage) {
    ASSERT_TRUE(file_.write(files_, key_));
    for (std::uint64_t at = 0; at < 48; ++at) {
        std::array<std::byte, 1> byte;
        ASSERT_TRUE(open()->read_at(at, byte, env::ReadMode::kMayBlock));
        byte[0] ^= std::byte{1};
        const Bytes slices[] = {Bytes(byte)};
        ASSERT_TRUE(open()->write_at(at, slices));
        EXPECT_EQ(file_.read(files_).error().code, Errc::kCorrupt) << at;
        byte[0] ^= std::byte{1};
        ASSERT_TRUE(open()->write_at(at, slices));
    }
    EXPECT_TRUE(file_.read(files_));
    const std::vector<std::byte> bytes(64, std::byte{1});
    for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 47U, 48U, 49U, 64U}) {
        put(Bytes(bytes).first(size));
        EXPECT_EQ(file_.read(files_).error().code, Errc::kCorrupt) << size;
    }
}

TEST_F(KeyFileTest, OneOfAnotherKindIsDamage) {
    ASSERT_TRUE(file_.write(files_, key_));
    EXPECT_EQ((KeyFile{"/data/a.key", "magic--2"}.read(files_).error().code), Errc::kCorrupt);
}

TEST_F(KeyFileTest, ABareKeyDoesWhereThatIsAllowed) {
    put(key_);
    EXPECT_EQ(file_.read(files_).error().code, Errc::kCorrupt);
    const KeyFile lenient{"/data/a.key", "magic---", true};
    EXPECT_EQ(lenient.read(files_).value(), key_);
    ASSERT_TRUE(lenient.write(files_, key_));
    EXPECT_EQ(lenient.read(files_).value(), key_);
    put(Bytes(key_).first(31));
    EXPECT_EQ(lenient.read(files_).error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace millrace::stream
