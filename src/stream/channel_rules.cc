#include "stream/channel_rules.h"

#include <utility>

#include "stream/tag_set.h"

namespace millrace::stream {
namespace {

Applied refused(Outcome outcome, ChannelPtr channel) {
    return {outcome, nullptr, 0, std::move(channel)};
}

Applied applied(Channel next) {
    return {Outcome::kApplied, nullptr, 0, std::make_shared<const Channel>(std::move(next))};
}

}  // namespace

Applied create_channel(const ChannelTable& channels, const StreamPtr& source,
                       const CreateChannel& command) {
    const Channel& wanted = command.channel;
    if (source == nullptr) {
        return refused(Outcome::kNotFound, ChannelPtr());
    }
    if (source->status != Status::kActive) {
        return {Outcome::kNotActive, source};
    }
    if (source->mode != Mode::kOnDemand) {
        return {Outcome::kWrongMode, source};
    }
    if (ChannelPtr found = channels.find(wanted.owner, wanted.name)) {
        return refused(Outcome::kChannelExists, std::move(found));
    }
    if (wanted.id.empty() || channels.find(wanted.id) != nullptr) {
        return refused(Outcome::kUidTaken, ChannelPtr());
    }
    // One delivery of a kind from each stream, and there is one kind.
    if (channels.count(source->uid) != 0) {
        return refused(Outcome::kChannelQuota, ChannelPtr());
    }
    return applied(wanted);
}

Applied change_channel(const ChannelPtr& found, const UpdateChannel& command) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kChannelNotActive, found);
    }
    Channel next = *found;
    next.status = Status::kUpdating;
    next.due = command.due;
    next.freshness_s = command.freshness_s.value_or(next.freshness_s);
    next.logging = command.logging.value_or(next.logging);
    return applied(std::move(next));
}

Applied change_channel(const ChannelPtr& found, const DeleteChannel& command) {
    if (found->status == Status::kDeleting) {
        return refused(Outcome::kChannelNotActive, found);
    }
    Channel next = *found;
    next.status = Status::kDeleting;
    next.due = command.due;
    return applied(std::move(next));
}

Applied change_channel(const ChannelPtr& found, const ChangeChannelTags& command) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kChannelNotActive, found);
    }
    Channel next = *found;
    if (!merge_tags(next.tags, command.remove, command.put, command.tags_max)) {
        return refused(Outcome::kTooManyTags, found);
    }
    return applied(std::move(next));
}

Applied change_channel(const ChannelPtr& found, const AdvanceChannel&) {
    if (found->status == Status::kActive) {
        return refused(Outcome::kChannelNotActive, found);
    }
    if (found->status == Status::kDeleting) {
        return {Outcome::kApplied, nullptr, 0, found};
    }
    Channel next = *found;
    next.status = Status::kActive;
    next.due.reset();
    return applied(std::move(next));
}

}  // namespace millrace::stream
