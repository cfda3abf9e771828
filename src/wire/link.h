// One client's socket. Reading and writing never block: what cannot be done now ends with
// would_block(), and is waited for. Lives on its worker's thread, until nothing is waited for.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <span>
#include <utility>

namespace millrace::wire {

// Typed on the executor itself: any_io_executor costs an allocation and a virtual call per
// operation.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using ErrorCode = boost::system::error_code;

inline bool would_block(const ErrorCode& ec) {
    return ec == boost::asio::error::would_block || ec == boost::asio::error::try_again;
}

class Link final {
public:
    using Slices = std::array<boost::asio::const_buffer, 2>;

    explicit Link(Socket socket) : socket_(std::move(socket)) {}
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    ErrorCode open();  // before anything else

    std::size_t read_some(std::span<char> room, ErrorCode& ec);
    std::size_t write_some(const Slices& slices, ErrorCode& ec);

    // Calls done(ErrorCode, bytes), never within this call.
    template <class F>
    void async_read(std::span<char> room, F done) {
        socket_.async_read_some(boost::asio::buffer(room.data(), room.size()), std::move(done));
    }
    // Calls done(ErrorCode), never within this call.
    template <class F>
    void wait_readable(F done) {
        socket_.async_wait(Socket::wait_read, std::move(done));
    }
    template <class F>
    void wait_writable(F done) {
        socket_.async_wait(Socket::wait_write, std::move(done));
    }

    void shutdown_send();
    void close();  // what is waited for ends with an error

    Socket::executor_type executor() { return socket_.get_executor(); }

private:
    Socket socket_;
};

}  // namespace millrace::wire
