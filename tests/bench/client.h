// What a client of the broker needs: requests as text, a connection with one request in flight, and
// just enough of JSON to go on. Whatever goes wrong ends the process with a line that says what.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace millrace::bench {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& why);

std::string base64(const std::string& bytes);

// Records as members of a request, of random bytes and keys.
class Payloads final {
public:
    static constexpr std::size_t kRecordBytes = 1024;

    explicit Payloads(unsigned seed) : random_(seed) {}
    std::string record();

private:
    std::mt19937 random_;
};

// Signs nothing: the Authorization header is well formed only.
std::string request(std::string_view operation, const std::string& body);

// The text after `"name":` in a JSON document, to the end of a string or number.
std::string_view member(std::string_view json, const std::string& name);

// How often `word` is in `text`.
std::size_t count(std::string_view text, std::string_view word);

struct Answer {
    int status = 0;
    std::string_view body;
};

class Connection final {
public:
    explicit Connection(unsigned short port);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int fd() const { return fd_; }
    Clock::time_point sent_at() const { return sent_at_; }

    // Blocks until all of `text` is in the socket: the broker reads whole requests.
    void send(const std::string& text);
    // Reads once. True when the answer is whole.
    bool receive(Answer& out);
    Answer call(const std::string& text);

private:
    int fd_;
    std::string buffer_;
    std::size_t filled_ = 0;
    std::size_t head_ = 0;
    std::size_t needed_ = 0;
    Clock::time_point sent_at_;
};

// Has epoll tell when `fd` can be read, by `tag`.
void watch(int poller, int fd, std::uint64_t tag);

}  // namespace millrace::bench
