#include "server/probe.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <charconv>

#include "wire/address.h"

namespace millrace::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kAnswerBytesMax = 64 << 10;

Error failed(std::string_view what, const ErrorCode& ec) {
    std::string message(what);
    return Error{Errc::kIo, message.append(": ").append(ec.message())};
}

Result<Probed> read_answer(std::string_view answer) {
    const std::size_t head = answer.find("\r\n\r\n");
    Probed probed;
    if (answer.starts_with("HTTP/1.") && answer.size() > 12 && head != std::string_view::npos) {
        std::from_chars(answer.data() + 9, answer.data() + 12, probed.status);
    }
    if (probed.status == 0) {
        return Error{Errc::kInvalid, "the answer is not HTTP"};
    }
    probed.body = std::string(answer.substr(head + 4));
    return probed;
}

}  // namespace

Result<Probed> probe_health(std::string_view endpoint, Millis patience) {
    static constexpr std::string_view kScheme = "http://";
    std::string_view rest = endpoint;
    if (!rest.starts_with(kScheme)) {
        return Error{Errc::kInvalid, "endpoint: must be http://ADDRESS:PORT"};
    }
    rest.remove_prefix(kScheme.size());
    rest = rest.substr(0, rest.find('/'));
    MILLRACE_TRY(const wire::Address address, wire::parse_address(rest));

    asio::io_context io(1);
    tcp::socket socket(io);
    const std::string request = "GET /_millrace/health HTTP/1.1\r\nHost: " + to_string(address) +
                                "\r\nConnection: close\r\n\r\n";
    std::string answer;
    ErrorCode result = asio::error::timed_out;
    const tcp::endpoint peer(asio::ip::make_address(address.host), address.port);
    socket.async_connect(peer, [&](ErrorCode ec) {
        if (ec) {
            result = ec;
            return;
        }
        asio::async_write(socket, asio::buffer(request), [&](ErrorCode write_ec, std::size_t) {
            if (write_ec) {
                result = write_ec;
                return;
            }
            asio::async_read(socket, asio::dynamic_buffer(answer, kAnswerBytesMax),
                             [&](ErrorCode read_ec, std::size_t) { result = read_ec; });
        });
    });
    io.run_for(patience);
    if (result && result != asio::error::eof) {
        return failed(endpoint, result);
    }
    return read_answer(answer);
}

}  // namespace millrace::server
