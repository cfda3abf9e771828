// Bytes into an HTTP/2 session, mostly behind a preface so that they are frames, whole and one by
// one. Every request that comes out is whole and within the limits; what waits to be sent and what
// is held stay bounded; and the shared budget is given back.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "support/http2_peer.h"
#include "wire/http2_session.h"

namespace {

using namespace millrace;
using namespace millrace::wire;

void fail_unless(bool holds) {
    if (!holds)
        std::abort();
}

constexpr Limits kLimits{.header_bytes_max = 512,
                         .body_bytes_max = 20'000,
                         .body_bytes_in_flight_max = 40'000,
                         .streams_max = 8};

class FuzzSource final : public Source {
public:
    Task<std::string> next() override { co_return ""; }
    void stop(Stop) override {}
};

void answer(Session& session, Exchange& exchange) {
    Response response;
    const std::size_t kind = exchange.request.target.size() % 4;
    response.status = kind == 0 ? 404 : 200;
    response.headers.add("X-Length", std::to_string(exchange.request.body.size()));
    if (kind == 1 && exchange.request.method != "HEAD") {
        response.source = std::make_unique<FuzzSource>();
    } else {
        response.body = std::string(exchange.request.body);
    }
    session.answer(exchange, std::move(response));
}

void take(Session& session) {
    for (int i = 0; session.has_output(); ++i) {
        Output output;
        session.take_output(output);
        fail_unless(output.head.size() + output.body.size() <= (1U << 20));
        fail_unless(i < 1000);
    }
}

void check(const Request& request) {
    fail_unless(!request.method.empty());
    fail_unless(request.body.size() <= kLimits.body_bytes_max);
    std::size_t size = request.method.size() + request.target.size();
    for (const Header& header : request.headers)
        size += header.name.size() + header.value.size();
    fail_unless(size <= kLimits.header_bytes_max);
}

// Answers what is there; a source gives one piece and then the end.
void go_on(Session& session) {
    for (bool ends = false;; ends = !ends) {
        while (Exchange* exchange = session.next()) {
            check(exchange->request);
            answer(session, *exchange);
        }
        take(session);
        Exchange* const exchange = session.wants_piece();
        if (exchange == nullptr)
            return;
        session.piece(*exchange, ends ? "" : "piece");
    }
}

void feed(std::string_view bytes, std::size_t piece) {
    ByteBudget budget(kLimits.body_bytes_in_flight_max);
    {
        SessionContext context{kLimits, budget, "Tue, 15 Nov 1994 08:12:31 GMT", {}};
        Http2Session session(context);
        go_on(session);
        while (!bytes.empty()) {
            const auto room = session.room();
            fail_unless(!room.empty() && room.size() <= Http2Session::kRoomMax);
            const std::size_t count = std::min({bytes.size(), room.size(), piece});
            std::memcpy(room.data(), bytes.data(), count);
            session.received(count);
            bytes.remove_prefix(count);
            go_on(session);
            fail_unless(budget.used() <= kLimits.body_bytes_in_flight_max);
        }
        context.now += std::chrono::hours(1);
        session.sweep();
        take(session);
        session.drain();
        take(session);
        session.abandon();
    }
    fail_unless(budget.used() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    std::string bytes = (data[0] & 1) != 0 ? test::preface() : std::string();
    bytes.append(reinterpret_cast<const char*>(data + 1), size - 1);
    feed(bytes, std::string::npos);
    feed(bytes, 1);
    return 0;
}
