#include "wire/link.h"

namespace millrace::wire {

namespace asio = boost::asio;

ErrorCode Link::open() {
    ErrorCode ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    ErrorCode ec;
    socket_.non_blocking(true, ec);
    return ec;
}

std::size_t Link::read_some(std::span<char> room, ErrorCode& ec) {
    return socket_.read_some(asio::buffer(room.data(), room.size()), ec);
}

std::size_t Link::write_some(const Slices& slices, ErrorCode& ec) {
    return socket_.write_some(slices, ec);
}

void Link::shutdown_send() {
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void Link::close() {
    ErrorCode ignored;
    socket_.close(ignored);
}

}  // namespace millrace::wire
