// What a worker's loop promises beyond its connections, through a real front and a real socket.
#include "wire/worker.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "env/system_clock.h"
#include "wire/front.h"

namespace millrace::wire {
namespace {

class Counted final : public env::TurnEnd {
public:
    void turn_ended() noexcept override { told.fetch_add(1); }
    std::atomic<int> told = 0;
};

// Asks twice to be told of the turn's end, and answers how often it had been told until then.
class Asking final : public Handler {
public:
    Task<Response> handle(const Request&) override {
        env::Executor* const worker = env::current_executor();
        worker->at_turn_end(counted);
        worker->at_turn_end(counted);
        Response response;
        response.body = std::to_string(counted.told.load());
        co_return response;
    }
    Counted counted;
};

std::string ask(int peer) {
    const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(::send(peer, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char bytes[1024];
    while (answer.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(peer, bytes, sizeof bytes, 0);
        if (got <= 0)
            return "closed";
        answer.append(bytes, static_cast<std::size_t>(got));
    }
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

// Or until ten seconds have passed.
template <class Condition>
void wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
    }
}

// A front of one worker, and a client of it.
template <class Handling>
class WorkerTest : public testing::Test {
protected:
    WorkerTest() {
        FrontConfig config;
        config.workers = 1;
        config.listen = {Address{"127.0.0.1", 0}};
        auto opened = Front::open(std::move(config), handler, clock);
        EXPECT_TRUE(opened);
        front = std::move(opened).value();
        front->start();
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(front->addresses().front().port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(peer, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    ~WorkerTest() override {
        ::close(peer);
        EXPECT_TRUE(front->drain(Millis(5000), Millis(5000)));
        front->join(Millis(5000));
    }

    env::SystemClock clock;
    Handling handler;
    std::unique_ptr<Front> front;
    const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
};

using AskingWorker = WorkerTest<Asking>;
TEST_F(AskingWorker, TellsOnceWhenATurnEnds) {
    for (int before = 0; before < 20; ++before) {
        EXPECT_EQ(ask(peer), std::to_string(before));  // not within the turn that asked
        wait_until([&] { return handler.counted.told.load() != before; });
        EXPECT_EQ(handler.counted.told.load(), before + 1);
    }
}

// Asks to be told of the turn's end, and so do so many handlers after it; then come others.
class Joined final : public Handler, public env::TurnEnd {
public:
    static constexpr int kJoining = 50;

    Task<Response> handle(const Request&) override {
        next(env::current_executor(), 0);
        co_return Response();
    }
    void turn_ended() noexcept override { told_after.store(run); }

    std::atomic<int> told_after = -1;

private:
    void next(env::Executor* worker, int number) {
        run = number;
        if (number <= kJoining) {
            worker->at_turn_end(*this);
        }
        if (told_after.load() < 0) {
            worker->post([this, worker, number] { next(worker, number + 1); });
        }
    }
    int run = 0;
};

using JoinedWorker = WorkerTest<Joined>;
TEST_F(JoinedWorker, EndsATurnThatNobodyJoinsAnyMore) {
    EXPECT_EQ(ask(peer), "");
    wait_until([&] { return handler.told_after.load() >= 0; });
    EXPECT_EQ(handler.told_after.load(), Joined::kJoining + 4);
}

}  // namespace
}  // namespace millrace::wire
