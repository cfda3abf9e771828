#include "server/probe.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <charconv>

#include "wire/address.h"
#include "wire/link.h"

namespace millrace::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using wire::ErrorCode;

constexpr std::size_t kAnswerBytesMax = 64 << 10;

// One request over one connection, and all that is answered until its end.
class Exchange final {
public:
    Exchange(asio::io_context& io, std::string request, bool tls)
        : link_(wire::Socket(io)), request_(std::move(request)), tls_(tls) {}

    void begin(const tcp::endpoint& peer) {
        link_.connect(peer, [this](ErrorCode ec) {
            ec = ec ? ec : link_.open();
            if (ec) {
                result_ = ec;
                return;
            }
            if (tls_) {
                link_.begin_tls(*wire::TlsContext::trusting_client(), {});
            }
            write();
        });
    }
    ErrorCode result() const { return result_; }
    const std::string& answer() const { return answer_; }

private:
    void write() {
        ErrorCode ec;
        sent_ += link_.write_some({asio::buffer(request_) + sent_, {}}, ec);
        if (ec && !wire::would_block(ec)) {
            result_ = ec;
        } else if (sent_ < request_.size()) {
            link_.wait_writable([this](ErrorCode wait_ec) {
                result_ = wait_ec;
                if (!wait_ec) {
                    write();
                }
            });
        } else {
            read();
        }
    }
    void read() {
        result_ = asio::error::timed_out;
        link_.async_read(room_, [this](ErrorCode ec, std::size_t bytes) {
            answer_.append(room_.data(), bytes);
            if (ec || answer_.size() > kAnswerBytesMax) {
                result_ = ec;
            } else {
                read();
            }
        });
    }

    wire::Link link_;
    const std::string request_;
    const bool tls_;
    std::array<char, 4096> room_{};
    std::size_t sent_ = 0;
    std::string answer_;
    ErrorCode result_ = asio::error::timed_out;
};

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
    const bool tls = endpoint.starts_with("https://");
    if (!tls && !endpoint.starts_with("http://")) {
        return Error{Errc::kInvalid, "endpoint: must be http://ADDRESS:PORT or https://..."};
    }
    std::string_view rest = endpoint.substr(tls ? 8 : 7);
    rest = rest.substr(0, rest.find('/'));
    MILLRACE_TRY(const wire::Address address, wire::parse_address(rest));

    asio::io_context io(1);
    Exchange exchange(io,
                      "GET /_millrace/health HTTP/1.1\r\nHost: " + to_string(address) +
                          "\r\nConnection: close\r\n\r\n",
                      tls);
    exchange.begin(tcp::endpoint(asio::ip::make_address(address.host), address.port));
    io.run_for(patience);
    if (exchange.result() && exchange.result() != asio::error::eof) {
        return failed(endpoint, exchange.result());
    }
    return read_answer(exchange.answer());
}

}  // namespace millrace::server
