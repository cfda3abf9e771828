#include "wire/http1_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "support/http2_peer.h"

namespace millrace::wire {
namespace {

constexpr std::string_view kDate = "Tue, 15 Nov 1994 08:12:31 GMT";

// A session, what came out of it, and a handler that echoes the body.
struct Wire {
    explicit Wire(Limits the_limits = {}) : limits(the_limits) {}

    Limits limits;
    ByteBudget budget{limits.body_bytes_in_flight_max};
    SessionContext context{limits, budget, std::string(kDate), {}};
    Http1Session session{context};
    std::string sent;
    std::vector<std::string> requests;  // "METHOD TARGET BODY"
    std::vector<Header> headers;        // of the last one; views die with it
    std::string last_headers;

    void feed(std::string_view bytes, std::size_t piece = std::string_view::npos) {
        run();
        while (!bytes.empty()) {
            const std::span<char> room = session.room();
            const std::size_t n = std::min({bytes.size(), room.size(), piece});
            std::memcpy(room.data(), bytes.data(), n);
            session.received(n);
            bytes.remove_prefix(n);
            run();
        }
    }
    void run() {
        while (Exchange* exchange = session.next()) {
            const Request* request = &exchange->request;
            take();
            requests.push_back(std::string(request->method) + " " + std::string(request->target) +
                               " " + std::string(request->body));
            last_headers.clear();
            for (const Header& header : request->headers) {
                last_headers.append(header.name).append("=").append(header.value).append(";");
            }
            Response response;
            response.body = std::string(request->body);
            session.answer(*exchange, std::move(response));
        }
        take();
    }
    void take() {
        Output output;
        session.take_output(output);
        sent += output.head + output.body;
    }
};

std::string answer(std::string_view status, std::string_view fields, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) + "\r\nDate: " + std::string(kDate) + "\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
}
std::string ok(std::string_view body) {
    return answer("200 OK", "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}

TEST(Http1Session, AnswersARequestAndKeepsTheConnection) {
    Wire wire;
    wire.feed("POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-A: b c \r\n\r\nhello");
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST /x?y hello"}));
    EXPECT_EQ(wire.last_headers, "Host=a;Content-Length=5;X-A=b c;");
    EXPECT_EQ(wire.sent, ok("hello"));
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kIdle);
}

TEST(Http1Session, FindsHeadersWithoutRegardToCase) {
    const std::vector<Header> headers = {{"Content-TYPE", "x"}, {"content-type", "y"}};
    const Request request{"POST", "/", headers, ""};
    EXPECT_EQ(request.header("Content-Type"), "x");
    EXPECT_EQ(request.header("Accept").data(), nullptr);
}

TEST(Http1Session, TakesARequestByteByByte) {
    Wire wire;
    wire.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\n\r\n",
              1);
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST / hello", "GET /2 "}));
    EXPECT_EQ(wire.sent, ok("hello") + ok(""));
}

TEST(Http1Session, AnswersPipelinedRequestsInOrder) {
    Wire wire;
    std::string input;
    std::string expected;
    for (int i = 0; i < 500; ++i) {
        const std::string body = std::to_string(i);
        input +=
            "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        expected += ok(body);
    }
    wire.feed(input);
    EXPECT_EQ(wire.sent, expected);
}

TEST(Http1Session, GathersPipelinedAnswersInOneOutput) {
    Wire wire;
    const std::string two = "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    const std::span<char> room = wire.session.room();
    std::memcpy(room.data(), two.data(), two.size());
    wire.session.received(two.size());
    while (Exchange* exchange = wire.session.next()) {
        wire.session.answer(*exchange, Response{});
    }
    Output output;
    wire.session.take_output(output);
    EXPECT_EQ(output.head, ok("") + ok(""));
}

TEST(Http1Session, JoinsChunks) {
    Wire wire;
    wire.feed(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n"
        "0\r\nTrailer: z\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST / hello world", "GET /2 "}));
    EXPECT_EQ(wire.budget.used(), 0U);
}

