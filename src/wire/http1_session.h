// HTTP/1.1 as bytes in, bytes out. The transport puts what it read into room(), tells received(),
// and calls next() until it gives no request; each request is answered before the next one is
// looked at, so pipelined answers leave in order, and those ready together in one write. A body
// that comes in pieces is sent in chunks, to a client of HTTP/1.0 until the connection ends. Errors
// of the client are answered here (400, 413, 417, 431, 501, 503) and end the session.
//
// Memory: one buffer holds a request's head and body, grown to exactly what Content-Length says (so
// a large body is read into place) and freed after the answer if it grew beyond kKeptBytesMax;
// what exceeds that counts against the shared budget. Chunked bodies are gathered in a string.
// Not thread-safe. Deterministic: how the bytes are cut does not change which requests come out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "wire/byte_budget.h"
#include "wire/handler.h"
#include "wire/http1_parser.h"
#include "wire/limits.h"

namespace millrace::wire {

// What the sessions of one worker share; outlives them.
struct SessionContext {
    const Limits& limits;
    ByteBudget& budget;
    std::string date;  // the Date header's value, kept fresh by the owner
};

// Bytes to send: `head`, then `body` (kept apart when large, to spare a copy).
struct Output {
    std::string head;
    std::string body;
    bool empty() const { return head.empty() && body.empty(); }
    void clear();
};

class Http1Session final {
public:
    static constexpr std::size_t kFirstBytes = 4 << 10;
    static constexpr std::size_t kKeptBytesMax = 16 << 10;

    enum class Phase : std::uint8_t {
        kIdle,      // nothing of a next request is there
        kHeader,    // some of its head is
        kBody,      // the head is complete, the body is not
        kHandling,  // next() gave it out; answer() is awaited
        kPieces,    // the answer's body is coming: piece() or end_pieces() is awaited
        kClosing,   // no further request will come out
    };

    explicit Http1Session(const SessionContext& context);
    Http1Session(const Http1Session&) = delete;
    Http1Session& operator=(const Http1Session&) = delete;

    // REQUIRES: phase() != kHandling, and next() returned null since the last received(). Valid
    // until the next call. Empty only in kPieces, when the client has sent all that is kept of what
    // follows its request. After kClosing what is put there is dropped.
    std::span<char> room();
    void received(std::size_t bytes);  // so many of room() were filled

    // The next complete request, or null: more bytes are needed, the last one is not answered, or
    // the session is closing. Lives until answer().
    Request* next();

    // REQUIRES: phase() == kHandling. Gives back the response's source, if it has one: its pieces
    // are awaited then.
    std::unique_ptr<Source> answer(Response response);
    // REQUIRES: phase() == kPieces; `bytes` is not empty.
    void piece(std::string bytes);
    void end_pieces();

    bool has_output() const { return !output_.empty(); }
    // Enough waits to be sent that the transport should send it before it asks for more.
    bool output_full() const;
    // Exchanges the bytes to send with `taken`, whose content is dropped and whose memory is
    // reused.
    void take_output(Output& taken);

    // The next answer, if one is due, will be the last.
    void close_soon() { keep_alive_wanted_ = false; }

    Phase phase() const { return phase_; }
    std::uint64_t requests() const { return requests_; }  // given out so far
    // Bytes may still come from the client that were not read: closing at once would reset the
    // connection under the answer.
    bool should_linger() const { return unread_; }

private:
    bool parse_header();
    bool parse_body();
    bool parse_chunks();
    void refuse(unsigned status);
    void answered(bool keep);
    bool make_room(std::size_t bytes);  // for `bytes` past end_; refuses with 503 and returns false
    void move_request(char* to);
    void release();

    const SessionContext& context_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;   // where the current request begins
    std::size_t parsed_ = 0;  // where the parser stopped
    std::size_t end_ = 0;     // where the received bytes end
    BudgetShare buffer_share_;
    BudgetShare body_share_;

    std::optional<Http1Parser> parser_;
    Request request_;
    std::string body_;             // of a chunked request
    std::size_t body_length_ = 0;  // of one with Content-Length
    bool keep_alive_wanted_ = true;
    bool unread_ = false;
    bool chunked_ = false;            // kPieces: how they are sent,
    bool keep_after_pieces_ = false;  // and whether another request may follow
    Phase phase_ = Phase::kIdle;
    std::uint64_t requests_ = 0;
    Output output_;
};

}  // namespace millrace::wire
