#include "stream/encryption_change.h"

#include <utility>

#include "stream/daily.h"

namespace millrace::stream {

Applied begin_encryption_change(const StreamPtr& found, const BeginEncryptionChange& command,
                                WallTime time) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kNotActive, found);
    }
    if (!command.key.has_value() && !found->encrypted) {
        return refused(Outcome::kStale, found);
    }
    Stream next = *found;
    if (command.changes_max.has_value()) {
        auto& times = command.key.has_value() ? next.encryption_starts : next.encryption_stops;
        times = counted_with(times, time);
        if (exceeds(command.changes_max, times.size())) {
            return refused(Outcome::kDailyQuota, found, times.size() - 1);
        }
    }
    next.status = Status::kUpdating;
    Transition& transition = next.pending.emplace();
    transition.what = Transition::What::kChangeEncryption;
    transition.due = command.due;
    transition.data_key = command.key;
    return applied(std::move(next));
}

Applied finish_encryption_change(const StreamPtr& found) {
    if (!found->pending.has_value() ||
        found->pending->what != Transition::What::kChangeEncryption) {
        return refused(Outcome::kNotActive, found);
    }
    Stream next = *found;
    next.status = Status::kActive;
    next.encrypted = next.pending->data_key.has_value();
    if (next.encrypted) {
        next.data_keys.push_back(*std::move(next.pending->data_key));
    }
    next.pending.reset();
    return applied(std::move(next));
}

}  // namespace millrace::stream
