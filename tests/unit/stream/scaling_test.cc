#include "stream/scaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "stream/reshard.h"
#include "unit/stream/reshards.h"

namespace millrace::stream {
namespace {

constexpr std::int64_t kCreated = 1'700'000'000;

Stream stream_of(std::uint32_t shards) {
    Stream stream;
    stream.created_s = kCreated;
    stream.shards = initial_shards(shards, kCreated);
    rebuild_routes(stream);
    return stream;
}

// "s0->2,3 m3+4->6", and the open shards by their place in the hash space.
std::string text_of(const Stream& stream, const std::vector<ReshardStep>& steps) {
    std::string text;
    auto next = static_cast<std::uint32_t>(stream.shards.size());
    for (const ReshardStep& step : steps) {
        text += text.empty() ? "" : " ";
        if (const auto* other = std::get_if<model::ShardNo>(&step.with)) {
            text += "m" + std::to_string(step.shard.value()) + "+" +
                    std::to_string(other->value()) + "->" + std::to_string(next++);
        } else {
            text += "s" + std::to_string(step.shard.value()) + "->" + std::to_string(next) + "," +
                    std::to_string(next + 1);
            next += 2;
        }
    }
    return text;
}

std::string open_after(Stream stream, const std::vector<ReshardStep>& steps) {
    carry_out(stream, steps, kStart);
    std::string text;
    for (const model::ShardNo no : stream.routes) {
        text += (text.empty() ? "" : " ") + std::to_string(no.value());
    }
    return text;
}

struct Vector {
    std::uint32_t from;
    std::uint32_t to;
    const char* steps;
    const char* open;
};

TEST(UniformScaling, TakesTheKnownSteps) {
    for (const Vector& v : std::initializer_list<Vector>{
             {2, 4, "s0->2,3 s1->4,5", "2 3 4 5"},
             {4, 2, "m0+1->4 m2+3->5", "4 5"},
             {2, 3, "s0->2,3 s1->4,5 m3+4->6", "2 6 5"},
             {3, 2, "s1->3,4 m0+3->5 m4+2->6", "5 6"},
             {4, 3, "s1->4,5 m0+4->6 s2->7,8 m5+7->9 m8+3->10", "6 9 10"},
             {4, 5, "s0->4,5 s1->6,7 m5+6->8 s2->9,10 m7+9->11 s3->12,13 m10+12->14",
              "4 8 11 14 13"},
             {4, 6, "s0->4,5 s1->6,7 m5+6->8 s2->9,10 s3->11,12 m10+11->13", "4 8 7 9 13 12"},
             {1, 2, "s0->1,2", "1 2"},
             {2, 1, "m0+1->2", "2"},
             {3, 3, "", "0 1 2"},
         }) {
        SCOPED_TRACE(std::to_string(v.from) + " -> " + std::to_string(v.to));
        const Stream stream = stream_of(v.from);
        const auto steps = uniform_scaling(stream, v.to);
        EXPECT_EQ(text_of(stream, steps), v.steps);
        EXPECT_EQ(open_after(stream, steps), v.open);
    }
}

TEST(UniformScaling, MakesAsManyShardsAsWasSeen) {
    const auto total = [](std::uint32_t from, std::uint32_t to) {
        const Stream stream = stream_of(from);
        return stream.shards.size() + children_made_by(uniform_scaling(stream, to));
    };
    EXPECT_EQ(total(4, 5), 15u);
    EXPECT_EQ(total(10, 13), 43u);
    EXPECT_EQ(total(5, 3), 13u);
}

// 2^128 is divisible by neither: the boundaries differ by the remainders alone.
TEST(UniformScaling, OverlooksTheRemaindersOfDivisions) {
    for (const auto& [from, to] : {std::pair{10U, 5U},
                                   {5U, 10U},
                                   {7U, 14U},
                                   {2000U, 1000U},
                                   {9999U, 9999U},
                                   {5000U, 10000U}}) {
        const Stream stream = stream_of(from);
        const auto steps = uniform_scaling(stream, to);
        const bool up = to > from;
        EXPECT_EQ(steps.size(), up ? to - from : from - to) << from << " -> " << to;
        for (const ReshardStep& step : steps) {
            EXPECT_EQ(std::holds_alternative<model::HashKey>(step.with), up);
        }
    }
}

TEST(UniformScaling, ScalesTheLargestStreams) {
    const Stream stream = stream_of(9999);
    Stream after = stream;
    carry_out(after, uniform_scaling(stream, 10000), kStart);
    EXPECT_EQ(after.open_shards(), 10000u);
    expect_equal_sizes(after, 10000);
}

// Whatever the shards looked like before: equal ones afterwards, and a sound history.
TEST(UniformScaling, EqualisesAnyLayout) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        Stream stream = stream_of(static_cast<std::uint32_t>(1 + random() % 12));
        WallTime now = kStart;
        for (std::size_t i = random() % 10; i > 0; --i) {
            now += Millis(random() % 3000);
            carry_out(stream, {random_step(stream, random)}, now);
        }
        for (int round = 0; round < 3; ++round) {
            const auto open = static_cast<std::uint32_t>(stream.open_shards());
            const std::uint32_t least = (open + 1) / 2;
            const std::uint32_t target =
                least + static_cast<std::uint32_t>(random() % (2 * open - least + 1));
            const auto steps = uniform_scaling(stream, target);
            ASSERT_EQ(uniform_scaling(stream, target), steps) << "a pure function";
            now += Millis(random() % 3000);
            carry_out(stream, steps, now);
            ASSERT_EQ(stream.open_shards(), target);
            expect_equal_sizes(stream, target);
            expect_sound(stream);
            ASSERT_TRUE(uniform_scaling(stream, target).empty()) << "nothing is left to do";
        }
    }
}

TEST(Growth, HalvesTheWidestUntilThereAreEnough) {
    for (const Vector& v : std::initializer_list<Vector>{
             {4, 4, "", "0 1 2 3"},
             {4, 2, "", "0 1 2 3"},
             {4, 5, "s0->4,5", "4 5 1 2 3"},
             {2, 4, "s0->2,3 s1->4,5", "2 3 4 5"},
             {1, 4, "s0->1,2 s1->3,4 s2->5,6", "3 4 5 6"},
         }) {
        SCOPED_TRACE(std::to_string(v.from) + " -> " + std::to_string(v.to));
        const Stream stream = stream_of(v.from);
        const std::vector<ReshardStep> steps = growth(stream, v.to);
        EXPECT_EQ(text_of(stream, steps), v.steps);
        EXPECT_EQ(open_after(stream, steps), v.open);
    }
}

TEST(Growth, ReachesTheLargestTarget) {
    const Stream stream = stream_of(4);
    const std::vector<ReshardStep> steps = growth(stream, 10'240);
    EXPECT_EQ(steps.size(), 10'236U);
    EXPECT_TRUE(fit(stream.shards, steps));
}

}  // namespace
}  // namespace millrace::stream
