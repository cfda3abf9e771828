#include "stream/consumer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "model/sequence_number.h"

namespace millrace::stream {
namespace {

std::size_t count(const Consumers& consumers, Consumer::Status status) {
    return static_cast<std::size_t>(
        std::count_if(consumers.present.begin(), consumers.present.end(),
                      [status](const auto& entry) { return entry.second.status == status; }));
}

Consumer& at(Consumers& consumers, const std::string& name) {
    const auto found = consumers.present.find(name);
    CHECK(found != consumers.present.end());
    return found->second;
}

}  // namespace

const Consumer* Consumers::find(const std::string& name) const {
    const auto found = present.find(name);
    return found == present.end() ? nullptr : &found->second;
}

const Consumer* Consumers::find(const std::string& name, std::int64_t created_s) const {
    const Consumer* const consumer = find(name);
    return consumer != nullptr && consumer->created_s == created_s ? consumer : nullptr;
}

std::size_t Consumers::registered() const {
    return present.size() - count(*this, Consumer::Status::kDeleting);
}

std::size_t Consumers::creating() const {
    return count(*this, Consumer::Status::kCreating);
}

std::int64_t Consumers::last_created_s() const {
    std::int64_t last = 0;
    for (const auto& [name, consumer] : present) {
        last = std::max(last, consumer.created_s);
    }
    for (const auto& [name, created_s] : removed) {
        last = std::max(last, created_s);
    }
    return last;
}

void Consumers::add(std::string name, std::map<std::string, std::string> tags, WallTime now,
                    WallTime due) {
    Consumer consumer;
    consumer.name = name;
    consumer.created_s =
        std::clamp(to_seconds(now), std::int64_t{0}, model::SequenceNumber::kCreatedSecondsEnd - 1);
    if (const auto last = removed.find(name); last != removed.end()) {
        consumer.created_s = std::max(consumer.created_s, last->second + 1);
    }
    consumer.due = due;
    consumer.tags = std::move(tags);
    const bool added = present.emplace(std::move(name), std::move(consumer)).second;
    CHECK(added);
}

void Consumers::activate(const std::string& name) {
    Consumer& consumer = at(*this, name);
    consumer.status = Consumer::Status::kActive;
    consumer.due = {};
}

void Consumers::begin_removal(const std::string& name, WallTime due) {
    Consumer& consumer = at(*this, name);
    consumer.status = Consumer::Status::kDeleting;
    consumer.due = due;
}

void Consumers::remove(const std::string& name, WallTime now) {
    const std::int64_t created_s = at(*this, name).created_s;
    present.erase(name);
    std::erase_if(removed, [now](const auto& entry) { return entry.second < to_seconds(now); });
    removed[name] = created_s;
}

}  // namespace millrace::stream
