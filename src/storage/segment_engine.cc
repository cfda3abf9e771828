#include "storage/segment_engine.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/recycled.h"
#include "storage/catalog_snapshot.h"
#include "storage/committer.h"
#include "storage/shard_cursor.h"
#include "storage/shard_reader.h"

namespace millrace::storage {
namespace {

constexpr std::size_t kReplayWindowBytes = 1 << 20;

Error no_shard(ShardKey key) {
    return {Errc::kNotFound,
            "no shard log " + std::to_string(key.stream_uid) + "/" + std::to_string(key.shard_no)};
}

Error stopped() {
    return {Errc::kClosed, "the engine has stopped"};
}

// What no frame can hold is refused before it gets here; an embedder's mistake ends here.
bool fits_frame(const NewRecord& record) {
    return record.key.size() <= UINT16_MAX && record.data.size() <= kFrameDataBytesMax;
}

struct KeyHash {
    std::size_t operator()(const ShardKey& key) const noexcept {
        return std::hash<std::uint64_t>{}(key.stream_uid * 0x9E3779B97F4A7C15ULL + key.shard_no);
    }
};

class Handle final : public WaitHandle {
public:
    explicit Handle(WishPtr wish) : wish_(std::move(wish)) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() override {
        if (wish_->open.exchange(false)) {
            wish_->ready = nullptr;
        }
    }

private:
    const WishPtr wish_;
};

// The frames of one append, by shard, and which record is where.
class Grouping final {
public:
    Grouping(std::span<const NewRecord> records, CommitRequest& request)
        : records_(records), request_(request), part_of_(records.size(), kNone) {
        RecycledVector<std::size_t> bytes;
        for (std::size_t i = 0; i < records.size(); ++i) {
            const NewRecord& record = records[i];
            if (!fits_frame(record)) {
                continue;
            }
            std::uint32_t part = kNone;
            if (i > 0 && part_of_[i - 1] != kNone && records[i - 1].shard == record.shard) {
                part = part_of_[i - 1];
            } else {
                part = find_or_add(record.shard);
                bytes.resize(request.parts.size());
            }
            part_of_[i] = part;
            bytes[part] += sizeof(FrameHeader) + record.key.size() + record.data.size();
        }
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            request.parts[i].frames.reserve(bytes[i]);
            request.bytes += bytes[i];
        }
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (part_of_[i] != kNone) {
                const NewRecord& record = records[i];
                append_frame(request.parts[part_of_[i]].frames, FrameKind::kRecord, record.key,
                             record.data, record.stamp, record.attributes);
                ++request.records;
            }
        }
    }

    // After the commit. The frames of a part stand one after the other: what the first was given
    // tells what the others were. (A look at each would fetch it from another core's cache.)
    std::vector<AppendResult> results() const {
        RecycledVector<AppendResult> next;
        next.reserve(request_.parts.size());
        for (const CommitRequest::Part& part : request_.parts) {
            const FrameHeader first = load_header(part.frames);
            next.push_back({part.status, Position(first.position), first.stamp()});
        }
        std::vector<AppendResult> results(records_.size());
        for (std::size_t i = 0; i < records_.size(); ++i) {
            if (part_of_[i] == kNone) {
                continue;
            }
            AppendResult& result = next[part_of_[i]];
            result.stamp = std::max(result.stamp, records_[i].stamp);
            results[i] = result;
            result.position = Position(result.position.value() + 1);
        }
        return results;
    }

private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    // Fewer parts are found by a look at each: most appends are of one record.
    static constexpr std::size_t kLookedThroughMax = 8;

    std::uint32_t find_or_add(ShardKey shard) {
        const auto next = static_cast<std::uint32_t>(request_.parts.size());
        if (next < kLookedThroughMax) {
            for (std::uint32_t part = 0; part < next; ++part) {
                if (request_.parts[part].shard == shard) {
                    return part;
                }
            }
        } else {
            for (auto part = static_cast<std::uint32_t>(parts_.size()); part < next; ++part) {
                parts_.emplace(request_.parts[part].shard, part);
            }
            const auto [at, fresh] = parts_.try_emplace(shard, next);
            if (!fresh) {
                return at->second;
            }
        }
        request_.parts.emplace_back().shard = shard;
        return next;
    }

    const std::span<const NewRecord> records_;
    CommitRequest& request_;
    std::unordered_map<ShardKey, std::uint32_t, KeyHash> parts_;  // once there are many
    RecycledVector<std::uint32_t> part_of_;
};

}  // namespace

class SegmentEngine::Impl final : public CatalogLog {
public:
    Impl(SegmentEngineOptions options, env::FileSystem& files, env::Clock& clock,
         env::DiskPool& pool)
        : parts_(std::move(options), files, clock), pool_(pool) {}

