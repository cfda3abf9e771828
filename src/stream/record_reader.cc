#include "stream/record_reader.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace millrace::stream {
namespace {

ReadStatus status_of(const Error& error) {
    return error.code == Errc::kNotFound ? ReadStatus::kGone : ReadStatus::kFailed;
}

// What is left unread after `read`, as the age of its end nearest to the reader.
std::int64_t behind(const storage::ReadResult& read, WallTime now) {
    if (read.next >= read.tip) {
        return 0;
    }
    const WallTime at = read.records.empty() ? read.next_stamp : read.records.back().stamp;
    return std::max<std::int64_t>(0, (now - at).count());
}

// What of a backlog is fastest to come by: it stays in the caches on its way from the file to the
// socket, and on the client's side (1.27 times as many records a second as with 10 MiB).
constexpr std::uint64_t kHurriedBytes = 1 << 20;

// Whether all there is might be one answer, where `read` was cut at kHurriedBytes: as far as the
// size of the records tells that it has.
bool might_fit(const storage::ReadResult& read, std::uint32_t records_max,
               std::uint64_t bytes_max) {
    const std::uint64_t left = read.tip.value() - std::min(read.next, read.tip).value();
    return left > 0 && read.records.size() < records_max &&
           left * kHurriedBytes <= read.records.size() * (bytes_max - kHurriedBytes);
}

}  // namespace

Task<ReadBatch> RecordReader::read(StreamUid uid, model::ShardNo shard_no, storage::Position from,
                                   std::uint32_t records_max, std::uint64_t bytes_max,
                                   bool hurried) {
    ReadBatch batch;
    StreamPtr stream = catalog_.find(uid);
    const Shard* const shard = stream == nullptr ? nullptr : stream->shard(shard_no);
    const WallTime now = clock_.now();
    if (shard == nullptr || stream->expired(*shard, now)) {
        batch.status = ReadStatus::kGone;
        co_return batch;
    }
    if (shard->hollow()) {
        batch.status = ReadStatus::kOk;
        batch.at_end = true;
        batch.shard = shard;
        batch.stream = std::move(stream);
        co_return batch;
    }
    if (stream->encrypted && key_states_.of(stream->key_id()) != KeyState::kEnabled) {
        batch.status = ReadStatus::kNoKey;
        batch.key_id = stream->key_id();
        co_return batch;
    }
    storage::ReadRequest request;
    request.shard = stream->key(shard_no);
    request.from = from;
    request.records_max = records_max;
    request.bytes_max = hurried ? kHurriedBytes : bytes_max;
    request.horizon = stream->horizon(now);
    auto answer = co_await engine_.read(request);
    if (hurried && answer && might_fit(answer.value(), records_max, bytes_max)) {
        request.bytes_max = bytes_max;
        answer = co_await engine_.read(request);
    }
    if (!answer) {
        batch.status = status_of(answer.error());
        if (batch.status == ReadStatus::kFailed) {
            log::error("a read failed: {} stream={} shard={} position={}", answer.error().message,
                       stream->name.text(), shard_no.value(), from.value());
        }
        co_return batch;
    }
    storage::ReadResult& read = answer.value();
    batch.status = ReadStatus::kOk;
    if (std::ranges::any_of(read.records, is_sealed)) {
        batch.status = open(uid, shard_no, read, batch.key_id);
        if (batch.status != ReadStatus::kOk) {
            co_return batch;
        }
    }
    batch.millis_behind_latest = behind(read, now);
    batch.next = read.next;
    // Sealed is not closed yet: readers turn to the children, which the catalog has to name first.
    batch.sealed = read.at_end;
    batch.at_end = read.at_end && !shard->open();
    batch.records = std::move(read.records);
    batch.keepalive = std::move(read.keepalive);
    batch.shard = shard;
    batch.stream = std::move(stream);
    for (const storage::Record& record : batch.records) {
        batch.bytes += record.key.size() + record.data.size();
    }
    if (!batch.records.empty()) {
        meters_.out(uid, batch.records.size(), batch.bytes);
    }
    co_return batch;
}

