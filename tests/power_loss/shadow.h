// Shadow: what of a directory, the disk, a power cut would leave, kept in another as a process goes
// on. README.md has the layout. Thread-safe; errors end the process: a test must not believe a
// shadow that is not whole.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace millrace::test {

class Shadow final {
public:
    // Absolute paths; `shadow` is on the same file system and empty.
    Shadow(std::string disk, std::string shadow);

    bool watches(const std::string& path) const;

    // ---- Before a call that may change something.

    // `path` is to be opened for writing, or cut off.
    void before_write(const std::string& path);
    // The names in the folder of `path` are to change.
    void before_naming(const std::string& path);
    // The same, and what `path` stands for may go.
    void before_removal(const std::string& path);

    // ---- After it.

    void made(const std::string& path);  // a file or a folder
    void opened(int fd, bool writes_through);
    void closed(int fd);
    void written(int fd, off_t offset, off_t bytes);
    void resized(int fd, off_t from, off_t to);
    void synced(int fd);  // a file or a folder
    bool knows(int fd) const;

private:
    using Inode = std::uint64_t;
    struct Open {
        Inode inode = 0;
        bool writes_through = false;  // O_DSYNC
    };
    struct Change {
        off_t from = 0;
        off_t to = 0;
        bool cut = false;  // off at `from`
    };

    std::string file_of(Inode inode) const;
    std::string names_of(Inode inode) const;
    void keep_names(const std::string& directory) const;
    void save_names(const std::string& directory, Inode inode) const;
    void sync_file(int fd, Inode inode);

    const std::string disk_;
    const std::string shadow_;
    mutable std::mutex mutex_;  // of what follows, and of the shadow's files
    std::map<int, Open> open_;
    std::map<Inode, std::vector<Change>> unsynced_;
};

}  // namespace millrace::test