    Result<void> open(Metrics& metrics) {
        MILLRACE_TRY(lock_, parts_.files.lock(parts_.layout.lock()));
        MILLRACE_TRY(auto recovered, recover(parts_));
        committer_.emplace(parts_, pool_, metrics, std::move(recovered));
        return committer_->start();
    }

    Result<void> close() {
        if (!committer_) {
            return success();
        }
        auto stopped = committer_->stop();
        lock_ = nullptr;
        return stopped;
    }

    // Resumes when the committer is done with it; false: it was not taken.
    Task<bool> commit(CommitRequest& request) {
        request.home = env::current_executor();
        auto begin = [this, &request](Callback<void(bool)> done) {
            request.done = std::move(done);
            if (!committer_->submit(request)) {
                Callback<void(bool)> refused = std::move(request.done);
                refused(false);
            }
        };
        co_return co_await completion<bool>(std::move(begin));
    }

    // Runs `read(mode)` here if memory has what it wants, else on the disk pool.
    template <class Read>
    auto cached_first(Read read) -> Task<decltype(read(env::ReadMode::kMayBlock))> {
        auto result = read(env::ReadMode::kCachedOnly);
        if (result || result.error().code != Errc::kWouldBlock) {
            co_return result;
        }
        auto blocking = [&read] { return read(env::ReadMode::kMayBlock); };
        auto task = pool_.run(std::move(blocking));
        co_return co_await std::move(task);
    }

    Task<Result<Replay>> load() override {
        auto blocking = [this] { return load_now(); };
        auto task = pool_.run(std::move(blocking));
        co_return co_await std::move(task);
    }
    Task<Result<Position>> commit(std::string command) override;
    Task<Result<void>> snapshot(Position through, std::string state) override;

    Result<Replay> load_now();

    StoreParts parts_;
    env::DiskPool& pool_;
    std::unique_ptr<env::FileLock> lock_;
    std::optional<Committer> committer_;
};

// ---- The catalog's log.

Result<CatalogLog::Replay> SegmentEngine::Impl::load_now() {
    Replay replay;
    MILLRACE_TRY(auto snapshot, load_snapshot(parts_));
    Position from(0);
    if (snapshot) {
        from = Position(snapshot->through.value() + 1);
        replay.snapshot = std::move(snapshot->state);
    }
    const ShardLogPtr log = committer_->find(kCatalogShard);
    ShardCursor cursor(parts_, *log, env::ReadMode::kMayBlock, kReplayWindowBytes);
    MILLRACE_TRY(cursor.open(from, WallTime::min()));
    while (true) {
        MILLRACE_TRY(const auto header, cursor.header());
        if (!header) {
            return replay;
        }
        if (header->position >= from.value()) {
            MILLRACE_TRY(const Bytes frame, cursor.frame());
            replay.commands.push_back(
                {Position(header->position), std::string(as_text(frame_data(frame)))});
        }
        cursor.skip();
    }
}

Task<Result<Position>> SegmentEngine::Impl::commit(std::string command) {
    CommitRequest request;
    CommitRequest::Part& part = request.parts.emplace_back();
    part.shard = kCatalogShard;
    if (command.size() > kFrameDataBytesMax) {
        co_return Error{Errc::kInvalid, "a catalog command is larger than a frame"};
    }
    append_frame(part.frames, FrameKind::kRecord, {}, as_bytes(command), parts_.clock.now(), 0);
    const bool taken = co_await commit(request);
    if (!taken) {
        co_return stopped();
    }
    if (part.status != AppendStatus::kCommitted) {
        Error why{Errc::kIo, "the catalog's log took no command"};
        co_return request.error.value_or(std::move(why));
    }
    co_return Position(load_header(part.frames).position);
}

Task<Result<void>> SegmentEngine::Impl::snapshot(Position through, std::string state) {
    const CatalogSnapshot snapshot{through, std::move(state)};
    auto blocking = [&] { return store_snapshot(parts_, snapshot); };
    auto task = pool_.run(std::move(blocking));
    auto stored = co_await std::move(task);
    if (!stored) {
        co_return stored;
    }
    CommitRequest request;
    request.what = CommitRequest::What::kTrimBelow;
    request.shards = {kCatalogShard};
    request.below = Position(through.value() + 1);
    co_await commit(request);  // advisory
    co_return success();
}

// ---- The engine.

SegmentEngine::SegmentEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SegmentEngine::~SegmentEngine() {
    static_cast<void>(close());
}

Result<std::unique_ptr<SegmentEngine>> SegmentEngine::open(SegmentEngineOptions options,
                                                           env::FileSystem& files,
                                                           env::Clock& clock, env::DiskPool& pool,
                                                           Metrics& metrics) {
    if (options.journal_files < 2 || options.journal_file_bytes < kJournalFileBytesMin) {
        return Error{Errc::kInvalid, "the journal needs at least 2 files of 16 MiB"};
    }
    auto impl = std::make_unique<Impl>(std::move(options), files, clock, pool);
    MILLRACE_TRY(impl->open(metrics));
    return std::unique_ptr<SegmentEngine>(new SegmentEngine(std::move(impl)));
}

