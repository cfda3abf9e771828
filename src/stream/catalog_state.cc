#include "stream/catalog_state.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "stream/channel_rules.h"
#include "stream/encryption_change.h"
#include "stream/mode_change.h"
#include "stream/reshard.h"
#include "stream/tag_set.h"

namespace millrace::stream {
namespace {

QualifiedName qualified(const Stream& stream) {
    return {stream.owner, stream.name};
}

bool waits_for(const Stream& stream, Transition::What what) {
    return stream.pending.has_value() && stream.pending->what == what;
}

Applied activate(const StreamPtr& found) {
    const bool settles = waits_for(*found, Transition::What::kSettle);
    if (!settles && !waits_for(*found, Transition::What::kCreate)) {
        return refused(Outcome::kNotActive, found);
    }
    Stream next = *found;
    next.status = Status::kActive;
    if (settles) {
        next.pending.reset();
        return applied(std::move(next));
    }
    next.pending.reset();
    next.shards = initial_shards(next.initial_shards, next.created_s);
    rebuild_routes(next);
    return applied(std::move(next));
}

Applied begin_delete(const StreamPtr& found, const DeleteStream& command, std::size_t channels) {
    if (found->status != Status::kActive && found->status != Status::kCreating) {
        return refused(Outcome::kNotActive, found);
    }
    if (found->consumers.registered() > 0 && !command.with_consumers) {
        return refused(Outcome::kHasConsumers, found);
    }
    if (channels != 0) {
        return refused(Outcome::kHasChannels, found, channels);
    }
    Stream next = *found;
    for (const auto& [name, consumer] : found->consumers.present) {
        next.consumers.begin_removal(name, command.due);
    }
    next.status = Status::kDeleting;
    next.pending = Transition{Transition::What::kDelete, command.due};
    return applied(std::move(next));
}

// Changed already, it is UPDATING until then.
void settle(Stream& changed, std::optional<WallTime> due) {
    if (due) {
        changed.status = Status::kUpdating;
        changed.pending = Transition{Transition::What::kSettle, *due};
    }
}

Applied set_retention(const StreamPtr& found, const SetRetention& command, WallTime time) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kNotActive, found);
    }
    const bool increase = command.direction == SetRetention::Direction::kIncrease;
    if (increase && command.retention < found->retention) {
        return refused(Outcome::kRetentionTooShort, found);
    }
    if (!increase && command.retention > found->retention) {
        return refused(Outcome::kRetentionTooLong, found);
    }
    Stream next = *found;
    // What the shorter period had already made unreadable stays so.
    next.horizon_floor = found->horizon(time);
    next.retention = command.retention;
    settle(next, command.due);
    return applied(std::move(next));
}

Applied change_tags(const StreamPtr& found, const ChangeTags& command) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kNotActive, found);
    }
    Stream next = *found;
    if (!merge_tags(next.tags, command.remove, command.put, command.tags_max)) {
        return refused(Outcome::kTooManyTags, found);
    }
    return applied(std::move(next));
}

// The transitions of a consumer that is there; those of a life that is over find nothing.
Applied change_consumer(const StreamPtr& found, const auto& command, WallTime time) {
    using Kind = std::remove_cvref_t<decltype(command)>;
    const Consumer* const consumer = found->consumers.find(command.name, command.created_s);
    if (consumer == nullptr) {
        return refused(Outcome::kNotFound, found);
    }
    const Consumer::Status status = consumer->status;
    Stream next = *found;
    bool admitted = false;
    if constexpr (std::is_same_v<Kind, ActivateConsumer>) {
        admitted = status == Consumer::Status::kCreating;
        next.consumers.activate(command.name);
    } else if constexpr (std::is_same_v<Kind, DeregisterConsumer>) {
        admitted = status != Consumer::Status::kDeleting;
        next.consumers.begin_removal(command.name, command.due);
    } else if constexpr (std::is_same_v<Kind, ConfigureConsumer>) {
        admitted = status == Consumer::Status::kActive;
        Consumer& changed = next.consumers.present.at(command.name);
        changed.policy = command.policy.value_or(changed.policy);
        if (!merge_tags(changed.tags, command.remove, command.put, command.tags_max) && admitted) {
            return refused(Outcome::kTooManyTags, found);
        }
    } else {
        static_assert(std::is_same_v<Kind, RemoveConsumer>);
        admitted = status == Consumer::Status::kDeleting;
        next.consumers.remove(command.name, time);
    }
    return admitted ? applied(std::move(next)) : refused(Outcome::kNotActive, found);
}

