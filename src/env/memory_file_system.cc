#include "env/memory_file_system.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <vector>

namespace millrace::env {
namespace {

// Content lives in blocks of this size. The last one of a file may be smaller while the file is
// small, so that thousands of nearly empty files stay cheap.
constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::size_t kFirstBlockBytesMin = 512;

Error not_found(const Path& path) {
    return {Errc::kNotFound, path.string() + ": no such file or directory"};
}

}  // namespace

struct MemoryFileSystem::State {
    struct Budget {
        std::atomic<std::uint64_t> used = 0;
        std::atomic<std::uint64_t> bytes_max;

        bool take(std::uint64_t bytes) {
            if (used.fetch_add(bytes) + bytes <= bytes_max.load())
                return true;
            used.fetch_sub(bytes);
            return false;
        }
    };

    // One file's bytes; names and open handles share it.
    class Content final {
    public:
        explicit Content(std::shared_ptr<Budget> budget) : budget_(std::move(budget)) {}
        Content(const Content&) = delete;
        Content& operator=(const Content&) = delete;
        ~Content() { budget_->used.fetch_sub(reserved_); }

        std::size_t read(std::uint64_t offset, std::span<std::byte> out) {
            const std::shared_lock lock(mutex_);
            if (offset >= size_)
                return 0;
            const std::size_t total = std::min<std::uint64_t>(out.size(), size_ - offset);
            for (std::size_t done = 0; done < total;) {
                const std::uint64_t at = offset + done;
                const Block& block = blocks_[at / kBlockBytes];
                const std::size_t within = at % kBlockBytes;
                const std::size_t part = std::min(total - done, kBlockBytes - within);
                // A block may end early: what was never written reads as zeros.
                const std::size_t held =
                    within < block.size() ? std::min(part, block.size() - within) : 0;
                if (held > 0)
                    std::memcpy(out.data() + done, block.data() + within, held);
                if (held < part)
                    std::memset(out.data() + done + held, 0, part - held);
                done += part;
            }
            return total;
        }

        bool write(std::uint64_t offset, std::span<const Bytes> slices) {
            const std::lock_guard lock(mutex_);
            std::uint64_t end = offset;
            for (const Bytes slice : slices)
                end += slice.size();
            if (!reserve(end))
                return false;
            std::uint64_t at = offset;
            for (Bytes slice : slices) {
                while (!slice.empty()) {
                    Block& block = blocks_[at / kBlockBytes];
                    const std::size_t within = at % kBlockBytes;
                    const std::size_t part = std::min(slice.size(), kBlockBytes - within);
                    std::memcpy(block.data() + within, slice.data(), part);
                    slice = slice.subspan(part);
                    at += part;
                }
            }
            size_ = std::max(size_, end);
            return true;
        }

        bool resize(std::uint64_t size) {
            const std::lock_guard lock(mutex_);
            if (size >= size_) {
                if (!reserve(size))
                    return false;
                size_ = size;
                return true;
            }
            size_ = size;
            const std::size_t keep = (size + kBlockBytes - 1) / kBlockBytes;
            while (blocks_.size() > keep) {
                release(blocks_.back().size());
                blocks_.pop_back();
            }
            const std::size_t within = size % kBlockBytes;
            if (within != 0 && within < blocks_.back().size()) {
                std::fill(blocks_.back().begin() + static_cast<std::ptrdiff_t>(within),
                          blocks_.back().end(), std::byte{0});
            }
            return true;
        }

        std::uint64_t size() {
            const std::shared_lock lock(mutex_);
            return size_;
        }

    private:
        using Block = std::vector<std::byte>;

        // All blocks but the last are whole; the last is a power of two until it is whole.
        bool reserve(std::uint64_t end) {
            const std::size_t blocks = (end + kBlockBytes - 1) / kBlockBytes;
            for (std::size_t i = blocks_.empty() ? 0 : blocks_.size() - 1; i < blocks; ++i) {
                if (i == blocks_.size())
                    blocks_.emplace_back();
                std::size_t wanted = kBlockBytes;
                if (i + 1 == blocks) {
                    wanted = kFirstBlockBytesMin;
                    while (wanted < end - i * kBlockBytes)
                        wanted *= 2;
                }
                Block& block = blocks_[i];
                if (wanted <= block.size())
                    continue;
                if (!budget_->take(wanted - block.size())) {
                    if (block.empty())
                        blocks_.pop_back();
                    return false;
                }
                reserved_ += wanted - block.size();
                block.resize(wanted);
            }
            return true;
        }

        void release(std::size_t bytes) {
            reserved_ -= bytes;
            budget_->used.fetch_sub(bytes);
        }

        std::shared_ptr<Budget> budget_;
        std::shared_mutex mutex_;
        std::vector<Block> blocks_;
        std::uint64_t size_ = 0;
        std::uint64_t reserved_ = 0;
    };

    class MemoryFile final : public File {
    public:
        MemoryFile(std::shared_ptr<Content> content, Path path)
            : content_(std::move(content)), path_(std::move(path)) {}

        Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                    ReadMode) override {
            return content_->read(offset, out);
        }
        void will_read(std::uint64_t, std::uint64_t) override {}
        void will_not_read(std::uint64_t, std::uint64_t) override {}
        Result<void> write_at(std::uint64_t offset, std::span<const Bytes> slices) override {
            if (!content_->write(offset, slices))
                return full();
            return success();
        }
        Result<void> sync_data() override { return success(); }
        Result<void> truncate(std::uint64_t size) override {
            if (!content_->resize(size))
                return full();
            return success();
        }
        Result<void> allocate(std::uint64_t size) override {
            if (content_->size() < size && !content_->resize(size))
                return full();
            return success();
        }
        Result<std::uint64_t> size() override { return content_->size(); }

