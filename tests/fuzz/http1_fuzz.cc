// Bytes into an HTTP/1.1 session. How they are cut changes neither the requests that come out nor
// what is answered, only how early a broken head that is not complete is refused, and whether as
// broken or as too large; the buffer stays bounded; and the shared budget is given back. Byte by
// byte it is Beast that reads every head, at once the plain heads are read by read_plain_head(): so
// this holds the two against each other as well.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "wire/http1_session.h"

namespace {

using namespace millrace::wire;

void fail_unless(bool holds) {
    if (!holds)
        std::abort();
}

constexpr Limits kLimits{
    .header_bytes_max = 512, .body_bytes_max = 20'000, .body_bytes_in_flight_max = 40'000};
// A head and the largest body, and what reading in pieces may add.
constexpr std::size_t kRoomMax = 2 * kLimits.header_bytes_max + kLimits.body_bytes_max + (64 << 10);

struct Outcome {
    std::vector<std::string> requests;
    std::string sent;
    bool closing = false;
};

std::string told(const Request& request) {
    std::string text = std::string(request.method) + " " + std::string(request.target) + "\n";
    for (const Header& header : request.headers)
        text.append(header.name).append("=").append(header.value).append("\n");
    return text.append("\n").append(request.body);
}

void take(Http1Session& session, Outcome& outcome) {
    Output output;
    session.take_output(output);
    outcome.sent += output.head + output.body;
}

void answer_all(Http1Session& session, Outcome& outcome) {
    while (Exchange* exchange = session.next()) {
        const Request* request = &exchange->request;
        take(session, outcome);
        outcome.requests.push_back(told(*request));
        Response response;
        response.status = request->target.size() % 3 == 0 ? 404 : 200;
        response.headers.add("X-Length", std::to_string(request->body.size()));
        response.body = std::string(request->body);
        session.answer(*exchange, std::move(response));
    }
    take(session, outcome);
}

Outcome feed(std::string_view bytes, const std::function<std::size_t()>& piece) {
    Outcome outcome;
    ByteBudget budget(kLimits.body_bytes_in_flight_max);
    {
        const SessionContext context{kLimits, budget, "Tue, 15 Nov 1994 08:12:31 GMT", {}};
        Http1Session session(context);
        answer_all(session, outcome);
        while (!bytes.empty()) {
            const auto room = session.room();
            fail_unless(!room.empty() && room.size() <= kRoomMax);
            const std::size_t count = std::min({bytes.size(), room.size(), piece()});
            std::memcpy(room.data(), bytes.data(), count);
            session.received(count);
            bytes.remove_prefix(count);
            answer_all(session, outcome);
            fail_unless(budget.used() <= kLimits.body_bytes_in_flight_max);
        }
        outcome.closing = session.phase() == Http1Session::Phase::kClosing;
    }
    fail_unless(budget.used() == 0);
    return outcome;
}

// "100 Continue" depends on whether the body had come already, and is no answer.
std::string without_continue(std::string text) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    for (std::size_t at = 0; (at = text.find(kContinue, at)) != std::string::npos;)
        text.erase(at, kContinue.size());
    return text;
}

// A head may be both: which is met first depends on how it is cut.
std::string without_refusal(std::string text) {
    for (const std::string_view status : {"HTTP/1.1 400 ", "HTTP/1.1 431 "}) {
        if (const std::size_t at = text.rfind(status); at != std::string::npos)
            text.erase(at);
    }
    return text;
}

void fail_unless_same(const Outcome& one, const Outcome& other) {
    fail_unless(one.requests == other.requests);
    fail_unless(one.sent.starts_with(other.sent) || other.sent.starts_with(one.sent));
    if (one.closing == other.closing)
        fail_unless(one.sent == other.sent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    Outcome whole = feed(bytes, [] { return std::string::npos; });
    Outcome single = feed(bytes, [] { return std::size_t{1}; });
    std::uint32_t state = data[0] + 1U;
    Outcome random = feed(bytes, [&] {
        state = state * 1'664'525U + 1'013'904'223U;
        return std::size_t{1} + (state >> 20) % (1U << (state >> 29));
    });
    for (Outcome* outcome : {&whole, &single, &random}) {
        outcome->sent = without_continue(std::move(outcome->sent));
        if (outcome->closing)
            outcome->sent = without_refusal(std::move(outcome->sent));
    }
    fail_unless_same(whole, single);
    fail_unless_same(whole, random);
    return 0;
}
