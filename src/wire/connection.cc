#include "wire/connection.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "wire/http1_session.h"
#include "wire/http2_session.h"
#include "wire/worker.h"

namespace millrace::wire {

namespace asio = boost::asio;

// So many pieces, or bytes of them, are sent before the worker's other connections get their turn.
constexpr int kPiecesPerTurn = 4;
constexpr std::size_t kPieceBytesPerTurn = 256 << 10;

constexpr std::string_view kTlsRequired =
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    "Content-Length: 65\r\n\r\n"
    "This server takes only TLS connections; write https:// as scheme\n";

Connection::Connection(Worker& worker, Socket socket) : worker_(worker), link_(std::move(socket)) {}

void Connection::start() {
    if (link_.open()) {
        close();
        return;
    }
    peer_ = link_.peer_address();
    go_on();
}

// Does whatever can be done now and begins what has to be waited for.
void Connection::go_on() {
    going_on_ = true;
    int pieces = 0;
    pulled_bytes_ = 0;
    while (!closed_ && !writing_) {
        if (session_ == nullptr) {
            if (reading_ || awaits_tls_) {
                break;
            }
            read(false);
            continue;
        }
        if ((!reading_ || session_->multiplexed()) && !session_->output_full()) {
            if (Exchange* const exchange = session_->next()) {
                if (auto successor = session_->successor()) {
                    session_ = std::move(successor);
                } else {
                    handle(*exchange);
                }
                continue;  // the next pipelined request's answer may join this one's write
            }
        }
        if (!sending_.empty() || session_->has_output()) {
            write();
        } else if (!yielding_ &&
                   (pieces == kPiecesPerTurn || pulled_bytes_ >= kPieceBytesPerTurn)) {
            yield();
        } else if (!yielding_ && pull()) {
            ++pieces;
        } else if (session_->phase() == Session::Phase::kClosing && !lingering_) {
            finish();
        } else if (wants_read() && session_->phase() == Session::Phase::kIdle) {
            reading_ = true;
            worker_.read_later(*this);
        } else if (wants_read()) {
            read(false);
        } else {
            break;
        }
    }
    if (!closed_ && session_ != nullptr && session_->should_watch() && !watching_) {
        watch();
    }
    if (closed_) {
        shut();
    }
    going_on_ = false;
    if (!closed_) {
        set_deadline();
    } else if (!reading_ && !writing_ && running_ == 0 && !yielding_ && !watching_) {
        worker_.remove(*this);  // destroys this
    }
}

void Connection::handle(Exchange& exchange) {
    ++running_;
    worker_.note_handler();
    exchange.request.peer = peer_;
    millrace::start(worker_.handler().handle(exchange.request),
                    [this, &exchange](std::optional<Response>&& response) {
                        answered(exchange, std::move(response));
                    });
}

void Connection::answered(Exchange& exchange, std::optional<Response>&& response) {
    --running_;
    if (!closed_) {
        if (!response) {
            response.emplace();
            response->status = 500;
        }
        session_->answer(exchange, std::move(*response));
    }
    if (!going_on_) {
        go_on();
    }
}

bool Connection::pull() {
    Exchange* const exchange = session_->wants_piece();
    if (exchange == nullptr) {
        return false;
    }
    ++running_;
    worker_.note_handler();
    millrace::start(exchange->source->next(), [this, exchange](std::optional<std::string>&& piece) {
        pulled(*exchange, std::move(piece));
    });
    return true;
}

void Connection::pulled(Exchange& exchange, std::optional<std::string>&& piece) {
    --running_;
    if (closed_) {
        exchange.source.reset();
    } else if (piece) {
        pulled_bytes_ += piece->size();
        session_->piece(exchange, std::move(*piece));
    } else {
        session_->fail(exchange);
    }
    if (!going_on_) {
        go_on();
    }
}

void Connection::yield() {
    yielding_ = true;
    asio::post(link_.executor(), [this] {
        yielding_ = false;
        go_on();
    });
}

// Waits until there is something to read, the end included. What is read then is the client's next
// request, sent early; it is kept as far as there is room for it.
void Connection::watch() {
    if (session_->room().empty()) {
        return;  // it is held back; that it left will show when it is written to
    }
    watching_ = true;
    link_.wait_readable([this](ErrorCode ec) { did_see(ec); });
}

void Connection::did_see(ErrorCode ec) {
    watching_ = false;
    if (!ec && !closed_ && session_->should_watch()) {
        const std::span<char> room = session_->room();
        const std::size_t bytes = link_.read_some(room, ec);
        if (!ec) {
            session_->received(bytes);
        } else if (!would_block(ec)) {
            closed_ = true;  // the client left
        }
    }
    go_on();
}

void Connection::write() {
    if (sending_.empty()) {
        session_->take_output(sending_);
        sent_ = 0;
    }
    const std::size_t head = sending_.head.size();
    const std::size_t head_sent = std::min(sent_, head);
    const std::size_t body_sent = sent_ - head_sent;
    const Link::Slices rest = {
        asio::buffer(sending_.head) + head_sent,
        asio::buffer(sending_.body) + body_sent,
    };
    // Most answers fit the socket's buffer: only what does not goes through the event loop.
    ErrorCode ec;
    const std::size_t bytes = link_.write_some(rest, ec);
    sent_ += bytes;
    if (!ec && sent_ == head + sending_.body.size()) {
        sending_.clear();
        return;
    }
    if (ec && !would_block(ec)) {
        closed_ = true;
        return;
    }
    writing_ = true;
    deadline_for_ = Wait::kNone;  // the client took something, or is given its first chance
    link_.wait_writable([this](ErrorCode wait_ec) { may_write(wait_ec); });
}

void Connection::may_write(ErrorCode ec) {
    writing_ = false;
    if (ec) {
        closed_ = true;
    }
    go_on();
}

bool Connection::wants_read() const {
    if (reading_) {
        return false;
    }
    switch (session_->phase()) {
        case Session::Phase::kIdle:
        case Session::Phase::kHeader:
        case Session::Phase::kBody:
            return true;
        case Session::Phase::kHandling:
        case Session::Phase::kPieces:
            return session_->multiplexed();
        case Session::Phase::kClosing:
            break;
    }
    return lingering_;
}

bool Connection::read(bool likely) {
    reading_ = true;
    if (closed_) {  // since it asked
        did_read(asio::error::operation_aborted, 0);
        return false;
    }
    const std::span<char> free = room();
    if (likely) {
        ErrorCode ec;
        const std::size_t bytes = link_.read_some(free, ec);
        if (!would_block(ec)) {
            did_read(ec, bytes);
            return true;
        }
    }
    link_.async_read(free, [this](ErrorCode ec, std::size_t bytes) { did_read(ec, bytes); });
    return false;
}

std::span<char> Connection::room() {
    if (session_ != nullptr) {
        return session_->room();
    }
    opening_.resize(Http1Session::kFirstBytes);
    return std::span(opening_).subspan(opening_bytes_);
}

void Connection::did_read(ErrorCode ec, std::size_t bytes) {
    reading_ = false;
    if (ec) {
        closed_ = true;  // the client left, or close() did it
    } else if (session_ == nullptr) {
        opening_bytes_ += bytes;
        opened();
    } else {
        session_->received(bytes);
        if (lingering_) {
            lingered_ += bytes;
            closed_ = closed_ || lingered_ > worker_.session_context().limits.linger_bytes_max;
        }
    }
    go_on();
}

void Connection::opened() {
    const std::string_view first = std::string_view(opening_).substr(0, opening_bytes_);
    const Opening opening = opening_of(first);
    if (opening == Opening::kUndecided) {
        return;
    }
    if (opening == Opening::kTls && !link_.is_tls()) {
        awaits_tls_ = worker_.tls_expected();
        if (awaits_tls_) {
            return;
        }
        if (const auto tls = worker_.tls()) {
            link_.begin_tls(*tls, first);
            opening_bytes_ = 0;
            return;
        }
    }
    session_ = make_session(opening);
    const std::span<char> room = session_->room();
    CHECK(room.size() >= first.size());
    std::memcpy(room.data(), first.data(), first.size());
    session_->received(first.size());
    opening_ = {};
    if (draining_) {
        session_->drain();
    }
}

std::unique_ptr<Session> Connection::make_session(Opening opening) const {
    const SessionContext& context = worker_.session_context();
    const bool http2 = opening == Opening::kHttp2;
    if (worker_.tls_required() && !link_.is_tls()) {
        auto session = std::make_unique<Http1Session>(context);
        session->turn_away(http2 ? Http2Session::kTlsRequired : kTlsRequired);
        return session;
    }
    if (http2) {
        return std::make_unique<Http2Session>(context);
    }
    return std::make_unique<Http1Session>(context);
}

// The last answer is written. A client that is still sending is read for a while: closing with
// unread bytes resets the connection, and the client would lose the answer.
void Connection::finish() {
    if (session_->should_linger()) {
        lingering_ = true;
        link_.shutdown_send();
    } else {
        closed_ = true;
    }
}

void Connection::sweep(SteadyTime now) {
    if (now >= deadline_ && waits_for() != deadline_for_) {
        set_deadline();  // a handshake ended meanwhile
    } else if (now >= deadline_) {
        close();
    } else if (session_ != nullptr && session_->multiplexed()) {
        session_->sweep();
        go_on();
    }
}

// Lets go of the socket, so that what is under way ends with an error, and of the answers.
void Connection::shut() {
    link_.close();
    if (session_ != nullptr) {
        session_->abandon();
    }
}

void Connection::drain() {
    draining_ = true;
    bool idle = opening_bytes_ == 0 && !link_.in_handshake();
    if (session_ != nullptr) {
        session_->drain();
        idle = session_->phase() == Session::Phase::kIdle && !session_->has_output() &&
               sending_.empty();
    }
    if (idle) {
        close();
    } else {
        go_on();
    }
}

void Connection::tls_came() {
    if (awaits_tls_ && !closed_) {
        opened();
        go_on();
    }
}

void Connection::close() {
    closed_ = true;
    if (!going_on_) {
        go_on();
    }
}

Connection::Wait Connection::waits_for() const {
    if (writing_) {
        return Wait::kWrite;
    }
    if (lingering_) {
        return Wait::kLinger;
    }
    if (session_ == nullptr) {
        return opening_bytes_ == 0 && !link_.in_handshake() ? Wait::kIdle : Wait::kHeader;
    }
    switch (session_->phase()) {
        case Session::Phase::kIdle:
            return Wait::kIdle;
        case Session::Phase::kHeader:
            return Wait::kHeader;
        case Session::Phase::kBody:
            return Wait::kBody;
        case Session::Phase::kHandling:
        case Session::Phase::kPieces:
        case Session::Phase::kClosing:
            break;
    }
    return Wait::kNone;
}

// A deadline begins when what is waited for begins, not with each byte of it.
void Connection::set_deadline() {
    const Wait wait = waits_for();
    const std::uint64_t request = session_ != nullptr ? session_->requests() : 0;
    if (wait == deadline_for_ && request == deadline_request_) {
        return;
    }
    deadline_for_ = wait;
    deadline_request_ = request;
    const Limits& limits = worker_.session_context().limits;
    switch (wait) {
        case Wait::kNone:
            deadline_ = SteadyTime::max();
            return;
        case Wait::kIdle:
            deadline_ = worker_.deadline(limits.idle_timeout);
            return;
        case Wait::kHeader:
            deadline_ = worker_.deadline(limits.header_timeout);
            return;
        case Wait::kBody:
            deadline_ = worker_.deadline(limits.body_timeout);
            return;
        case Wait::kWrite:
            deadline_ = worker_.deadline(limits.write_timeout);
            return;
        case Wait::kLinger:
            deadline_ = worker_.deadline(limits.linger_timeout);
            return;
    }
}

}  // namespace millrace::wire
