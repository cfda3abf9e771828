#include "support/log_model.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"

namespace millrace::test {

using storage::AppendStatus;
using storage::Position;
using storage::ShardKey;

namespace {

// 0 if the key is none of ours.
std::uint64_t number_of(std::string_view key) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    return number;
}

std::string told(ShardKey shard, std::uint64_t number) {
    return "shard " + std::to_string(shard.stream_uid) + "/" + std::to_string(shard.shard_no) +
           ", record " + std::to_string(number) + ": ";
}

}  // namespace

Found::Found(const storage::Record& record)
    : position(record.position),
      stamp(record.stamp),
      key(record.key),
      data(as_text(record.data)),
      attributes(record.attributes) {}

const Sent& LogModel::send(ShardKey shard, std::string data, WallTime stamp, std::string_view label,
                           std::uint8_t attributes) {
    const std::uint64_t number = ++sent_;
    std::string key = std::to_string(number) + ":";
    key.append(label);
    Known& known = shards_[shard][number];
    known.sent =
        std::make_shared<Sent>(Sent{shard, std::move(key), std::move(data), stamp, attributes});
    return *known.sent;
}

std::string LogModel::answered(const Sent& sent, const storage::AppendResult& result) {
    auto& records = shards_[sent.shard];
    const std::uint64_t number = number_of(sent.key);
    const auto at = records.find(number);
    CHECK(at != records.end() && !at->second.answered);
    at->second.answered = true;
    at->second.result = result;
    if (result.status != AppendStatus::kCommitted)
        return {};
    if (result.stamp < sent.stamp)
        return told(sent.shard, number) + "its stamp went back";
    for (auto before = std::make_reverse_iterator(at); before != records.rend(); ++before) {
        const Known& other = before->second;
        if (!other.answered || other.result.status != AppendStatus::kCommitted)
            continue;
        if (other.result.position >= result.position)
            return told(sent.shard, number) + "its position is not beyond the one before";
        if (other.result.stamp > result.stamp)
            return told(sent.shard, number) + "its stamp is before the one before";
        break;
    }
    return {};
}

std::string LogModel::check(ShardKey shard, const std::vector<Found>& found,
                            WallTime reclaimed) const {
    static const std::map<std::uint64_t, Known> kNone;
    const auto held = shards_.find(shard);
    const auto& records = held == shards_.end() ? kNone : held->second;
    std::map<std::uint64_t, const Found*> there;
    std::uint64_t last = 0;
    const Found* previous = nullptr;
    for (const Found& one : found) {
        const std::uint64_t number = number_of(one.key);
        const auto at = records.find(number);
        if (at == records.end())
            return told(shard, number) + "was never sent here";
        const Sent& sent = *at->second.sent;
        if (one.key != sent.key || one.data != sent.data || one.attributes != sent.attributes)
            return told(shard, number) + "has other bytes than were sent";
        if (!there.emplace(number, &one).second)
            return told(shard, number) + "is there twice";
        if (number <= last)
            return told(shard, number) + "stands after " + std::to_string(last);
        if (previous != nullptr && one.position <= previous->position)
            return told(shard, number) + "positions do not increase";
        if (previous != nullptr && one.stamp < previous->stamp)
            return told(shard, number) + "stamps decrease";
        if (one.stamp < sent.stamp)
            return told(shard, number) + "its stamp went back";
        last = number;
        previous = &one;
    }
    for (const auto& [number, known] : records) {
        const auto at = there.find(number);
        const bool is_there = at != there.end();
        if (!known.answered || known.result.status == AppendStatus::kUnknown)
            continue;
        if (known.result.status != AppendStatus::kCommitted) {
            if (is_there)
                return told(shard, number) + "is there though it was refused";
            continue;
        }
        if (!is_there) {
            if (known.result.stamp >= reclaimed)
                return told(shard, number) + "was committed and is missing";
            continue;
        }
        if (at->second->position != known.result.position)
            return told(shard, number) + "stands at " +
                   std::to_string(at->second->position.value()) + ", not at " +
                   std::to_string(known.result.position.value());
        if (at->second->stamp != known.result.stamp)
            return told(shard, number) + "has another stamp than was answered";
    }
    return {};
}

void LogModel::settle(ShardKey shard, const std::vector<Found>& found, WallTime reclaimed) {
    std::map<std::uint64_t, const Found*> there;
    for (const Found& one : found)
        there.emplace(number_of(one.key), &one);
    for (auto& [number, known] : shards_[shard]) {
        if (known.answered && known.result.status != AppendStatus::kUnknown)
            continue;
        if (const auto at = there.find(number); at != there.end())
            known.result = {AppendStatus::kCommitted, at->second->position, at->second->stamp};
        else if (known.sent->stamp >= reclaimed)
            known.result = {AppendStatus::kRejected, {}, {}};
        else
            continue;
        known.answered = true;
    }
}

std::size_t LogModel::committed(ShardKey shard) const {
    const auto held = shards_.find(shard);
    if (held == shards_.end())
        return 0;
    return static_cast<std::size_t>(
        std::count_if(held->second.begin(), held->second.end(), [](const auto& one) {
            return one.second.answered && one.second.result.status == AppendStatus::kCommitted;
        }));
}

Position LogModel::beyond(ShardKey shard) const {
    Position beyond;
    const auto held = shards_.find(shard);
    if (held == shards_.end())
        return beyond;
    for (const auto& [number, known] : held->second) {
        if (known.answered && known.result.status == AppendStatus::kCommitted)
            beyond = std::max(beyond, Position(known.result.position.value() + 1));
    }
    return beyond;
}

}  // namespace millrace::test
