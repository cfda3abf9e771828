#include "wire/plain_head.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "wire/http1_parser.h"

namespace millrace::wire {
namespace {

constexpr std::size_t kBodyBytesMax = 1000;

// What a reader made of some bytes.
struct Reading {
    std::size_t bytes = 0;  // of the head; 0: refused, or not whole
    std::string request;
    Http1Head head;
};

std::string told(const Request& request) {
    std::string text = std::string(request.method) + " " + std::string(request.target) + "\n";
    for (const Header& header : request.headers) {
        text.append(header.name).append("=").append(header.value).append("\n");
    }
    return text;
}

Reading read_plain(std::string_view bytes) {
    Reading reading;
    Request request;
    reading.bytes = read_plain_head(bytes, kBodyBytesMax, request, reading.head);
    reading.request = told(request);
    return reading;
}

Reading read_by_beast(std::string_view bytes) {
    Reading reading;
    Request request;
    ByteBudget budget(0);
    BudgetShare share(budget);
    std::string body;
    Http1Parser parser(request, body, share);
    parser.body_limit(kBodyBytesMax);
    Http1Parser::ErrorCode ec;
    const std::size_t used = parser.feed(bytes, ec);
    if (!ec && parser.is_header_done() && !parser.unknown_coding() &&
        !parser.unknown_expectation()) {
        reading.bytes = used;
        reading.head = parser.head();
        reading.request = told(request);
    }
    return reading;
}

bool same(const Http1Head& a, const Http1Head& b) {
    return a.http11 == b.http11 && a.keep_alive == b.keep_alive && a.chunked == b.chunked &&
           a.expects_continue == b.expects_continue && a.offers_upgrade == b.offers_upgrade &&
           a.body_length == b.body_length;
}

// Whether it was plain; then Beast must have read the same.
bool plain(std::string_view bytes) {
    // A copy of its own, so that a sanitizer sees what lies beyond it.
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const std::string_view copy(exact.data(), exact.size());
    const Reading ours = read_plain(copy);
    if (ours.bytes == 0) {
        EXPECT_EQ(ours.request, " \n") << bytes;
        EXPECT_TRUE(same(ours.head, {})) << bytes;
        return false;
    }
    const Reading beast = read_by_beast(copy);
    EXPECT_EQ(ours.bytes, beast.bytes) << bytes;
    EXPECT_EQ(ours.request, beast.request) << bytes;
    EXPECT_TRUE(same(ours.head, beast.head)) << bytes;
    return true;
}

constexpr std::string_view kPutRecord =
    "POST / HTTP/1.1\r\nHost: kinesis.us-east-1.amazonaws.com:4567\r\n"
    "X-Amz-Target: Kinesis_20131202.PutRecord\r\nContent-Type: application/x-amz-json-1.1\r\n"
    "User-Agent: Boto3/1.34 md/Botocore#1.34 ua/2.0 os/linux#6.1\r\nX-Amz-Date: "
    "20260101T000000Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/kinesis/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=00ff\r\n"
    "amz-sdk-invocation-id: 0e5a\r\nConnection: keep-alive\r\nContent-Length: 17\r\n\r\n";

TEST(PlainHead, ReadsWhatSdksSend) {
    const std::string body = "{\"more\":\"behind\"}";
    const Reading reading = read_plain(std::string(kPutRecord) + body);
    EXPECT_EQ(reading.bytes, kPutRecord.size());
    EXPECT_EQ(reading.head.body_length, body.size());
    EXPECT_TRUE(reading.head.keep_alive);
    EXPECT_TRUE(reading.request.starts_with("POST /\nHost=kinesis.us-east-1.amazonaws.com:4567\n"));
    EXPECT_TRUE(plain(kPutRecord));
    EXPECT_TRUE(plain("GET /health?a=%20&b HTTP/1.1\r\n\r\n"));
    EXPECT_TRUE(plain("POST / HTTP/1.1\r\nA:\r\nB:    b  \r\nC:c\r\nCONNECTION: Close\r\n\r\n"));
}

TEST(PlainHead, IsNoneUntilItIsWhole) {
    for (std::size_t cut = 0; cut < kPutRecord.size(); ++cut) {
        EXPECT_FALSE(plain(kPutRecord.substr(0, cut)));
    }
}

TEST(PlainHead, LeavesToBeastWhatTakesThought) {
    for (const std::string_view line : {"Transfer-Encoding: chunked",
                                        "Expect: 100-continue",
                                        "Upgrade: h2c",
                                        "Connection: upgrade",
                                        "Connection: keep-alive, close",
                                        "Proxy-Connection: close",
                                        "Content-Length: 5\r\nContent-Length: 5",
                                        "Content-Length: 5, 5",
                                        "Content-Length: +5",
                                        "Content-Length: ",
                                        "Content-Length: 1001",
                                        "Content-Length: 99999999999999999999",
                                        "A: folded\r\n value",
                                        "A : b",
                                        "A",
                                        ": b",
                                        "A: b\n",
                                        "A: b\r",
                                        "A: \tb",
                                        "A: b\x7f",
                                        "A: caf\xc3\xa9",
                                        "A_b: c",
                                        " A: b"}) {
        EXPECT_FALSE(plain("POST / HTTP/1.1\r\n" + std::string(line) + "\r\n\r\n")) << line;
    }
    for (const std::string_view line :
         {"POST / HTTP/1.0", "POST / HTTP/2.0", "POST  / HTTP/1.1", "POST /", "POST /\xc3 HTTP/1.1",
          " POST / HTTP/1.1", "POST / HTTP/1.1 ", "POST / http/1.1", "/ HTTP/1.1"}) {
        EXPECT_FALSE(plain(std::string(line) + "\r\n\r\n")) << line;
    }
}

// Any byte in any place, and heads put together at random: what is plain to us is the same to
// Beast.
TEST(PlainHead, IsWhatBeastReads) {
    for (std::size_t at = 0; at < kPutRecord.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed(kPutRecord);
            changed[at] = static_cast<char>(byte);
            plain(changed);
        }
    }
    constexpr std::string_view kParts[] = {"POST / HTTP/1.1\r\n",
                                           "GET /a?b HTTP/1.1\r\n",
                                           "HEAD * HTTP/1.0\r\n",
                                           "\r\n",
                                           "\r",
                                           "\n",
                                           "\r\n\r\n",
                                           " ",
                                           "\t",
                                           ":",
                                           "A: b\r\n",
                                           "a:b\r\n",
                                           "Connection: close\r\n",
                                           "Connection: keep-alive\r\n",
                                           "Connection:",
                                           "connection: Keep-Alive, close\r\n",
                                           "Content-Length: 12\r\n",
                                           "content-length: 012\r\n",
                                           "Content-Length:",
                                           "1001",
                                           "-1",
                                           "x",
                                           "Transfer-Encoding: chunked\r\n",
                                           "Expect: 100-continue\r\n",
                                           "Upgrade: h2c\r\n",
                                           "Proxy-Connection: close\r\n",
                                           "X-Amz-Date: 20260101T000000Z  \r\n",
                                           "~^",
                                           "\x80",
                                           "close"};
    std::mt19937 random(1);
    int plain_ones = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string head(kParts[random() % 8 == 0 ? random() % std::size(kParts) : random() % 2]);
        for (std::size_t parts = random() % 6; parts > 0; --parts) {
            head += kParts[random() % std::size(kParts)];
        }
        plain_ones += plain(head + "\r\n") ? 1 : 0;
    }
    EXPECT_GT(plain_ones, 1000);
}

}  // namespace
}  // namespace millrace::wire
