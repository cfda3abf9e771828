// What env/file_system.h says, over every implementation.
#include "env/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "env/memory_file_system.h"
#include "env/posix_file_system.h"
#include "support/fault_file_system.h"
#include "support/temp_directory.h"

namespace millrace::env {
namespace {

std::unique_ptr<FileSystem> make_posix() {
    return std::make_unique<PosixFileSystem>();
}
std::unique_ptr<FileSystem> make_memory() {
    return std::make_unique<MemoryFileSystem>();
}
std::unique_ptr<FileSystem> make_fault() {
    return std::make_unique<test::FaultFileSystem>();
}

struct Kind {
    const char* name;
    std::unique_ptr<FileSystem> (*make)();
};

class FileSystemTest : public testing::TestWithParam<Kind> {
protected:
    void SetUp() override { ASSERT_TRUE(files_->create_directories(dir_)); }

    std::unique_ptr<File> open(const Path& path, OpenMode mode = OpenMode::kReadWrite) {
        auto file = files_->open(path, mode);
        EXPECT_TRUE(file) << path;
        return file ? std::move(file).value() : nullptr;
    }
    void write(File& file, std::uint64_t offset, std::string_view text) {
        const Bytes slice = as_bytes(text);
        ASSERT_TRUE(file.write_at(offset, std::span(&slice, 1)));
    }
    void make(const Path& path, std::string_view text) {
        auto file = open(path, OpenMode::kCreate);
        ASSERT_NE(file, nullptr);
        write(*file, 0, text);
    }
    std::string read(File& file, std::uint64_t offset, std::size_t bytes) {
        std::string text(bytes, '?');
        const auto out = std::as_writable_bytes(std::span(text));
        const auto got = file.read_at(offset, out, ReadMode::kMayBlock);
        EXPECT_TRUE(got);
        text.resize(got ? got.value() : 0);
        return text;
    }
    std::string content(const Path& path) {
        auto file = open(path, OpenMode::kReadOnly);
        return file ? read(*file, 0, 1 << 20) : "(absent)";
    }
    std::vector<std::string> list(const Path& path) {
        auto names = files_->list(path);
        EXPECT_TRUE(names);
        return names ? std::move(names).value() : std::vector<std::string>{};
    }
    Errc open_error(const Path& path, OpenMode mode) {
        auto file = files_->open(path, mode);
        EXPECT_FALSE(file);
        return file ? Errc::kInvalid : file.error().code;
    }

