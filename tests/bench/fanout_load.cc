#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/client.h"
#include "bench/loads.h"
#include "bench/subscriber.h"
#include "bench/tally.h"

namespace millrace::bench {

namespace {

using std::chrono::duration;

// How many records came.
std::size_t take(std::string& text) {
    constexpr std::string_view kMark = "\"PartitionKey\"";
    const std::size_t found = count(text, kMark);
    // A mark may be cut in two.
    text.erase(0, text.size() - std::min(text.size(), kMark.size() - 1));
    return found;
}

}  // namespace

void fanout(unsigned short port, const std::string& stream, std::size_t consumers,
            std::chrono::seconds seconds, const std::string& pid) {
    Connection producer(port);
    std::vector<std::unique_ptr<Subscriber>> all;
    const int poller = ::epoll_create1(0);
    for (std::size_t i = 0; i < consumers; ++i) {
        const std::string arn = register_consumer(producer, stream, "bench-" + std::to_string(i));
        all.push_back(std::make_unique<Subscriber>(port, arn, "0"));
        watch(poller, all.back()->fd(), i);
    }
    watch(poller, producer.fd(), consumers);
    Payloads payloads(1);
    const std::string text =
        request("PutRecord", R"({"StreamName":")" + stream + R"(","ExplicitHashKey":"0",)" +
                                 payloads.record() + '}');
    Tally tally;
    const double broker_cpu = cpu_seconds(pid);
    const double own_cpu = cpu_seconds("self");
    const auto begun = Clock::now();
    std::vector<epoll_event> events(consumers + 1);
    while (Clock::now() < begun + seconds) {
        producer.send(text);
        std::size_t missing = consumers;
        for (bool answered = false; !answered || missing > 0;) {
            const int n =
                ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 10'000);
            if (n <= 0)
                die("a record did not arrive in ten seconds");
            for (int e = 0; e < n; ++e) {
                const auto i =
                    static_cast<std::size_t>(events[static_cast<std::size_t>(e)].data.u64);
                if (i == consumers) {
                    Answer answer;
                    answered = producer.receive(answer) || answered;
                    if (answered && answer.status != 200)
                        die("PutRecord: " + std::string(answer.body));
                    continue;
                }
                const std::size_t came = take(all[i]->receive());
                tally.micros.insert(
                    tally.micros.end(), came,
                    duration<double, std::micro>(Clock::now() - producer.sent_at()).count());
                missing -= std::min(came, missing);
                tally.records += came;
                tally.bytes += came * Payloads::kRecordBytes;
            }
        }
    }
    ::close(poller);
    tally.print(duration<double>(Clock::now() - begun).count(), cpu_seconds(pid) - broker_cpu,
                cpu_seconds("self") - own_cpu);
}

}  // namespace millrace::bench
