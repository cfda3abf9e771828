#include "wire/worker.h"

#include <boost/asio/post.hpp>

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "wire/http_date.h"

namespace millrace::wire {

namespace asio = boost::asio;

namespace {

// Often enough that no deadline is late by more than an eighth, seldom enough to cost nothing.
Millis sweep_period(const Limits& limits) {
    const Millis shortest =
        std::min({limits.idle_timeout, limits.header_timeout, limits.body_timeout,
                  limits.write_timeout, limits.linger_timeout});
    return std::clamp(shortest / 8, Millis(5), Millis(500));
}

constexpr Millis kAcceptPause{100};

// A turn is the next requests of those answered in the last one, then what events there are, up to
// this many of each. It ends with one commit of what its requests append: PutRecord over 64
// connections shares one sync, where with 32 two took turns (56,000 a second instead of 39,000 to
// 50,000).
constexpr std::size_t kTurnHandlersMax = 128;

// But whoever waits for the end of the turn is not kept waiting by those who do not: it ends once
// so many in a row have joined nothing. (One PutRecord beside four connections that poll as fast as
// they can took 0.8 ms.)
constexpr int kStrangersMax = 4;
// Or took so long together: there are pieces of large answers among them.
constexpr std::chrono::microseconds kStrangersTimeMax{250};

// With so many answers sent in one turn, the client of the first has had time for its next request:
// it is read from without asking the reactor. With fewer it would mostly be a call in vain, as
// nearly every one was that followed an answer at once (PutRecord over 16 connections: 125,000 a
// second with them, 137,000 without).
constexpr std::size_t kLikelyToReadMin = 4;

}  // namespace

Worker::Worker(WorkerContext& context)
    : context_(context),
      session_context_{context.limits, context.budget, {}, {}},
      tick_(sweep_period(context.limits)),
      work_(io_.get_executor()),
      sweep_timer_(io_) {}

Worker::~Worker() {
    io_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

Result<Address> Worker::listen(const Address& address) {
    MILLRACE_TRY(auto acceptor, open_acceptor(io_, address));
    listeners_.push_back({std::move(acceptor), Timer(io_)});
    return local_address(listeners_.back().acceptor);
}

void Worker::start() {
    context_.running.fetch_add(1);
    thread_ = std::thread([this] { run(); });
}

void Worker::run() {
    pthread_setname_np(pthread_self(), "worker");
    const env::ExecutorScope scope(*this);
    for (Listener& listener : listeners_) {
        accept(listener);
    }
    while (take_turn()) {
    }
    context_.running.fetch_sub(1);
    const std::lock_guard lock(context_.mutex);
    context_.ended.notify_all();
}

// False: there is nothing left to do, nor to wait for.
bool Worker::take_turn() {
    strangers_ = 0;
    const auto answered = std::min(to_read_.size(), kTurnHandlersMax);
    bool likely = answered >= kLikelyToReadMin;
    for (std::size_t i = 0; i < answered && !strangers_had_their_share(); ++i) {
        Connection& connection = *to_read_.front();
        to_read_.pop_front();
        likely = connection.read(likely);
    }
    // Nobody who waits for the end of the turn, or to be read from, waits for another event.
    if (at_turn_end_.empty() && to_read_.empty() && io_.run_one() == 0) {
        return false;
    }
    strangers_ = 0;  // however many were read from, events have their turn
    for (std::size_t i = 0; i < kTurnHandlersMax && !strangers_had_their_share(); ++i) {
        if (io_.poll_one() == 0) {
            break;
        }
    }
    std::swap(at_turn_end_, ending_);
    for (env::TurnEnd* const what : ending_) {
        what->turn_ended();
    }
    ending_.clear();
    return true;
}

void Worker::note_handler() {
    if (!at_turn_end_.empty() && ++strangers_ == 1) {  // unless it calls at_turn_end()
        first_stranger_ = context_.clock.steady();
    }
}

bool Worker::strangers_had_their_share() const {
    return strangers_ >= kStrangersMax ||
           (strangers_ > 0 && context_.clock.steady() - first_stranger_ > kStrangersTimeMax);
}

void Worker::post(Callback<void()> run) {
    asio::post(io_, [this, run = std::move(run)]() mutable {
        note_handler();
        run();
    });
}

void Worker::at_turn_end(env::TurnEnd& what) {
    strangers_ = 0;
    if (std::find(at_turn_end_.begin(), at_turn_end_.end(), &what) == at_turn_end_.end()) {
        at_turn_end_.push_back(&what);
    }
}

void Worker::accept(Listener& listener) {
    listener.acceptor.async_accept([this, &listener](boost::system::error_code ec, Socket socket) {
        accepted(listener, ec, std::move(socket));
    });
}

void Worker::accepted(Listener& listener, boost::system::error_code ec, Socket socket) {
    if (draining_ || ec == asio::error::operation_aborted) {
        return;
    }
    if (ec && ec != asio::error::connection_aborted) {
        // Most likely out of descriptors: trying again at once would spin.
        log::warn("cannot accept connections, pausing error=\"{}\"", ec.message());
        accept_later(listener);
        return;
    }
    if (!ec) {
        context_.accepted.fetch_add(1, std::memory_order_relaxed);
        if (context_.connections.fetch_add(1) >= context_.limits.connections_max) {
            context_.connections.fetch_sub(1);
            context_.turned_away.fetch_add(1, std::memory_order_relaxed);
        } else {
            if (!sweeping_) {
                sweeping_ = true;
                renew();
            }
            Connection& connection = connections_.emplace_back(*this, std::move(socket));
            connection.self = std::prev(connections_.end());
            connection.start();
        }
    }
    accept(listener);
}

void Worker::accept_later(Listener& listener) {
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([this, &listener](boost::system::error_code ec) {
        if (!ec && !draining_) {
            accept(listener);
        }
    });
}

void Worker::remove(Connection& connection) {
    connections_.erase(connection.self);
    context_.connections.fetch_sub(1);
    const std::lock_guard lock(context_.mutex);
    context_.ended.notify_all();
}

// Renews what is kept per tick, and sees to the next one.
void Worker::renew() {
    session_context_.now = context_.clock.steady();
    session_context_.date = http_date(context_.clock.now());
    sweep_timer_.expires_after(tick_);
    sweep_timer_.async_wait([this](boost::system::error_code ec) {
        if (!ec) {
            tick();
        }
    });
}

void Worker::tick() {
    if (connections_.empty()) {
        sweeping_ = false;
        return;
    }
    renew();
    for (auto at = connections_.begin(); at != connections_.end();) {
        Connection& connection = *at++;
        connection.sweep(session_context_.now);
    }
}

void Worker::drain() {
    asio::post(io_, [this] {
        draining_ = true;
        for (Listener& listener : listeners_) {
            boost::system::error_code ignored;
            listener.acceptor.close(ignored);
            listener.pause.cancel();
        }
        for (auto at = connections_.begin(); at != connections_.end();) {
            Connection& connection = *at++;
            connection.drain();
        }
    });
}

void Worker::tls_came() {
    asio::post(io_, [this] {
        for (auto at = connections_.begin(); at != connections_.end();) {
            Connection& connection = *at++;
            connection.tls_came();
        }
    });
}

void Worker::close_all() {
    asio::post(io_, [this] {
        for (auto at = connections_.begin(); at != connections_.end();) {
            Connection& connection = *at++;
            connection.close();
        }
    });
}

void Worker::finish() {
    asio::post(io_, [this] {
        sweep_timer_.cancel();
        work_.reset();
    });
}

}  // namespace millrace::wire