Applied configure(const StreamPtr& found, const ConfigureStream& command) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kNotActive, found);
    }
    if ((command.distribution || command.warm_mibps) && found->mode != Mode::kOnDemand) {
        return refused(Outcome::kWrongMode, found);
    }
    Stream next = *found;
    next.shard_metrics =
        static_cast<ShardMetrics>((next.shard_metrics | command.metrics_on) & ~command.metrics_off);
    next.record_max_kib = command.record_max_kib.value_or(next.record_max_kib);
    next.distribution = command.distribution.value_or(next.distribution);
    next.policy = command.policy.value_or(next.policy);
    if (command.warm_mibps) {
        next.warm_mibps = command.warm_mibps;
    }
    settle(next, command.due);
    return applied(std::move(next));
}

// Which commands name a channel by `id`.
template <class Kind>
constexpr bool kChangesChannel =
    std::is_same_v<Kind, UpdateChannel> || std::is_same_v<Kind, DeleteChannel> ||
    std::is_same_v<Kind, AdvanceChannel> || std::is_same_v<Kind, ChangeChannelTags>;

}  // namespace

Applied CatalogState::enroll(const StreamPtr& found, const RegisterConsumer& command,
                             WallTime time) const {
    if (!found->writable()) {
        return refused(Outcome::kNotActive, found);
    }
    if (found->consumers.find(command.name) != nullptr) {
        return refused(Outcome::kExists, found);
    }
    const std::size_t registered = found->consumers.registered();
    if (exceeds(command.consumers_max, registered + 1)) {
        return refused(Outcome::kConsumerQuota, found, registered);
    }
    const std::uint64_t creating = totals(found->owner).creating_consumers;
    if (exceeds(command.creating_consumers_max, creating + 1)) {
        return refused(Outcome::kPendingQuota, found, creating);
    }
    Stream next = *found;
    const WallTime born = std::max(time, WallTime(Seconds(command.not_before_s)));
    next.consumers.add(command.name, command.tags, born, command.due);
    return applied(std::move(next));
}

CatalogState::Change CatalogState::create(const CreateStream& create, WallTime time) const {
    const QualifiedName name{create.owner, create.name};
    if (const StreamPtr found = find(create.owner, create.name)) {
        return {refused(Outcome::kExists, found)};
    }
    if (create.uid == StreamUid() || by_uid_.contains(create.uid)) {
        return {refused(Outcome::kUidTaken, nullptr)};
    }
    const Totals sums = totals(create.owner);
    if (exceeds(create.pending_streams_max, sums.pending_streams + 1)) {
        return {refused(Outcome::kPendingQuota, nullptr, sums.pending_streams)};
    }
    const std::uint64_t shards = sums.shards();
    if (create.mode == Mode::kProvisioned && exceeds(create.shards_max, shards + create.shards)) {
        return {refused(Outcome::kShardQuota, nullptr, shards)};
    }
    if (create.mode == Mode::kOnDemand &&
        exceeds(create.on_demand_streams_max, sums.on_demand_streams + 1)) {
        return {refused(Outcome::kOnDemandQuota, nullptr, sums.on_demand_streams)};
    }

    Stream next;
    next.uid = create.uid;
    next.owner = create.owner;
    next.name = create.name;
    next.mode = create.mode;
    next.created_s = std::clamp(to_seconds(time), std::int64_t{0},
                                model::SequenceNumber::kCreatedSecondsEnd - 1);
    if (const auto last = deleted_.find(name); last != deleted_.end()) {
        next.created_s = std::max(next.created_s, last->second + 1);
    }
    next.horizon_floor = WallTime();
    next.record_max_kib = create.record_max_kib;
    next.tags = create.tags;
    next.distribution = create.distribution;
    next.warm_mibps = create.warm_mibps;
    next.initial_shards = create.shards;
    next.pending = Transition{Transition::What::kCreate, create.due};
    return {applied(std::move(next))};
}

CatalogState::Change CatalogState::set_commitment(const SetCommitment& command,
                                                  WallTime time) const {
    const Commitment before = commitment(command.owner, time);
    Applied answer;
    answer.commitment = command.enabled ? before.enabled(time) : before.disabled(time);
    return {std::move(answer)};
}

