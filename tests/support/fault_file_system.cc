#include "support/fault_file_system.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "base/check.h"
#include "support/paged_bytes.h"

namespace millrace::test {

using env::Path;

namespace {

constexpr std::uint64_t kSectorBytes = 512;

using Random = std::mt19937_64;

bool coin(Random& random) {
    return random() % 2 == 0;
}

// A write, or (without bytes) a new size. Copies of the disk share the bytes.
struct Change {
    std::uint64_t at = 0;
    std::shared_ptr<const std::string> bytes;
    bool grow_only = false;
};

void replay(PagedBytes& content, const Change& change) {
    if (change.bytes)
        content.write(change.at, as_bytes(*change.bytes));
    else if (!change.grow_only || content.size() < change.at)
        content.resize(change.at);
}

void replay_sectors(PagedBytes& content, const Change& change, Random& random) {
    if (!change.bytes) {
        if (coin(random))
            replay(content, change);
        return;
    }
    // Whole and nothing are the likeliest of the subsets.
    const auto mode = random() % 4;
    Bytes rest = as_bytes(*change.bytes);
    std::uint64_t at = change.at;
    while (!rest.empty()) {
        const std::size_t part =
            std::min<std::uint64_t>(rest.size(), kSectorBytes - at % kSectorBytes);
        if (mode == 0 || (mode > 1 && coin(random)))
            content.write(at, rest.first(part));
        at += part;
        rest = rest.subspan(part);
    }
}

struct Node;
using NodePtr = std::shared_ptr<Node>;

// A name that now stands for `node`, or for nothing; `and_gone` is the old name of a rename within
// the directory, which happens with it or not at all.
struct NameChange {
    std::string name;
    NodePtr node;
    std::string and_gone;
};

using Names = std::map<std::string, NodePtr>;

void replay(Names& names, const NameChange& change) {
    if (change.node == nullptr)
        names.erase(change.name);
    else
        names[change.name] = change.node;
    if (!change.and_gone.empty())
        names.erase(change.and_gone);
}

// A file or a directory: as seen, as durable, and what lies between.
struct Node {
    explicit Node(bool is_directory) : directory(is_directory) {}
    const bool directory;

    PagedBytes content;
    PagedBytes durable;
    std::vector<Change> unsynced;

    Names names;
    Names durable_names;
    std::vector<NameChange> unsynced_names;

    void change(Change made) {
        replay(content, made);
        unsynced.push_back(std::move(made));
    }
    void change(NameChange made) {
        replay(names, made);
        unsynced_names.push_back(std::move(made));
    }

    bool unsettled() const { return !unsynced.empty() || !unsynced_names.empty(); }

    PagedBytes content_after(Loss loss, Random& random) const {
        if (loss == Loss::kNothing)
            return content;
        PagedBytes left = durable;
        if (loss == Loss::kSectors) {
            for (const Change& change : unsynced)
                replay_sectors(left, change, random);
        }
        if (loss == Loss::kPrefix && !unsynced.empty()) {
            const std::size_t whole = random() % (unsynced.size() + 1);
            for (std::size_t i = 0; i < whole; ++i)
                replay(left, unsynced[i]);
            if (whole < unsynced.size() && unsynced[whole].bytes) {
                const std::string& bytes = *unsynced[whole].bytes;
                left.write(unsynced[whole].at,
                           as_bytes(bytes).first(random() % (bytes.size() + 1)));
            }
        }
        return left;
    }

    Names names_after(Loss loss, Random& random) const {
        if (loss == Loss::kNothing)
            return names;
        Names left = durable_names;
        const std::size_t count = unsynced_names.size();
        const std::size_t whole = loss == Loss::kPrefix ? random() % (count + 1) : 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (i < whole || (loss == Loss::kSectors && coin(random)))
                replay(left, unsynced_names[i]);
        }
        return left;
    }

    void sync_failed(Random& random) {
        durable = content_after(coin(random) ? Loss::kPrefix : Loss::kSectors, random);
        unsynced.clear();
    }
};

// A copy of the disk after a crash, node by node. Names may share a node after it (half a rename
// between directories).
class Aftermath final {
public:
    Aftermath(Loss loss, Random& random) : loss_(loss), random_(random) {}

