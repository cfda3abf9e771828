// What a connection speaks in: bytes in, requests out; answers in, bytes out. A session knows no
// transport and no clock but the one it is shown, and is tested without sockets. HTTP/1.1 has one
// exchange at a time, HTTP/2 many. Not thread-safe. Everything is called on the connection's
// worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "wire/byte_budget.h"
#include "wire/handler.h"
#include "wire/limits.h"

namespace millrace::wire {

using SteadyTime = std::chrono::steady_clock::time_point;

// What the sessions of one worker share; outlives them. The owner keeps both times fresh.
struct SessionContext {
    const Limits& limits;
    ByteBudget& budget;
    std::string date;  // the Date header's value
    SteadyTime now{};
};

// Bytes to send: `head`, then `body` (kept apart when large, to spare a copy).
struct Output {
    static constexpr std::size_t kKeptBytesMax = 16 << 10;

    std::string head;
    std::string body;
    std::optional<BudgetShare> share;  // of a large body
    bool empty() const { return head.empty() && body.empty(); }
    void clear();
};

// One request and what becomes of it. Belongs to its session.
struct Exchange {
    Request request;
    std::unique_ptr<Source> source;  // of an answer in pieces, until its end
    // Set by the session when it gives the exchange out, cleared by answer() and piece(): while
    // it is set the exchange stays, even if its client gave it up.
    bool running = false;
};

class Session {
public:
    enum class Phase : std::uint8_t {
        kIdle,      // nothing of a next request is there
        kHeader,    // some of its head is
        kBody,      // the head is complete, the body is not
        kHandling,  // an answer is awaited
        kPieces,    // the answer's body is coming
        kClosing,   // no further request will come out
    };

    virtual ~Session() = default;

    // Where to put what comes from the client. Valid until the next call of anything; with several
    // exchanges until received(). Empty when nothing more is to be read for now.
    virtual std::span<char> room() = 0;
    virtual void received(std::size_t bytes) = 0;  // so many of room() were filled

    // The next complete request, which is running then, or null: more bytes are needed, those given
    // out have to be answered first, or the session is closing.
    virtual Exchange* next() = 0;
    // Asked before the exchange that next() gave is answered: the session that takes over both it
    // and the connection, as the client wishes; or null.
    virtual std::unique_ptr<Session> successor() { return nullptr; }
    // REQUIRES: the exchange came from next() and runs. It may be gone afterwards.
    virtual void answer(Exchange& exchange, Response&& response) = 0;
    // An exchange whose source is to be asked for a piece, which is running then; or null.
    // REQUIRES: all output has been sent.
    virtual Exchange* wants_piece() = 0;
    // REQUIRES: the exchange came from wants_piece() and runs. An empty piece is the end.
    virtual void piece(Exchange& exchange, std::string bytes) = 0;
    // The same, where the source failed: nobody may take half an answer for a whole one.
    virtual void fail(Exchange& exchange) = 0;

    virtual bool has_output() = 0;
    // Enough waits to be sent that the transport should send it before it asks for more.
    virtual bool output_full() const = 0;
    // Exchanges the bytes to send with `taken`, whose content is dropped and whose memory is
    // reused.
    virtual void take_output(Output& taken) = 0;

    // No further request than those begun; sources are told.
    virtual void drain() = 0;
    // The client is gone: sources are told, or dropped where they do not run.
    virtual void abandon() = 0;
    // Now and then: deadlines that are the session's own business.
    virtual void sweep() = 0;

    virtual Phase phase() const = 0;
    virtual std::uint64_t requests() const = 0;  // given out so far
    // Bytes may still come from the client that were not read: closing at once would reset the
    // connection under the answer.
    virtual bool should_linger() const = 0;
    // Whether it reads on while requests are answered.
    virtual bool multiplexed() const = 0;
    // Whether an answer goes on for as long as its client stays, so that its leaving is to be seen
    // at once. The end of what a client sends means that; it does not where the answer has an end.
    virtual bool should_watch() const = 0;
};

}  // namespace millrace::wire
