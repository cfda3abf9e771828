#include "wire/http2_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/http2_peer.h"

namespace millrace::wire {
namespace {

using test::be32;
using test::Fields;
using test::Frame;
using test::frame;
using test::FrameType;
using test::kAck;
using test::kEndHeaders;
using test::kEndStream;
using test::post;
using test::request;
using test::window_update;

constexpr std::uint32_t kCalm = 11;     // ENHANCE_YOUR_CALM
constexpr std::uint32_t kCancel = 8;    // CANCEL
constexpr std::uint32_t kInternal = 2;  // INTERNAL_ERROR
constexpr std::uint32_t kRefused = 7;   // REFUSED_STREAM
constexpr std::uint32_t kProtocol = 1;  // PROTOCOL_ERROR
constexpr std::uint32_t kWindow = 65'535;

// A session, what comes out of it, and a handler that echoes the body, at once or when told.
struct Wire {
    explicit Wire(Limits the_limits = {}) : limits(the_limits) {}

    Limits limits;
    ByteBudget budget{limits.body_bytes_in_flight_max};
    SessionContext context{limits, budget, "Tue, 15 Nov 1994 08:12:31 GMT", {}};
    std::unique_ptr<Http2Session> session = std::make_unique<Http2Session>(context);
    test::FrameReader reader;
    std::vector<Frame> frames;
    std::vector<std::string> requests;  // "METHOD TARGET name=value;... BODY"
    std::vector<Exchange*> held;
    bool holds = false;  // requests stay unanswered, in `held`

    void begin() { feed(test::preface()); }
    void feed(std::string_view bytes, std::size_t piece = std::string_view::npos) {
        while (!bytes.empty()) {
            const std::span<char> room = session->room();
            const std::size_t n = std::min({bytes.size(), room.size(), piece});
            std::memcpy(room.data(), bytes.data(), n);
            session->received(n);
            bytes.remove_prefix(n);
            run();
        }
    }
    void run() {
        take();
        while (Exchange* exchange = session->next()) {
            std::string told;
            const Request& asked = exchange->request;
            told.append(asked.method).append(" ").append(asked.target).append(" ");
            for (const Header& header : asked.headers) {
                told.append(header.name).append("=").append(header.value).append(";");
            }
            requests.push_back(told.append(" ").append(asked.body));
            if (holds) {
                held.push_back(exchange);
            } else {
                Response response;
                response.body = std::string(asked.body);
                session->answer(*exchange, std::move(response));
            }
            take();
        }
    }
    void take() {
        while (session->has_output()) {
            Output output;
            session->take_output(output);
            for (Frame& one : reader.feed(output.head + output.body)) {
                frames.push_back(std::move(one));
            }
        }
    }
    void pass(Millis time) {
        context.now += time;
        session->sweep();
        take();
    }