    NodePtr of(const NodePtr& root) {
        if (loss_ == Loss::kOneLost || loss_ == Loss::kOneKept) {
            std::vector<const Node*> unsettled;
            std::set<const Node*> met;
            collect(*root, unsettled, met);
            if (!unsettled.empty())
                one_ = unsettled[random_() % unsettled.size()];
        }
        return copy(root);
    }

private:
    static void collect(const Node& node, std::vector<const Node*>& unsettled,
                        std::set<const Node*>& met) {
        if (!met.insert(&node).second)
            return;
        if (node.unsettled())
            unsettled.push_back(&node);
        for (const Names* const names : {&node.names, &node.durable_names}) {
            for (const auto& [name, child] : *names)
                collect(*child, unsettled, met);
        }
    }

    Loss loss_of(const Node& node) const {
        switch (loss_) {
            case Loss::kOneLost:
                return &node == one_ ? Loss::kAll : Loss::kNothing;
            case Loss::kOneKept:
                return &node == one_ ? Loss::kNothing : Loss::kAll;
            default:
                return loss_;
        }
    }

    NodePtr copy(const NodePtr& node) {
        NodePtr& made = made_[node.get()];
        if (made != nullptr)
            return made;
        made = std::make_shared<Node>(node->directory);
        const NodePtr result = made;
        const Loss loss = loss_of(*node);
        result->content = node->content_after(loss, random_);
        for (const auto& [name, child] : node->names_after(loss, random_))
            result->names[name] = copy(child);
        if (loss_ != Loss::kNothing) {
            result->durable = result->content;
            result->durable_names = result->names;
            return result;
        }
        result->durable = node->durable;
        result->unsynced = node->unsynced;
        for (const auto& [name, child] : node->durable_names)
            result->durable_names[name] = copy(child);
        for (NameChange change : node->unsynced_names) {
            if (change.node != nullptr)
                change.node = copy(change.node);
            result->unsynced_names.push_back(std::move(change));
        }
        return result;
    }

    const Loss loss_;
    Random& random_;
    const Node* one_ = nullptr;
    std::map<const Node*, NodePtr> made_;
};

Error not_found(const Path& path) {
    return {Errc::kNotFound, path.string() + ": no such file or directory"};
}

Path clean(const Path& path) {
    Path plain = path.lexically_normal();
    return plain.has_filename() ? plain : plain.parent_path();
}

}  // namespace

const char* name(Loss loss) {
    switch (loss) {
        case Loss::kNothing:
            return "Nothing";
        case Loss::kAll:
            return "All";
        case Loss::kPrefix:
            return "Prefix";
        case Loss::kSectors:
            return "Sectors";
        case Loss::kOneLost:
            return "OneLost";
        case Loss::kOneKept:
            return "OneKept";
    }
    return "?";
}

const char* name(Call call) {
    static constexpr const char* kNames[] = {
        "Open", "Create",  "Read",   "Write",  "SyncData",   "Truncate",      "Allocate", "Size",
        "List", "MakeDir", "Rename", "Remove", "RemoveTree", "SyncDirectory", "Lock"};
    static_assert(std::size(kNames) == static_cast<std::size_t>(Call::kLock) + 1);
    return kNames[static_cast<std::size_t>(call)];
}

bool changes(Call call) {
    switch (call) {
        case Call::kOpen:
        case Call::kRead:
        case Call::kSize:
        case Call::kList:
        case Call::kLock:
            return false;
        default:
            return true;
    }
}

bool Fault::meets(Call call, const Path& path) const {
    const bool among =
        calls.empty() ? changes(call) : std::find(calls.begin(), calls.end(), call) != calls.end();
    return among && path.native().find(part) != std::string::npos;
}

struct FaultFileSystem::State {
    explicit State(std::uint64_t seed) : random(seed) {}

    std::mutex mutex;
    Random random;
    NodePtr root = std::make_shared<Node>(true);
    std::set<std::string> locks;
    std::vector<Fault> faults;
    std::uint64_t met = 0;
    std::map<Call, std::uint64_t> calls;
    std::vector<std::string> trace;  // of the calls that change something
    bool cold = false;
    std::vector<Wish> wishes;
    std::vector<Wish> farewells;
    std::function<void(std::uint64_t)> hook;  // set before use by threads

    NodePtr find(const Path& path) const {
        NodePtr at = root;
        for (const Path& part : clean(path)) {
            if (part == "/" || part == ".")
                continue;
            const auto next = at->names.find(part.string());
            if (next == at->names.end())
                return nullptr;
            at = next->second;
        }
        return at;
    }
    NodePtr find_directory(const Path& path) const {
        NodePtr found = find(path);
        return found != nullptr && found->directory ? found : nullptr;
    }

