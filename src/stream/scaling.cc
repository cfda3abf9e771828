#include "stream/scaling.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <utility>

#include "base/check.h"
#include "stream/reshard.h"

namespace millrace::stream {
namespace {

struct Piece {
    model::ShardNo no;
    model::HashRange range;
};

model::Uint128 distance(model::HashKey a, model::HashKey b) {
    return a < b ? b.value() - a.value() : a.value() - b.value();
}

class Walk final {
public:
    explicit Walk(const Stream& stream)
        : stream_(stream), next_no_(static_cast<std::uint32_t>(stream.shards.size())) {}

    // Makes one shard of what begins here and ends at `last`.
    void up_to(model::HashKey last) {
        Piece made = take();
        while (made.range.last != last) {
            if (made.range.last > last) {
                made = split(made, last);
                continue;
            }
            Piece more = take();
            if (more.range.last > last) {
                more = split(more, last);
            }
            steps_.push_back({made.no, more.no});
            made = {new_no(), {made.range.first, more.range.last}};
        }
    }
    std::vector<ReshardStep> steps() && { return std::move(steps_); }

private:
    Piece take() {
        if (rest_.has_value()) {
            return *std::exchange(rest_, std::nullopt);
        }
        CHECK(at_ < stream_.routes.size());
        const model::ShardNo no = stream_.routes[at_++];
        return {no, stream_.shards[no.value()].range};
    }
    // The left half; the right one is taken next.
    Piece split(const Piece& piece, model::HashKey last) {
        const model::HashKey middle(last.value() + 1);
        steps_.push_back({piece.no, middle});
        const Piece left{new_no(), {piece.range.first, last}};
        rest_ = Piece{new_no(), {middle, piece.range.last}};
        return left;
    }
    model::ShardNo new_no() { return model::ShardNo(next_no_++); }

    const Stream& stream_;
    std::size_t at_ = 0;         // of stream_.routes: the next one untouched
    std::optional<Piece> rest_;  // of a split, before that one
    std::uint32_t next_no_;
    std::vector<ReshardStep> steps_;
};

// The open shard's start within `tolerance` of `start`, else `start`.
model::HashKey snapped(const Stream& stream, model::HashKey start, model::Uint128 tolerance) {
    const Shard& owner = stream.route(start);
    model::HashKey nearest = owner.range.first;
    if (owner.range.last != model::HashKey::max()) {
        const model::HashKey next(owner.range.last.value() + 1);
        if (distance(next, start) < distance(nearest, start)) {
            nearest = next;
        }
    }
    return distance(nearest, start) <= tolerance ? nearest : start;
}

}  // namespace

std::vector<ReshardStep> growth(const Stream& stream, std::uint32_t target) {
    const auto wider = [](const Piece& a, const Piece& b) {
        const model::Uint128 width_a = a.range.last.value() - a.range.first.value();
        const model::Uint128 width_b = b.range.last.value() - b.range.first.value();
        return width_a != width_b ? width_a < width_b : a.range.first > b.range.first;
    };
    std::priority_queue<Piece, std::vector<Piece>, decltype(wider)> open(wider);
    for (const model::ShardNo no : stream.routes) {
        open.push({no, stream.shards[no.value()].range});
    }
    auto next_no = static_cast<std::uint32_t>(stream.shards.size());
    std::vector<ReshardStep> steps;
    while (open.size() < target && splits(open.top().range, middle(open.top().range))) {
        const Piece widest = open.top();
        open.pop();
        const model::HashKey at = middle(widest.range);
        steps.push_back({widest.no, at});
        open.push(
            {model::ShardNo(next_no++), {widest.range.first, model::HashKey(at.value() - 1)}});
        open.push({model::ShardNo(next_no++), {at, widest.range.last}});
    }
    return steps;
}

std::vector<ReshardStep> uniform_scaling(const Stream& stream, std::uint32_t target) {
    const std::vector<model::HashRange> ranges = model::initial_ranges(target);
    const model::Uint128 tolerance = stream.open_shards() + std::size_t{target};
    Walk walk(stream);
    for (std::size_t k = 1; k < ranges.size(); ++k) {
        const model::HashKey next = snapped(stream, ranges[k].first, tolerance);
        walk.up_to(model::HashKey(next.value() - 1));
    }
    walk.up_to(model::HashKey::max());
    return std::move(walk).steps();
}

}  // namespace millrace::stream
