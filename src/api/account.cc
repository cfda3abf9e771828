#include "api/account.h"

#include "api/addressing.h"
#include "api/failures.h"
#include "base/check.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

using Status = stream::Commitment::Status;

std::string_view name_of(Status status) {
    switch (status) {
        case Status::kDisabled:
            return "DISABLED";
        case Status::kEnabled:
            return "ENABLED";
        case Status::kEndsWhenAllowed:
            return "ENABLED_UNTIL_EARLIEST_ALLOWED_END";
    }
    check_failed("known Status", __FILE__, __LINE__);
}

AccountSettingsResponse settings_of(const stream::Commitment& commitment) {
    return {{name_of(commitment.status), commitment.started, commitment.ended,
             commitment.earliest_end}};
}

stream::Commitment commitment_of(const Context& context, const model::Identity& owner) {
    return context.broker.catalog().commitment(owner, context.broker.now());
}

}  // namespace

Task<Answer<AccountSettingsResponse>> describe_account_settings(
    Context& context, const DescribeAccountSettingsRequest&) {
    co_return settings_of(commitment_of(context, caller(context)));
}

Task<Answer<AccountSettingsResponse>> update_account_settings(
    Context& context, const UpdateAccountSettingsRequest& request) {
    constexpr std::string_view kOperation = "UpdateAccountSettings";
    const bool enabled = *request.minimum_throughput_billing_commitment->status == "ENABLED";
    const auto applied = co_await context.broker.set_commitment(caller(context), enabled);
    if (!applied) {
        co_return failure(applied.error(), kOperation);
    }
    co_return settings_of(applied.value().commitment);
}

bool is_committed(const Context& context, const model::Identity& owner) {
    return commitment_of(context, owner).active();
}

}  // namespace millrace::api