    // Counts the call and lets the hook see the disk before it. No lock may be held.
    void begin(Call call, const Path& path) {
        std::uint64_t before = 0;
        {
            const std::lock_guard lock(mutex);
            before = trace.size();
            trace.push_back(std::string(name(call)) + " " + path.string());
        }
        if (hook)
            hook(before);
    }
    // REQUIRES: mutex. Counts the call; the error it is to answer.
    std::optional<Error> fails(Call call, const Path& path) {
        ++calls[call];
        for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
            if (!fault->meets(call, path))
                continue;
            if (fault->nth > 1) {
                --fault->nth;
                continue;
            }
            Error error{fault->code, std::string(name(call)) + " " + path.string() + ": injected"};
            if (!fault->lasting && --fault->times == 0)
                faults.erase(fault);
            ++met;
            return error;
        }
        return std::nullopt;
    }

    // Durable at once.
    NodePtr make_directories(const Path& path) {
        NodePtr at = root;
        for (const Path& part : path) {
            if (part == "/")
                continue;
            NodePtr& next = at->names[part.string()];
            if (next == nullptr)
                next = at->durable_names[part.string()] = std::make_shared<Node>(true);
            at = next;
        }
        return at;
    }

    void collect(const Node& node, const Path& path, std::vector<Path>& files) const {
        for (const auto& [name, child] : node.names) {
            if (child->directory)
                collect(*child, path / name, files);
            else
                files.push_back(path / name);
        }
    }

    // Leaves first, as the system call by call would.
    void remove_names(Node& node) {
        while (!node.names.empty()) {
            const auto [name, child] = *node.names.begin();
            if (child->directory)
                remove_names(*child);
            node.change(NameChange{name, nullptr, {}});
        }
    }
};

class FaultFileSystem::FaultFile final : public env::File {
public:
    FaultFile(std::shared_ptr<State> state, NodePtr node, Path path, bool writable)
        : state_(std::move(state)),
          node_(std::move(node)),
          path_(std::move(path)),
          writable_(writable) {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                env::ReadMode mode) override {
        const std::lock_guard lock(state_->mutex);
        if (auto error = state_->fails(Call::kRead, path_))
            return *std::move(error);
        if (mode == env::ReadMode::kCachedOnly && state_->cold)
            return Error{Errc::kWouldBlock, "not in the page cache"};
        return node_->content.read(offset, out);
    }

    void will_read(std::uint64_t offset, std::uint64_t bytes) override {
        const std::lock_guard lock(state_->mutex);
        state_->wishes.push_back({path_, offset, bytes});
    }

    void will_not_read(std::uint64_t offset, std::uint64_t bytes) override {
        const std::lock_guard lock(state_->mutex);
        state_->farewells.push_back({path_, offset, bytes});
    }

    Result<void> write_at(std::uint64_t offset, std::span<const Bytes> slices) override {
        state_->begin(Call::kWrite, path_);
        const std::lock_guard lock(state_->mutex);
        if (!writable_)
            return read_only();
        std::string bytes;
        for (const Bytes slice : slices)
            bytes.append(as_text(slice));
        auto error = state_->fails(Call::kWrite, path_);
        if (error)
            bytes.resize(state_->random() % (bytes.size() + 1));
        if (!bytes.empty())
            node_->change(
                Change{offset, std::make_shared<const std::string>(std::move(bytes)), false});
        if (error)
            return *std::move(error);
        return success();
    }

    Result<void> sync_data() override {
        state_->begin(Call::kSyncData, path_);
        const std::lock_guard lock(state_->mutex);
        if (auto error = state_->fails(Call::kSyncData, path_)) {
            node_->sync_failed(state_->random);
            return *std::move(error);
        }
        for (const Change& change : node_->unsynced)
            replay(node_->durable, change);
        node_->unsynced.clear();
        return success();
    }

    Result<void> truncate(std::uint64_t size) override {
        return resize(Call::kTruncate, Change{size, nullptr, false});
    }
    Result<void> allocate(std::uint64_t size) override {
        return resize(Call::kAllocate, Change{size, nullptr, true});
    }

    Result<std::uint64_t> size() override {
        const std::lock_guard lock(state_->mutex);
        if (auto error = state_->fails(Call::kSize, path_))
            return *std::move(error);
        return node_->content.size();
    }

private:
    Error read_only() const { return {Errc::kIo, path_.string() + ": opened for reading only"}; }
    Result<void> resize(Call call, Change change) {
        state_->begin(call, path_);
        const std::lock_guard lock(state_->mutex);
        if (!writable_)
            return read_only();
        if (auto error = state_->fails(call, path_))
            return *std::move(error);
        node_->change(std::move(change));
        return success();
    }

    const std::shared_ptr<State> state_;
    const NodePtr node_;
    const Path path_;
    const bool writable_;
};

