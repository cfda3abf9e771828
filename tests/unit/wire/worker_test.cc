// What a worker's loop promises beyond its connections, through a real front and a real socket.
#include "wire/worker.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "env/manual_clock.h"
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

void send_request(int peer, std::string_view path = "/") {
    const std::string request = "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(::send(peer, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
}

std::string receive_answer(int peer) {
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

std::string ask(int peer) {
    send_request(peer);
    return receive_answer(peer);
}

// Or until ten seconds have passed.
template <class Condition>
void wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
    }
}

// A front of one worker, and a client of it. No handler takes any time but those that move the
// clock.
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
        connect(peer);
    }
    ~WorkerTest() override {
        ::close(peer);
        EXPECT_TRUE(front->drain(Millis(5000), Millis(5000)));
        front->join(Millis(5000));
    }

    void connect(int client) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(front->addresses().front().port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }

    env::ManualClock clock;
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
    env::ManualClock* clock = nullptr;  // every handler takes a millisecond of it

private:
    void next(env::Executor* worker, int number) {
        run = number;
        if (clock != nullptr) {
            clock->advance(Millis(1));
        }
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

TEST_F(JoinedWorker, EndsATurnWhereOthersTakeLong) {
    handler.clock = &clock;
    EXPECT_EQ(ask(peer), "");
    wait_until([&] { return handler.told_after.load() >= 0; });
    EXPECT_EQ(handler.told_after.load(), Joined::kJoining + 1);
}

// Notes the requests until each end of a turn that "/join..." asked for, and holds the worker there
// until it is let go on.
class Held final : public Handler, public env::TurnEnd {
public:
    Task<Response> handle(const Request& request) override {
        handled_.emplace_back(request.target);
        if (request.target.starts_with("/join")) {
            env::current_executor()->at_turn_end(*this);
        }
        co_return Response();
    }
    void turn_ended() noexcept override {
        turn = std::exchange(handled_, {});
        const int end = ends.fetch_add(1) + 1;
        wait_until([&] { return may_end.load() >= end; });
    }

    std::vector<std::string> turn;  // what was handled in it; while the worker is held
    std::atomic<int> ends = 0;
    std::atomic<int> may_end = 0;

private:
    std::vector<std::string> handled_;
};

class HeldWorker : public WorkerTest<Held> {
protected:
    static constexpr std::size_t kClients = 12;

    // Every client's request was answered in one turn, whose end holds the worker.
    HeldWorker() {
        for (int& client : clients) {
            client = ::socket(AF_INET, SOCK_STREAM, 0);
            connect(client);
            EXPECT_EQ(ask(client), "");  // it has been accepted
        }
        send_request(peer, "/join");
        wait_until([&] { return handler.ends.load() == 1; });
        for (std::size_t i = 0; i < kClients; ++i) {
            send_request(clients[i], "/join" + std::to_string(i));
        }
        handler.may_end = 1;
        wait_until([&] { return handler.ends.load() == 2; });
        EXPECT_EQ(handler.turn.size(), kClients);
        EXPECT_EQ(receive_answer(peer), "");
        for (const int client : clients) {
            EXPECT_EQ(receive_answer(client), "");
        }
    }
    ~HeldWorker() override {
        handler.may_end = 100;
        for (const int client : clients) {
            ::close(client);
        }
    }

    std::array<int, kClients> clients;
};

TEST_F(HeldWorker, ReadsFromThoseThatWereAnsweredButEndsATurnThatTheyDoNotJoin) {
    const std::string first = handler.turn.front();
    for (std::size_t i = 0; i < kClients; ++i) {
        const std::string path = "/join" + std::to_string(i);
        send_request(clients[i], path == first ? path : "/");
    }
    handler.may_end = 2;
    wait_until([&] { return handler.ends.load() == 3; });
    EXPECT_EQ(handler.turn, (std::vector<std::string>{first, "/", "/", "/", "/"}));
    handler.may_end = 3;
    for (const int client : clients) {
        EXPECT_EQ(receive_answer(client), "");
    }
}

TEST_F(HeldWorker, WaitsForThoseThatSendLater) {
    for (std::size_t i = 1; i < kClients; i += 2) {
        send_request(clients[i]);
    }
    handler.may_end = 2;
    for (std::size_t i = 1; i < kClients; i += 2) {
        EXPECT_EQ(receive_answer(clients[i]), "");
    }
    for (std::size_t i = 0; i < kClients; i += 2) {
        EXPECT_EQ(ask(clients[i]), "");
    }
}

TEST_F(HeldWorker, NoticesThatOneItIsAboutToReadFromHasLeft) {
    ::close(clients.front());
    clients.front() = ::socket(AF_INET, SOCK_STREAM, 0);
    handler.may_end = 2;
    for (std::size_t i = 1; i < kClients; ++i) {
        EXPECT_EQ(ask(clients[i]), "");
    }
    wait_until([&] { return front->open_connections() == kClients; });
    EXPECT_EQ(front->open_connections(), kClients);
}

}  // namespace
}  // namespace millrace::wire
