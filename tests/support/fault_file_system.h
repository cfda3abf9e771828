// A disk that can lose what the crash model at the head of env/file_system.h allows to be lost, and
// fail when told to.
//
// It knows per file which writes were not synced, and per directory which names were not. crashed()
// gives a second disk as the next boot would find it; this one goes on as if nothing had happened.
// Files share their pages (paged_bytes.h), so a test may take such a picture before every call of
// one run (before_change) instead of running once for every call.
//
// A failed sync_data is modelled at its worst, as Linux behaves: an arbitrary part of the unsynced
// writes is durable, the rest never will be, though reads still show it until the crash; a later
// sync succeeds without them. Thread-safe, but use a picture only after its origin has come to
// rest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/file_system.h"

namespace millrace::test {

// What becomes of unsynced bytes and names.
enum class Loss : std::uint8_t {
    kNothing,  // kill -9: the kernel still has everything
    kAll,      // only what was synced is left
    kPrefix,   // of each file and directory the first so many changes, the last of them torn
    kSectors,  // of each file any subset of the 512-byte sectors, of each directory of the changes
    kOneLost,  // all that one file or directory lacks a sync for, and nothing else
    kOneKept,  // all but what one file or directory lacks a sync for
};
inline constexpr Loss kLosses[] = {Loss::kNothing, Loss::kAll,     Loss::kPrefix,
                                   Loss::kSectors, Loss::kOneLost, Loss::kOneKept};
const char* name(Loss loss);

enum class Call : std::uint8_t {
    kOpen,
    kCreate,
    kRead,
    kWrite,
    kSyncData,
    kTruncate,
    kAllocate,
    kSize,
    kList,
    kCreateDirectories,
    kRename,
    kRemove,
    kRemoveTree,
    kSyncDirectory,
    kLock,
};
// Whether a call of this kind changes what the disk holds or promises.
bool changes(Call call);
const char* name(Call call);

struct Fault {
    std::uint64_t nth = 1;         // the nth call that matches, from now on
    Errc code = Errc::kIo;         // kIo or kNoSpace
    bool lasting = false;          // every matching call from there on, until clear_faults()
    std::vector<Call> calls = {};  // empty: every call that changes something
    std::string part = {};         // only on paths that contain it
    std::uint64_t times = 1;       // unless lasting: so many matching calls

    bool meets(Call call, const env::Path& path) const;
};

class FaultFileSystem final : public env::FileSystem {
public:
    explicit FaultFileSystem(std::uint64_t seed = 1);
    ~FaultFileSystem() override;

    // The disk after a crash at this instant; locks and handles are gone, faults too.
    std::unique_ptr<FaultFileSystem> crashed(Loss loss, std::uint64_t seed) const;

    // A failing write may leave any prefix of its bytes in the file. Any other failing call but
    // sync_data (see above) has no effect. Replaces what was injected for the same calls.
    void inject(Fault fault);
    void clear_faults();
    std::uint64_t faults_met() const;  // how many calls have failed since inject()

    std::uint64_t calls(Call call) const;  // so far, failed ones included

    // Calls so far that change something, failed ones included.
    std::uint64_t changes_made() const;
    std::vector<std::string> trace() const;  // those calls, in words
    // Runs before each such call, in its thread and without a lock, with the number of those
    // before. Set it before others use the disk.
    void before_change(std::function<void(std::uint64_t)> hook);

    // As if nothing were in the page cache: kCachedOnly reads answer kWouldBlock.
    void set_cold(bool cold);
    // What will_read() was called for since the last call of this, in order.
    struct Wish {
        env::Path path;
        std::uint64_t offset = 0;
        std::uint64_t bytes = 0;
        bool operator==(const Wish&) const = default;
    };
    std::vector<Wish> take_wishes();
    std::vector<Wish> take_farewells();  // the same of will_not_read()

    // What a test sees and does behind the back of others: not counted, durable at once. Open
    // handles see changes in place. REQUIRES: what is not stored is there.
    std::vector<env::Path> files() const;  // of the whole disk, sorted
    bool exists(const env::Path& path) const;
    std::vector<std::byte> load(const env::Path& path) const;
    void store(const env::Path& path, Bytes bytes);  // with the folders above it
    void patch(const env::Path& path, std::uint64_t offset, Bytes bytes);
    void flip(const env::Path& path, std::uint64_t offset);  // one bit
    void cut(const env::Path& path, std::uint64_t size);

    Result<std::unique_ptr<env::File>> open(const env::Path& path, env::OpenMode mode) override;
    Result<std::vector<std::string>> list(const env::Path& directory) override;
    Result<void> create_directories(const env::Path& directory) override;
    Result<void> rename(const env::Path& from, const env::Path& to) override;
    Result<void> remove(const env::Path& file) override;
    Result<void> remove_tree(const env::Path& directory) override;
    Result<void> sync_directory(const env::Path& directory) override;
    Result<std::unique_ptr<env::FileLock>> lock(const env::Path& path) override;

private:
    struct State;
    class FaultFile;
    class Lock;
    explicit FaultFileSystem(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace millrace::test
