#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/client.h"
#include "bench/get_records.h"
#include "bench/loads.h"
#include "bench/tally.h"

namespace millrace::bench {

using std::chrono::duration;

namespace {

// Reads every shard from its beginning to its end, again and again.
void read_all(unsigned short port, const std::string& stream, std::size_t shards,
              const std::atomic<bool>& over) {
    std::vector<std::string> first;
    std::vector<std::unique_ptr<Connection>> readers;
    const int poller = ::epoll_create1(0);
    for (std::size_t i = 0; i < shards; ++i) {
        readers.push_back(std::make_unique<Connection>(port));
        first.push_back(first_get_records(*readers[i], stream, i, "TRIM_HORIZON"));
        watch(poller, readers[i]->fd(), i);
        readers[i]->send(first[i]);
    }
    std::vector<epoll_event> events(shards);
    while (!over) {
        const int n = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 10);
        for (int e = 0; e < n; ++e) {
            const auto i = static_cast<std::size_t>(events[static_cast<std::size_t>(e)].data.u64);
            Answer answer;
            if (!readers[i]->receive(answer))
                continue;
            if (answer.status != 200)
                die(std::string(answer.body));
            const Page page = page_of(answer);
            readers[i]->send(page.at_tip ? first[i] : page.next);
        }
    }
    ::close(poller);
}

}  // namespace

void beside(unsigned short port, const std::string& stream, std::size_t shards,
            std::chrono::seconds seconds, const std::string& pid) {
    constexpr std::chrono::milliseconds kBetween{2};
    std::atomic<bool> over = false;
    std::thread readers([&] { read_all(port, stream, shards, over); });
    Connection producer(port);
    Payloads payloads(1);
    Tally tally;
    const double broker_cpu = cpu_seconds(pid);
    const double own_cpu = cpu_seconds("self");
    const auto begun = Clock::now();
    for (auto due = begun; Clock::now() < begun + seconds; due += kBetween) {
        std::this_thread::sleep_until(due);
        const Answer answer = producer.call(
            request("PutRecord", R"({"StreamName":")" + stream + "\"," + payloads.record() + '}'));
        if (answer.status != 200) {
            tally.fail(answer);
            break;
        }
        tally.micros.push_back(duration<double, std::micro>(Clock::now() - due).count());
        tally.records += 1;
        tally.bytes += Payloads::kRecordBytes;
    }
    over = true;
    readers.join();
    tally.print(duration<double>(Clock::now() - begun).count(), cpu_seconds(pid) - broker_cpu,
                cpu_seconds("self") - own_cpu);
}

}  // namespace millrace::bench
