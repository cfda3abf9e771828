#include "support/fault_file_system.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace millrace::test {
namespace {

using env::OpenMode;
using env::Path;

std::unique_ptr<env::File> open(FaultFileSystem& disk, const Path& path,
                                OpenMode mode = OpenMode::kReadWrite) {
    auto file = disk.open(path, mode);
    EXPECT_TRUE(file);
    return file ? std::move(file).value() : nullptr;
}
Result<void> write(env::File& file, std::uint64_t offset, std::string_view text) {
    const Bytes slice = as_bytes(text);
    return file.write_at(offset, std::span(&slice, 1));
}
std::string content(FaultFileSystem& disk, const Path& path) {
    auto file = disk.open(path, OpenMode::kReadOnly);
    if (!file)
        return "(absent)";
    std::string text(file.value()->size().value(), '?');
    EXPECT_TRUE(file.value()->read_at(0, std::as_writable_bytes(std::span(text)),
                                      env::ReadMode::kMayBlock));
    return text;
}
// A file with "synced" durable in it, its name durable too.
std::unique_ptr<env::File> synced_file(FaultFileSystem& disk, const Path& path) {
    auto file = open(disk, path, OpenMode::kCreate);
    EXPECT_TRUE(write(*file, 0, "synced"));
    EXPECT_TRUE(file->sync_data());
    EXPECT_TRUE(disk.sync_directory(path.parent_path()));
    return file;
}
std::string after(const FaultFileSystem& disk, Loss loss, const Path& path,
                  std::uint64_t seed = 1) {
    return content(*disk.crashed(loss, seed), path);
}
// Everything that may be in the file after a crash.
std::set<std::string> outcomes(const FaultFileSystem& disk, Loss loss, const Path& path) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 300; ++seed)
        seen.insert(after(disk, loss, path, seed));
    return seen;
}

TEST(FaultFileSystem, UnsyncedBytesAreLostOrKept) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    ASSERT_TRUE(write(*file, 6, "+more"));
    EXPECT_EQ(content(disk, "/f"), "synced+more");
    EXPECT_EQ(after(disk, Loss::kNothing, "/f"), "synced+more");
    EXPECT_EQ(after(disk, Loss::kAll, "/f"), "synced");
    ASSERT_TRUE(file->sync_data());
    for (const Loss loss : kLosses)
        EXPECT_EQ(after(disk, loss, "/f"), "synced+more") << name(loss);
}

TEST(FaultFileSystem, APrefixOfTheWritesSurvivesTheLastOneTorn) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    ASSERT_TRUE(write(*file, 6, "ab"));
    ASSERT_TRUE(write(*file, 8, "cd"));
    EXPECT_EQ(outcomes(disk, Loss::kPrefix, "/f"),
              (std::set<std::string>{"synced", "synceda", "syncedab", "syncedabc", "syncedabcd"}));
}

TEST(FaultFileSystem, AnySubsetOfTheSectorsSurvives) {
    FaultFileSystem disk;
    auto file = open(disk, "/f", OpenMode::kCreate);
    ASSERT_TRUE(write(*file, 0, std::string(1024, '.')));
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(disk.sync_directory("/"));
    ASSERT_TRUE(write(*file, 500, std::string(100, 'x')));  // 12 bytes in one, 88 in the next
    const auto text = [](std::size_t first, std::size_t second) {
        std::string all(1024, '.');
        all.replace(500, first, first, 'x').replace(512, second, second, 'x');
        return all;
    };
    EXPECT_EQ(outcomes(disk, Loss::kSectors, "/f"),
              (std::set<std::string>{text(0, 0), text(12, 0), text(0, 88), text(12, 88)}));
}

TEST(FaultFileSystem, OneFileAloneIsLostOrKept) {
    FaultFileSystem disk;
    const auto first = synced_file(disk, "/a");
    const auto second = synced_file(disk, "/b");
    ASSERT_TRUE(write(*first, 6, "+a"));
    ASSERT_TRUE(write(*second, 6, "+b"));
    const std::set<std::string> either = {"synced+a synced", "synced synced+b"};
    for (const Loss loss : {Loss::kOneLost, Loss::kOneKept}) {
        std::set<std::string> seen;
        for (std::uint64_t seed = 0; seed < 100; ++seed)
            seen.insert(after(disk, loss, "/a", seed) + " " + after(disk, loss, "/b", seed));
        EXPECT_EQ(seen, either) << name(loss);
    }
}

TEST(FaultFileSystem, AFaultMayBeOfOnePathAndSoManyCalls) {
    FaultFileSystem disk;
    const auto file = synced_file(disk, "/f");
    const auto other = synced_file(disk, "/other");
    disk.inject({.calls = {Call::kWrite}, .part = "/f", .times = 2});
    EXPECT_TRUE(write(*other, 0, "x"));
    EXPECT_FALSE(write(*file, 0, "x"));
    EXPECT_FALSE(write(*file, 0, "x"));
    EXPECT_TRUE(write(*file, 0, "x"));
    EXPECT_EQ(disk.calls(Call::kWrite), 6U);
}