    const test::TempDirectory temp_;
    const Path dir_ = temp_.path() / "d";
    const std::unique_ptr<FileSystem> files_ = GetParam().make();
};

using Names = std::vector<std::string>;

TEST_P(FileSystemTest, ReadsFewerBytesOnlyAtTheEnd) {
    auto file = open(dir_ / "f", OpenMode::kCreate);
    write(*file, 0, "0123456789");
    EXPECT_EQ(read(*file, 0, 10), "0123456789");
    EXPECT_EQ(read(*file, 3, 4), "3456");
    EXPECT_EQ(read(*file, 8, 4), "89");
    EXPECT_EQ(read(*file, 10, 4), "");
    EXPECT_EQ(read(*file, 99, 4), "");
    EXPECT_EQ(read(*file, 0, 0), "");
    const std::string large(3 << 20, 'x');
    write(*file, 5, large);
    EXPECT_EQ(read(*file, 5, large.size() + 1), large);
}

TEST_P(FileSystemTest, CachedOnlyReadsEitherReadAllOrSayThatTheyWouldBlock) {
    auto file = open(dir_ / "f", OpenMode::kCreate);
    write(*file, 0, "0123456789");
    std::string out(20, '?');
    const auto got =
        file->read_at(0, std::as_writable_bytes(std::span(out)), ReadMode::kCachedOnly);
    if (got) {
        EXPECT_EQ(got.value(), 10U);
    } else {
        EXPECT_EQ(got.error().code, Errc::kWouldBlock);
    }
}

TEST_P(FileSystemTest, WhatWillBeReadOrNotIsAHintThatChangesNothing) {
    auto file = open(dir_ / "f", OpenMode::kCreate);
    write(*file, 0, "0123456789");
    file->will_read(0, 10);
    file->will_read(3, 2 << 20);
    file->will_read(1ULL << 40, 1);
    file->will_read(0, 0);
    file->will_not_read(0, 10);
    file->will_not_read(0, 0);
    file->will_not_read(4096, 1ULL << 40);
    EXPECT_EQ(file->size().value(), 10U);
    EXPECT_EQ(content(dir_ / "f"), "0123456789");
}

TEST_P(FileSystemTest, SyncsAtOnceOrGently) {
    for (const std::size_t bytes : {0U, 10U, (5U << 20) + 3}) {
        auto file = open(dir_ / std::to_string(bytes), OpenMode::kCreate);
        if (bytes > 0) {
            write(*file, 0, std::string(bytes, 'x'));
        }
        EXPECT_TRUE(file->sync_data());
        EXPECT_TRUE(file->sync_data_gently());
        EXPECT_EQ(file->size().value(), bytes);
    }
}

TEST_P(FileSystemTest, WritesSlicesOneAfterAnotherAndOverwrites) {
    auto file = open(dir_ / "f", OpenMode::kCreate);
    std::string all;
    std::vector<std::string> parts;
    for (int i = 0; i < 3000; ++i) {  // more than the system takes at once
        parts.push_back(i % 7 == 0 ? "" : std::to_string(i) + ";");
        all += parts.back();
    }
    std::vector<Bytes> slices;
    for (const std::string& part : parts)
        slices.push_back(as_bytes(part));
    ASSERT_TRUE(file->write_at(2, slices));
    write(*file, 0, "<>");
    write(*file, 3, "ABC");
    std::string expected = "<>" + all;
    expected.replace(3, 3, "ABC");
    EXPECT_EQ(read(*file, 0, expected.size() + 1), expected);
    EXPECT_EQ(file->size().value(), expected.size());
    ASSERT_TRUE(file->write_at(0, {}));
    EXPECT_EQ(file->size().value(), expected.size());
}

TEST_P(FileSystemTest, AHoleReadsAsZeros) {
    auto file = open(dir_ / "f", OpenMode::kCreate);
    write(*file, 600'000, "end");
    EXPECT_EQ(file->size().value(), 600'003U);
    EXPECT_EQ(read(*file, 0, 600'003), std::string(600'000, '\0') + "end");
}

TEST_P(FileSystemTest, TruncateCutsAndGrowsWithZeros) {
    auto file = open(dir_ / "f", OpenMode::kCreate);
    write(*file, 0, "0123456789");
    ASSERT_TRUE(file->truncate(4));
    EXPECT_EQ(read(*file, 0, 10), "0123");
    ASSERT_TRUE(file->truncate(7));
    EXPECT_EQ(read(*file, 0, 10), std::string("0123\0\0\0", 7));
    ASSERT_TRUE(file->truncate(0));
    EXPECT_EQ(file->size().value(), 0U);
}

TEST_P(FileSystemTest, AllocateGrowsAndNeverShrinks) {
    auto file = open(dir_ / "f", OpenMode::kCreate);
    write(*file, 0, "0123456789");
    ASSERT_TRUE(file->allocate(100'000));
    EXPECT_EQ(file->size().value(), 100'000U);
    EXPECT_EQ(read(*file, 0, 12), std::string("0123456789\0\0", 12));
    ASSERT_TRUE(file->allocate(5));
    EXPECT_EQ(file->size().value(), 100'000U);
    ASSERT_TRUE(file->sync_data());
}

TEST_P(FileSystemTest, OpensOnlyWhatIsThereAndCreatesOnlyWhatIsNot) {
    EXPECT_EQ(open_error(dir_ / "f", OpenMode::kReadOnly), Errc::kNotFound);
    EXPECT_EQ(open_error(dir_ / "f", OpenMode::kReadWrite), Errc::kNotFound);
    EXPECT_EQ(open_error(dir_ / "no" / "f", OpenMode::kCreate), Errc::kNotFound);
    make(dir_ / "f", "one");
    EXPECT_EQ(open_error(dir_ / "f", OpenMode::kCreate), Errc::kExists);
    EXPECT_EQ(open_error(dir_, OpenMode::kCreate), Errc::kExists);
    EXPECT_EQ(content(dir_ / "f"), "one");
}

TEST_P(FileSystemTest, HandlesOfOneFileSeeEachOther) {
    make(dir_ / "f", "one");
    auto writer = open(dir_ / "f");
    auto reader = open(dir_ / "f", OpenMode::kReadOnly);
    write(*writer, 3, " two");
    EXPECT_EQ(read(*reader, 0, 100), "one two");
}

TEST_P(FileSystemTest, ListsNamesSortedFilesAndDirectories) {
    EXPECT_EQ(list(dir_), Names{});
    make(dir_ / "b", "");
    make(dir_ / "a", "");
    ASSERT_TRUE(files_->create_directories(dir_ / "c" / "deep"));
    make(dir_ / "c" / "x", "");
    EXPECT_EQ(list(dir_), (Names{"a", "b", "c"}));
    EXPECT_EQ(list(dir_ / "c"), (Names{"deep", "x"}));
    const auto absent = files_->list(dir_ / "no");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, Errc::kNotFound);
}

TEST_P(FileSystemTest, CreateDirectoriesIsIdempotent) {
    ASSERT_TRUE(files_->create_directories(dir_ / "a" / "b"));
    ASSERT_TRUE(files_->create_directories(dir_ / "a" / "b"));
    ASSERT_TRUE(files_->create_directories(dir_ / "a" / "b" / "c" / ""));
    EXPECT_EQ(list(dir_ / "a" / "b"), Names{"c"});
    make(dir_ / "f", "");
    EXPECT_FALSE(files_->create_directories(dir_ / "f" / "x"));
}

TEST_P(FileSystemTest, RenameReplacesItsTarget) {
    make(dir_ / "a", "new");
    make(dir_ / "b", "old");
    auto old_target = open(dir_ / "b");
    ASSERT_TRUE(files_->rename(dir_ / "a", dir_ / "b"));
    EXPECT_EQ(list(dir_), Names{"b"});
    EXPECT_EQ(content(dir_ / "b"), "new");
    EXPECT_EQ(read(*old_target, 0, 10), "old");
    ASSERT_TRUE(files_->create_directories(dir_ / "sub"));
    ASSERT_TRUE(files_->rename(dir_ / "b", dir_ / "sub" / "c"));
    EXPECT_EQ(content(dir_ / "sub" / "c"), "new");
    const auto absent = files_->rename(dir_ / "no", dir_ / "x");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, Errc::kNotFound);
    const auto nowhere = files_->rename(dir_ / "sub" / "c", dir_ / "no" / "x");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, Errc::kNotFound);
    EXPECT_EQ(content(dir_ / "sub" / "c"), "new");
}

TEST_P(FileSystemTest, ARemovedFileStaysUsableWhileOpen) {
    make(dir_ / "f", "one");
    auto file = open(dir_ / "f");
    ASSERT_TRUE(files_->remove(dir_ / "f"));
    EXPECT_EQ(list(dir_), Names{});
    write(*file, 3, "!");
    EXPECT_EQ(read(*file, 0, 10), "one!");
    make(dir_ / "f", "two");
    EXPECT_EQ(read(*file, 0, 10), "one!");
    ASSERT_TRUE(files_->remove(dir_ / "f"));
    const auto again = files_->remove(dir_ / "f");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::kNotFound);
}

TEST_P(FileSystemTest, RemoveTreeTakesEverythingAndAbsentIsFine) {
    ASSERT_TRUE(files_->create_directories(dir_ / "a" / "b"));
    make(dir_ / "a" / "f", "");
    make(dir_ / "a" / "b" / "g", "");
    make(dir_ / "ab", "");
    ASSERT_TRUE(files_->remove_tree(dir_ / "a"));
    EXPECT_EQ(list(dir_), Names{"ab"});
    ASSERT_TRUE(files_->remove_tree(dir_ / "a"));
    EXPECT_EQ(open_error(dir_ / "a" / "f", OpenMode::kReadOnly), Errc::kNotFound);
}

TEST_P(FileSystemTest, SyncsDirectoriesThatAreThere) {
    make(dir_ / "f", "");
    EXPECT_TRUE(files_->sync_directory(dir_));
    const auto absent = files_->sync_directory(dir_ / "no");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, Errc::kNotFound);
}

TEST_P(FileSystemTest, ALockIsHeldUntilItIsDestroyed) {
    auto held = files_->lock(dir_ / "LOCK");
    ASSERT_TRUE(held);
    const auto second = files_->lock(dir_ / "LOCK");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::kLocked);
    EXPECT_TRUE(files_->lock(dir_ / "OTHER"));
    held.value().reset();
    EXPECT_TRUE(files_->lock(dir_ / "LOCK"));
    const auto nowhere = files_->lock(dir_ / "no" / "LOCK");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, Errc::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Env, FileSystemTest,
                         testing::Values(Kind{"Posix", make_posix}, Kind{"Memory", make_memory},
                                         Kind{"Fault", make_fault}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(PosixFileSystem, NewFilesAreTheOwnersAlone) {
    const test::TempDirectory temp;
    PosixFileSystem files;
    ASSERT_TRUE(files.open(temp.path() / "f", OpenMode::kCreate));
    struct stat status {};
    ASSERT_EQ(::stat((temp.path() / "f").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(PosixFileSystem, SaysWhichFileAndWhy) {
    PosixFileSystem files;
    const auto file = files.open("/nonexistent/f", OpenMode::kReadOnly);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().message, "open /nonexistent/f: No such file or directory");
}

TEST(PosixFileSystem, AReadOnlyHandleDoesNotWrite) {
    const test::TempDirectory temp;
    PosixFileSystem files;
    ASSERT_TRUE(files.open(temp.path() / "f", OpenMode::kCreate));
    auto file = files.open(temp.path() / "f", OpenMode::kReadOnly);
    ASSERT_TRUE(file);
    const Bytes slice = as_bytes("x");
    const auto written = file.value()->write_at(0, std::span(&slice, 1));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::kIo);
}

TEST(PosixFileSystem, AFullDiskIsNoSpace) {
    PosixFileSystem files;
    auto full = files.open("/dev/full", OpenMode::kReadWrite);
    ASSERT_TRUE(full);
    const Bytes slice = as_bytes("x");
    const auto written = full.value()->write_at(0, std::span(&slice, 1));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::kNoSpace);
}

class Cap : public testing::Test {
protected:
    void SetUp() override {
        auto file = files_.open("f", OpenMode::kCreate);
        ASSERT_TRUE(file);
        file_ = std::move(file).value();
    }
    Result<void> write(std::uint64_t offset, std::size_t bytes) {
        const std::string text(bytes, 'x');
        const Bytes slice = as_bytes(text);
        return file_->write_at(offset, std::span(&slice, 1));
    }
    MemoryFileSystem files_{1 << 20};
    std::unique_ptr<File> file_;
};

TEST_F(Cap, WritesBeyondItFindNoSpaceAndChangeNothing) {
    ASSERT_TRUE(write(0, 600'000));
    for (const auto& failed :
         {write(600'000, 600'000), file_->truncate(2 << 20), file_->allocate(2 << 20)}) {
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, Errc::kNoSpace);
    }
    EXPECT_EQ(file_->size().value(), 600'000U);
    files_.set_bytes_max(4 << 20);
    EXPECT_TRUE(write(600'000, 600'000));
}

TEST_F(Cap, TruncatingAndRemovingGiveSpaceBack) {
    ASSERT_TRUE(write(0, 1 << 20));
    EXPECT_EQ(files_.bytes_used(), 1U << 20);
    ASSERT_TRUE(file_->truncate(10));
    EXPECT_LT(files_.bytes_used(), 1U << 20);
    ASSERT_TRUE(write(0, 1 << 20));
    ASSERT_TRUE(files_.remove("f"));
    EXPECT_EQ(files_.bytes_used(), 1U << 20) << "still open";
    file_.reset();
    EXPECT_EQ(files_.bytes_used(), 0U);
}

TEST_F(Cap, ASmallFileTakesLittle) {
    ASSERT_TRUE(write(0, 10));
    EXPECT_LE(files_.bytes_used(), 1024U);
}

}  // namespace
}  // namespace millrace::env
