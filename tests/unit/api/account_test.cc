#include "api/account.h"

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

using std::chrono::hours;

class Account : public ApiTest {
protected:
    CommitmentOutput describe(Context caller) {
        return call_as(std::move(caller), describe_account_settings,
                       DescribeAccountSettingsRequest{})
            .value()
            .minimum_throughput_billing_commitment;
    }
    CommitmentOutput describe() { return describe(context()); }
    CommitmentOutput update(std::string_view status) {
        UpdateAccountSettingsRequest request;
        request.minimum_throughput_billing_commitment.emplace().status = status;
        return call(update_account_settings, request).value().minimum_throughput_billing_commitment;
    }
    void advance(hours time) { clock_.advance(std::chrono::duration_cast<Millis>(time)); }
};

TEST_F(Account, HasNoCommitmentAtFirst) {
    const CommitmentOutput none = describe();
    EXPECT_EQ(none.status, "DISABLED");
    EXPECT_FALSE(none.started_at || none.ended_at || none.earliest_allowed_end_at);
    EXPECT_EQ(update("DISABLED").status, "DISABLED");
}

TEST_F(Account, CommitsAndWithdraws) {
    const WallTime start = clock_.now();
    const CommitmentOutput on = update("ENABLED");
    EXPECT_EQ(on.status, "ENABLED");
    EXPECT_EQ(on.started_at, start);
    EXPECT_EQ(on.earliest_allowed_end_at, start + hours(24));
    EXPECT_FALSE(on.ended_at);
    advance(hours(2));
    EXPECT_EQ(update("ENABLED").started_at, start);
    EXPECT_EQ(update("DISABLED").status, "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    open();
    EXPECT_EQ(describe().status, "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    advance(hours(22));
    const CommitmentOutput over = describe();
    EXPECT_EQ(over.status, "DISABLED");
    EXPECT_EQ(over.ended_at, start + hours(24));
    EXPECT_EQ(over.started_at, start);
    EXPECT_EQ(update("ENABLED").started_at, start + hours(24));
}

TEST_F(Account, IsOneInOneRegion) {
    update("ENABLED");
    EXPECT_EQ(describe(context("210987654321")).status, "DISABLED");
    EXPECT_EQ(describe(context(kAccount, "eu-west-1")).status, "DISABLED");
    EXPECT_EQ(describe().status, "ENABLED");
}

}  // namespace
}  // namespace millrace::api
