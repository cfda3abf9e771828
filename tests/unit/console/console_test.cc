#include "console/console.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

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

struct NotedOrders final : ClockControl {
    Reading reading{wall_time(1'795'778'483'123), false, Millis(-1500)};
    std::optional<Error> refusal;
    std::vector<Order> orders;

    Reading read() override { return reading; }
    Task<Result<Reading>> steer(Order order) override {
        orders.push_back(order);
        if (refusal) {
            co_return *refusal;
        }
        co_return reading;
    }
};

struct ConsoleTest : testing::Test {
    FixedHealth source;
    FixedAuthority authority;
    Metrics metrics;
    NotedOrders clock;
    Console console{source, authority, metrics, &clock};

    wire::Response ask(std::string_view method, std::string_view target, std::string_view body = {},
                       std::string_view type = "application/json") {
        const wire::Request request{method, target, {{"Content-Type", type}}, body};
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

TEST_F(ConsoleTest, TheClockIsRead) {
    const wire::Response response = ask("GET", "/_millrace/clock");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "{\"now\":1795778483.123,\"frozen\":false,\"ahead\":-1.5}\n");
    EXPECT_TRUE(clock.orders.empty());
}

TEST_F(ConsoleTest, TheClockIsMovedAndAnswersOnceItIs) {
    const wire::Response response =
        ask("POST", "/_millrace/clock", R"({"frozen": true, "now": 2000000000.5, "advance": 60})");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, ask("GET", "/_millrace/clock").body);
    ASSERT_EQ(clock.orders.size(), 1U);
    EXPECT_EQ(clock.orders[0].frozen, true);
    EXPECT_EQ(clock.orders[0].now, wall_time(2'000'000'000'500));
    EXPECT_EQ(clock.orders[0].advance, Millis(60'000));
}

TEST_F(ConsoleTest, WhatTheClockRefusesIsTold) {
    clock.refusal = Error{Errc::kInvalid, "no"};
    EXPECT_EQ(ask("POST", "/_millrace/clock", "{}").status, 400U);
    clock.refusal = Error{Errc::kOverloaded, "not yet"};
    const wire::Response response = ask("POST", "/_millrace/clock", "{}");
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(response.body, "not yet\n");
}

TEST_F(ConsoleTest, TheClockTakesNothingButJson) {
    EXPECT_EQ(ask("POST", "/_millrace/clock", "{}", "text/plain").status, 415U);
    EXPECT_EQ(ask("OPTIONS", "/_millrace/clock").status, 405U);
    EXPECT_TRUE(clock.orders.empty());
}

TEST_F(ConsoleTest, WithoutAClockThereIsNone) {
    Console other{source, authority, metrics, nullptr};
    const wire::Request request{
        "POST", "/_millrace/clock", {{"Content-Type", "application/json"}}, "{}"};
    std::optional<wire::Response> answer;
    start(other.handle(request), Callback<void(std::optional<wire::Response>)>(
                                     [&](auto response) { answer = std::move(response); }));
    EXPECT_EQ(answer->status, 404U);
}

}  // namespace
}  // namespace millrace::console