TEST(FaultFileSystem, WhatIsDoneBehindTheBackIsDurableAndNotCounted) {
    FaultFileSystem disk;
    disk.store("/d/f", as_bytes("abcd"));
    const auto file = open(disk, "/d/f");
    disk.flip("/d/f", 0);
    disk.patch("/d/f", 1, as_bytes("xyz"));
    disk.cut("/d/f", 3);
    EXPECT_EQ(after(disk, Loss::kAll, "/d/f"), "qxy");
    EXPECT_EQ(as_text(disk.load("/d/f")), "qxy");
    EXPECT_EQ(disk.changes_made(), 0U);
    EXPECT_TRUE(disk.exists("/d/f"));
    EXPECT_FALSE(disk.exists("/d/g"));
}

TEST(FaultFileSystem, UnsyncedSizesAreLost) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    ASSERT_TRUE(file->truncate(3));
    ASSERT_TRUE(file->allocate(8));
    EXPECT_EQ(content(disk, "/f"), std::string("syn\0\0\0\0\0", 8));
    EXPECT_EQ(after(disk, Loss::kAll, "/f"), "synced");
    ASSERT_TRUE(file->sync_data());
    EXPECT_EQ(after(disk, Loss::kAll, "/f"), std::string("syn\0\0\0\0\0", 8));
}

TEST(FaultFileSystem, UnsyncedNamesAreLost) {
    FaultFileSystem disk;
    ASSERT_TRUE(disk.create_directories("/d"));
    ASSERT_TRUE(disk.sync_directory("/"));
    synced_file(disk, "/d/gone");
    synced_file(disk, "/d/old");
    auto made = open(disk, "/d/made", OpenMode::kCreate);
    ASSERT_TRUE(made->sync_data());
    ASSERT_TRUE(disk.remove("/d/gone"));
    ASSERT_TRUE(disk.rename("/d/old", "/d/new"));
    EXPECT_EQ(disk.list("/d").value(), (std::vector<std::string>{"made", "new"}));
    const auto names = [&](Loss loss, std::uint64_t seed) {
        return disk.crashed(loss, seed)->list("/d").value();
    };
    EXPECT_EQ(names(Loss::kAll, 1), (std::vector<std::string>{"gone", "old"}));
    EXPECT_EQ(names(Loss::kNothing, 1), (std::vector<std::string>{"made", "new"}));
    std::set<std::vector<std::string>> prefixes;
    std::set<std::vector<std::string>> subsets;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        prefixes.insert(names(Loss::kPrefix, seed));
        subsets.insert(names(Loss::kSectors, seed));
    }
    EXPECT_EQ(prefixes.size(), 4U);
    EXPECT_EQ(subsets.size(), 8U);
    for (const auto& subset : subsets) {
        const std::set<std::string> has(subset.begin(), subset.end());
        EXPECT_NE(has.contains("old"), has.contains("new")) << "a rename is one change";
    }
    ASSERT_TRUE(disk.sync_directory("/d"));
    EXPECT_EQ(names(Loss::kAll, 1), (std::vector<std::string>{"made", "new"}));
}

TEST(FaultFileSystem, ANewDirectoryIsLostWithItsContentUntilItsParentIsSynced) {
    FaultFileSystem disk;
    ASSERT_TRUE(disk.create_directories("/a/b"));
    synced_file(disk, "/a/b/f");
    EXPECT_EQ(after(disk, Loss::kAll, "/a/b/f"), "(absent)");
    ASSERT_TRUE(disk.sync_directory("/a"));
    EXPECT_EQ(after(disk, Loss::kAll, "/a/b/f"), "(absent)");
    ASSERT_TRUE(disk.sync_directory("/"));
    EXPECT_EQ(after(disk, Loss::kAll, "/a/b/f"), "synced");
}

TEST(FaultFileSystem, ARemovedTreeReturnsUntilItsParentIsSynced) {
    FaultFileSystem disk;
    ASSERT_TRUE(disk.create_directories("/a/b"));
    ASSERT_TRUE(disk.sync_directory("/a"));
    ASSERT_TRUE(disk.sync_directory("/"));
    synced_file(disk, "/a/b/f");
    ASSERT_TRUE(disk.remove_tree("/a"));
    EXPECT_EQ(after(disk, Loss::kAll, "/a/b/f"), "synced");
    ASSERT_TRUE(disk.sync_directory("/"));
    EXPECT_EQ(after(disk, Loss::kAll, "/a/b/f"), "(absent)");
}

TEST(FaultFileSystem, TwoDisksGoTheirOwnWays) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    const auto held = disk.lock("/LOCK");
    const auto other = disk.crashed(Loss::kNothing, 1);
    ASSERT_TRUE(write(*file, 0, "S"));
    ASSERT_TRUE(write(*open(*other, "/f"), 5, "D"));
    EXPECT_EQ(content(disk, "/f"), "Synced");
    EXPECT_EQ(content(*other, "/f"), "synceD");
    EXPECT_TRUE(other->lock("/LOCK")) << "a crash lets locks go";
}

