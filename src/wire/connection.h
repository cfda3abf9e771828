// One client's socket and its session. A request is handled only when nothing is being read, and
// bytes are read only when nothing is handled or waits to be sent; so a client that does not take
// its answers, or sends faster than it is served, is held back by TCP and costs one request and one
// answer of memory. While an answer comes in pieces the socket is watched as well, so that a client
// that leaves is noticed at once, whether or not there is anything to send it. Deadlines are looked
// at by the worker's sweep. Lives on its worker's thread, in the worker's list, until it is closed
// and nothing of it is under way.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "wire/http1_session.h"

namespace millrace::wire {

class Worker;

// Typed on the executor itself: any_io_executor costs an allocation and a virtual call per
// operation.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using SteadyTime = std::chrono::steady_clock::time_point;

class Connection final {
public:
    Connection(Worker& worker, Socket socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Any of these may destroy the connection before it returns.
    void start();
    void sweep(SteadyTime now);  // closes it if its deadline has passed
    void drain();                // closes it now if idle, else after the answer that is due, which
                                 // is told to end if it comes in pieces
    void close();                // closes it now; a running handler's answer will be dropped

    std::list<Connection>::iterator self;  // its place in the worker's list

private:
    using ErrorCode = boost::system::error_code;
    enum class Wait : std::uint8_t { kNone, kIdle, kHeader, kBody, kWrite, kLinger };

    void go_on();
    void handle(Request& request);
    void answered(std::optional<Response> response);
    void pull();
    void pulled(std::optional<std::string> piece);
    void yield();
    void watch();
    void did_see(ErrorCode ec);
    void write();
    void may_write(ErrorCode ec);
    void read();
    void did_read(ErrorCode ec, std::size_t bytes);
    void finish();
    void shut();
    Wait waits_for() const;
    void set_deadline();

    Worker& worker_;
    Socket socket_;
    Http1Session session_;
    std::string peer_;                // Request::peer
    std::unique_ptr<Source> source_;  // of the answer in pieces
    Output sending_;
    std::size_t sent_ = 0;
    std::size_t lingered_ = 0;
    SteadyTime deadline_ = SteadyTime::max();
    std::uint64_t deadline_request_ = 0;
    Wait deadline_for_ = Wait::kNone;
    bool reading_ = false;
    bool handling_ = false;
    bool pulling_ = false;  // source_->next() runs
    bool yielding_ = false;
    bool watching_ = false;  // while there are pieces; may outlast them, then without effect
    bool writing_ = false;
    bool going_on_ = false;  // go_on() is on the stack and will see what happened
    bool lingering_ = false;
    bool draining_ = false;
    bool closed_ = false;
};

}  // namespace millrace::wire
