#include "stream/fresh_keys.h"

#include <gtest/gtest.h>

#include "support/fault_file_system.h"
#include "support/sync_wait.h"

namespace millrace::stream {
namespace {

using test::Call;
using test::Loss;

class FreshKeysTest : public testing::Test {
protected:
    FreshKeysTest() {
        EXPECT_TRUE(files_.create_directories("/data"));
        EXPECT_TRUE(files_.sync_directory("/"));
        key_.fill(std::byte{7});
    }
    Result<void> keep() { return test::sync_wait(keys_.keep()); }
    bool kept(const KeyFile& file) {
        const auto key = file.read(files_);
        return key && key.value() == key_;
    }

    test::FaultFileSystem files_;
    env::DiskPool pool_{1};
    FreshKeys keys_{files_, &pool_};
    crypto::Aead::Key key_{};
    const KeyFile one_{"/data/one.key", "magic--1"};
    const KeyFile two_{"/data/two.key", "magic--2"};
};

TEST_F(FreshKeysTest, AreDurableOnceKeptAndNotBefore) {
    ASSERT_TRUE(keys_.add({one_, key_, true}));
    ASSERT_TRUE(keys_.add({two_, key_, true}));
    EXPECT_FALSE(kept(one_) || kept(two_));
    ASSERT_TRUE(keep());
    EXPECT_TRUE(kept(one_) && kept(two_));
    const auto after = files_.crashed(Loss::kAll, 1);
    EXPECT_EQ(one_.read(*after).value(), key_);
    EXPECT_EQ(two_.read(*after).value(), key_);
}

TEST_F(FreshKeysTest, OfOneThatWasFoundTheNameIsDurableOnceKept) {
    files_.inject({.calls = {Call::kSyncDirectory}});
    EXPECT_FALSE(one_.write(files_, key_));
    ASSERT_TRUE(kept(one_));
    ASSERT_TRUE(keys_.add({one_, key_, false}));
    EXPECT_FALSE(one_.read(*files_.crashed(Loss::kAll, 1)));
    ASSERT_TRUE(keep());
    EXPECT_EQ(one_.read(*files_.crashed(Loss::kAll, 1)).value(), key_);
}

TEST_F(FreshKeysTest, WhatCannotBeWrittenIsRefusedAtOnce) {
    files_.inject({.code = Errc::kNoSpace, .calls = {Call::kWrite}, .part = "one"});
    const auto added = keys_.add({one_, key_, true});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, Errc::kNoSpace);
    EXPECT_TRUE(added.error().message.starts_with("key file /data/one.key cannot be written: "));
}

TEST_F(FreshKeysTest, AFailureIsToldAndTheNextAttemptWritesThemAnew) {
    ASSERT_TRUE(keys_.add({one_, key_, true}));
    ASSERT_TRUE(keys_.add({two_, key_, true}));
    for (const Call call :
         {Call::kCreate, Call::kWrite, Call::kSyncData, Call::kRename, Call::kSyncDirectory}) {
        files_.inject({.calls = {call}, .part = "data"});
        EXPECT_FALSE(keep());
    }
    ASSERT_TRUE(keep());
    const auto after = files_.crashed(Loss::kAll, 1);
    EXPECT_EQ(one_.read(*after).value(), key_);
    EXPECT_EQ(two_.read(*after).value(), key_);
}

}  // namespace
}  // namespace millrace::stream
