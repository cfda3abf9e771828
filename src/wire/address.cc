#include "wire/address.h"

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <utility>

namespace millrace::wire {

Result<Address> parse_address(std::string_view text) {
    const auto bad = [text](const char* why) {
        std::string message(1, '\'');
        message.append(text).append("' ").append(why);
        message += "; write ADDRESS:PORT, such as 127.0.0.1:4567 or [::]:4567";
        return Error{Errc::kInvalid, std::move(message)};
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return bad("has no port");
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, failed] = std::from_chars(digits.data(), end, port);
    if (digits.empty() || failed != std::errc() || stop != end) {
        return bad("has no port between 0 and 65535");
    }
    const bool brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (brackets) {
        host = host.substr(1, host.size() - 2);
    }
    if (host == "localhost" && !brackets) {
        host = "127.0.0.1";
    }
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(std::string(host), ec);
    if (ec || address.is_v6() != brackets) {
        return bad("is not a numeric address");
    }
    return Address{std::string(host), port};
}

std::string to_string(const Address& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    std::string text = v6 ? std::string(1, '[') : std::string();
    text.append(address.host).append(v6 ? "]:" : ":").append(std::to_string(address.port));
    return text;
}

bool is_loopback(const Address& address) {
    boost::system::error_code ec;
    return boost::asio::ip::make_address(address.host, ec).is_loopback() && !ec;
}

}  // namespace millrace::wire
