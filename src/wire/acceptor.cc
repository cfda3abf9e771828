#include "wire/acceptor.h"

#include <boost/asio/ip/v6_only.hpp>

#include <sys/socket.h>

namespace millrace::wire {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
using ErrorCode = boost::system::error_code;

constexpr int kBacklog = 4096;

Error failed(const Address& address, const ErrorCode& ec) {
    const bool taken = ec == asio::error::address_in_use;
    return Error{taken ? Errc::kLocked : Errc::kIo,
                 "cannot listen on " + to_string(address) + ": " + ec.message()};
}

ErrorCode open(Acceptor& acceptor, const Address& address, bool share) {
    ErrorCode ec;
    const tcp::endpoint endpoint(asio::ip::make_address(address.host, ec), address.port);
    if (!ec) {
        acceptor.open(endpoint.protocol(), ec);
    }
    if (!ec) {
        acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    }
    if (!ec && share) {
        acceptor.set_option(ReusePort(true), ec);
    }
    if (!ec && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only(true), ec);
    }
    if (!ec) {
        acceptor.bind(endpoint, ec);
    }
    return ec;
}

}  // namespace

Result<Acceptor> open_acceptor(asio::io_context& io, const Address& address) {
    Acceptor acceptor(io);
    ErrorCode ec = open(acceptor, address, true);
    if (!ec) {
        acceptor.listen(kBacklog, ec);
    }
    if (ec) {
        return failed(address, ec);
    }
    return acceptor;
}

Result<void> check_unused(const Address& address) {
    asio::io_context io(1);
    Acceptor acceptor(io);
    if (const ErrorCode ec = open(acceptor, address, false)) {
        return failed(address, ec);
    }
    return success();
}

Address local_address(const Acceptor& acceptor) {
    ErrorCode ec;
    const tcp::endpoint endpoint = acceptor.local_endpoint(ec);
    return {endpoint.address().to_string(), endpoint.port()};
}

}  // namespace millrace::wire
