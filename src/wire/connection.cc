#include "wire/connection.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "wire/worker.h"

namespace millrace::wire {

namespace asio = boost::asio;

// Pieces sent before the worker's other connections get their turn.
constexpr int kPiecesPerTurn = 4;

namespace {

std::string address_of_peer(const Socket& socket) {
    boost::system::error_code ec;
    const asio::ip::tcp::endpoint peer = socket.remote_endpoint(ec);
    return ec ? std::string() : peer.address().to_string();
}

}  // namespace

Connection::Connection(Worker& worker, Socket socket)
    : worker_(worker), socket_(std::move(socket)), session_(worker.session_context()) {}

void Connection::start() {
    ErrorCode ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    ErrorCode ec;
    socket_.non_blocking(true, ec);
    if (ec) {
        close();
        return;
    }
    peer_ = address_of_peer(socket_);
    go_on();
}

// Does whatever can be done now and begins what has to be waited for.
void Connection::go_on() {
    going_on_ = true;
    int pieces = 0;
    while (!closed_ && !reading_ && !writing_) {
        if (!handling_ && source_ == nullptr && !session_.output_full()) {
            if (Request* const request = session_.next()) {
                handle(*request);
                if (!handling_) {
                    continue;  // the next pipelined request's answer may join this one's write
                }
            }
        }
        if (session_.has_output() || !sending_.empty()) {
            write();
        } else if (handling_ || pulling_ || yielding_) {
            break;
        } else if (source_ != nullptr && pieces < kPiecesPerTurn) {
            ++pieces;
            pull();
        } else if (source_ != nullptr) {
            yield();
        } else if (session_.phase() == Http1Session::Phase::kClosing && !lingering_) {
            finish();
        } else {
            read();
        }
    }
    if (!closed_ && source_ != nullptr && !watching_) {
        watch();
    }
    if (closed_) {
        shut();
    }
    going_on_ = false;
    if (!closed_) {
        set_deadline();
    } else if (!reading_ && !writing_ && !handling_ && !pulling_ && !yielding_ && !watching_) {
        worker_.remove(*this);  // destroys this
    }
}

void Connection::handle(Request& request) {
    handling_ = true;
    request.peer = peer_;
    Callback<void(std::optional<Response>)> done(
        [this](std::optional<Response> response) { answered(std::move(response)); });
    millrace::start(worker_.handler().handle(request), std::move(done));
}

void Connection::answered(std::optional<Response> response) {
    handling_ = false;
    if (!closed_) {
        if (!response) {
            response.emplace();
            response->status = 500;
        }
        source_ = session_.answer(std::move(*response));
        if (source_ != nullptr && draining_) {
            source_->stop(Source::Stop::kDraining);
        }
    }
    if (!going_on_) {
        go_on();
    }
}

void Connection::pull() {
    pulling_ = true;
    Callback<void(std::optional<std::string>)> done(
        [this](std::optional<std::string> piece) { pulled(std::move(piece)); });
    millrace::start(source_->next(), std::move(done));
}

void Connection::pulled(std::optional<std::string> piece) {
    pulling_ = false;
    if (!closed_ && piece && !piece->empty()) {
        session_.piece(std::move(*piece));
    } else {
        source_.reset();
        if (!closed_ && piece) {
            session_.end_pieces();
        } else {
            closed_ = true;  // without the end: nobody takes half an answer for a whole one
        }
    }
    if (!going_on_) {
        go_on();
    }
}

void Connection::yield() {
    yielding_ = true;
    asio::post(socket_.get_executor(), [this] {
        yielding_ = false;
        go_on();
    });
}

// Waits until there is something to read, the end included. What is read then is the client's next
// request, sent early; it is kept as far as there is room for it.
void Connection::watch() {
    if (session_.room().empty()) {
        return;  // it is held back; that it left will show when it is written to
    }
    watching_ = true;
    socket_.async_wait(Socket::wait_read, [this](ErrorCode ec) { did_see(ec); });
}

void Connection::did_see(ErrorCode ec) {
    watching_ = false;
    if (!ec && !closed_ && source_ != nullptr) {
        const std::span<char> room = session_.room();
        const std::size_t bytes = socket_.read_some(asio::buffer(room.data(), room.size()), ec);
        if (!ec) {
            session_.received(bytes);
        } else if (ec != asio::error::would_block && ec != asio::error::try_again) {
            closed_ = true;  // the client left
        }
    }
    go_on();
}

void Connection::write() {
    if (sending_.empty()) {
        session_.take_output(sending_);
        sent_ = 0;
    }
    const std::size_t head = sending_.head.size();
    const std::size_t head_sent = std::min(sent_, head);
    const std::size_t body_sent = sent_ - head_sent;
    const std::array<asio::const_buffer, 2> rest = {
        asio::buffer(sending_.head) + head_sent,
        asio::buffer(sending_.body) + body_sent,
    };
    // Most answers fit the socket's buffer: only what does not goes through the event loop.
    ErrorCode ec;
    const std::size_t bytes = socket_.write_some(rest, ec);
    sent_ += bytes;
    if (!ec && sent_ == head + sending_.body.size()) {
        sending_.clear();
        return;
    }
    if (ec && ec != asio::error::would_block && ec != asio::error::try_again) {
        closed_ = true;
        return;
    }
    writing_ = true;
    deadline_for_ = Wait::kNone;  // the client took something, or is given its first chance
    socket_.async_wait(Socket::wait_write, [this](ErrorCode wait_ec) { may_write(wait_ec); });
}

void Connection::may_write(ErrorCode ec) {
    writing_ = false;
    if (ec) {
        closed_ = true;
    }
    go_on();
}

void Connection::read() {
    reading_ = true;
    const std::span<char> room = session_.room();
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [this](ErrorCode ec, std::size_t bytes) { did_read(ec, bytes); });
}