CatalogState::Change CatalogState::evaluate(const Command& command) const {
    return std::visit(
        [&](const auto& action) -> Change {
            using Kind = std::remove_cvref_t<decltype(action)>;
            if constexpr (std::is_same_v<Kind, CreateStream>) {
                return create(action, command.time);
            } else if constexpr (std::is_same_v<Kind, SetCommitment>) {
                return set_commitment(action, command.time);
            } else if constexpr (std::is_same_v<Kind, CreateChannel>) {
                return {create_channel(channels_, find(action.channel.stream), action)};
            } else if constexpr (kChangesChannel<Kind>) {
                const ChannelPtr found = channels_.find(action.id);
                if (found == nullptr) {
                    return {refused(Outcome::kChannelNotFound, nullptr)};
                }
                const bool advances = std::is_same_v<Kind, AdvanceChannel>;
                return {change_channel(found, action),
                        advances && found->status == Status::kDeleting};
            } else {
                const StreamPtr found = find(action.uid);
                if (found == nullptr) {
                    return {refused(Outcome::kNotFound, nullptr)};
                }
                if constexpr (std::is_same_v<Kind, ActivateStream>) {
                    return {activate(found)};
                } else if constexpr (std::is_same_v<Kind, DeleteStream>) {
                    return {begin_delete(found, action, channels_.count(found->uid))};
                } else if constexpr (std::is_same_v<Kind, RemoveStream>) {
                    if (!waits_for(*found, Transition::What::kDelete)) {
                        return {refused(Outcome::kNotActive, found)};
                    }
                    return {{Outcome::kApplied, found, 0}, true};
                } else if constexpr (std::is_same_v<Kind, SetRetention>) {
                    return {set_retention(found, action, command.time)};
                } else if constexpr (std::is_same_v<Kind, ConfigureStream>) {
                    return {configure(found, action)};
                } else if constexpr (std::is_same_v<Kind, ChangeTags>) {
                    return {change_tags(found, action)};
                } else if constexpr (std::is_same_v<Kind, BeginReshard>) {
                    return {begin_reshard(found, action, command.time, totals(found->owner))};
                } else if constexpr (std::is_same_v<Kind, FinishReshard>) {
                    return {finish_reshard(found, action, command.time)};
                } else if constexpr (std::is_same_v<Kind, BeginModeChange>) {
                    return {begin_mode_change(found, action, command.time,
                                              channels_.count(found->uid), totals(found->owner))};
                } else if constexpr (std::is_same_v<Kind, FinishModeChange>) {
                    return {finish_mode_change(found, action, command.time)};
                } else if constexpr (std::is_same_v<Kind, BeginEncryptionChange>) {
                    return {begin_encryption_change(found, action, command.time)};
                } else if constexpr (std::is_same_v<Kind, FinishEncryptionChange>) {
                    return {finish_encryption_change(found)};
                } else if constexpr (std::is_same_v<Kind, DropShards>) {
                    return {drop_shards(found, action)};
                } else if constexpr (std::is_same_v<Kind, RegisterConsumer>) {
                    return {enroll(found, action, command.time)};
                } else {
                    return {change_consumer(found, action, command.time)};
                }
            }
        },
        command.action);
}

Applied CatalogState::decide(const Command& command) const {
    Change change = evaluate(command);
    if (change.remove) {
        change.answer.stream = nullptr;
        change.answer.channel = nullptr;
    }
    return std::move(change.answer);
}

Applied CatalogState::apply(const Command& command) {
    Change change = evaluate(command);
    if (change.answer.outcome != Outcome::kApplied) {
        return std::move(change.answer);
    }
    ++commands_;
    forget_deleted_before(to_seconds(command.time));
    if (const auto* set = std::get_if<SetCommitment>(&command.action)) {
        commitments_[set->owner] = change.answer.commitment;
        return std::move(change.answer);
    }
    if (change.answer.channel != nullptr) {
        apply_channel(change);
        return std::move(change.answer);
    }
    const StreamPtr stream = change.answer.stream;
    const StreamPtr before = find(stream->uid);
    if (before != nullptr) {
        erase(before);
    }
    if (change.remove) {
        const auto& removal = std::get<RemoveStream>(command.action);
        restore_deleted(qualified(*stream),
                        std::max(stream->created_s, removal.youngest_consumer_s));
        change.answer.stream = nullptr;
    } else {
        put(stream);
    }
    return std::move(change.answer);
}

void CatalogState::apply_channel(Change& change) {
    if (change.remove) {
        channels_.erase(change.answer.channel->id);
        change.answer.channel = nullptr;
    } else {
        channels_.put(change.answer.channel);
    }
}

