#include "server/kms_keys.h"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

using stream::KeyState;

Options with(std::vector<std::string> parts) {
    Options options;
    options.kms_keys = std::move(parts);
    return options;
}

std::string refusal(const char* part) {
    const auto states = parse_kms_keys(with({part}));
    EXPECT_FALSE(states) << part;
    return states ? "" : states.error().message;
}

TEST(KmsKeys, EveryStateHasAName) {
    const std::string uuid = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const auto states = parse_kms_keys(with(
        {"alias/a=disabled", "alias/b=pending-deletion", "alias/c=missing", "alias/d=access-denied",
         uuid + "=opt-in-required", "arn:aws:kms:us-east-1:123456789012:alias/f=throttled"}));
    ASSERT_TRUE(states) << states.error().message;
    EXPECT_EQ(states.value().of("alias/a"), KeyState::kDisabled);
    EXPECT_EQ(states.value().of("alias/b"), KeyState::kPendingDeletion);
    EXPECT_EQ(states.value().of("alias/c"), KeyState::kMissing);
    EXPECT_EQ(states.value().of("alias/d"), KeyState::kAccessDenied);
    EXPECT_EQ(states.value().of(uuid), KeyState::kOptInRequired);
    EXPECT_EQ(states.value().of("alias/f"), KeyState::kThrottled);
    EXPECT_EQ(states.value().of("alias/g"), KeyState::kEnabled);
    EXPECT_EQ(parse_kms_keys(Options()).value().of("alias/a"), KeyState::kEnabled);
}

TEST(KmsKeys, WhatIsWrongIsNamed) {
    EXPECT_EQ(refusal("x=disabled"),
              "'x=disabled' has no key: a UUID, alias/NAME or the ARN of either; write KEY=STATE, "
              "separated by commas");
    EXPECT_EQ(refusal("alias/x=broken"),
              "'alias/x=broken' has no state: disabled, pending-deletion, missing, access-denied, "
              "opt-in-required or throttled; write KEY=STATE, separated by commas");
    refusal("alias/x");
    refusal("alias/x=");
    refusal("=disabled");
    refusal("alias/x=disabled=disabled");
}

}  // namespace
}  // namespace millrace::server