TEST(Http1Session, AnEmptyChunkedBodyMayComeByteByByte) {
    Wire wire;
    wire.feed(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", 1);
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST / ", "GET /2 "}));
}

TEST(Http1Session, ReadsALargeBodyIntoPlaceAndLetsItGo) {
    Wire wire;
    const std::string body(3 << 20, 'b');
    wire.feed("POST /large HTTP/1.1\r\nX: y\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body + "GET /2 HTTP/1.1\r\n\r\n");
    ASSERT_EQ(wire.requests.size(), 2U);
    EXPECT_EQ(wire.requests[0], "POST /large " + body);
    EXPECT_EQ(wire.sent, ok(body) + ok(""));
    EXPECT_EQ(wire.budget.used(), 0U);
}

TEST(Http1Session, AnswersHeadWithTheLengthButNoBody) {
    Wire wire;
    wire.feed("HEAD / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(wire.sent, answer("200 OK", "Content-Length: 3\r\n", ""));
}

TEST(Http1Session, ClosesAfterTheAnswerWhenAsked) {
    Wire wire;
    wire.feed("GET /1 HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"GET /1 "}));
    EXPECT_EQ(wire.sent, answer("200 OK", "Connection: close\r\nContent-Length: 0\r\n", ""));
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kClosing);
    EXPECT_TRUE(wire.session.should_linger());
}

TEST(Http1Session, ClosesAfterHttp10UnlessKeptAlive) {
    Wire plain;
    plain.feed("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(plain.session.phase(), Http1Session::Phase::kClosing);
    EXPECT_FALSE(plain.session.should_linger());
    Wire kept;
    kept.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(kept.sent, answer("200 OK", "Connection: keep-alive\r\nContent-Length: 0\r\n", ""));
    EXPECT_EQ(kept.session.phase(), Http1Session::Phase::kIdle);
}

TEST(Http1Session, CloseSoonMakesTheDueAnswerTheLast) {
    Wire wire;
    wire.session.drain();
    wire.feed("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kClosing);
    EXPECT_NE(wire.sent.find("Connection: close"), std::string::npos);
}

TEST(Http1Session, InvitesAnExpectedBody) {
    Wire wire;
    wire.feed("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(wire.sent, "HTTP/1.1 100 Continue\r\n\r\n");
    wire.feed("ab");
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"POST / ab"}));
    EXPECT_EQ(wire.sent, "HTTP/1.1 100 Continue\r\n\r\n" + ok("ab"));
}

TEST(Http1Session, DoesNotInviteABodyThatIsAlreadyThere) {
    Wire wire;
    wire.feed("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab");
    EXPECT_EQ(wire.sent, ok("ab"));
}

TEST(Http1Session, SkipsLineBreaksBetweenRequests) {
    Wire wire;
    wire.feed("\r\n\r\nGET /1 HTTP/1.1\r\n\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", 1);
    EXPECT_EQ(wire.requests, (std::vector<std::string>{"GET /1 ", "GET /2 "}));
}

struct Refused {
    std::string_view name;
    std::string input;
    std::string_view status;
};
class Refusal : public testing::TestWithParam<Refused> {};

TEST_P(Refusal, IsAnsweredOnceAndEndsTheSession) {
    const Refused& refused = GetParam();
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
        Wire wire;
        wire.feed(refused.input + "GET /next HTTP/1.1\r\n\r\n", piece);
        EXPECT_TRUE(wire.requests.empty());
        EXPECT_EQ(wire.sent,
                  answer(refused.status, "Connection: close\r\nContent-Length: 0\r\n", ""));
        EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kClosing);
        EXPECT_TRUE(wire.session.should_linger());
        EXPECT_EQ(wire.budget.used(), 0U);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Http1Session, Refusal,
    testing::Values(
        Refused{"NotHttp", "\x16\x03\x01 hello\r\n\r\n", "400 Bad Request"},
        Refused{"NoVersion", "GET /\r\n\r\n", "400 Bad Request"},
        Refused{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 Bad Request"},
        Refused{"BadLength", "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", "400 Bad Request"},
        Refused{"NegativeLength", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                "400 Bad Request"},
        Refused{"TwoLengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "400 Bad Request"},
        Refused{"LengthAndChunks",
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "400 Bad Request"},
        Refused{"BadChunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "400 Bad Request"},
        Refused{"FoldedHeader", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "400 Bad Request"},
        Refused{"NameWithBlank", "GET / HTTP/1.1\r\nA b: c\r\n\r\n", "400 Bad Request"},
        Refused{"UnknownCoding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                "501 Not Implemented"},
        Refused{"CodingWithoutChunks", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
                "501 Not Implemented"},
        Refused{"UnknownExpectation", "GET / HTTP/1.1\r\nExpect: tea\r\n\r\n",
                "417 Expectation Failed"},
        Refused{"HeaderTooLarge", "GET / HTTP/1.1\r\nA: " + std::string(64 << 10, 'a') + "\r\n\r\n",
                "431 Request Header Fields Too Large"},
        Refused{"TargetTooLarge", "GET /" + std::string(70 << 10, 'a') + " HTTP/1.1\r\n\r\n",
                "431 Request Header Fields Too Large"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(Http1Session, AcceptsAHeaderOfExactlyTheLimit) {
    std::string input = "GET / HTTP/1.1\r\nA: ";
    input.append((64 << 10) - input.size() - 4, 'a').append("\r\n\r\n");
    for (const std::size_t piece : {std::string::npos, std::size_t{1000}}) {
        Wire wire;
        wire.feed(input, piece);
        EXPECT_EQ(wire.requests.size(), 1U);
    }
}

TEST(Http1Session, RefusesABodyBeyondTheLimitAsTheServiceDoes) {
    const std::string expected =
        "HTTP/1.1 413 Payload Too Large\r\nDate: " + std::string(kDate) +
        "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    Wire declared;
    declared.feed("POST / HTTP/1.1\r\nContent-Length: 16777217\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(declared.sent, expected);
    Wire chunked({.body_bytes_max = 100});
    chunked.feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" +
                 std::string(64, 'a') + "\r\n40\r\n");
    EXPECT_EQ(chunked.sent, expected);
    Wire largest({.body_bytes_max = 100});
    largest.feed("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'a'));
    EXPECT_EQ(largest.requests.size(), 1U);
}

TEST(Http1Session, RefusesBodiesBeyondTheSharedBudget) {
    Wire wire({.body_bytes_in_flight_max = 100'000});
    const BudgetShare other(wire.budget);
    ASSERT_TRUE(wire.budget.take(60'000));
    const std::string head = "POST / HTTP/1.1\r\nContent-Length: 50000\r\n\r\n";
    wire.feed(head);
    EXPECT_EQ(wire.sent.substr(0, 33), "HTTP/1.1 503 Service Unavailable\r");
    EXPECT_EQ(wire.budget.used(), 60'000U);
    wire.budget.give(60'000);
}

TEST(Http1Session, LargeAnswersCountAgainstTheSharedBudgetUntilTheyAreSent) {
    Wire wire({.body_bytes_in_flight_max = 100'000});
    Http1Session other(wire.context);
    Output sent;
    const auto ask = [](Http1Session& session, std::size_t bytes, Output& taken) {
        constexpr std::string_view kAsk = "GET / HTTP/1.1\r\n\r\n";
        std::memcpy(session.room().data(), kAsk.data(), kAsk.size());
        session.received(kAsk.size());
        Exchange* const exchange = session.next();
        ASSERT_NE(exchange, nullptr);
        Response response;
        response.body = std::string(bytes, 'x');
        session.answer(*exchange, std::move(response));
        session.take_output(taken);
    };
    ask(wire.session, 60'000, sent);
    EXPECT_EQ(sent.body.size(), 60'000U);
    EXPECT_EQ(wire.budget.used(), 60'000U);
    Output refused;
    ask(other, 60'000, refused);
    EXPECT_EQ(refused.head.substr(0, 12), "HTTP/1.1 503");
    EXPECT_TRUE(refused.body.empty());
    ask(other, 10'000, refused);
    EXPECT_EQ(refused.head.substr(0, 12), "HTTP/1.1 200") << "small ones are always given";
    EXPECT_EQ(wire.budget.used(), 60'000U);
    sent.clear();
    EXPECT_EQ(wire.budget.used(), 0U);
    ask(other, 60'000, refused);
    EXPECT_EQ(refused.body.size(), 60'000U);
}

TEST(Http1Session, RefusesEndlessChunkExtensions) {
    Wire wire;
    wire.feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
              std::string(80 << 10, 'x'));
    EXPECT_EQ(wire.sent.substr(0, 12), "HTTP/1.1 431");
}

TEST(Http1Session, DropsWhatComesAfterTheEnd) {
    Wire wire;
    wire.feed("nonsense\r\n\r\n");
    const std::string sent = wire.sent;
    wire.feed(std::string(1 << 20, 'x'));
    EXPECT_EQ(wire.sent, sent);
    EXPECT_EQ(wire.budget.used(), 0U);
}

TEST(Http1Session, CuttingDoesNotChangeWhatComesOut) {
    const std::string input =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6000\r\n\r\n" + std::string(6000, 'a') +
        "\r\nPOST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1770\r\n" +
        std::string(6000, 'b') +
        "\r\n3\r\nccc\r\n0\r\n\r\nHEAD /c HTTP/1.1\r\nX: " + std::string(5000, 'h') +
        "\r\n\r\nGET /d HTTP/1.0\r\n\r\n";
    Wire whole;
    whole.feed(input);
    ASSERT_EQ(whole.requests.size(), 4U);
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        Wire cut;
        std::string_view rest = input;
        while (!rest.empty()) {
            const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random() % 3000);
            cut.feed(rest.substr(0, n));
            rest.remove_prefix(n);
        }
        ASSERT_EQ(cut.requests, whole.requests);
        ASSERT_EQ(cut.sent, whole.sent);
    }
}

// Where a head is cut decides who reads it: it is plain, or Beast's.
TEST(Http1Session, APlainHeadMayBeCutAnywhere) {
    const std::string input =
        "POST /a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody"
        "GET /b?c HTTP/1.1\r\nX-Empty:\r\nConnection: close\r\n\r\n";
    Wire whole;
    whole.feed(input);
    EXPECT_EQ(whole.requests, (std::vector<std::string>{"POST /a body", "GET /b?c "}));
    EXPECT_EQ(whole.sent,
              ok("body") + answer("200 OK", "Connection: close\r\nContent-Length: 0\r\n", ""));
    for (std::size_t first = 1; first < input.size(); ++first) {
        for (std::size_t second = first; second < input.size(); ++second) {
            Wire cut;
            cut.feed(std::string_view(input).substr(0, first));
            cut.feed(std::string_view(input).substr(first, second - first));
            cut.feed(std::string_view(input).substr(second));
            ASSERT_EQ(cut.requests, whole.requests) << first << " " << second;
            ASSERT_EQ(cut.sent, whole.sent) << first << " " << second;
            ASSERT_EQ(cut.last_headers, whole.last_headers);
        }
    }
}

class NoSource final : public Source {
public:
    Task<std::string> next() override { co_return ""; }
    void stop(Stop) override {}
};

// A session that was asked once and is about to answer in pieces.
struct Pieces : Wire {
    explicit Pieces(std::string_view head, Response response = {}, Limits the_limits = {})
        : Wire(the_limits) {
        const std::span<char> room = session.room();
        std::memcpy(room.data(), head.data(), head.size());
        session.received(head.size());
        Exchange* exchange = session.next();
        response.source = std::make_unique<NoSource>();
        session.answer(*exchange, std::move(response));
        EXPECT_NE(exchange->source, nullptr);
        take();
    }
    void piece(std::string bytes) {
        Exchange* exchange = session.wants_piece();
        session.piece(*exchange, std::move(bytes));
    }
    void end_pieces() { piece(""); }
    std::string taken() {
        sent.clear();
        take();
        return sent;
    }
};

TEST(Http1SessionPieces, LeaveAsChunksAndTheConnectionIsKept) {
    Pieces wire("POST / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(wire.sent, answer("200 OK", "Transfer-Encoding: chunked\r\n", ""));
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kPieces);
    EXPECT_TRUE(wire.session.should_watch());
    wire.piece("0123456789abcdef");
    EXPECT_EQ(wire.taken(), "10\r\n0123456789abcdef\r\n");
    const std::string large(100'000, 'x');
    wire.piece(large);
    EXPECT_TRUE(wire.session.output_full());
    EXPECT_EQ(wire.taken(), "186a0\r\n" + large + "\r\n");
    wire.end_pieces();
    EXPECT_EQ(wire.taken(), "0\r\n\r\n");
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kIdle);
    wire.sent.clear();
    wire.feed("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(wire.sent, ok("hi"));
}

// An answer of "01234" and so many bytes more.
Response sized(std::size_t more) {
    Response response;
    response.body = "01234";
    response.source_bytes = more;
    return response;
}

TEST(Http1SessionPieces, OfKnownLengthLeaveAsTheyAreBehindIt) {
    for (const std::string_view head :
         {"POST / HTTP/1.1\r\n\r\n", "POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
        Pieces wire(head, sized(50'003));
        const bool http11 = head.find("1.1") != std::string_view::npos;
        const std::string kept = http11 ? "" : "Connection: keep-alive\r\n";
        EXPECT_EQ(wire.sent, answer("200 OK", kept + "Content-Length: 50008\r\n", "01234"));
        EXPECT_FALSE(wire.session.should_watch());
        const std::string large(50'000, 'x');
        wire.piece(large);
        EXPECT_EQ(wire.taken(), large);
        wire.piece("end");
        wire.end_pieces();
        EXPECT_EQ(wire.taken(), "end");
        EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kIdle);
    }
}

TEST(Http1SessionPieces, OfKnownLengthCountAgainstTheBudgetUntilTheLastIsSent) {
    const Limits limits{.body_bytes_in_flight_max = 100'000};
    constexpr std::string_view kAsk = "POST / HTTP/1.1\r\n\r\n";
    {
        Pieces wire(kAsk, sized(60'000), limits);
        EXPECT_EQ(wire.budget.used(), 60'005U);
        wire.piece(std::string(60'000, 'x'));
        wire.take();
        EXPECT_EQ(wire.budget.used(), 60'005U);
        wire.end_pieces();
        EXPECT_EQ(wire.budget.used(), 0U);
    }
    {
        Pieces wire(kAsk, sized(60'000), limits);
        wire.session.fail(*wire.session.wants_piece());
        EXPECT_EQ(wire.budget.used(), 0U);
    }
    Wire wire(limits);
    std::memcpy(wire.session.room().data(), kAsk.data(), kAsk.size());
    wire.session.received(kAsk.size());
    Response response = sized(100'000);
    response.source = std::make_unique<NoSource>();
    Exchange* const exchange = wire.session.next();
    wire.session.answer(*exchange, std::move(response));
    wire.take();
    EXPECT_EQ(wire.sent, answer("503 Service Unavailable", "Content-Length: 0\r\n", ""));
    EXPECT_EQ(exchange->source, nullptr);
    EXPECT_EQ(wire.budget.used(), 0U);
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kIdle);
}

TEST(Http1SessionPieces, EndWithTheConnectionForHttp10) {
    Pieces wire("POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(wire.sent, answer("200 OK", "Connection: close\r\n", ""));
    wire.piece("plain");
    wire.end_pieces();
    EXPECT_EQ(wire.taken(), "plain");
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kClosing);
}

TEST(Http1SessionPieces, EndWithTheConnectionWhenAskedToCloseMeanwhile) {
    Pieces wire("POST / HTTP/1.1\r\n\r\n");
    wire.session.drain();
    wire.piece("last");
    wire.end_pieces();
    EXPECT_EQ(wire.taken(), "4\r\nlast\r\n0\r\n\r\n");
    EXPECT_EQ(wire.session.phase(), Http1Session::Phase::kClosing);
}

TEST(Http1SessionPieces, KeepWhatTheClientSendsEarlyUntilTheyEnd) {
    Pieces wire("POST / HTTP/1.1\r\n\r\n");
    const std::string early = "POST /early HTTP/1.1\r\nContent-Length: 9000\r\n\r\n";
    const std::string body(9000, 'b');
    std::string_view rest = body;
    const std::span<char> room = wire.session.room();
    std::memcpy(room.data(), early.data(), early.size());
    wire.session.received(early.size());
    // There is an end to what is kept.
    while (!wire.session.room().empty()) {
        const std::span<char> more = wire.session.room();
        ASSERT_LE(more.size(), rest.size());
        std::memcpy(more.data(), rest.data(), more.size());
        wire.session.received(more.size());
        rest.remove_prefix(more.size());
    }
    EXPECT_EQ(wire.session.next(), nullptr);
    wire.end_pieces();
    wire.taken();
    wire.feed(rest);
    EXPECT_EQ(wire.requests, std::vector<std::string>{"POST /early " + body});
}

// What a client sends to go on in HTTP/2; its settings are { INITIAL_WINDOW_SIZE: 4096 }.
constexpr std::string_view kUpgrade =
    "POST /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    "HTTP2-Settings: AAQAABAA\r\nContent-Length: 5\r\n\r\nhello";

struct Upgrade : Wire {
    explicit Upgrade(std::string_view bytes) {
        const std::span<char> room = session.room();
        std::memcpy(room.data(), bytes.data(), bytes.size());
        session.received(bytes.size());
        asked = session.next();
        successor = session.successor();
    }
    Exchange* asked = nullptr;
    std::unique_ptr<Session> successor;
};

TEST(Http1SessionUpgrade, TheRequestGoesOnInHttp2) {
    Upgrade wire(std::string(kUpgrade) + test::preface() + test::post(3, "/next", "there"));
    ASSERT_NE(wire.successor, nullptr);
    std::string bodies;
    while (Exchange* exchange = wire.successor->next()) {
        EXPECT_EQ(exchange->request.method, "POST");
        EXPECT_NE(exchange->request.header("host").data(), nullptr);
        bodies.append(exchange->request.target).append(exchange->request.body);
        Response response;
        response.body = std::string(10'000, 'x');
        wire.successor->answer(*exchange, std::move(response));
    }
    EXPECT_EQ(bodies, "/xhello/nextthere");
    EXPECT_TRUE(wire.successor->has_output());
    Output output;
    wire.successor->take_output(output);
    constexpr std::string_view kSwitch =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    ASSERT_TRUE(output.head.starts_with(kSwitch)) << output.head;
    std::size_t sent = 0;
    test::FrameReader reader;
    for (const test::Frame& frame : reader.feed(output.head.substr(kSwitch.size()))) {
        if (frame.stream == 1 && frame.type == test::FrameType::kData) {
            sent += frame.payload.size();
        }
    }
    EXPECT_EQ(sent, 4096u);  // the window its settings gave
}

TEST(Http1SessionUpgrade, IsNotTakenForWhatItIsNot) {
    const std::string good(kUpgrade);
    const auto with = [&good](std::string_view what, std::string_view instead) {
        return std::string(good).replace(good.find(what), what.size(), instead);
    };
    for (const std::string& bytes :
         {with("Upgrade: h2c", "Upgrade: websocket"), with("Upgrade: h2c", "X: h2c"),
          with("HTTP2-Settings: A", "X: A"), with("AAQAABAA", "AAQAAB"), with("AAQAABAA", "!"),
          with("HTTP/1.1", "HTTP/1.0")}) {
        Upgrade wire(bytes);
        ASSERT_NE(wire.asked, nullptr) << bytes;
        EXPECT_EQ(wire.successor, nullptr) << bytes;
        EXPECT_EQ(wire.asked->request.body, "hello");
    }
}

}  // namespace
}  // namespace millrace::wire