class FaultFileSystem::Lock final : public env::FileLock {
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
    const std::shared_ptr<State> state_;
    const std::string path_;
};

FaultFileSystem::FaultFileSystem(std::uint64_t seed) : state_(std::make_shared<State>(seed)) {}
FaultFileSystem::FaultFileSystem(std::shared_ptr<State> state) : state_(std::move(state)) {}
FaultFileSystem::~FaultFileSystem() = default;

std::unique_ptr<FaultFileSystem> FaultFileSystem::crashed(Loss loss, std::uint64_t seed) const {
    auto after = std::make_shared<State>(seed);
    const std::lock_guard lock(state_->mutex);
    after->root = Aftermath(loss, after->random).of(state_->root);
    return std::unique_ptr<FaultFileSystem>(new FaultFileSystem(std::move(after)));
}

void FaultFileSystem::inject(Fault fault) {
    CHECK(fault.nth > 0 && fault.times > 0);
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->faults, [&](const Fault& old) { return old.calls == fault.calls; });
    state_->faults.push_back(std::move(fault));
    state_->met = 0;
}
void FaultFileSystem::clear_faults() {
    const std::lock_guard lock(state_->mutex);
    state_->faults.clear();
}
std::uint64_t FaultFileSystem::faults_met() const {
    const std::lock_guard lock(state_->mutex);
    return state_->met;
}
std::uint64_t FaultFileSystem::changes_made() const {
    const std::lock_guard lock(state_->mutex);
    return state_->trace.size();
}
std::vector<std::string> FaultFileSystem::trace() const {
    const std::lock_guard lock(state_->mutex);
    return state_->trace;
}
void FaultFileSystem::before_change(std::function<void(std::uint64_t)> hook) {
    state_->hook = std::move(hook);
}
std::uint64_t FaultFileSystem::calls(Call call) const {
    const std::lock_guard lock(state_->mutex);
    const auto at = state_->calls.find(call);
    return at == state_->calls.end() ? 0 : at->second;
}
void FaultFileSystem::set_cold(bool cold) {
    const std::lock_guard lock(state_->mutex);
    state_->cold = cold;
}
std::vector<FaultFileSystem::Wish> FaultFileSystem::take_wishes() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->wishes, {});
}

std::vector<FaultFileSystem::Wish> FaultFileSystem::take_farewells() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->farewells, {});
}

bool FaultFileSystem::exists(const Path& path) const {
    const std::lock_guard lock(state_->mutex);
    return state_->find(path) != nullptr;
}
std::vector<std::byte> FaultFileSystem::load(const Path& path) const {
    const std::lock_guard lock(state_->mutex);
    const NodePtr node = state_->find(path);
    CHECK(node != nullptr);
    std::vector<std::byte> bytes(node->content.size());
    node->content.read(0, bytes);
    return bytes;
}
void FaultFileSystem::store(const Path& path, Bytes bytes) {
    const std::lock_guard lock(state_->mutex);
    const auto file = std::make_shared<Node>(false);
    file->content.write(0, bytes);
    file->durable = file->content;
    const Path plain = clean(path);
    const NodePtr home = state_->make_directories(plain.parent_path());
    const std::string name = plain.filename().string();
    home->names[name] = home->durable_names[name] = file;
}
void FaultFileSystem::patch(const Path& path, std::uint64_t offset, Bytes bytes) {
    const std::lock_guard lock(state_->mutex);
    const NodePtr node = state_->find(path);
    CHECK(node != nullptr);
    node->content.write(offset, bytes);
    node->durable.write(offset, bytes);
}
void FaultFileSystem::flip(const Path& path, std::uint64_t offset) {
    const std::byte flipped = load(path).at(offset) ^ std::byte{0x10};
    patch(path, offset, Bytes(&flipped, 1));
}
void FaultFileSystem::cut(const Path& path, std::uint64_t size) {
    const std::lock_guard lock(state_->mutex);
    const NodePtr node = state_->find(path);
    CHECK(node != nullptr);
    node->content.resize(size);
    node->durable.resize(size);
}

std::vector<Path> FaultFileSystem::files() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<Path> found;
    state_->collect(*state_->root, "/", found);
    std::sort(found.begin(), found.end());
    return found;
}

