// One client's socket, bare or under TLS. Reading and writing never block: what cannot be done now
// ends with would_block(), and is waited for. Lives on its worker's thread, until nothing is waited
// for.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "wire/socket.h"
#include "wire/tls.h"

namespace millrace::wire {

class Link final {
public:
    using Slices = std::array<boost::asio::const_buffer, 2>;

    explicit Link(Socket socket) : socket_(std::move(socket)) {}
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // As a client: calls done(ErrorCode), never within this call.
    template <class F>
    void connect(const boost::asio::ip::tcp::endpoint& peer, F done) {
        socket_.async_connect(peer, std::move(done));
    }
    ErrorCode open();  // once connected, before anything else
    // The client's, without its port; empty: not known.
    std::string peer_address() const;
    // Everything from here on is under TLS, the handshake first; `seen` was read already. The
    // connection keeps what it needs of the context.
    void begin_tls(const TlsContext& context, std::string_view seen);
    bool is_tls() const { return tls_.has_value(); }
    bool in_handshake() const { return tls_ && !tls_->is_established(); }

    std::size_t read_some(std::span<char> room, ErrorCode& ec);
    std::size_t write_some(const Slices& slices, ErrorCode& ec);

    // Calls done(ErrorCode, bytes), never within this call.
    template <class F>
    void async_read(std::span<char> room, F done) {
        if (!tls_) {
            socket_.async_read_some(boost::asio::buffer(room.data(), room.size()), std::move(done));
            return;
        }
        ErrorCode ec;
        const std::size_t bytes = tls_->read_some(room, ec);
        if (would_block(ec)) {
            wait_for_tls([this, room, done = std::move(done)](ErrorCode wait_ec) mutable {
                if (wait_ec) {
                    done(wait_ec, std::size_t{0});
                } else {
                    async_read(room, std::move(done));
                }
            });
            return;
        }
        boost::asio::post(executor(),
                          [ec, bytes, done = std::move(done)]() mutable { done(ec, bytes); });
    }
    // Calls done(ErrorCode), never within this call.
    template <class F>
    void wait_readable(F done) {
        if (tls_ && tls_->has_something()) {
            boost::asio::post(executor(), [done = std::move(done)]() mutable { done({}); });
        } else {
            socket_.async_wait(Socket::wait_read, std::move(done));
        }
    }
    template <class F>
    void wait_writable(F done) {
        if (tls_) {
            wait_for_tls(std::move(done));
        } else {
            socket_.async_wait(Socket::wait_write, std::move(done));
        }
    }

    void shutdown_send();
    void close();  // what is waited for ends with an error

    Socket::executor_type executor() { return socket_.get_executor(); }

private:
    // What the last call of TLS could not go on without.
    template <class F>
    void wait_for_tls(F done) {
        const auto what = tls_->waits_to_send() ? Socket::wait_write : Socket::wait_read;
        socket_.async_wait(what, std::move(done));
    }

    Socket socket_;
    std::optional<TlsStream> tls_;
};

}  // namespace millrace::wire
