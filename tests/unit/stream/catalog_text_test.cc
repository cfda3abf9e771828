#include "stream/catalog_text.h"

#include <gtest/gtest.h>

#include <string>

#include "stream/command_codec.h"
#include "stream/state_codec.h"
#include "unit/stream/commands.h"

namespace millrace::stream {
namespace {

TEST(CatalogText, RandomStatesComeBackAsTheyWere) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        RandomCommands commands(seed);
        CatalogState state;
        for (int i = 0; i < 200; ++i) {
            const Command next = commands.next(state);
            const auto read = decode_command(encode_command(next));
            ASSERT_TRUE(read) << read.error().message;
            ASSERT_EQ(read.value(), next);
            state.apply(next);
        }
        const auto read = decode_state(encode_state(state));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read.value(), state) << "seed " << seed;
    }
}

TEST(CatalogText, WhatANewerVersionWroteIsRefusedAsSuch) {
    const auto expect_unsupported = [](const auto& read) {
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::kUnsupported);
    };
    expect_unsupported(
        decode_command(R"({"v":2,"n":1,"time":1,"do":"activate_stream","with":{}})"));
    expect_unsupported(
        decode_command(R"({"v":1,"n":1,"time":1,"do":"fly_to_the_moon","with":{}})"));
    expect_unsupported(decode_state(R"({"v":2})"));
}

}  // namespace
}  // namespace millrace::stream
