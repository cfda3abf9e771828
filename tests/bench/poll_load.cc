#include <sys/epoll.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/client.h"
#include "bench/get_records.h"
#include "bench/loads.h"
#include "bench/tally.h"

namespace millrace::bench {

using std::chrono::duration;

void poll(unsigned short port, const std::string& stream, std::size_t shards,
          std::chrono::seconds seconds, const std::string& pid) {
    constexpr std::chrono::milliseconds kBetween{2};
    Connection producer(port);
    std::vector<std::unique_ptr<Connection>> readers;
    std::vector<std::string> next;
    const int poller = ::epoll_create1(0);
    for (std::size_t i = 0; i < shards; ++i) {
        readers.push_back(std::make_unique<Connection>(port));
        next.push_back(first_get_records(producer, stream, i, "LATEST"));
        watch(poller, readers[i]->fd(), i);
    }
    watch(poller, producer.fd(), shards);
    Payloads payloads(1);
    Tally tally;
    const double broker_cpu = cpu_seconds(pid);
    const double own_cpu = cpu_seconds("self");
    const auto begun = Clock::now();
    for (std::size_t i = 0; i < shards; ++i)
        readers[i]->send(next[i]);
    auto due = begun;
    bool answered = true;
    bool arrived = true;
    std::vector<epoll_event> events(shards + 1);
    while (Clock::now() < begun + seconds) {
        if (answered && arrived && Clock::now() >= due) {
            due += kBetween;
            answered = arrived = false;
            producer.send(request("PutRecord",
                                  R"({"StreamName":")" + stream + "\"," + payloads.record() + '}'));
        } else if (Clock::now() > producer.sent_at() + std::chrono::seconds(10)) {
            die("a record did not arrive in ten seconds");
        }
        const int n = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 1);
        for (int e = 0; e < n; ++e) {
            const auto i = static_cast<std::size_t>(events[static_cast<std::size_t>(e)].data.u64);
            Answer answer;
            Connection& connection = i == shards ? producer : *readers[i];
            if (!connection.receive(answer))
                continue;
            if (answer.status != 200)
                die(std::string(answer.body));
            if (i == shards) {
                answered = true;
                continue;
            }
            Page page = page_of(answer);
            if (page.records > 0) {
                arrived = true;
                tally.micros.push_back(
                    duration<double, std::micro>(Clock::now() - producer.sent_at()).count());
                tally.records += page.records;
                tally.bytes += page.records * Payloads::kRecordBytes;
            }
            connection.send(page.next);
        }
    }
    ::close(poller);
    tally.print(duration<double>(Clock::now() - begun).count(), cpu_seconds(pid) - broker_cpu,
                cpu_seconds("self") - own_cpu);
}

}  // namespace millrace::bench
