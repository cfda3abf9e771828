// Answers in pieces, through a real front and real sockets: when pieces leave, what holds them
// back, and how they end.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "env/system_clock.h"
#include "wire/front.h"

namespace millrace::wire {
namespace {

// What a source gives, in the test's hands; outlives the source.
class Tap {
public:
    // A piece for the client; empty: the end.
    void give(std::string piece) {
        const std::lock_guard lock(mutex_);
        pieces_.push_back(std::move(piece));
        wake();
    }
    void fail() {
        const std::lock_guard lock(mutex_);
        failing_ = true;
        wake();
    }
    void stop(Source::Stop why) {
        const std::lock_guard lock(mutex_);
        stops_.push_back(why);
        if (why == Source::Stop::kDraining) {
            pieces_ = {"bye", ""};
        } else {
            pieces_ = {""};
        }
        wake();
        changed_.notify_all();
    }
    void destroyed() {
        const std::lock_guard lock(mutex_);
        destroyed_ = true;
        changed_.notify_all();
    }

    Task<std::string> next() {
        ++asked;
        auto begin = [this](Callback<void(bool)> done) {
            const std::lock_guard lock(mutex_);
            waiting_ = std::move(done);
            executor_ = env::current_executor();
            if (!pieces_.empty() || failing_) {
                wake();
            }
        };
        co_await completion<bool>(std::move(begin));
        const std::lock_guard lock(mutex_);
        if (failing_) {
            throw std::runtime_error("the source fails");
        }
        std::string piece = std::move(pieces_.front());
        pieces_.pop_front();
        co_return piece;
    }

    bool wait_until_destroyed() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, Millis(5000), [this] { return destroyed_; });
    }
    std::vector<Source::Stop> stops() {
        const std::lock_guard lock(mutex_);
        return stops_;
    }

