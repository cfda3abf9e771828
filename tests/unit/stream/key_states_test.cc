#include "stream/key_states.h"

#include <gtest/gtest.h>

namespace millrace::stream {
namespace {

TEST(KeyStates, AKeyIsEnabledUnlessItIsNamed) {
    KeyStates states;
    EXPECT_EQ(states.of("alias/x"), KeyState::kEnabled);
    states.set("alias/x", KeyState::kDisabled);
    EXPECT_EQ(states.of("alias/x"), KeyState::kDisabled);
    EXPECT_EQ(states.of("alias/y"), KeyState::kEnabled);
    states.set("alias/x", KeyState::kMissing);
    EXPECT_EQ(states.of("alias/x"), KeyState::kMissing);
}

TEST(KeyStates, EveryFormOfAnIdentifierNamesTheKey) {
    KeyStates states;
    states.set("arn:aws:kms:us-east-1:123456789012:alias/x", KeyState::kThrottled);
    states.set("1234abcd-12ab-34cd-56ef-1234567890ab", KeyState::kDisabled);
    EXPECT_EQ(states.of("alias/x"), KeyState::kThrottled);
    EXPECT_EQ(
        states.of("arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        KeyState::kDisabled);
}

}  // namespace
}  // namespace millrace::stream
