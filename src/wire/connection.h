// One client's link and its session. What the client speaks shows in its first bytes. Bytes are
// read only when nothing waits to be sent, and in HTTP/1.1 a request is handled only when nothing
// is being read; so a client that does not take its answers, or sends faster than it is served, is
// held back by TCP and costs one request and one answer of memory (of HTTP/2's many requests its
// session holds the measure). While an answer of HTTP/1.1 goes on without end the socket is watched
// as well, so that a client that leaves is noticed at once, whether or not there is anything to
// send it. Deadlines are looked at by the worker's sweep. Lives on its worker's thread, in the
// worker's list, until it is closed and nothing of it is under way.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "wire/link.h"
#include "wire/opening.h"
#include "wire/session.h"

namespace millrace::wire {

class Worker;

class Connection final {
public:
    Connection(Worker& worker, Socket socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Any of these may destroy the connection before it returns.
    void start();
    void sweep(SteadyTime now);  // closes it if its deadline has passed
    void drain();     // closes it now if idle, else after the answers that are due, which
                      // are told to end if they come in pieces
    void tls_came();  // it may have waited for that
    void close();     // closes it now; a running handler's answer will be dropped
    // The turn that Worker::read_later() asked for. `likely`: the bytes may well be there. Returns
    // whether that was true.
    bool read(bool likely);

    std::list<Connection>::iterator self;  // its place in the worker's list

private:
    enum class Wait : std::uint8_t { kNone, kIdle, kHeader, kBody, kWrite, kLinger };

    void go_on();
    void handle(Exchange& exchange);
    void answered(Exchange& exchange, std::optional<Response>&& response);
    bool pull();
    void pulled(Exchange& exchange, std::optional<std::string>&& piece);
    void yield();
    void watch();
    void did_see(ErrorCode ec);
    void write();
    void may_write(ErrorCode ec);
    bool wants_read() const;
    std::span<char> room();
    void did_read(ErrorCode ec, std::size_t bytes);
    void opened();
    std::unique_ptr<Session> make_session(Opening opening) const;
    void finish();
    void shut();
    Wait waits_for() const;
    void set_deadline();

    Worker& worker_;
    Link link_;
    std::string peer_;                  // Request::peer
    std::string opening_;               // room for the first bytes, until they decide
    std::size_t opening_bytes_ = 0;     // how many there are
    std::unique_ptr<Session> session_;  // once they have decided
    Output sending_;
    std::size_t sent_ = 0;
    std::size_t lingered_ = 0;
    std::size_t pulled_bytes_ = 0;  // of pieces, in this turn
    std::size_t running_ = 0;       // handlers, and sources asked for a piece
    SteadyTime deadline_ = SteadyTime::max();
    std::uint64_t deadline_request_ = 0;
    Wait deadline_for_ = Wait::kNone;
    bool reading_ = false;  // or the worker will call read()
    bool awaits_tls_ = false;
    bool yielding_ = false;
    bool watching_ = false;  // as the session wishes; may outlast that, then without effect
    bool writing_ = false;
    bool going_on_ = false;  // go_on() is on the stack and will see what happened
    bool lingering_ = false;
    bool draining_ = false;
    bool closed_ = false;
};

}  // namespace millrace::wire
