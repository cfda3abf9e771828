#include "stream/commitment.h"

namespace millrace::stream {

Commitment Commitment::at(WallTime now) const {
    Commitment next = *this;
    if (status == Status::kEndsWhenAllowed && now >= *earliest_end) {
        next.status = Status::kDisabled;
        next.ended = earliest_end;
    }
    return next;
}

Commitment Commitment::enabled(WallTime now) const {
    Commitment next = at(now);
    if (next.status == Status::kDisabled) {
        next.started = now;
        next.ended.reset();
        next.earliest_end = now + kLeast;
    }
    next.status = Status::kEnabled;
    return next;
}

Commitment Commitment::disabled(WallTime now) const {
    Commitment next = at(now);
    if (next.status == Status::kEnabled) {
        next.status = Status::kEndsWhenAllowed;
        if (now >= *next.earliest_end) {
            next.status = Status::kDisabled;
            next.ended = now;
        }
    }
    return next;
}

}  // namespace millrace::stream
