// A data directory that holds anything: the engine opens or refuses, reads what there is, reports
// the rest and takes appends. The input is a list of edits to a directory that a sound engine left:
// overwritten, flipped, cut, replaced, removed and copied files, their checksums made right or not.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/log.h"
#include "env/disk_pool.h"
#include "env/manual_clock.h"
#include "env/memory_file_system.h"
#include "storage/checkpoint.h"
#include "storage/frame.h"
#include "storage/journal_format.h"
#include "storage/segment.h"
#include "storage/segment_engine.h"
#include "support/sync_wait.h"

namespace {

using namespace millrace;
using namespace millrace::storage;

constexpr std::uint64_t kDiskBytesMax = 256ULL << 20;
constexpr std::size_t kEditsMax = 16;
const ShardKey kShards[] = {{1, 0}, {1, 1}, {2, 0}};

using Files = std::vector<std::pair<env::Path, std::vector<std::byte>>>;

void fail_unless(bool holds) {
    if (!holds)
        std::abort();
}

// The input, taken from its front; zeros when it is used up.
class Input final {
public:
    explicit Input(Bytes bytes) : bytes_(bytes) {}
    bool empty() const { return bytes_.empty(); }
    template <class T>
    T take() {
        T value{};
        const std::size_t size = std::min(sizeof value, bytes_.size());
        std::memcpy(&value, bytes_.data(), size);
        bytes_ = bytes_.subspan(size);
        return value;
    }
    Bytes take_bytes(std::size_t size) {
        const Bytes taken = bytes_.first(std::min(size, bytes_.size()));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }

private:
    Bytes bytes_;
};

void write(env::FileSystem& files, const env::Path& path, Bytes bytes) {
    fail_unless(files.create_directories(path.parent_path()).has_value());
    static_cast<void>(files.remove(path));
    auto file = files.open(path, env::OpenMode::kCreate);
    fail_unless(file && file.value()->write_at(0, std::span(&bytes, 1)));
}

std::vector<std::byte> load(env::FileSystem& files, const env::Path& path) {
    auto file = files.open(path, env::OpenMode::kReadOnly);
    fail_unless(file.has_value());
    std::vector<std::byte> bytes(file.value()->size().value());
    fail_unless(file.value()->read_at(0, bytes, env::ReadMode::kMayBlock).has_value());
    return bytes;
}

SegmentEngineOptions options_of(Durability durability) {
    SegmentEngineOptions options;
    options.data_dir = "/data";
    options.durability = durability;
    options.segment_bytes = 150'000;
    options.journal_file_bytes = kJournalFileBytesMin;
    options.journal_files = 2;
    return options;
}

env::DiskPool& pool() {
    static env::DiskPool threads(1);
    return threads;
}

std::vector<AppendStatus> append(SegmentEngine& engine, ShardKey shard, std::size_t bytes) {
    const std::string data(bytes, 'd');
    const std::vector<NewRecord> records(3, NewRecord{shard, "key", as_bytes(data), WallTime{}});
    std::vector<AppendStatus> statuses;
    for (const AppendResult& result : test::sync_wait(engine.append(records))) {
        statuses.push_back(result.status);
    }
    return statuses;
}

// What an engine leaves that dies with a checkpoint behind it and commits since: three shards, one
// of them with several segments, a catalog with a snapshot.
Files sound_directory(Durability durability) {
    env::MemoryFileSystem files(kDiskBytesMax);
    env::ManualClock clock;
    Metrics metrics;
    fail_unless(files.create_directories("/data").has_value());
    Files image;
    const auto keep = [&](const env::Path& directory) {
        const auto names = files.list(directory).value();
        for (const std::string& name : names) {
            const env::Path path = directory / name;
            if (files.open(path, env::OpenMode::kReadOnly)) {
                auto bytes = load(files, path);
                while (!bytes.empty() && bytes.back() == std::byte{}) {
                    bytes.pop_back();  // the journal's blank rest
                }
                image.emplace_back(path, std::move(bytes));
            }
        }
    };
    for (const bool last : {false, true}) {
        auto engine = SegmentEngine::open(options_of(durability), files, clock, pool(), metrics);
        fail_unless(engine.has_value());
        CatalogLog& catalog = engine.value()->catalog_log();
        fail_unless(test::sync_wait(catalog.load()).has_value());
        fail_unless(test::sync_wait(engine.value()->create(kShards)).has_value());
        for (const ShardKey shard : kShards) {
            append(*engine.value(), shard, 10);
            append(*engine.value(), shard, shard.shard_no == 1 ? 40'000 : 100);
        }
        append(*engine.value(), kShards[1], 40'000);
        const auto position = test::sync_wait(catalog.commit("command"));
        fail_unless(position.has_value());
        if (last) {
            for (const char* const directory :
                 {"/data/journal", "/data/catalog", "/data/shards/0000000000000001/0",
                  "/data/shards/0000000000000001/1", "/data/shards/0000000000000002/0"}) {
                keep(directory);
            }
            break;
        }
        fail_unless(test::sync_wait(catalog.snapshot(position.value(), "state")).has_value());
    }
    return image;
}

// Makes the checksums of what may stand in a file right again, so that edits get past them.
void repair(const env::Path& path, std::vector<std::byte>& bytes) {
    const std::string name = path.filename().string();
    const auto fix = [&](std::size_t at, std::size_t from, std::size_t to, std::uint32_t seed = 0) {
        store_le(bytes.data() + at, crc32c(Bytes(bytes).subspan(from, to - from), seed));
    };
    if (name == "checkpoint" || name == "snapshot") {
        if (bytes.size() >= 16)
            fix(12, 16, bytes.size());
        return;
    }
    if (path.parent_path().filename() == "journal") {
        for (std::size_t at = 0; at + 40 <= bytes.size(); at += kJournalBlockBytes) {
            const auto entries = load_le<std::uint32_t>(bytes.data() + at + 32);
            const std::size_t end = at + 40 + std::size_t{entries} * 24;
            if (load_le<std::uint32_t>(bytes.data() + at + 4) == 0x314A524D && end <= bytes.size())
                fix(at, at + 4, end);
        }
        return;
    }
    if (name.ends_with(".log") && bytes.size() >= kSegmentHeaderBytes) {
        fix(12, 16, kSegmentHeaderBytes);
        const ShardKey shard{load_le<std::uint64_t>(bytes.data() + 16),
                             load_le<std::uint32_t>(bytes.data() + 24)};
        for (std::size_t at = kSegmentHeaderBytes; at + sizeof(FrameHeader) <= bytes.size();) {
            fix(at, at + 4, at + sizeof(FrameHeader), frame_seed(shard));
            at += load_header(Bytes(bytes).subspan(at)).frame_bytes();
        }
    }
}

void edit(Input& input, Files& image) {
    auto& [path, bytes] = image[input.take<std::uint8_t>() % image.size()];
    const auto what = input.take<std::uint8_t>();
    const std::size_t at = bytes.empty() ? 0 : input.take<std::uint32_t>() % bytes.size();
    switch (what % 8) {
        case 0: {  // overwrite, at the end too
            const Bytes with = input.take_bytes(input.take<std::uint8_t>());
            bytes.resize(std::max(bytes.size(), at + with.size()));
            std::copy(with.begin(), with.end(), bytes.data() + at);
            break;
        }
        case 1:  // one number near the front, where the lengths are
            if (const std::size_t near = at % 128; near + 8 <= bytes.size())
                store_le(bytes.data() + near, input.take<std::uint64_t>());
            break;
        case 2:
            if (!bytes.empty())
                bytes[at] ^= static_cast<std::byte>(1U << (input.take<std::uint8_t>() % 8));
            break;
        case 3:
            bytes.resize(at);
            break;
        case 4: {  // replace
            const Bytes with = input.take_bytes(input.take<std::uint16_t>());
            bytes.assign(with.begin(), with.end());
            break;
        }
        case 5:  // as if it were another's
            bytes = image[input.take<std::uint8_t>() % image.size()].second;
            break;
        case 6:  // remove
            if (image.size() > 1)
                image.erase(image.begin() + static_cast<std::ptrdiff_t>(at % image.size()));
            return;
        case 7: {  // under another name
            auto copy = image[input.take<std::uint8_t>() % image.size()].second;
            const env::Path name =
                path.parent_path() / segment_name(Position(input.take<std::uint8_t>()));
            image.emplace_back(name, std::move(copy));
            return;
        }
    }
    if ((what & 0x80) != 0)
        repair(path, bytes);
}

// Reads from the start until the tip, or past some damage: every step there looks for its end.
void read_all(SegmentEngine& engine, ShardKey shard) {
    ReadRequest request;
    request.shard = shard;
    request.records_max = 100;
    request.bytes_max = 1 << 20;
    const auto first = test::sync_wait(engine.locate(shard, {Locate::What::kFirst, {}}));
    request.from = first ? first.value() : Position(0);
    for (int step = 0; step < 20; ++step) {
        const auto result = test::sync_wait(engine.read(request));
        if (!result) {
            if (result.error().code == Errc::kNotFound)
                return;
            request.from = Position(request.from.value() + 1);
            continue;
        }
        for (const Record& record : result.value().records) {
            fail_unless(record.position >= request.from && record.position < result.value().next);
        }
        fail_unless(result.value().next >= request.from);
        if (result.value().next >= result.value().tip || result.value().next == request.from)
            return;
        request.from = result.value().next;
    }
}

void open_and_use(env::MemoryFileSystem& files, Durability durability) {
    env::ManualClock clock;
    Metrics metrics;
    auto opened = SegmentEngine::open(options_of(durability), files, clock, pool(), metrics);
    if (!opened)
        return;  // it refuses to start and says why
    SegmentEngine& engine = *opened.value();
    static_cast<void>(test::sync_wait(engine.catalog_log().load()));
    static_cast<void>(test::sync_wait(engine.catalog_log().commit("next")));
    static_cast<void>(test::sync_wait(engine.create(kShards)));
    for (const ShardKey shard : kShards) {
        read_all(engine, shard);
        const auto tip = test::sync_wait(engine.locate(shard, {Locate::What::kTip, {}}));
        const auto statuses = append(engine, shard, 10);
        if (tip && statuses.front() == AppendStatus::kCommitted) {
            // What was acknowledged is there.
            const ReadRequest request{shard, tip.value(), 10, 1 << 20, WallTime{}};
            const auto result = test::sync_wait(engine.read(request));
            fail_unless(result && result.value().records.size() == statuses.size());
        }
        static_cast<void>(
            test::sync_wait(engine.locate(shard, {Locate::What::kAtTime, clock.now()})));
    }
    fail_unless(engine.corruptions().size() < 10'000);
    fail_unless(files.bytes_used() < kDiskBytesMax / 2);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    fail_unless(log::configure("off", log::Format::kText).has_value());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Files images[] = {sound_directory(Durability::kPower),
                                   sound_directory(Durability::kProcess)};
    Input input(std::as_bytes(std::span(data, size)));
    const auto flags = input.take<std::uint8_t>();
    Files image = images[flags & 1];
    for (std::size_t i = 0; i < kEditsMax && !input.empty(); ++i) {
        edit(input, image);
    }
    env::MemoryFileSystem files(kDiskBytesMax);
    fail_unless(files.create_directories("/data").has_value());
    for (const auto& [path, bytes] : image) {
        write(files, path, bytes);
    }
    // What is recovered goes by the checkpoint, whatever the mode; only kPower, which is slow here,
    // fills whole journal files.
    const Durability durability = (flags & 14) == 14 ? Durability::kPower : Durability::kProcess;
    open_and_use(files, durability);
    open_and_use(files, durability);  // and what that left
    return 0;
}
