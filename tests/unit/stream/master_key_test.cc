#include "stream/master_key.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

constexpr const char* kPath = "/data/master.key";

class MasterKeyTest : public testing::Test {
protected:
    void SetUp() override {
        world_.open();
        stream_ = world_.created("orders");
    }
    void encrypt() {
        const auto started =
            test::sync_wait(world_.broker->start_encryption(stream_->uid, "alias/a"));
        ASSERT_TRUE(started);
        stream_ = world_.find("orders");
        ASSERT_EQ(world_.put(stream_, "k", "secret").status, PutStatus::kStored);
    }
    std::string refusal() {
        world_.crash();
        const auto opened = world_.try_open();
        EXPECT_FALSE(opened);
        return opened ? "" : opened.error().message;
    }
    void flip(std::uint64_t at) {
        const auto file = std::move(world_.files.open(kPath, env::OpenMode::kReadWrite)).value();
        std::array<std::byte, 1> byte;
        ASSERT_TRUE(file->read_at(at, byte, env::ReadMode::kMayBlock));
        byte[0] ^= std::byte{1};
        const Bytes slices[] = {Bytes(byte)};
        ASSERT_TRUE(file->write_at(0 + at, slices));
    }

    World world_;
    StreamPtr stream_;
};

TEST_F(MasterKeyTest, IsMadeAtTheFirstStartAndKept) {
    const auto first = load_master_key(world_.files, kPath, world_.entropy);
    ASSERT_TRUE(first);
    EXPECT_FALSE(first.value().fresh);
    encrypt();
    world_.reopen();
    EXPECT_EQ(data_of(world_.read(stream_, 0)), std::vector<std::string>{"secret"});
    EXPECT_EQ(load_master_key(world_.files, kPath, world_.entropy).value().key, first.value().key);
}

TEST_F(MasterKeyTest, IsInItsFileSoonWithoutACommandToo) {
    World fresh;
    fresh.open();
    EXPECT_TRUE(load_master_key(fresh.files, kPath, fresh.entropy).value().fresh);
    fresh.clock.advance(Millis(1));
    EXPECT_FALSE(load_master_key(fresh.files, kPath, fresh.entropy).value().fresh);
}

TEST_F(MasterKeyTest, WithoutItNothingIsLostUnlessAStreamWasEncrypted) {
    ASSERT_TRUE(world_.files.remove(kPath));
    world_.reopen();
    encrypt();
    ASSERT_TRUE(world_.files.remove(kPath));
    EXPECT_EQ(refusal(),
              "encryption key file /data/master.key is missing, but stream orders was "
              "encrypted with it: put the right one there");
    EXPECT_TRUE(load_master_key(world_.files, kPath, world_.entropy).value().fresh)
        << "none was made in its place";
}

TEST_F(MasterKeyTest, AnotherOneIsRefused) {
    encrypt();
    const KeyFile file{kPath, "millmkey"};
    const auto right = file.read(world_.files);
    crypto::Aead::Key wrong = right.value();
    wrong[0] ^= std::byte{1};
    ASSERT_TRUE(file.write(world_.files, wrong));
    EXPECT_EQ(refusal(),
              "encryption key file /data/master.key is not the one with which stream "
              "orders was encrypted: put the right one there");
    EXPECT_EQ(file.read(world_.files).value(), wrong) << "it is left alone";
    ASSERT_TRUE(file.write(world_.files, right.value()));
    world_.crash();
    world_.open();
    EXPECT_EQ(data_of(world_.read(stream_, 0)), std::vector<std::string>{"secret"});
}

TEST_F(MasterKeyTest, ADamagedOneIsRefusedAndNeverReplaced) {
    encrypt();
    flip(20);
    EXPECT_EQ(refusal(),
              "encryption key file /data/master.key is damaged or no key: restore it, "
              "or, if no stream was ever encrypted, remove it");
    flip(20);
    world_.crash();
    world_.open();
    EXPECT_EQ(data_of(world_.read(stream_, 0)), std::vector<std::string>{"secret"});
}

TEST_F(MasterKeyTest, MayLieElsewhereAndBeOfTheOperatorsMaking) {
    ASSERT_TRUE(world_.files.create_directories("/keys"));
    crypto::Aead::Key own;
    world_.entropy.fill(own);
    const auto file = std::move(world_.files.open("/keys/mine", env::OpenMode::kCreate)).value();
    const Bytes slices[] = {Bytes(own)};
    ASSERT_TRUE(file->write_at(0, slices));
    ASSERT_TRUE(world_.files.remove(kPath));
    world_.settings.master_key_file = "/keys/mine";
    world_.reopen();
    encrypt();
    world_.reopen();
    EXPECT_EQ(data_of(world_.read(stream_, 0)), std::vector<std::string>{"secret"});
    EXPECT_EQ(load_master_key(world_.files, "/keys/mine", world_.entropy).value().key, own);
    EXPECT_FALSE(world_.files.open(kPath, env::OpenMode::kReadOnly)) << "none was made there";
}

TEST_F(MasterKeyTest, WhereItCannotBeWrittenTheBrokerDoesNotStart) {
    world_.settings.master_key_file = "/nowhere/master.key";
    EXPECT_EQ(refusal().find("encryption key file /nowhere/master.key cannot be written: "), 0u);
}

}  // namespace
}  // namespace millrace::stream
