#include "bench/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

namespace millrace::bench {

namespace {

std::size_t content_length(std::string_view head) {
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto at = lower.find("\r\ncontent-length:");
    if (at == std::string::npos)
        die("an answer without Content-Length");
    return std::strtoull(lower.c_str() + at + 17, nullptr, 10);
}

}  // namespace

void die(const std::string& why) {
    std::fprintf(stderr, "millrace_load: %s\n", why.c_str());
    std::exit(1);
}

std::string base64(const std::string& bytes) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group =
                group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            out += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63];
        }
    }
    return out;
}

std::string Payloads::record() {
    std::string bytes(kRecordBytes, '\0');
    for (char& c : bytes)
        c = static_cast<char>(random_());
    return R"("Data":")" + base64(bytes) + R"(","PartitionKey":"key-)" + std::to_string(random_()) +
           '"';
}

std::string request(std::string_view operation, const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\n"
           "X-Amz-Target: Kinesis_20131202." +
           std::string(operation) +
           "\r\nX-Amz-Date: 20260101T000000Z\r\n"
           "Authorization: AWS4-HMAC-SHA256 "
           "Credential=bench/20260101/us-east-1/kinesis/aws4_request, "
           "SignedHeaders=host;x-amz-date, Signature=" +
           std::string(64, '0') + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::string_view member(std::string_view json, const std::string& name) {
    const std::string quoted = '"' + name + '"';
    auto at = json.find(quoted);
    if (at == std::string_view::npos)
        return {};
    at = json.find_first_not_of(": \"", at + quoted.size());
    const auto end = json.find_first_of(",\"}", at);
    return json.substr(at, end - at);
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t n = 0;
    for (auto at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + word.size()))
        ++n;
    return n;
}

Connection::Connection(unsigned short port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The cast is the socket API's own.
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        die("cannot connect to 127.0.0.1:" + std::to_string(port));
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    buffer_.resize(std::size_t{64} << 10);
}

Connection::~Connection() {
    ::close(fd_);
}

void Connection::send(const std::string& text) {
    sent_at_ = Clock::now();
    filled_ = 0;
    needed_ = 0;
    for (std::size_t done = 0; done < text.size();) {
        const auto n = ::send(fd_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
        if (n <= 0)
            die("the broker closed a connection while a request was sent");
        done += static_cast<std::size_t>(n);
    }
}

bool Connection::receive(Answer& out) {
    if (filled_ == buffer_.size())
        buffer_.resize(buffer_.size() * 2);
    const auto n = ::recv(fd_, buffer_.data() + filled_, buffer_.size() - filled_, 0);
    if (n <= 0)
        die("the broker closed a connection before its answer");
    filled_ += static_cast<std::size_t>(n);
    const std::string_view all(buffer_.data(), filled_);
    if (needed_ == 0) {
        const auto end = all.find("\r\n\r\n");
        if (end == std::string_view::npos)
            return false;
        head_ = end + 4;
        needed_ = head_ + content_length(all.substr(0, head_));
        if (buffer_.size() < needed_)
            buffer_.resize(needed_);
    }
    if (filled_ < needed_)
        return false;
    const std::string_view whole(buffer_.data(), needed_);
    out.status = std::atoi(whole.data() + 9);
    out.body = whole.substr(head_);
    return true;
}

Answer Connection::call(const std::string& text) {
    send(text);
    Answer answer;
    while (!receive(answer)) {
    }
    return answer;
}

void watch(int poller, int fd, std::uint64_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    ::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace millrace::bench
