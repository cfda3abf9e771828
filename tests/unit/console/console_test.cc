#include "console/console.h"

#include <gtest/gtest.h>

#include <optional>

namespace millrace::console {
namespace {

struct FixedHealth final : HealthSource {
    Health now{true, "ready", "1.2.3", 7};
    Health health() override { return now; }
};

struct FixedAuthority final : AuthoritySource {
    std::string pem;
    Task<std::string> authority() override { co_return pem; }
};

struct ConsoleTest : testing::Test {
    FixedHealth source;
    FixedAuthority authority;
    Metrics metrics;
    Console console{source, authority, metrics};

    wire::Response ask(std::string_view method, std::string_view target) {
        const wire::Request request{method, target, {}, {}};
        std::optional<wire::Response> answer;
        start(console.handle(request), Callback<void(std::optional<wire::Response>)>(
                                           [&](auto response) { answer = std::move(response); }));
        return std::move(answer).value();
    }
};

TEST_F(ConsoleTest, HealthIs200WhenReady) {
    const wire::Response response = ask("GET", "/_millrace/health?verbose");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body,
              R"({"live":true,"ready":true,"state":"ready","version":"1.2.3","uptime_seconds":7})"
              "\n");
}

TEST_F(ConsoleTest, HealthIs503UntilThen) {
    source.now.ready = false;
    source.now.state = "starting";
    const wire::Response response = ask("GET", "/_millrace/health");
    EXPECT_EQ(response.status, 503U);
    EXPECT_NE(response.body.find(R"("live":true,"ready":false,"state":"starting")"),
              std::string::npos);
}

TEST_F(ConsoleTest, LivenessDoesNotWaitForReadiness) {
    source.now.ready = false;
    EXPECT_EQ(ask("GET", "/_millrace/health/live").status, 200U);
    EXPECT_EQ(ask("GET", "/_millrace/health/ready").status, 503U);
    source.now.ready = true;
    EXPECT_EQ(ask("GET", "/_millrace/health/ready").status, 200U);
}

TEST_F(ConsoleTest, MetricsAreInPrometheusText) {
    metrics.counter("millrace_things_total", "Things.", {{"kind", "a"}}).Increment(3);
    const wire::Response response = ask("GET", "/_millrace/metrics");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ((*response.headers.begin()).value, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_NE(response.body.find("# TYPE millrace_things_total counter\n"
                                 "millrace_things_total{kind=\"a\"} 3\n"),
              std::string::npos);
}

TEST_F(ConsoleTest, TheAuthorityIsShownIfItIsOurs) {
    EXPECT_EQ(ask("GET", "/_millrace/ca.pem").status, 404U);
    authority.pem = "-----BEGIN CERTIFICATE-----";
    const wire::Response response = ask("GET", "/_millrace/ca.pem");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ((*response.headers.begin()).value, "application/x-pem-file");
    EXPECT_EQ(response.body, authority.pem);
}

TEST_F(ConsoleTest, OtherPathsAre404AndOtherMethods405) {
    EXPECT_EQ(ask("GET", "/_millrace/").status, 404U);
    EXPECT_EQ(ask("POST", "/_millrace/nothing").status, 404U);
    EXPECT_EQ(ask("POST", "/_millrace/health").status, 405U);
    EXPECT_EQ(ask("HEAD", "/_millrace/health").status, 200U);
}

}  // namespace
}  // namespace millrace::console