    std::atomic<int> asked = 0;

private:
    void wake() {
        if (waiting_) {
            executor_->post([done = std::move(waiting_)]() mutable { done(true); });
            waiting_ = nullptr;
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> pieces_;
    bool failing_ = false;
    bool destroyed_ = false;
    std::vector<Source::Stop> stops_;
    Callback<void(bool)> waiting_;
    env::Executor* executor_ = nullptr;
};

class TapSource final : public Source {
public:
    explicit TapSource(Tap& tap) : tap_(tap) {}
    ~TapSource() override { tap_.destroyed(); }
    TapSource(const TapSource&) = delete;
    TapSource& operator=(const TapSource&) = delete;
    Task<std::string> next() override { return tap_.next(); }
    void stop(Stop why) override { tap_.stop(why); }

private:
    Tap& tap_;
};

// Always has a piece, until it is stopped.
class EndlessSource final : public Source {
public:
    Task<std::string> next() override {
        co_return stopped_ ? std::string() : std::string(100, 'x');
    }
    void stop(Stop) override { stopped_ = true; }

private:
    bool stopped_ = false;
};

// "/pieces" is answered from the tap, "/endless" without an end, everything else with its body.
class TapHandler final : public Handler {
public:
    explicit TapHandler(Tap& tap) : tap_(tap) {}
    Task<Response> handle(const Request& request) override {
        Response response;
        if (request.target == "/pieces") {
            response.source = std::make_unique<TapSource>(tap_);
        } else if (request.target == "/endless") {
            response.source = std::make_unique<EndlessSource>();
        } else {
            response.body = std::string(request.body) + "!";
        }
        co_return response;
    }

private:
    Tap& tap_;
};

class Client {
public:
    explicit Client(std::uint16_t port, int receive_bytes = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (receive_bytes > 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
        }
        const timeval patience{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    ~Client() { close(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void close() {
        if (fd_ >= 0) {
            ::close(std::exchange(fd_, -1));
        }
    }
    void send(std::string_view text) {
        ASSERT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    void ask() { send("POST /pieces HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"); }
    // Everything up to and including `end`.
    std::string read_until(std::string_view end) {
        std::size_t at = received_.find(end);
        while (at == std::string::npos) {
            const std::size_t before = received_.size();
            if (!more()) {
                break;
            }
            at = received_.find(end, before - std::min(before, end.size()));
        }
        EXPECT_NE(at, std::string::npos) << "did not get: " << end << " but: " << received_;
        const std::size_t taken = at == std::string::npos ? received_.size() : at + end.size();
        std::string text = received_.substr(0, taken);
        received_.erase(0, taken);
        return text;
    }
    std::string read_to_the_end() {
        while (more()) {
        }
        return std::exchange(received_, {});
    }
    void forget() { received_.clear(); }
    bool more() {
        char bytes[64 << 10];
        const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
        if (got <= 0) {
            return false;
        }
        received_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

private:
    int fd_;
    std::string received_;
};

class SourceTest : public ::testing::Test {
protected:
    void start(Limits limits = {}) {
        FrontConfig config;
        config.listen.push_back(parse_address("127.0.0.1:0").value());
        config.limits = limits;
        auto opened = Front::open(std::move(config), handler_, clock_);
        ASSERT_TRUE(opened) << opened.error().message;
        front_ = std::move(opened).value();
        front_->start();
    }
    void TearDown() override {
        if (front_ != nullptr) {
            front_->drain(Millis(0), Millis(5000));
            front_->join(Millis(5000));
        }
    }
    std::uint16_t port() const { return front_->addresses().front().port; }
    bool wait_until_closed() {
        for (int i = 0; i < 5000 && front_->open_connections() > 0; ++i) {
            std::unique_lock lock(never_);
            nothing_.wait_for(lock, Millis(1));
        }
        return front_->open_connections() == 0;
    }

    Tap tap_;
    env::SystemClock clock_;
    TapHandler handler_{tap_};
    std::unique_ptr<Front> front_;
    std::mutex never_;
    std::condition_variable nothing_;
};

TEST_F(SourceTest, TheHeadLeavesBeforeThereIsAPiece) {
    start();
    Client client(port());
    client.ask();
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
    EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << head;
    tap_.give("one");
    EXPECT_EQ(client.read_until("one\r\n"), "3\r\none\r\n");
    tap_.give("second");
    EXPECT_EQ(client.read_until("second\r\n"), "6\r\nsecond\r\n");
}

TEST_F(SourceTest, TheConnectionGoesOnAfterTheEnd) {
    start();
    Client client(port());
    client.ask();
    tap_.give("all");
    tap_.give("");
    client.read_until("3\r\nall\r\n0\r\n\r\n");
    EXPECT_TRUE(tap_.wait_until_destroyed());
    client.send("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
    client.read_until("hi!");
    EXPECT_TRUE(tap_.stops().empty());
}

TEST_F(SourceTest, ARequestSentEarlyIsAnsweredAfterTheEnd) {
    start();
    Client client(port());
    client.ask();
    client.read_until("\r\n\r\n");
    client.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nea");
    tap_.give("piece");
    client.read_until("piece\r\n");
    client.send("rly");
    tap_.give("");
    EXPECT_TRUE(client.read_until("early!").starts_with("0\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(SourceTest, AClientThatLeavesIsNoticedWhileThereIsNothingToSend) {
    start();
    Client client(port());
    client.ask();
    client.read_until("\r\n\r\n");
    client.close();
    EXPECT_TRUE(tap_.wait_until_destroyed());
    EXPECT_EQ(tap_.stops().front(), Source::Stop::kClientGone);
    EXPECT_TRUE(wait_until_closed());
}

TEST_F(SourceTest, AClientThatLeavesIsNoticedWhileItIsWrittenTo) {
    start();
    Client client(port(), 4 << 10);
    client.ask();
    client.read_until("\r\n\r\n");
    tap_.give(std::string(16 << 20, 'x'));
    client.more();
    client.close();
    EXPECT_TRUE(tap_.wait_until_destroyed());
    EXPECT_TRUE(wait_until_closed());
}

TEST_F(SourceTest, ASlowReaderIsAskedForOnePieceAtATime) {
    start();
    Client client(port(), 4 << 10);
    client.ask();
    client.read_until("\r\n\r\n");
    const std::string piece(16 << 20, 'x');  // more than any socket's buffer
    for (int i = 0; i < 3; ++i) {
        tap_.give(piece);
    }
    tap_.give("");
    client.more();
    for (int i = 0; i < 50; ++i) {
        std::unique_lock lock(never_);
        nothing_.wait_for(lock, Millis(1));
    }
    EXPECT_EQ(tap_.asked, 1);
    // Once it reads again, nothing is missing.
    std::string rest = client.read_until("0\r\n\r\n");
    const auto letters = std::count(rest.begin(), rest.end(), 'x');
    EXPECT_EQ(letters, std::ptrdiff_t{3} * (16 << 20));
    EXPECT_EQ(tap_.asked, 4);
}

TEST_F(SourceTest, ASourceThatIsNeverEmptyLeavesTurnsToOthers) {
    start();
    Client greedy(port());
    greedy.send("POST /endless HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    std::atomic<bool> enough = false;
    std::thread reader([&] {
        while (!enough && greedy.more()) {
            greedy.forget();
        }
    });
    for (int i = 0; i < 20; ++i) {
        Client other(port());
        other.send("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
        other.read_until("hi!");
    }
    enough = true;
    reader.join();
    greedy.close();
    EXPECT_TRUE(wait_until_closed());
}

TEST_F(SourceTest, AReaderThatIsStuckIsClosed) {
    Limits limits;
    limits.write_timeout = Millis(100);
    start(limits);
    Client client(port(), 4 << 10);
    client.ask();
    client.read_until("\r\n\r\n");
    tap_.give(std::string(16 << 20, 'x'));
    EXPECT_TRUE(tap_.wait_until_destroyed());
    EXPECT_TRUE(wait_until_closed());
}

TEST_F(SourceTest, WaitingForAPieceHasNoDeadline) {
    Limits limits;
    limits.idle_timeout = limits.write_timeout = limits.header_timeout = limits.body_timeout =
        Millis(20);
    start(limits);
    Client client(port());
    client.ask();
    client.read_until("\r\n\r\n");
    for (int i = 0; i < 200; ++i) {
        std::unique_lock lock(never_);
        nothing_.wait_for(lock, Millis(1));
    }
    tap_.give("late");
    client.read_until("late\r\n");
}

TEST_F(SourceTest, DrainingGivesTheSourceItsLastWord) {
    start();
    Client client(port());
    client.ask();
    client.read_until("\r\n\r\n");
    EXPECT_TRUE(front_->drain(Millis(5000), Millis(5000)));
    EXPECT_EQ(client.read_to_the_end(), "3\r\nbye\r\n0\r\n\r\n");
    EXPECT_EQ(tap_.stops(), std::vector{Source::Stop::kDraining});
}

TEST_F(SourceTest, DrainingDoesNotWaitForAReaderThatIsStuck) {
    start();
    Client client(port(), 4 << 10);
    client.ask();
    client.read_until("\r\n\r\n");
    tap_.give(std::string(16 << 20, 'x'));
    client.more();
    EXPECT_FALSE(front_->drain(Millis(50), Millis(5000)));
    EXPECT_TRUE(tap_.wait_until_destroyed());
    EXPECT_EQ(front_->open_connections(), 0u);
}

TEST_F(SourceTest, AFailureCutsTheBodyShort) {
    start();
    Client client(port());
    client.ask();
    client.read_until("\r\n\r\n");
    tap_.give("half");
    client.read_until("half\r\n");
    tap_.fail();
    EXPECT_EQ(client.read_to_the_end(), "");  // no last chunk
    EXPECT_TRUE(tap_.wait_until_destroyed());
}

}  // namespace
}  // namespace millrace::wire
