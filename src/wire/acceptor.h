// Listening sockets. Every worker has its own on each address (SO_REUSEPORT), and the kernel deals
// new connections out among them. IPv6 sockets take IPv6 only, so that 0.0.0.0 and [::] stand side
// by side.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "wire/address.h"

namespace millrace::wire {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

// Opens one; port 0 is chosen by the system, local_address() tells.
Result<Acceptor> open_acceptor(boost::asio::io_context& io, const Address& address);

// kLocked when another process listens there: SO_REUSEPORT alone would share its port silently.
Result<void> check_unused(const Address& address);

Address local_address(const Acceptor& acceptor);

}  // namespace millrace::wire
