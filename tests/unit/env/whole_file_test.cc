#include "env/whole_file.h"

#include <gtest/gtest.h>

#include "unit/storage/flaky_files.h"

namespace millrace::env {
namespace {

using storage::Call;

class WholeFile : public testing::Test {
protected:
    WholeFile() { files.create_directories(path.parent_path()).value(); }

    std::string content() {
        const auto loaded = load_file(files, path);
        EXPECT_TRUE(loaded);
        return loaded.value() ? std::string(as_text(*loaded.value())) : "none";
    }
    storage::FlakyFiles files;
    const Path path = "/data/catalog/small";
};

TEST_F(WholeFile, IsAbsentUntilStored) {
    EXPECT_EQ(content(), "none");
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    EXPECT_EQ(content(), "content");
    ASSERT_TRUE(replace_file(files, path, {}));
    EXPECT_EQ(content(), "");
}

TEST_F(WholeFile, KeepsItsOldContentWhateverStepFails) {
    ASSERT_TRUE(replace_file(files, path, as_bytes("old")));
    for (const Call call : {Call::kOpen, Call::kWrite, Call::kSync, Call::kRename}) {
        files.fail(call, "small");
        EXPECT_FALSE(replace_file(files, path, as_bytes("new and longer")));
        EXPECT_EQ(content(), "old");
    }
    files.fail(Call::kSyncDirectory, "catalog");
    EXPECT_FALSE(replace_file(files, path, as_bytes("new")));  // either may be there
    ASSERT_TRUE(replace_file(files, path, as_bytes("last")));
    EXPECT_EQ(content(), "last");
}

TEST_F(WholeFile, IsSyncedBeforeItGetsItsNameAndItsNameAfter) {
    const int syncs = files.calls(Call::kSync);
    const int directories = files.calls(Call::kSyncDirectory);
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    EXPECT_EQ(files.calls(Call::kSync), syncs + 1);
    EXPECT_EQ(files.calls(Call::kSyncDirectory), directories + 1);
}

TEST_F(WholeFile, AnAbandonedDraftIsNoHindrance) {
    files.store("/data/catalog/small.new", as_bytes("draft of a process that died"));
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    EXPECT_EQ(content(), "content");
}

TEST_F(WholeFile, FailuresToReadAreNotAbsence) {
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    files.fail(Call::kOpen, "small");
    EXPECT_FALSE(load_file(files, path));
    files.fail(Call::kRead, "small");
    EXPECT_FALSE(load_file(files, path));
}

TEST_F(WholeFile, RemovingWhatIsNotThereSucceeds) {
    EXPECT_TRUE(remove_if_there(files, path));
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    files.fail(Call::kRemove, "small");
    EXPECT_FALSE(remove_if_there(files, path));
    EXPECT_TRUE(remove_if_there(files, path));
    EXPECT_EQ(content(), "none");
}

}  // namespace
}  // namespace millrace::env
