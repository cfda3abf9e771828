// What a worker's loop promises beyond its connections, through a real front and a real socket.
#include "wire/worker.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <string_view>
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

TEST(Worker, TellsOnceWhenATurnEnds) {
    env::SystemClock clock;
    Asking handler;
    FrontConfig config;
    config.workers = 1;
    config.listen = {Address{"127.0.0.1", 0}};
    auto opened = Front::open(std::move(config), handler, clock);
    ASSERT_TRUE(opened);
    Front& front = *opened.value();
    front.start();
    const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(front.addresses().front().port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(peer, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    for (int before = 0; before < 20; ++before) {
        EXPECT_EQ(ask(peer), std::to_string(before));  // not within the turn that asked
        for (int i = 0; i < 5000 && handler.counted.told.load() == before; ++i) {
            std::this_thread::yield();
        }
        EXPECT_EQ(handler.counted.told.load(), before + 1);
    }
    ::close(peer);
    EXPECT_TRUE(front.drain(Millis(5000), Millis(5000)));
    front.join(Millis(5000));
}

}  // namespace
}  // namespace millrace::wire