    private:
        Error full() const {
            return {Errc::kNoSpace, "write " + path_.string() + ": the memory cap is reached"};
        }
        std::shared_ptr<Content> content_;
        Path path_;
    };

    class Lock final : public FileLock {
    public:
        Lock(std::shared_ptr<State> state, std::string path)
            : state_(std::move(state)), path_(std::move(path)) {}
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        ~Lock() override {
            const std::lock_guard lock(state_->mutex);
            state_->locks.erase(path_);
        }

    private:
        std::shared_ptr<State> state_;
        std::string path_;
    };

    static std::string key(const Path& path) {
        std::string text = path.lexically_normal().string();
        while (text.size() > 1 && text.back() == '/')
            text.pop_back();
        return text;
    }
    bool has_directory(const Path& path) {
        const std::string name = key(path);
        return name.empty() || name == "/" || name == "." || directories.contains(name);
    }

    std::shared_ptr<Budget> budget = std::make_shared<Budget>();
    std::mutex mutex;  // of the names; each content has its own
    std::map<std::string, std::shared_ptr<Content>> files;
    std::set<std::string> directories;
    std::set<std::string> locks;
};

MemoryFileSystem::MemoryFileSystem(std::uint64_t bytes_max) : state_(std::make_shared<State>()) {
    state_->budget->bytes_max = bytes_max;
}
MemoryFileSystem::~MemoryFileSystem() = default;

std::uint64_t MemoryFileSystem::bytes_used() const {
    return state_->budget->used.load();
}
void MemoryFileSystem::set_bytes_max(std::uint64_t bytes) {
    state_->budget->bytes_max = bytes;
}

Result<std::unique_ptr<File>> MemoryFileSystem::open(const Path& path, OpenMode mode) {
    const std::lock_guard lock(state_->mutex);
    const std::string name = State::key(path);
    auto found = state_->files.find(name);
    if (mode == OpenMode::kCreate) {
        if (found != state_->files.end() || state_->directories.contains(name)) {
            return Error{Errc::kExists, path.string() + ": exists"};
        }
        if (!state_->has_directory(path.parent_path()))
            return not_found(path);
        found = state_->files.emplace(name, std::make_shared<State::Content>(state_->budget)).first;
    } else if (found == state_->files.end()) {
        return not_found(path);
    }
    return std::unique_ptr<File>(std::make_unique<State::MemoryFile>(found->second, path));
}

Result<std::vector<std::string>> MemoryFileSystem::list(const Path& directory) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->has_directory(directory))
        return not_found(directory);
    const std::string prefix = State::key(directory) + "/";
    std::vector<std::string> names;
    const auto collect = [&](const std::string& path) {
        if (path.find('/', prefix.size()) == std::string::npos) {
            names.push_back(path.substr(prefix.size()));
        }
    };
    for (auto it = state_->files.lower_bound(prefix);
         it != state_->files.end() && it->first.starts_with(prefix); ++it) {
        collect(it->first);
    }
    for (auto it = state_->directories.lower_bound(prefix);
         it != state_->directories.end() && it->starts_with(prefix); ++it) {
        collect(*it);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<void> MemoryFileSystem::create_directories(const Path& directory) {
    const std::lock_guard lock(state_->mutex);
    for (Path path = Path(State::key(directory)); !state_->has_directory(path);
         path = path.parent_path()) {
        const std::string name = State::key(path);
        if (state_->files.contains(name)) {
            return Error{Errc::kExists, name + ": exists and is a file"};
        }
        state_->directories.insert(name);
    }
    return success();
}

Result<void> MemoryFileSystem::rename(const Path& from, const Path& to) {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->files.find(State::key(from));
    if (found == state_->files.end())
        return not_found(from);
    if (!state_->has_directory(to.parent_path()))
        return not_found(to);
    auto content = std::move(found->second);
    state_->files.erase(found);
    state_->files[State::key(to)] = std::move(content);
    return success();
}

Result<void> MemoryFileSystem::remove(const Path& file) {
    const std::lock_guard lock(state_->mutex);
    if (state_->files.erase(State::key(file)) == 0)
        return not_found(file);
    return success();
}

Result<void> MemoryFileSystem::remove_tree(const Path& directory) {
    const std::lock_guard lock(state_->mutex);
    const std::string name = State::key(directory);
    const std::string prefix = name + "/";
    std::erase_if(state_->files, [&](const auto& file) {
        return file.first == name || file.first.starts_with(prefix);
    });
    std::erase_if(state_->directories,
                  [&](const auto& path) { return path == name || path.starts_with(prefix); });
    return success();
}

Result<void> MemoryFileSystem::sync_directory(const Path& directory) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->has_directory(directory))
        return not_found(directory);
    return success();
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const Path& path) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->has_directory(path.parent_path()))
        return not_found(path);
    const std::string name = State::key(path);
    if (!state_->locks.insert(name).second) {
        return Error{Errc::kLocked, path.parent_path().string() + " is in use (" +
                                        path.filename().string() + " is held)"};
    }
    return std::unique_ptr<FileLock>(std::make_unique<State::Lock>(state_, name));
}

}  // namespace millrace::env