TEST(FaultFileSystem, AKilledProcessLeavesUnsyncedBytesUnsynced) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    ASSERT_TRUE(write(*file, 6, "+more"));
    ASSERT_TRUE(disk.rename("/f", "/g"));
    const auto killed = disk.crashed(Loss::kNothing, 1);
    EXPECT_EQ(after(*killed, Loss::kNothing, "/g"), "synced+more");
    EXPECT_EQ(after(*killed, Loss::kAll, "/f"), "synced");
}

TEST(FaultFileSystem, AFailedSyncKeepsSomeAndForgetsTheRest) {
    std::set<std::string> durable;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        FaultFileSystem disk(seed);
        auto file = synced_file(disk, "/f");
        ASSERT_TRUE(write(*file, 6, "ab"));
        disk.inject({.calls = {Call::kSyncData}});
        ASSERT_FALSE(file->sync_data());
        EXPECT_EQ(content(disk, "/f"), "syncedab");
        ASSERT_TRUE(file->sync_data()) << "the second call claims success";
        durable.insert(after(disk, Loss::kAll, "/f"));
    }
    EXPECT_EQ(durable, (std::set<std::string>{"synced", "synceda", "syncedab"}));
}

TEST(FaultFileSystem, FailsTheNthCallOnce) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    disk.inject({.nth = 2, .code = Errc::kNoSpace});
    EXPECT_TRUE(file->sync_data());
    const auto failed = disk.rename("/f", "/g");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::kNoSpace);
    EXPECT_EQ(disk.faults_met(), 1U);
    EXPECT_EQ(content(disk, "/f"), "synced");
    EXPECT_TRUE(disk.rename("/f", "/g"));
}

TEST(FaultFileSystem, FailsFromTheNthCallOnUntilCleared) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    disk.inject({.nth = 2, .lasting = true, .calls = {Call::kRead, Call::kTruncate}});
    std::string out(1, '?');
    const auto read = [&] {
        return file->read_at(0, std::as_writable_bytes(std::span(out)), env::ReadMode::kMayBlock);
    };
    EXPECT_TRUE(read());
    EXPECT_FALSE(read());
    EXPECT_FALSE(file->truncate(0));
    EXPECT_TRUE(file->sync_data());
    EXPECT_EQ(disk.faults_met(), 2U);
    disk.clear_faults();
    EXPECT_TRUE(read());
}

TEST(FaultFileSystem, AFailingWriteIsShort) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        FaultFileSystem disk(seed);
        auto file = synced_file(disk, "/f");
        disk.inject({});
        ASSERT_FALSE(write(*file, 6, "ab"));
        seen.insert(content(disk, "/f"));
    }
    EXPECT_EQ(seen, (std::set<std::string>{"synced", "synceda", "syncedab"}));
}

TEST(FaultFileSystem, ShowsTheDiskBeforeEachChange) {
    FaultFileSystem disk;
    std::vector<std::string> seen;
    disk.before_change([&](std::uint64_t n) {
        EXPECT_EQ(n, seen.size());
        seen.push_back(after(disk, Loss::kNothing, "/f"));
    });
    auto file = open(disk, "/f", OpenMode::kCreate);
    ASSERT_TRUE(write(*file, 0, "a"));
    ASSERT_TRUE(file->sync_data());
    EXPECT_EQ(seen, (std::vector<std::string>{"(absent)", "", "a"}));
    EXPECT_EQ(disk.changes_made(), 3U);
}

TEST(FaultFileSystem, AColdDiskHasNothingCached) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    disk.set_cold(true);
    std::string out(6, '?');
    const auto bytes = std::as_writable_bytes(std::span(out));
    const auto cached = file->read_at(0, bytes, env::ReadMode::kCachedOnly);
    ASSERT_FALSE(cached);
    EXPECT_EQ(cached.error().code, Errc::kWouldBlock);
    EXPECT_EQ(file->read_at(0, bytes, env::ReadMode::kMayBlock).value(), 6U);
}

TEST(FaultFileSystem, TellsWhatItWasAskedFor) {
    FaultFileSystem disk;
    auto file = synced_file(disk, "/f");
    file->will_read(2, 3);
    file->will_read(0, 1 << 20);
    const std::vector<FaultFileSystem::Wish> wishes = {{"/f", 2, 3}, {"/f", 0, 1 << 20}};
    EXPECT_EQ(disk.take_wishes(), wishes);
    EXPECT_TRUE(disk.take_wishes().empty());
    file->will_not_read(1, 2);
    EXPECT_EQ(disk.take_farewells(), (std::vector<FaultFileSystem::Wish>{{"/f", 1, 2}}));
    EXPECT_TRUE(disk.take_farewells().empty());
}

TEST(FaultFileSystem, ListsTheFilesOfTheWholeDisk) {
    FaultFileSystem disk;
    ASSERT_TRUE(disk.create_directories("/a/b"));
    synced_file(disk, "/a/b/x");
    synced_file(disk, "/a/y");
    EXPECT_EQ(disk.files(), (std::vector<Path>{"/a/b/x", "/a/y"}));
}

}  // namespace
}  // namespace millrace::test