// Records before one that cannot be opened are read as if it were not there yet; whoever comes to
// it learns why.
ReadStatus RecordReader::open(StreamUid uid, model::ShardNo shard_no, storage::ReadResult& read,
                              std::string& key_id) {
    const StreamPtr stream = catalog_.find(uid);  // anew: with every key these can be sealed with
    if (stream == nullptr) {
        return ReadStatus::kGone;
    }
    RecordSeal::Opened opened = seal_.open(*stream, shard_no, read);
    if (opened.fault == RecordSeal::Opened::Fault::kDamaged) {
        meters_.damaged();
        log::error("an encrypted record is damaged: stream={} shard={} position={}",
                   stream->name.text(), shard_no.value(), read.next.value());
    }
    if (opened.fault == RecordSeal::Opened::Fault::kNone || !read.records.empty()) {
        return ReadStatus::kOk;
    }
    key_id = std::move(opened.key_id);
    return opened.fault == RecordSeal::Opened::Fault::kKey ? ReadStatus::kNoKey
                                                           : ReadStatus::kFailed;
}

Task<Placed> RecordReader::place(StreamPtr stream, model::ShardNo shard_no, StartAt start) {
    const WallTime now = clock_.now();
    const Shard* const shard = stream->shard(shard_no);
    if (shard == nullptr || stream->expired(*shard, now)) {
        Placed gone;
        gone.status = ReadStatus::kGone;
        co_return gone;
    }
    if (shard->hollow()) {
        Placed anywhere;
        anywhere.status = ReadStatus::kOk;
        co_return anywhere;
    }
    storage::Locate where;
    switch (start.what) {
        case StartAt::What::kLatest:
            where.what = storage::Locate::What::kTip;
            break;
        case StartAt::What::kTrimHorizon:
            where.what = storage::Locate::What::kAtTime;
            where.time = stream->horizon(now);
            break;
        case StartAt::What::kAtTimestamp:
            where.what = storage::Locate::What::kAtTime;
            where.time = std::max(start.time, stream->horizon(now));
            break;
        case StartAt::What::kAtSequenceNumber:
        case StartAt::What::kAfterSequenceNumber:
            co_return co_await beside(std::move(stream), shard_no, start);
    }
    co_return co_await locate(stream->key(shard_no), where);
}

Task<Placed> RecordReader::locate(storage::ShardKey key, storage::Locate where) {
    const auto found = co_await engine_.locate(key, where);
    Placed placed;
    if (found) {
        placed.status = ReadStatus::kOk;
        placed.position = found.value();
    } else {
        placed.status = status_of(found.error());
    }
    co_return placed;
}

// At or after a sequence number, which need not be a record's: its index leads to one position, and
// the record there, if there is one, is compared as a number.
Task<Placed> RecordReader::beside(StreamPtr stream, model::ShardNo shard_no, StartAt start) {
    Placed placed;
    placed.status = ReadStatus::kOk;
    if (start.sequence.index == 0) {
        co_return placed;  // before every record
    }
    const storage::Position same(start.sequence.index - 1);
    storage::ReadRequest request;
    request.shard = stream->key(shard_no);
    request.from = same;
    request.records_max = 1;
    request.bytes_max = 1;
    const auto answer = co_await engine_.read(request);
    placed.position = same;
    if (!answer) {
        // A damaged stretch is reported to whoever reads it.
        if (answer.error().code != Errc::kCorrupt) {
            placed.status = status_of(answer.error());
        }
        co_return placed;
    }
    const auto& records = answer.value().records;
    if (records.empty() || records.front().position != same) {
        co_return placed;
    }
    const model::SequenceNumber there =
        sequence_number(*stream->shard(shard_no), same, records.front().stamp);
    const bool wanted = start.what == StartAt::What::kAtSequenceNumber
                            ? there >= start.sequence.number
                            : there > start.sequence.number;
    if (!wanted) {
        placed.position = storage::Position(same.value() + 1);
    }
    co_return placed;
}

}  // namespace millrace::stream
