// What any history of splits and merges leaves behind, for tests of those who make one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "stream/reshard.h"
#include "stream/stream.h"
#include "unit/stream/commands.h"

namespace millrace::stream {

// As if the stream was UPDATING with these steps and finished at `at`.
inline void carry_out(Stream& stream, const std::vector<ReshardStep>& steps, WallTime at) {
    std::vector<storage::Position> ends;
    for (const model::ShardNo no : closed_by(steps)) {
        ends.emplace_back(no.value());
    }
    ASSERT_TRUE(reshard(stream.shards, steps, at, ends));
    rebuild_routes(stream);
}

// Any step that fits: splits anywhere, close to the edges as often as not.
inline ReshardStep random_step(const Stream& stream, std::mt19937_64& random) {
    while (true) {
        const std::size_t place = random() % stream.routes.size();
        const Shard& shard = *stream.shard(stream.routes[place]);
        if (random() % 2 == 0) {
            if (place + 1 < stream.routes.size()) {
                return {shard.no, stream.routes[place + 1]};
            }
            continue;
        }
        const model::Uint128 first = shard.range.first.value();
        const model::Uint128 last = shard.range.last.value();
        const std::uint64_t draw = random();
        const model::Uint128 wide = (model::Uint128{random()} << 64) | draw;
        const model::Uint128 at = draw % 4 == 0   ? first + draw % 64
                                  : draw % 4 == 1 ? last - draw % 64
                                                  : first + wide % (last - first);
        if (splits(shard.range, model::HashKey(at))) {
            return {shard.no, model::HashKey(at)};
        }
    }
}

// The open shards partition the hash space.
inline void expect_partition(const Stream& stream) {
    model::Uint128 next = 0;
    for (const model::ShardNo no : stream.routes) {
        ASSERT_EQ(stream.shard(no)->range.first, model::HashKey(next));
        next = stream.shard(no)->range.last.value() + 1;
    }
    ASSERT_EQ(next, 0) << "up to the end of the space";
}

// Equal but for a few keys: integer division leaves at most a key for each shard.
inline void expect_equal_sizes(const Stream& stream, std::uint32_t count) {
    const model::HashRange fair = model::initial_ranges(count).front();
    const model::Uint128 width = fair.last.value() - fair.first.value();
    for (const model::ShardNo no : stream.routes) {
        const model::HashRange& range = stream.shard(no)->range;
        const model::Uint128 size = range.last.value() - range.first.value();
        const model::Uint128 off = size < width ? width - size : size - width;
        ASSERT_LE(off, model::Uint128{4} * (count + stream.shards.size())) << no.value();
    }
}

// Dense numbers, parents older than their children, and every shard closed by exactly the children
// that cover its keys.
inline void expect_sound(const Stream& stream) {
    expect_partition(stream);
    for (std::size_t i = 0; i < stream.shards.size(); ++i) {
        const Shard& shard = stream.shards[i];
        ASSERT_EQ(shard.no.value(), i);
        ASSERT_EQ(shard.closed.has_value(), shard.end.has_value());
        for (const auto& parent_no : {shard.parent, shard.adjacent_parent}) {
            if (!parent_no.has_value()) {
                continue;
            }
            ASSERT_LT(*parent_no, shard.no);
            const Shard& parent = *stream.shard(*parent_no);
            ASSERT_FALSE(parent.open());
            ASSERT_EQ(to_seconds(*parent.closed) + 1, shard.created_s);
            ASSERT_GT(shard.created_s, parent.created_s);
        }
        ASSERT_FALSE(shard.adjacent_parent.has_value() && !shard.parent.has_value());
        const auto children = stream.children(shard.no);
        if (shard.open()) {
            ASSERT_TRUE(children.empty());
            continue;
        }
        ASSERT_GE(*shard.closed, WallTime(Seconds(shard.created_s)));
        if (children.size() == 1) {  // a merge
            const Shard& child = *children.front();
            const Shard& low = *stream.shard(*child.parent);
            const Shard& high = *stream.shard(*child.adjacent_parent);
            ASSERT_TRUE(adjacent(low, high));
            ASSERT_EQ(child.range, (model::HashRange{low.range.first, high.range.last}));
            ASSERT_EQ(low.closed, high.closed);
        } else {
            ASSERT_EQ(children.size(), 2u);
            ASSERT_EQ(children[0]->parent, shard.no);
            ASSERT_EQ(children[1]->parent, shard.no);
            ASSERT_EQ(children[0]->range.first, shard.range.first);
            ASSERT_TRUE(adjacent(*children[0], *children[1]));
            ASSERT_EQ(children[1]->range.last, shard.range.last);
            ASSERT_EQ(children[0]->no.value() + 1, children[1]->no.value());
        }
    }
}

}  // namespace millrace::stream
