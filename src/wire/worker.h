// One thread with one event loop, its acceptors and its connections. The loop's only periodic work
// is one sweep: it renews the Date header, looks at every connection's deadline, and does not run
// while there are no connections.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "env/clock.h"
#include "env/executor.h"
#include "wire/acceptor.h"
#include "wire/connection.h"

namespace millrace::wire {

// What the workers of one process share; outlives them.
struct WorkerContext {
    WorkerContext(const Limits& the_limits, bool tls_expected, Handler& the_handler,
                  env::Clock& the_clock)
        : limits(the_limits),
          handler(the_handler),
          clock(the_clock),
          budget(the_limits.body_bytes_in_flight_max),
          tls(tls_expected) {}

    const Limits& limits;
    Handler& handler;
    env::Clock& clock;
    ByteBudget budget;
    TlsHolder tls;                             // empty and not expected: there is no TLS
    bool tls_required = false;                 // set before the workers start
    std::atomic<std::size_t> connections = 0;  // open now
    std::mutex mutex;                          // held for no data, only to wait on `ended`
    std::condition_variable ended;             // a connection or a worker's loop ended
    std::atomic<std::uint64_t> accepted = 0;
    std::atomic<std::uint64_t> turned_away = 0;  // for connections_max
    std::atomic<std::size_t> running = 0;        // workers whose loop has not ended
};

class Worker final : public env::Executor {
public:
    explicit Worker(WorkerContext& context);
    ~Worker() override;  // ends the loop even if handlers still run; their answers are dropped

    // Before start().
    Result<Address> listen(const Address& address);
    void start();

    // Thread-safe from here to the line below.
    void post(Callback<void()> run) override;
    void drain();      // accepts no more, closes idle connections, the others after their answer
    void tls_came();   // goes on with the connections that waited for it
    void close_all();  // closes every connection
    void finish();     // ends the loop once the last connection and posted callback are gone

    // ---- On this worker's thread only.
    void at_turn_end(env::TurnEnd& what) override;
    Handler& handler() { return context_.handler; }
    std::shared_ptr<const TlsContext> tls() const { return context_.tls.get(); }
    bool tls_expected() const { return context_.tls.is_expected(); }
    bool tls_required() const { return context_.tls_required; }
    const SessionContext& session_context() const { return session_context_; }
    SteadyTime deadline(Millis from_now) const { return session_context_.now + from_now + tick_; }
    void remove(Connection& connection);
    // Reads from it in its turn: after those that asked before, and after this turn. By then its
    // client may have sent the next request, which saves waiting for it.
    void read_later(Connection& connection) { to_read_.push_back(&connection); }
    // A request, or something posted, is about to be handled.
    void note_handler();

private:
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::io_context::executor_type>;
    struct Listener {
        Acceptor acceptor;
        Timer pause;
    };

    void run();
    bool take_turn();
    bool strangers_had_their_share() const;
    void accept(Listener& listener);
    void accepted(Listener& listener, boost::system::error_code ec, Socket socket);
    void accept_later(Listener& listener);
    void tick();
    void renew();

    WorkerContext& context_;
    SessionContext session_context_;
    const Millis tick_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    Timer sweep_timer_;
    std::vector<env::TurnEnd*> at_turn_end_;
    std::vector<env::TurnEnd*> ending_;  // of the turn that ends
    int strangers_ = 0;          // of what note_handler() heard of, so many in a row did not join,
    SteadyTime first_stranger_;  // since then
    std::deque<Connection*> to_read_;  // each once: it asks for no second turn before its first
    std::list<Listener> listeners_;
    std::list<Connection> connections_;
    bool sweeping_ = false;
    bool draining_ = false;
    std::thread thread_;
};

}  // namespace millrace::wire
