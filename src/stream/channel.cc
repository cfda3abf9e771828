#include "stream/channel.h"

#include <algorithm>
#include <utility>

namespace millrace::stream {

ChannelPtr ChannelTable::find(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

ChannelPtr ChannelTable::find(const model::Identity& owner, const std::string& name) const {
    const auto found = by_name_.find(Key(owner, name));
    return found == by_name_.end() ? nullptr : found->second;
}

std::vector<ChannelPtr> ChannelTable::list(const model::Identity& owner,
                                           const std::string& after) const {
    std::vector<ChannelPtr> found;
    for (auto at = by_name_.upper_bound(Key(owner, after));
         at != by_name_.end() && at->first.first == owner; ++at) {
        found.push_back(at->second);
    }
    return found;
}

std::vector<ChannelPtr> ChannelTable::all() const {
    std::vector<ChannelPtr> channels;
    for (const auto& [key, channel] : by_name_) {
        channels.push_back(channel);
    }
    return channels;
}

std::size_t ChannelTable::count(StreamUid stream) const {
    const auto found = per_stream_.find(stream);
    return found == per_stream_.end() ? 0 : found->second;
}

void ChannelTable::put(ChannelPtr channel) {
    erase(channel->id);
    ++per_stream_[channel->stream];
    by_id_[channel->id] = channel;
    by_name_[Key(channel->owner, channel->name)] = std::move(channel);
}

void ChannelTable::erase(const std::string& id) {
    const ChannelPtr channel = find(id);
    if (channel == nullptr) {
        return;
    }
    if (--per_stream_[channel->stream] == 0) {
        per_stream_.erase(channel->stream);
    }
    by_id_.erase(channel->id);
    by_name_.erase(Key(channel->owner, channel->name));
}

bool ChannelTable::operator==(const ChannelTable& other) const {
    return std::equal(
        by_name_.begin(), by_name_.end(), other.by_name_.begin(), other.by_name_.end(),
        [](const auto& a, const auto& b) { return a.first == b.first && *a.second == *b.second; });
}

}  // namespace millrace::stream