void Connection::did_read(ErrorCode ec, std::size_t bytes) {
    reading_ = false;
    if (ec) {
        closed_ = true;  // the client left, or close() did it
    } else {
        session_.received(bytes);
        if (lingering_) {
            lingered_ += bytes;
            closed_ = closed_ || lingered_ > worker_.session_context().limits.linger_bytes_max;
        }
    }
    go_on();
}

// The last answer is written. A client that is still sending is read for a while: closing with
// unread bytes resets the connection, and the client would lose the answer.
void Connection::finish() {
    ErrorCode ignored;
    if (session_.should_linger()) {
        lingering_ = true;
        socket_.shutdown(Socket::shutdown_send, ignored);
    } else {
        closed_ = true;
    }
}

void Connection::sweep(SteadyTime now) {
    if (now >= deadline_) {
        close();
    }
}

// Lets go of the socket, so that what is under way ends with an error, and of the answer.
void Connection::shut() {
    ErrorCode ignored;
    socket_.close(ignored);
    if (pulling_) {
        source_->stop(Source::Stop::kClientGone);
    } else {
        source_.reset();
    }
}

void Connection::drain() {
    draining_ = true;
    session_.close_soon();
    const bool idle = session_.phase() == Http1Session::Phase::kIdle && !session_.has_output() &&
                      sending_.empty();
    if (idle) {
        close();
    } else if (source_ != nullptr) {
        source_->stop(Source::Stop::kDraining);
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
    switch (session_.phase()) {
        case Http1Session::Phase::kIdle:
            return Wait::kIdle;
        case Http1Session::Phase::kHeader:
            return Wait::kHeader;
        case Http1Session::Phase::kBody:
            return Wait::kBody;
        case Http1Session::Phase::kHandling:
        case Http1Session::Phase::kPieces:
        case Http1Session::Phase::kClosing:
            break;
    }
    return Wait::kNone;
}

// A deadline begins when what is waited for begins, not with each byte of it.
void Connection::set_deadline() {
    const Wait wait = waits_for();
    if (wait == deadline_for_ && session_.requests() == deadline_request_) {
        return;
    }
    deadline_for_ = wait;
    deadline_request_ = session_.requests();
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