Result<std::unique_ptr<env::File>> FaultFileSystem::open(const Path& path, env::OpenMode mode) {
    const Call call = mode == env::OpenMode::kCreate ? Call::kCreate : Call::kOpen;
    if (call == Call::kCreate)
        state_->begin(call, path);
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(call, path))
        return *std::move(error);
    const Path plain = clean(path);
    NodePtr node = state_->find(plain);
    if (call == Call::kCreate) {
        if (node != nullptr)
            return Error{Errc::kExists, path.string() + ": exists"};
        const NodePtr parent = state_->find_directory(plain.parent_path());
        if (parent == nullptr)
            return not_found(path);
        node = std::make_shared<Node>(false);
        parent->change(NameChange{plain.filename().string(), node, {}});
    } else if (node == nullptr || node->directory) {
        return not_found(path);
    }
    return std::unique_ptr<env::File>(std::make_unique<FaultFile>(
        state_, std::move(node), path, mode != env::OpenMode::kReadOnly));
}

Result<std::vector<std::string>> FaultFileSystem::list(const Path& directory) {
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(Call::kList, directory))
        return *std::move(error);
    const NodePtr node = state_->find_directory(directory);
    if (node == nullptr)
        return not_found(directory);
    std::vector<std::string> names;
    for (const auto& [name, child] : node->names)
        names.push_back(name);
    return names;
}

Result<void> FaultFileSystem::create_directories(const Path& directory) {
    state_->begin(Call::kCreateDirectories, directory);
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(Call::kCreateDirectories, directory))
        return *std::move(error);
    NodePtr at = state_->root;
    for (const Path& part : clean(directory)) {
        if (part == "/" || part == ".")
            continue;
        NodePtr next;
        if (const auto found = at->names.find(part.string()); found != at->names.end())
            next = found->second;
        if (next == nullptr) {
            next = std::make_shared<Node>(true);
            at->change(NameChange{part.string(), next, {}});
        } else if (!next->directory) {
            return Error{Errc::kExists, directory.string() + ": exists and is a file"};
        }
        at = std::move(next);
    }
    return success();
}

Result<void> FaultFileSystem::rename(const Path& from, const Path& to) {
    state_->begin(Call::kRename, from);
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(Call::kRename, from))
        return *std::move(error);
    const Path source = clean(from);
    const Path target = clean(to);
    const NodePtr node = state_->find(source);
    if (node == nullptr)
        return not_found(from);
    const NodePtr old_home = state_->find_directory(source.parent_path());
    const NodePtr new_home = state_->find_directory(target.parent_path());
    if (new_home == nullptr)
        return not_found(to);
    if (source == target)
        return success();
    const std::string old_name = source.filename().string();
    const std::string new_name = target.filename().string();
    if (old_home == new_home) {
        old_home->change(NameChange{new_name, node, old_name});
    } else {
        new_home->change(NameChange{new_name, node, {}});
        old_home->change(NameChange{old_name, nullptr, {}});
    }
    return success();
}

Result<void> FaultFileSystem::remove(const Path& file) {
    state_->begin(Call::kRemove, file);
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(Call::kRemove, file))
        return *std::move(error);
    const Path plain = clean(file);
    const NodePtr node = state_->find(plain);
    if (node == nullptr)
        return not_found(file);
    if (node->directory)
        return Error{Errc::kIo, file.string() + ": is a directory"};
    state_->find_directory(plain.parent_path())
        ->change(NameChange{plain.filename().string(), nullptr, {}});
    return success();
}

Result<void> FaultFileSystem::remove_tree(const Path& directory) {
    state_->begin(Call::kRemoveTree, directory);
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(Call::kRemoveTree, directory))
        return *std::move(error);
    const Path plain = clean(directory);
    const NodePtr node = state_->find(plain);
    if (node == nullptr)
        return success();
    if (node->directory)
        state_->remove_names(*node);
    state_->find_directory(plain.parent_path())
        ->change(NameChange{plain.filename().string(), nullptr, {}});
    return success();
}

Result<void> FaultFileSystem::sync_directory(const Path& directory) {
    state_->begin(Call::kSyncDirectory, directory);
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(Call::kSyncDirectory, directory))
        return *std::move(error);
    const NodePtr node = state_->find_directory(directory);
    if (node == nullptr)
        return not_found(directory);
    node->durable_names = node->names;
    node->unsynced_names.clear();
    return success();
}

Result<std::unique_ptr<env::FileLock>> FaultFileSystem::lock(const Path& path) {
    const std::lock_guard lock(state_->mutex);
    if (auto error = state_->fails(Call::kLock, path))
        return *std::move(error);
    if (state_->find_directory(clean(path).parent_path()) == nullptr)
        return not_found(path);
    const std::string name = clean(path).string();
    if (!state_->locks.insert(name).second)
        return Error{Errc::kLocked, path.string() + ": is held"};
    return std::unique_ptr<env::FileLock>(std::make_unique<Lock>(state_, name));
}

}  // namespace millrace::test
