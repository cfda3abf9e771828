#include "env/whole_file.h"

#include <gtest/gtest.h>

#include "support/fault_file_system.h"

namespace millrace::env {
namespace {

using test::Call;

class WholeFile : public testing::Test {
protected:
    WholeFile() { files.create_directories(path.parent_path()).value(); }

    std::string content() {
        const auto loaded = load_file(files, path);
        EXPECT_TRUE(loaded);
        return loaded.value() ? std::string(as_text(*loaded.value())) : "none";
    }
    test::FaultFileSystem files;
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
    for (const Call call : {Call::kCreate, Call::kWrite, Call::kSyncData, Call::kRename}) {
        files.inject({.calls = {call}, .part = "small"});
        EXPECT_FALSE(replace_file(files, path, as_bytes("new and longer")));
        EXPECT_EQ(content(), "old");
    }
    files.inject({.calls = {Call::kSyncDirectory}, .part = "catalog"});
    EXPECT_FALSE(replace_file(files, path, as_bytes("new")));  // either may be there
    ASSERT_TRUE(replace_file(files, path, as_bytes("last")));
    EXPECT_EQ(content(), "last");
}

TEST_F(WholeFile, IsSyncedBeforeItGetsItsNameAndItsNameAfter) {
    const auto syncs = files.calls(Call::kSyncData);
    const auto directories = files.calls(Call::kSyncDirectory);
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    EXPECT_EQ(files.calls(Call::kSyncData), syncs + 1);
    EXPECT_EQ(files.calls(Call::kSyncDirectory), directories + 1);
}

TEST_F(WholeFile, AnAbandonedDraftIsNoHindrance) {
    files.store("/data/catalog/small.new", as_bytes("draft of a process that died"));
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    EXPECT_EQ(content(), "content");
}

TEST_F(WholeFile, ADraftAloneChangesNothingAndWaitsForNoDisk) {
    ASSERT_TRUE(replace_file(files, path, as_bytes("old")));
    const auto syncs = files.calls(Call::kSyncData) + files.calls(Call::kSyncDirectory);
    ASSERT_TRUE(draft_file(files, path, as_bytes("new")));
    EXPECT_EQ(content(), "old");
    EXPECT_EQ(files.calls(Call::kSyncData) + files.calls(Call::kSyncDirectory), syncs);
    files.inject({.code = Errc::kNoSpace, .calls = {Call::kWrite}, .part = "small"});
    const auto refused = draft_file(files, path, as_bytes("new"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kNoSpace);
}

TEST_F(WholeFile, FailuresToReadAreNotAbsence) {
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    files.inject({.calls = {Call::kOpen}, .part = "small"});
    EXPECT_FALSE(load_file(files, path));
    files.inject({.calls = {Call::kRead}, .part = "small"});
    EXPECT_FALSE(load_file(files, path));
}

TEST_F(WholeFile, RemovingWhatIsNotThereSucceeds) {
    EXPECT_TRUE(remove_if_there(files, path));
    ASSERT_TRUE(replace_file(files, path, as_bytes("content")));
    files.inject({.calls = {Call::kRemove}, .part = "small"});
    EXPECT_FALSE(remove_if_there(files, path));
    EXPECT_TRUE(remove_if_there(files, path));
    EXPECT_EQ(content(), "none");
}

}  // namespace
}  // namespace millrace::env