StreamPtr CatalogState::find(const model::Identity& owner, const model::StreamName& name) const {
    const auto found = by_name_.find(ByName::Parts(owner, name));
    return found == by_name_.end() ? nullptr : found->second;
}

StreamPtr CatalogState::find(StreamUid uid) const {
    const auto found = by_uid_.find(uid);
    return found == by_uid_.end() ? nullptr : found->second;
}

std::vector<StreamPtr> CatalogState::list(const model::Identity& owner,
                                          const model::StreamName& after, std::size_t max) const {
    std::vector<StreamPtr> page;
    for (auto at = by_name_.upper_bound(ByName::Parts(owner, after));
         at != by_name_.end() && at->first.owner == owner && page.size() < max; ++at) {
        page.push_back(at->second);
    }
    return page;
}

std::vector<StreamPtr> CatalogState::all() const {
    std::vector<StreamPtr> streams;
    streams.reserve(by_name_.size());
    for (const auto& [name, stream] : by_name_) {
        streams.push_back(stream);
    }
    return streams;
}

Totals CatalogState::totals(const model::Identity& owner) const {
    const auto found = totals_.find(owner);
    return found == totals_.end() ? Totals{} : found->second;
}

Commitment CatalogState::commitment(const model::Identity& owner, WallTime now) const {
    const auto found = commitments_.find(owner);
    return found == commitments_.end() ? Commitment{} : found->second.at(now);
}

bool CatalogState::restore(Stream stream) {
    if (stream.uid == StreamUid() || by_uid_.contains(stream.uid) ||
        by_name_.contains(qualified(stream))) {
        return false;
    }
    put(std::make_shared<const Stream>(std::move(stream)));
    return true;
}

void CatalogState::restore_deleted(QualifiedName name, std::int64_t created_s) {
    std::int64_t& last = deleted_[std::move(name)];
    last = std::max(last, created_s);
}

bool CatalogState::restore_channel(Channel channel) {
    if (channels_.find(channel.id) != nullptr ||
        channels_.find(channel.owner, channel.name) != nullptr || find(channel.stream) == nullptr) {
        return false;
    }
    channels_.put(std::make_shared<const Channel>(std::move(channel)));
    return true;
}

bool CatalogState::operator==(const CatalogState& other) const {
    const auto same = [](const auto& a, const auto& b) {
        return a.first == b.first && *a.second == *b.second;
    };
    return by_uid_.size() == other.by_uid_.size() && totals_ == other.totals_ &&
           deleted_ == other.deleted_ && commitments_ == other.commitments_ &&
           channels_ == other.channels_ && commands_ == other.commands_ &&
           std::equal(by_name_.begin(), by_name_.end(), other.by_name_.begin(),
                      other.by_name_.end(), same);
}

void CatalogState::put(StreamPtr stream) {
    count(*stream, 1);
    by_uid_[stream->uid] = stream;
    by_name_[qualified(*stream)] = std::move(stream);
}

void CatalogState::erase(const StreamPtr& stream) {
    count(*stream, ~std::uint64_t{0});
    by_uid_.erase(stream->uid);
    by_name_.erase(qualified(*stream));
}

// `sign` is 1 or, modulo 2^64, -1.
void CatalogState::count(const Stream& stream, std::uint64_t sign) {
    Totals& sums = totals_[stream.owner];
    const bool on_demand = stream.mode == Mode::kOnDemand;
    const bool to_be = stream.pending.has_value() &&
                       stream.pending->what == Transition::What::kChangeMode &&
                       stream.pending->mode == Mode::kOnDemand;
    sums.streams += sign;
    sums.on_demand_streams += on_demand || to_be ? sign : 0;
    (on_demand ? sums.on_demand_open_shards : sums.provisioned_open_shards) +=
        sign * stream.open_shards();
    sums.planned_shards += stream.status == Status::kCreating ? sign * stream.initial_shards : 0;
    sums.planned_shards += sign * planned_growth(stream);
    const bool pending = stream.status == Status::kCreating || stream.status == Status::kDeleting;
    sums.pending_streams += pending ? sign : 0;
    sums.creating_consumers += sign * stream.consumers.creating();
    if (sums.streams == 0) {
        CHECK(sums == Totals{});
        totals_.erase(stream.owner);
    }
}

// A stream created from `second` on is younger than these without our help.
void CatalogState::forget_deleted_before(std::int64_t second) {
    std::erase_if(deleted_, [second](const auto& entry) { return entry.second < second; });
}

}  // namespace millrace::stream
