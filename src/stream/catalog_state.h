// CatalogState: all streams, channels and account settings, as the fold of the commands. apply() is
// the only way to change it and a pure function: the same commands in the same order give equal
// states in every process. It knows no clock, no entropy and no lock.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "stream/command.h"
#include "stream/stream.h"
#include "stream/totals.h"

namespace millrace::stream {

struct QualifiedName {
    model::Identity owner;
    model::StreamName name;
    friend auto operator<=>(const QualifiedName&, const QualifiedName&) = default;
};

// Orders names; looks one up by parts held elsewhere, without copying them.
struct ByName {
    using is_transparent = void;
    struct Parts {
        const model::Identity& owner;
        const model::StreamName& name;
        Parts(const model::Identity& o, const model::StreamName& n) : owner(o), name(n) {}
        Parts(const QualifiedName& n) : owner(n.owner), name(n.name) {}
    };
    bool operator()(const Parts& a, const Parts& b) const {
        const std::strong_ordering order = a.owner <=> b.owner;
        return order != 0 ? order < 0 : a.name < b.name;
    }
};

class CatalogState final {
public:
    // What apply() would answer, changing nothing.
    Applied decide(const Command& command) const;
    // Unless the outcome is kApplied, nothing changed.
    Applied apply(const Command& command);

    StreamPtr find(const model::Identity& owner, const model::StreamName& name) const;
    StreamPtr find(StreamUid uid) const;
    // Up to `max` of the owner's streams by name, after `after` (empty: from the first).
    std::vector<StreamPtr> list(const model::Identity& owner, const model::StreamName& after,
                                std::size_t max) const;
    std::vector<StreamPtr> all() const;  // by owner and name
    Totals totals(const model::Identity& owner) const;
    const ChannelTable& channels() const { return channels_; }
    Commitment commitment(const model::Identity& owner, WallTime now) const;
    // As they were last written down.
    const std::map<model::Identity, Commitment>& commitments() const { return commitments_; }

    // How many commands made this state: the number of the last one.
    std::uint64_t commands() const { return commands_; }

    // Creation seconds of streams, or of their youngest consumers, deleted so lately that a
    // namesake could be born in the same one.
    const std::map<QualifiedName, std::int64_t>& deleted() const { return deleted_; }

    // For the codec, which rebuilds a state from its parts. False: the name, uid or id is there
    // already, or the channel's stream is not.
    [[nodiscard]] bool restore(Stream stream);
    [[nodiscard]] bool restore_channel(Channel channel);
    void restore_commitment(const model::Identity& owner, const Commitment& commitment) {
        commitments_[owner] = commitment;
    }
    void restore_deleted(QualifiedName name, std::int64_t created_s);
    void restore_commands(std::uint64_t count) { commands_ = count; }

    bool operator==(const CatalogState& other) const;

private:
    struct Change {
        Applied answer;       // `stream` is the one after the change
        bool remove = false;  // instead of putting answer.stream or answer.channel
    };
    Change evaluate(const Command& command) const;
    Change create(const CreateStream& create, WallTime time) const;
    Applied enroll(const StreamPtr& found, const RegisterConsumer& command, WallTime time) const;
    Change set_commitment(const SetCommitment& command, WallTime time) const;
    void apply_channel(Change& change);

    void put(StreamPtr stream);
    void erase(const StreamPtr& stream);
    void count(const Stream& stream, std::uint64_t sign);
    void forget_deleted_before(std::int64_t second);

    std::map<QualifiedName, StreamPtr, ByName> by_name_;
    std::unordered_map<StreamUid, StreamPtr> by_uid_;
    std::map<model::Identity, Totals> totals_;
    std::map<QualifiedName, std::int64_t> deleted_;
    ChannelTable channels_;
    std::map<model::Identity, Commitment> commitments_;
    std::uint64_t commands_ = 0;
};

}  // namespace millrace::stream