    std::vector<Frame> of(FrameType type, std::uint32_t stream) const {
        std::vector<Frame> found;
        for (const Frame& one : frames) {
            if (one.type == type && one.stream == stream) {
                found.push_back(one);
            }
        }
        return found;
    }
    std::string status(std::uint32_t stream) const {
        const auto heads = of(FrameType::kHeaders, stream);
        return heads.empty() ? "" : heads.back().field(":status");
    }
    std::string body(std::uint32_t stream) const {
        std::string text;
        for (const Frame& one : of(FrameType::kData, stream)) {
            text += one.payload;
        }
        return text;
    }
    bool ended(std::uint32_t stream) const {
        return std::any_of(frames.begin(), frames.end(), [stream](const Frame& one) {
            return one.stream == stream && one.ends() &&
                   (one.type == FrameType::kData || one.type == FrameType::kHeaders);
        });
    }
    std::optional<std::uint32_t> reset(std::uint32_t stream) const {
        const auto resets = of(FrameType::kReset, stream);
        return resets.empty() ? std::nullopt : std::optional(resets.front().error());
    }
    std::optional<std::uint32_t> goaway() const {
        const auto all = of(FrameType::kGoaway, 0);
        return all.empty() ? std::nullopt : std::optional(all.back().error());
    }
    bool closing() const { return session->phase() == Session::Phase::kClosing; }
};

// What becomes of a source, seen from outside.
struct Fate {
    std::vector<Source::Stop> stops;
    bool destroyed = false;
};

class TestSource final : public Source {
public:
    explicit TestSource(Fate& fate) : fate_(fate) {}
    ~TestSource() override { fate_.destroyed = true; }
    TestSource(const TestSource&) = delete;
    TestSource& operator=(const TestSource&) = delete;
    Task<std::string> next() override { co_return ""; }
    void stop(Stop why) override { fate_.stops.push_back(why); }

private:
    Fate& fate_;
};

// One request, on stream 1, that is answered in pieces.
struct Pieces : Wire {
    explicit Pieces(Limits the_limits = {}, Response response = {}) : Wire(the_limits) {
        holds = true;
        begin();
        feed(post(1, "/", ""));
        response.source = std::make_unique<TestSource>(fate);
        session->answer(*held.at(0), std::move(response));
        take();
    }
    bool give(std::string piece) {
        Exchange* exchange = session->wants_piece();
        if (exchange == nullptr) {
            return false;
        }
        session->piece(*exchange, std::move(piece));
        take();
        return true;
    }
    Fate fate;
};

TEST(Http2Session, AnswersARequest) {
    Wire wire;
    wire.begin();
    wire.feed(request(1, "POST", "/x?y", {{"x-a", "b c"}}, false) +
              frame(FrameType::kData, kEndStream, 1, "hello"));
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST /x?y host=there:80;x-a=b c; hello"}));
    EXPECT_EQ(wire.status(1), "200");
    EXPECT_EQ(wire.body(1), "hello");
    EXPECT_TRUE(wire.ended(1));
    const Frame head = wire.of(FrameType::kHeaders, 1).at(0);
    EXPECT_EQ(head.field("content-length"), "5");
    EXPECT_EQ(head.field("date"), wire.context.date);
    EXPECT_EQ(wire.session->phase(), Session::Phase::kIdle);
    EXPECT_EQ(wire.budget.used(), 0u);
}

TEST(Http2Session, TellsItsLimits) {
    Limits limits;
    limits.streams_max = 7;
    limits.header_bytes_max = 1234;
    Wire wire(limits);
    wire.begin();
    const Frame settings = wire.frames.at(0);
    EXPECT_EQ(settings.type, FrameType::kSettings);
    EXPECT_NE(settings.payload.find(be32(3).substr(2) + be32(7)), std::string::npos);
    EXPECT_NE(settings.payload.find(be32(6).substr(2) + be32(1234)), std::string::npos);
}

TEST(Http2Session, TakesRequestsByteByByte) {
    Wire wire;
    const std::string body(50'000, 'b');
    wire.feed(test::preface() + post(1, "/1", "one") + post(3, "/2", body), 1);
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST /1 host=there:80; one",
                                                       "POST /2 host=there:80; " + body}));
    EXPECT_EQ(wire.body(3), body);
}

TEST(Http2Session, LowersTheNamesOfItsHeaders) {
    Wire wire;
    wire.holds = true;
    wire.begin();
    wire.feed(post(1, "/", ""));
    Response response;
    response.headers.add("X-Amzn-RequestId", "Some Value");
    wire.session->answer(*wire.held.at(0), std::move(response));
    wire.take();
    EXPECT_EQ(wire.of(FrameType::kHeaders, 1).at(0).field("x-amzn-requestid"), "Some Value");
    EXPECT_TRUE(wire.ended(1));
}

TEST(Http2Session, AnswersInWhateverOrderTheHandlersDo) {
    Wire wire;
    wire.holds = true;
    wire.begin();
    wire.feed(post(1, "/", "a") + post(3, "/", "b") + post(5, "/", "c"));
    ASSERT_EQ(wire.held.size(), 3u);
    for (const int i : {2, 0, 1}) {
        Response response;
        response.body = std::to_string(i);
        wire.session->answer(*wire.held.at(static_cast<std::size_t>(i)), std::move(response));
    }
    wire.take();
    EXPECT_EQ(wire.body(1) + wire.body(3) + wire.body(5), "012");
    EXPECT_EQ(wire.session->phase(), Session::Phase::kIdle);
}