Result<void> SegmentEngine::close() {
    return impl_->close();
}

CatalogLog& SegmentEngine::catalog_log() {
    return *impl_;
}

std::vector<Corruption> SegmentEngine::corruptions() const {
    return impl_->parts_.damage.all();
}

Task<Result<void>> SegmentEngine::create(std::span<const ShardKey> shards) {
    CommitRequest request;
    request.what = CommitRequest::What::kCreate;
    request.shards.assign(shards.begin(), shards.end());
    const bool taken = co_await impl_->commit(request);
    if (!taken || request.error) {
        co_return request.error.value_or(stopped());
    }
    co_return success();
}

Task<std::vector<AppendResult>> SegmentEngine::append(std::span<const NewRecord> records) {
    CommitRequest request;
    const Grouping grouping(records, request);
    if (request.bytes > impl_->parts_.options.journal_file_bytes / 2 + kJournalFileBytesMin / 4) {
        co_return std::vector<AppendResult>(records.size());  // no commit can hold it: rejected
    }
    const bool taken = co_await impl_->commit(request);
    if (!taken) {
        for (CommitRequest::Part& part : request.parts) {
            part.status = AppendStatus::kOverloaded;
        }
    }
    co_return grouping.results();
}

Task<Result<ReadResult>> SegmentEngine::read(ReadRequest request) {
    const ShardLogPtr log = impl_->committer_->find(request.shard);
    if (log == nullptr) {
        co_return no_shard(request.shard);
    }
    ShardReader reader(impl_->parts_, *log, request);
    // One that goes on where a read from the disk ended is not worth a try here.
    if (!log->read_ahead().expects(request.from)) {
        MILLRACE_CO_TRY(const bool done, reader.read(env::ReadMode::kCachedOnly));
        if (done) {
            co_return reader.take();
        }
    }
    auto blocking = [&reader] { return reader.read(env::ReadMode::kMayBlock); };
    auto task = impl_->pool_.run(std::move(blocking));
    MILLRACE_CO_TRY(const bool all, co_await std::move(task));
    CHECK(all);
    co_return reader.take();
}

std::unique_ptr<WaitHandle> SegmentEngine::wait_beyond(ShardKey shard, Position position,
                                                       Callback<void()> ready) {
    auto wish = std::make_shared<Wish>();
    wish->position = position;
    wish->home = env::current_executor();
    wish->ready = std::move(ready);
    const ShardLogPtr log = impl_->committer_->find(shard);
    if (log == nullptr || log->wait(wish)) {
        fulfil(wish, impl_->pool_);
    }
    return std::make_unique<Handle>(std::move(wish));
}

Task<Result<Position>> SegmentEngine::locate(ShardKey shard, Locate locate) {
    const ShardLogPtr log = impl_->committer_->find(shard);
    if (log == nullptr) {
        co_return no_shard(shard);
    }
    auto look = [&](env::ReadMode mode) {
        return locate_record(impl_->parts_, *log, locate, mode);
    };
    auto task = impl_->cached_first(std::move(look));
    co_return co_await std::move(task);
}

Task<Result<std::vector<Position>>> SegmentEngine::seal(std::span<const ShardKey> shards) {
    CommitRequest request;
    request.what = CommitRequest::What::kSeal;
    for (const ShardKey key : shards) {
        CommitRequest::Part& part = request.parts.emplace_back();
        part.shard = key;
        append_frame(part.frames, FrameKind::kEnd, {}, {}, impl_->parts_.clock.now(), 0);
    }
    const bool taken = co_await impl_->commit(request);
    if (!taken || request.error) {
        co_return request.error.value_or(stopped());
    }
    std::vector<Position> ends;
    for (const CommitRequest::Part& part : request.parts) {
        if (part.status != AppendStatus::kCommitted) {
            co_return Error{Errc::kIo, "a shard log could not be sealed"};
        }
        ends.push_back(part.end);
    }
    co_return ends;
}

Task<Result<void>> SegmentEngine::trim(ShardKey shard, WallTime horizon) {
    if (impl_->committer_->find(shard) == nullptr) {
        co_return no_shard(shard);
    }
    CommitRequest request;
    request.what = CommitRequest::What::kTrim;
    request.shards = {shard};
    request.horizon = horizon;
    const bool taken = co_await impl_->commit(request);
    if (!taken) {
        co_return stopped();
    }
    co_return success();
}

Task<Result<void>> SegmentEngine::drop(std::span<const ShardKey> shards) {
    CommitRequest request;
    request.what = CommitRequest::What::kDrop;
    request.shards.assign(shards.begin(), shards.end());
    const bool taken = co_await impl_->commit(request);
    if (!taken || request.error) {
        co_return request.error.value_or(stopped());
    }
    co_return success();
}

}  // namespace millrace::storage
