// HTTP/1.1 as bytes in, bytes out. The transport puts what it read into room(), tells received(),
// and calls next() until it gives no request; each request is answered before the next one is
// looked at, so pipelined answers leave in order, and those ready together in one write. A body
// that comes in pieces of unknown length is sent in chunks, to a client of HTTP/1.0 until the
// connection ends. Errors of the client are answered here (400, 413, 417, 431, 501, 503) and end
// the session.
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
#include <string_view>

#include "wire/http1_parser.h"
#include "wire/plain_head.h"
#include "wire/session.h"

namespace millrace::wire {

class Http1Session final : public Session {
public:
    static constexpr std::size_t kFirstBytes = 4 << 10;
    static constexpr std::size_t kKeptBytesMax = Output::kKeptBytesMax;

    explicit Http1Session(const SessionContext& context);
    Http1Session(const Http1Session&) = delete;
    Http1Session& operator=(const Http1Session&) = delete;

    // REQUIRES: phase() != kHandling, and next() returned null since the last received(). At least
    // kFirstBytes the first time; empty only in kPieces, when the client has sent all that is kept
    // of what follows its request. After kClosing what is put there is dropped.
    std::span<char> room() override;
    void received(std::size_t bytes) override;

    Exchange* next() override;
    std::unique_ptr<Session> successor() override;  // for "Upgrade: h2c"
    void answer(Exchange& exchange, Response&& response) override;
    Exchange* wants_piece() override;
    void piece(Exchange& exchange, std::string bytes) override;
    void fail(Exchange& exchange) override;

    // Says `answer`, whole, instead of taking a request, and ends. REQUIRES: phase() == kIdle.
    void turn_away(std::string_view answer);

    bool has_output() override { return !output_.empty(); }
    bool output_full() const override;
    void take_output(Output& taken) override;

    void drain() override;
    void abandon() override;
    void sweep() override {}

    Phase phase() const override { return phase_; }
    std::uint64_t requests() const override { return requests_; }
    bool should_linger() const override { return unread_; }
    bool multiplexed() const override { return false; }
    bool should_watch() const override { return phase_ == Phase::kPieces && endless_; }

private:
    bool begin_request();
    bool parse_header();
    bool expect_body();
    bool parse_body();
    bool parse_chunks();
    void refuse(unsigned status);
    void answered(bool keep);
    void append_piece(std::string bytes);
    void end_pieces();
    bool make_room(std::size_t bytes);  // for `bytes` past end_; refuses with 503 and returns false
    void move_request(char* to);
    void release();

    const SessionContext& context_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;   // where the current request begins
    std::size_t parsed_ = 0;  // where parsing stopped
    std::size_t end_ = 0;     // where the received bytes end
    BudgetShare buffer_share_;
    BudgetShare body_share_;

    std::optional<Http1Parser> parser_;  // unless the head is plain
    Http1Head head_;
    Exchange exchange_;
    Request& request_ = exchange_.request;
    std::string body_;  // of a chunked request
    bool draining_ = false;
    bool unread_ = false;
    // Of kPieces:
    bool endless_ = false;            // it is not known how many bytes they are
    bool chunked_ = false;            // how they are sent,
    bool keep_after_pieces_ = false;  // and whether another request may follow
    std::optional<BudgetShare> pieces_share_;
    Phase phase_ = Phase::kIdle;
    std::uint64_t requests_ = 0;
    Output output_;
};

}  // namespace millrace::wire