TEST(Http2Session, AnswersHeadWithoutABody) {
    Wire wire;
    wire.holds = true;
    wire.begin();
    wire.feed(request(1, "HEAD", "/"));
    Response response;
    response.body = "left out";
    wire.session->answer(*wire.held.at(0), std::move(response));
    wire.take();
    EXPECT_EQ(wire.of(FrameType::kHeaders, 1).at(0).field("content-length"), "8");
    EXPECT_TRUE(wire.ended(1));
    EXPECT_TRUE(wire.of(FrameType::kData, 1).empty());
}

TEST(Http2Session, SendsNoMoreThanTheClientsWindows) {
    Wire wire;
    wire.begin();
    const std::string body(200'000, 'x');
    wire.feed(post(1, "/", body));
    EXPECT_EQ(wire.body(1).size(), kWindow);
    wire.feed(window_update(1, 1'000'000));
    EXPECT_EQ(wire.body(1).size(), kWindow);  // that of the connection is used up as well
    wire.feed(window_update(0, 100'000));
    EXPECT_EQ(wire.body(1).size(), kWindow + 100'000);
    wire.feed(window_update(0, 100'000));
    EXPECT_EQ(wire.body(1), body);
    EXPECT_TRUE(wire.ended(1));
}

TEST(Http2Session, GivesItsClientNewWindows) {
    Wire wire;
    wire.begin();
    std::size_t granted = kWindow;
    wire.feed(post(1, "/", std::string(10 << 20, 'x')));
    for (const Frame& one : wire.of(FrameType::kWindowUpdate, 0)) {
        for (std::uint32_t shift = 0, i = 4; i-- > 0; shift += 8) {
            granted += std::size_t{static_cast<std::uint8_t>(one.payload[i])} << shift;
        }
    }
    EXPECT_GT(granted, std::size_t{10} << 20);
    EXPECT_FALSE(wire.of(FrameType::kWindowUpdate, 1).empty());
    EXPECT_EQ(wire.requests.size(), 1u);
}

TEST(Http2Session, TakesNoRequestsWhileTooMuchWaitsToBeSent) {
    Wire wire;
    wire.begin();
    const std::string body(5 << 20, 'x');
    wire.feed(post(1, "/", body) + post(3, "/", "next"));
    EXPECT_EQ(wire.requests.size(), 1u);
    wire.feed(window_update(1, 8 << 20) + window_update(0, 8 << 20));
    EXPECT_EQ(wire.requests.size(), 2u);
    EXPECT_EQ(wire.body(3), "next");
}

TEST(Http2Session, RefusesALargeBodyAndGoesOn) {
    Limits limits;
    limits.body_bytes_max = 1000;
    for (const bool told : {true, false}) {
        Wire wire(limits);
        wire.begin();
        const Fields length = {{"content-length", "1005"}};
        wire.feed(request(1, "POST", "/", told ? length : Fields{}, false) +
                  frame(FrameType::kData, 0, 1, std::string(1001, 'x')));
        EXPECT_EQ(wire.status(1), "413");
        EXPECT_TRUE(wire.ended(1));
        wire.feed(frame(FrameType::kData, 0, 1, "more") + post(3, "/", "next"));
        EXPECT_EQ(wire.body(3), "next");
        // For a while it may go on sending what is dropped.
        EXPECT_EQ(wire.reset(1), std::nullopt);
        wire.pass(limits.linger_timeout + Millis(1));
        EXPECT_EQ(wire.reset(1), 0u);
    }
}

TEST(Http2Session, DropsOnlySoMuchOfARefusedBody) {
    Limits limits;
    limits.body_bytes_max = 1000;
    limits.linger_bytes_max = 100'000;
    Wire wire(limits);
    wire.begin();
    wire.feed(request(1, "POST", "/", {}, false));
    std::size_t sent = 0;
    while (wire.reset(1) != 0u && sent < 200'000) {
        wire.feed(frame(FrameType::kData, 0, 1, std::string(10'000, 'x')));
        sent += 10'000;
    }
    EXPECT_EQ(wire.status(1), "413");
    EXPECT_LE(sent, 120'000u);
    EXPECT_EQ(wire.session->phase(), Session::Phase::kIdle);
}

TEST(Http2Session, RefusesLargeHeadersAndGoesOn) {
    Limits limits;
    limits.header_bytes_max = 1000;
    Wire wire(limits);
    wire.begin();
    wire.feed(request(1, "POST", "/", {{"x", std::string(1000, 'x')}}));
    EXPECT_EQ(wire.status(1), "431");
    wire.feed(post(3, "/", "next"));
    EXPECT_EQ(wire.body(3), "next");
    EXPECT_EQ(wire.requests.size(), 1u);
}

TEST(Http2Session, LargeAnswersCountAgainstTheSharedBudgetUntilTheyAreSent) {
    Limits limits;
    limits.body_bytes_in_flight_max = 150'000;
    Wire wire(limits);
    wire.holds = true;
    wire.begin();
    wire.feed(post(1, "/", "") + post(3, "/", "") + post(5, "/", ""));
    const std::size_t sizes[] = {100'000, 100'000, 10};  // more than the windows let through
    for (std::size_t i = 0; i < 3; ++i) {
        Response response;
        response.body = std::string(sizes[i], 'x');
        wire.session->answer(*wire.held.at(i), std::move(response));
    }
    wire.take();
    EXPECT_EQ(wire.status(1), "200");
    EXPECT_EQ(wire.status(3), "503");
    EXPECT_EQ(wire.status(5), "200") << "small ones are always given";
    EXPECT_EQ(wire.budget.used(), 100'000u);
    wire.feed(frame(FrameType::kReset, 0, 1, be32(kCancel)));
    EXPECT_EQ(wire.budget.used(), 0u);
}

TEST(Http2Session, RefusesBodiesBeyondTheSharedBudget) {
    Limits limits;
    limits.body_bytes_in_flight_max = 100'000;
    Wire wire(limits);
    wire.begin();
    wire.feed(request(1, "POST", "/", {{"content-length", "90000"}}, false) +
              request(3, "POST", "/", {{"content-length", "90000"}}, false));
    EXPECT_EQ(wire.status(3), "503");
    EXPECT_EQ(wire.status(1), "");
    wire.feed(frame(FrameType::kReset, 0, 1, be32(kCancel)));
    EXPECT_EQ(wire.budget.used(), 0u);
}

TEST(Http2Session, AsksForTheBodyThatIsExpected) {
    Wire wire;
    wire.begin();
    wire.feed(request(1, "POST", "/", {{"expect", "100-continue"}}, false));
    EXPECT_EQ(wire.status(1), "100");
    EXPECT_FALSE(wire.ended(1));
    wire.feed(frame(FrameType::kData, kEndStream, 1, "body"));
    EXPECT_EQ(wire.status(1), "200");
    EXPECT_EQ(wire.body(1), "body");
}

TEST(Http2Session, IgnoresTrailers) {
    Wire wire;
    wire.begin();
    wire.feed(request(1, "POST", "/", {}, false) + frame(FrameType::kData, 0, 1, "body") +
              frame(FrameType::kHeaders, kEndHeaders | kEndStream, 1,
                    test::header_block({{"x-late", "1"}})));
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST / host=there:80; body"}));
}

TEST(Http2Session, RefusesStreamsBeyondItsLimit) {
    Limits limits;
    limits.streams_max = 2;
    Wire wire(limits);
    wire.holds = true;
    wire.begin();
    wire.feed(frame(FrameType::kSettings, kAck, 0));
    wire.feed(post(1, "/", "") + post(3, "/", "") + post(5, "/", ""));
    EXPECT_EQ(wire.held.size(), 2u);
    EXPECT_TRUE(wire.reset(5) == kRefused || wire.goaway().has_value());
}

TEST(Http2Session, AStreamThatWasResetCountsUntilItsHandlerIsDone) {
    Limits limits;
    limits.streams_max = 2;
    Wire wire(limits);
    wire.holds = true;
    wire.begin();
    const std::string give_up = be32(kCancel);
    wire.feed(post(1, "/", "") + frame(FrameType::kReset, 0, 1, give_up) + post(3, "/", "") +
              frame(FrameType::kReset, 0, 3, give_up));
    wire.feed(post(5, "/", ""));
    // Requests that were reset before they were given out cost nothing.
    EXPECT_EQ(wire.held.size(), 1u);
    wire.feed(post(7, "/", "") + frame(FrameType::kReset, 0, 5, give_up));
    EXPECT_EQ(wire.held.size(), 2u);
    wire.feed(post(9, "/", ""));
    EXPECT_EQ(wire.reset(9), kRefused);
    for (Exchange* exchange : wire.held) {
        wire.session->answer(*exchange, Response{});
    }
    wire.take();
    EXPECT_EQ(wire.status(5), "");
    EXPECT_EQ(wire.status(7), "200");
    wire.feed(post(11, "/", ""));
    EXPECT_EQ(wire.held.size(), 3u);
}

TEST(Http2Session, HeadersOfAStreamThatIsOverEndTheConnection) {
    Wire answered;
    answered.begin();
    answered.feed(post(1, "/", "body"));
    answered.feed(request(1, "POST", "/"));
    EXPECT_EQ(answered.goaway(), kProtocol);
    EXPECT_EQ(answered.requests.size(), 1u);
    Wire given_up;
    given_up.begin();
    given_up.feed(request(1, "POST", "/", {}, false) +
                  frame(FrameType::kReset, 0, 1, be32(kCancel)));
    EXPECT_EQ(given_up.goaway(), std::nullopt);
    given_up.feed(request(1, "POST", "/"));
    EXPECT_EQ(given_up.goaway(), kProtocol);
}

TEST(Http2Session, AStreamBelowTheLastOneEndsTheConnection) {
    Wire wire;
    wire.begin();
    wire.feed(post(5, "/", "body"));
    wire.feed(request(3, "POST", "/"));
    EXPECT_EQ(wire.goaway(), kProtocol);
    EXPECT_EQ(wire.requests.size(), 1u);
}

TEST(Http2Session, WhatIsOnItsWayWhenTheServerEndsAStreamIsIgnored) {
    Limits limits;
    limits.streams_max = 1;
    Wire wire(limits);
    wire.holds = true;
    wire.begin();
    wire.feed(post(1, "/", ""));
    wire.feed(frame(FrameType::kReset, 0, 1, be32(kCancel)));
    wire.feed(request(3, "POST", "/", {}, false));
    ASSERT_EQ(wire.reset(3), kRefused);
    wire.feed(frame(FrameType::kData, 0, 3, "body") + frame(FrameType::kHeaders,
                                                            kEndHeaders | kEndStream, 3,
                                                            test::header_block({{"x-late", "1"}})));
    EXPECT_EQ(wire.goaway(), std::nullopt);
    wire.session->answer(*wire.held.front(), Response{});
    wire.feed(post(5, "/", ""));
    EXPECT_EQ(wire.held.size(), 2u);
}

TEST(Http2Session, APriorityOfNoStreamEndsTheConnection) {
    Wire wire;
    wire.begin();
    wire.feed(frame(FrameType::kPriority, 0, 0, be32(0) + '\1'));
    EXPECT_EQ(wire.goaway(), kProtocol);
}

struct Flood {
    const char* name;
    std::string (*one)(std::uint32_t i);
};
class Http2Floods : public ::testing::TestWithParam<Flood> {};

TEST_P(Http2Floods, EndTheConnection) {
    Wire wire;
    wire.begin();
    wire.feed(request(1, "POST", "/", {}, false));
    std::uint32_t sent = 0;
    while (!wire.closing() && sent < 20'000) {
        wire.feed(GetParam().one(sent++));
    }
    EXPECT_EQ(wire.goaway(), kCalm);
    EXPECT_LE(sent, 1200u);
    EXPECT_GE(sent, 100u);
    wire.take();
    EXPECT_TRUE(wire.closing());
}

TEST_P(Http2Floods, AreNoneWhenTheyAreSlow) {
    Wire wire;
    wire.begin();
    wire.feed(request(1, "POST", "/", {}, false));
    for (std::uint32_t sent = 0; sent < 3000; ++sent) {
        wire.context.now += Millis(20);
        wire.feed(GetParam().one(sent));
    }
    EXPECT_FALSE(wire.closing());
}

INSTANTIATE_TEST_SUITE_P(
    , Http2Floods,
    ::testing::Values(
        Flood{"Resets",
              [](std::uint32_t i) {
                  return post(3 + 2 * i, "/", "") +
                         frame(FrameType::kReset, 0, 3 + 2 * i, be32(kCancel));
              }},
        // What the client sends makes the server reset the stream, which is as good.
        Flood{"ResetsByTheServer",
              [](std::uint32_t i) {
                  return request(3 + 2 * i, "POST", "/", {{"content-length", "1"}});
              }},
        Flood{"Pings", [](std::uint32_t) { return frame(FrameType::kPing, 0, 0, "12345678"); }},
        Flood{"Settings", [](std::uint32_t i) { return test::settings(4, 1000 + i); }},
        Flood{"EmptyData", [](std::uint32_t) { return frame(FrameType::kData, 0, 1, ""); }},
        Flood{"Priorities",
              [](std::uint32_t i) {
                  return frame(FrameType::kPriority, 0, 3 + 2 * i, be32(0) + '\1');
              }}),
    [](const auto& one) { return one.param.name; });

TEST(Http2Session, EndlessHeadersEndTheConnection) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{10'000}}) {
        Wire wire;
        wire.begin();
        wire.feed(frame(FrameType::kHeaders, 0, 1,
                        test::header_block({{":method", "POST"}, {":path", "/"}})));
        const std::string more =
            size == 0 ? "" : test::header_block({{"x", std::string(size, 'x')}});
        std::size_t sent = 0;
        while (!wire.closing() && sent < 20'000) {
            wire.feed(frame(FrameType::kContinuation, 0, 1, more));
            ++sent;
        }
        EXPECT_TRUE(wire.goaway().has_value());
        EXPECT_LT(sent, 20'000u);
        EXPECT_LE(sent * size, std::size_t{256} << 10);
    }
}

TEST(Http2Session, HeadersThatExpandWithoutEndEndTheConnection) {
    Wire wire;
    wire.begin();
    // A long field enters the table of HPACK, and is named again by one byte each.
    std::string block =
        test::header_block({{":method", "POST"}, {":scheme", "http"}, {":path", "/"}});
    block += '\x40';
    block += '\x01';
    block += "x";
    block += '\x7f';
    block += static_cast<char>(0x80 + (3000 - 127) % 128);
    block += static_cast<char>((3000 - 127) / 128);
    block += std::string(3000, 'y');
    block += std::string(10'000, '\xbe');
    wire.feed(frame(FrameType::kHeaders, kEndHeaders | kEndStream, 1, block));
    EXPECT_EQ(wire.goaway(), kCalm);
}

TEST(Http2Session, WhatIsNoHttp2EndsIt) {
    Wire wire;
    wire.feed("POST / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(wire.closing());
    EXPECT_EQ(wire.goaway(), kProtocol);
    wire.feed("anything that may follow");
    EXPECT_TRUE(wire.requests.empty());
}

TEST(Http2Session, DrainingFinishesWhatWasBegun) {
    Wire wire;
    wire.holds = true;
    wire.begin();
    wire.feed(post(1, "/", "a"));
    wire.session->drain();
    wire.take();
    EXPECT_EQ(wire.goaway(), 0u);
    EXPECT_FALSE(wire.closing());
    wire.feed(post(3, "/", "late"));
    EXPECT_EQ(wire.held.size(), 1u);
    Response response;
    response.body = "done";
    wire.session->answer(*wire.held.at(0), std::move(response));
    wire.take();
    EXPECT_EQ(wire.body(1), "done");
    EXPECT_TRUE(wire.closing());
    EXPECT_FALSE(wire.session->should_linger());
}

TEST(Http2Session, DrainingAnIdleSessionEndsIt) {
    Wire wire;
    wire.begin();
    wire.session->drain();
    wire.take();
    EXPECT_EQ(wire.goaway(), 0u);
    EXPECT_TRUE(wire.closing());
}

TEST(Http2Session, ARequestThatDoesNotGetOnIsReset) {
    Limits limits;
    limits.body_timeout = Millis(1000);
    Wire wire(limits);
    wire.begin();
    wire.feed(request(1, "POST", "/", {}, false));
    wire.pass(Millis(900));
    EXPECT_EQ(wire.reset(1), std::nullopt);
    wire.pass(Millis(200));
    EXPECT_EQ(wire.reset(1), kCancel);
    wire.feed(post(3, "/", "next"));
    EXPECT_EQ(wire.body(3), "next");
}

TEST(Http2Session, AnAnswerThatIsNotTakenIsReset) {
    Limits limits;
    limits.write_timeout = Millis(1000);
    Wire wire(limits);
    wire.begin();
    wire.feed(post(1, "/", std::string(200'000, 'x')));
    wire.pass(Millis(900));
    wire.feed(window_update(1, 10) + window_update(0, 10));
    wire.pass(Millis(900));
    EXPECT_EQ(wire.reset(1), std::nullopt);
    wire.pass(Millis(200));
    EXPECT_EQ(wire.reset(1), kCancel);
    EXPECT_EQ(wire.session->phase(), Session::Phase::kIdle);
}

TEST(Http2Session, ASilentClientWithStreamsIsPinged) {
    Pieces wire;
    wire.pass(Millis(31'000));
    ASSERT_EQ(wire.of(FrameType::kPing, 0).size(), 1u);
    wire.feed(frame(FrameType::kPing, kAck, 0, std::string(8, '\0')));
    wire.pass(Millis(31'000));
    ASSERT_EQ(wire.of(FrameType::kPing, 0).size(), 2u);
    EXPECT_FALSE(wire.closing());
    wire.pass(Millis(61'000));
    EXPECT_TRUE(wire.closing());
}

TEST(Http2SessionPieces, LeaveOneByOneUntilTheEnd) {
    Pieces wire;
    EXPECT_EQ(wire.status(1), "200");
    EXPECT_EQ(wire.of(FrameType::kHeaders, 1).at(0).field("content-length"), "");
    EXPECT_TRUE(wire.give("one"));
    EXPECT_EQ(wire.body(1), "one");
    EXPECT_TRUE(wire.give("two"));
    EXPECT_EQ(wire.body(1), "onetwo");
    EXPECT_FALSE(wire.ended(1));
    EXPECT_TRUE(wire.give(""));
    EXPECT_TRUE(wire.ended(1));
    EXPECT_TRUE(wire.fate.destroyed);
    EXPECT_TRUE(wire.fate.stops.empty());
    EXPECT_EQ(wire.session->phase(), Session::Phase::kIdle);
}

// An answer of "01234" and so many bytes more.
Response sized(std::size_t more) {
    Response response;
    response.body = "01234";
    response.source_bytes = more;
    return response;
}

TEST(Http2SessionPieces, OfKnownLengthSaySo) {
    Pieces wire({}, sized(7));
    EXPECT_EQ(wire.of(FrameType::kHeaders, 1).at(0).field("content-length"), "12");
    EXPECT_EQ(wire.body(1), "01234");
    EXPECT_TRUE(wire.give("567"));
    EXPECT_TRUE(wire.give("89ab"));
    EXPECT_FALSE(wire.ended(1));
    EXPECT_TRUE(wire.give(""));
    EXPECT_TRUE(wire.ended(1));
    EXPECT_EQ(wire.body(1), "0123456789ab");
    EXPECT_EQ(wire.reset(1), std::nullopt);
}

TEST(Http2SessionPieces, OfKnownLengthCountAgainstTheBudget) {
    const Limits limits{.body_bytes_in_flight_max = 100'000};
    Pieces wire(limits, sized(60'000));
    EXPECT_EQ(wire.budget.used(), 60'005u);
    wire.feed(frame(FrameType::kReset, 0, 1, be32(kCancel)));
    EXPECT_EQ(wire.budget.used(), 0u);

    const Pieces refused(limits, sized(100'000));
    EXPECT_EQ(refused.status(1), "503");
    EXPECT_EQ(refused.body(1), "");
    EXPECT_TRUE(refused.ended(1));
    EXPECT_TRUE(refused.fate.destroyed);
    EXPECT_EQ(refused.budget.used(), 0u);
}

// What is still to come of an answer is in memory, in whatever form: as what waits to be sent.
TEST(Http2SessionPieces, OfKnownLengthHoldBackTheNextRequestsUntilFewAreLeft) {
    constexpr std::size_t kMax = Http2Session::kUnsentMax;
    for (const bool resets : {false, true}) {
        Pieces wire({}, sized(kMax + 10));
        wire.feed(post(3, "/", ""));
        EXPECT_EQ(wire.held.size(), 1u);
        if (resets) {
            wire.feed(frame(FrameType::kReset, 0, 1, be32(kCancel)));
        } else {
            EXPECT_TRUE(wire.give(std::string(10, 'x')));
            wire.run();
            EXPECT_EQ(wire.held.size(), 1u);
            EXPECT_TRUE(wire.give("x"));
            wire.run();
        }
        EXPECT_EQ(wire.held.size(), 2u);
        wire.session->abandon();
    }
}

TEST(Http2SessionPieces, AreNotAskedForBeforeTheLastOneIsTaken) {
    Pieces wire;
    EXPECT_TRUE(wire.give(std::string(100'000, 'x')));
    EXPECT_EQ(wire.body(1).size(), kWindow);
    EXPECT_FALSE(wire.give("more"));
    wire.feed(window_update(1, 1'000'000) + window_update(0, 1'000'000));
    EXPECT_TRUE(wire.give("more"));
    EXPECT_EQ(wire.body(1).size(), 100'004u);
}

TEST(Http2SessionPieces, LetOtherRequestsPass) {
    Pieces wire;
    wire.holds = false;
    wire.feed(post(3, "/", "meanwhile"));
    EXPECT_EQ(wire.body(3), "meanwhile");
}

TEST(Http2SessionPieces, EndWhenTheClientGivesThemUp) {
    Pieces wire;
    wire.feed(frame(FrameType::kReset, 0, 1, be32(kCancel)));
    EXPECT_TRUE(wire.fate.destroyed);

    Pieces running;
    Exchange* exchange = running.session->wants_piece();
    running.feed(frame(FrameType::kReset, 0, 1, be32(kCancel)));
    EXPECT_FALSE(running.fate.destroyed);
    EXPECT_EQ(running.fate.stops, std::vector{Source::Stop::kClientGone});
    running.session->piece(*exchange, "too late");
    EXPECT_TRUE(running.fate.destroyed);
}

TEST(Http2SessionPieces, EndWithAnErrorWhenTheSourceFails) {
    Pieces wire;
    EXPECT_TRUE(wire.give("half"));
    wire.session->fail(*wire.session->wants_piece());
    wire.take();
    EXPECT_FALSE(wire.ended(1));
    EXPECT_EQ(wire.reset(1), kInternal);
    EXPECT_TRUE(wire.fate.destroyed);
}

TEST(Http2SessionPieces, AreToldWhenTheServerDrains) {
    Pieces wire;
    wire.session->drain();
    EXPECT_EQ(wire.fate.stops, std::vector{Source::Stop::kDraining});
    EXPECT_TRUE(wire.give("bye"));
    EXPECT_TRUE(wire.give(""));
    EXPECT_TRUE(wire.closing());
}

TEST(Http2SessionPieces, AreDroppedWhenTheClientIsGone) {
    Pieces wire;
    wire.session->abandon();
    EXPECT_TRUE(wire.fate.destroyed);

    Pieces running;
    EXPECT_NE(running.session->wants_piece(), nullptr);
    running.session->abandon();
    EXPECT_FALSE(running.fate.destroyed);
    EXPECT_EQ(running.fate.stops, std::vector{Source::Stop::kClientGone});
}

TEST(Http2SessionPieces, TakeTurns) {
    Wire wire;
    wire.holds = true;
    wire.begin();
    Fate fates[3];
    for (std::uint32_t i = 0; i < 3; ++i) {
        wire.feed(post(1 + 2 * i, "/", ""));
        Response response;
        response.source = std::make_unique<TestSource>(fates[i]);
        wire.session->answer(*wire.held.at(i), std::move(response));
    }
    wire.take();
    for (int i = 0; i < 6; ++i) {
        wire.session->piece(*wire.session->wants_piece(), "p");
        wire.take();
    }
    EXPECT_EQ(wire.body(1), "pp");
    EXPECT_EQ(wire.body(3), "pp");
    EXPECT_EQ(wire.body(5), "pp");
    wire.session->abandon();
}

}  // namespace
}  // namespace millrace::wire
