// What is set for an account in a region: its commitment to a minimum throughput.
#pragma once

#include <optional>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "base/task.h"
#include "base/time.h"
#include "model/identity.h"

namespace millrace::api {

struct CommitmentInput {
    std::optional<std::string_view> status;
};
struct CommitmentOutput {
    std::string_view status;
    std::optional<WallTime> started_at;
    std::optional<WallTime> ended_at;
    std::optional<WallTime> earliest_allowed_end_at;
};

struct DescribeAccountSettingsRequest {};
struct UpdateAccountSettingsRequest {
    std::optional<CommitmentInput> minimum_throughput_billing_commitment;
};
// Of both.
struct AccountSettingsResponse {
    CommitmentOutput minimum_throughput_billing_commitment;
};

Task<Answer<AccountSettingsResponse>> describe_account_settings(
    Context& context, const DescribeAccountSettingsRequest& request);
Task<Answer<AccountSettingsResponse>> update_account_settings(
    Context& context, const UpdateAccountSettingsRequest& request);

// Whether the account has a commitment now.
bool is_committed(const Context& context, const model::Identity& owner);

}  // namespace millrace::api
