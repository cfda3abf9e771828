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

std::string Link::peer_address() const {
    ErrorCode ec;
    const asio::ip::tcp::endpoint peer = socket_.remote_endpoint(ec);
    return ec ? std::string() : peer.address().to_string();
}

void Link::begin_tls(const TlsContext& context, std::string_view seen) {
    tls_.emplace(context, socket_, seen);
}

std::size_t Link::read_some(std::span<char> room, ErrorCode& ec) {
    return tls_ ? tls_->read_some(room, ec)
                : socket_.read_some(asio::buffer(room.data(), room.size()), ec);
}

std::size_t Link::write_some(const Slices& slices, ErrorCode& ec) {
    if (!tls_) {
        // One slice goes out without the message header that several need.
        return slices.back().size() == 0 ? socket_.write_some(slices.front(), ec)
                                         : socket_.write_some(slices, ec);
    }
    std::size_t total = 0;
    for (const asio::const_buffer& slice : slices) {
        std::span<const char> rest(static_cast<const char*>(slice.data()), slice.size());
        while (!rest.empty()) {
            const std::size_t count = tls_->write_some(rest, ec);
            if (ec) {
                return total;
            }
            total += count;
            rest = rest.subspan(count);
        }
    }
    return total;
}

void Link::shutdown_send() {
    if (tls_) {
        tls_->close_notify();
    }
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void Link::close() {
    if (tls_ && socket_.is_open()) {
        tls_->close_notify();
    }
    ErrorCode ignored;
    socket_.close(ignored);
}

}  // namespace millrace::wire
