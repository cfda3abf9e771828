#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bench/client.h"
#include "bench/get_records.h"
#include "bench/loads.h"
#include "bench/tally.h"

namespace millrace::bench {

namespace {

using std::chrono::duration;

constexpr std::size_t kBatchRecords = 500;

// Sends next(connection) on each connection again and again, and gives each answer to took(). A
// connection whose next() is empty is done. Ends when all are, or at the deadline.
void loop(unsigned short port, std::size_t connections, Clock::time_point deadline,
          const std::function<const std::string*(std::size_t)>& next,
          const std::function<void(std::size_t, const Connection&, const Answer&)>& took) {
    std::vector<std::unique_ptr<Connection>> all;
    const int poller = ::epoll_create1(0);
    for (std::size_t i = 0; i < connections; ++i) {
        all.push_back(std::make_unique<Connection>(port));
        watch(poller, all[i]->fd(), i);
    }
    std::size_t busy = 0;
    const auto go_on = [&](std::size_t i) {
        const std::string* text = next(i);
        if (text == nullptr)
            return;
        ++busy;
        all[i]->send(*text);
    };
    for (std::size_t i = 0; i < connections; ++i)
        go_on(i);
    std::vector<epoll_event> events(connections);
    while (busy > 0 && Clock::now() < deadline) {
        const int n = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 1000);
        for (int e = 0; e < n; ++e) {
            const auto i = static_cast<std::size_t>(events[static_cast<std::size_t>(e)].data.u64);
            Answer answer;
            if (!all[i]->receive(answer))
                continue;
            --busy;
            took(i, *all[i], answer);
            go_on(i);
        }
    }
    ::close(poller);
}

}  // namespace

void write_load(bool batch, unsigned short port, const std::string& stream, std::size_t connections,
                std::chrono::seconds seconds, const std::string& pid) {
    // A few bodies a connection, sent in turn: the broker parses text it has seen before either
    // way.
    Payloads payloads(1);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < (batch ? connections : connections * 8); ++i) {
        std::string body = R"({"StreamName":")" + stream + '"';
        if (batch) {
            body += R"(,"Records":[)";
            for (std::size_t r = 0; r < kBatchRecords; ++r) {
                body += (r == 0 ? "{" : ",{") + payloads.record() + '}';
            }
            body += "]}";
        } else {
            body += ',' + payloads.record() + '}';
        }
        texts.push_back(request(batch ? "PutRecords" : "PutRecord", body));
    }
    const std::size_t records = batch ? kBatchRecords : 1;
    const auto counted_from = Clock::now() + kWarmUp;
    const auto until = counted_from + seconds;
    Tally tally;
    std::size_t turn = 0;
    double broker_cpu = 0;
    double own_cpu = 0;
    bool counting = false;
    loop(
        port, connections, until, [&](std::size_t) { return &texts[turn++ % texts.size()]; },
        [&](std::size_t, const Connection& connection, const Answer& answer) {
            const auto now = Clock::now();
            if (!counting) {
                if (now < counted_from)
                    return;
                counting = true;
                broker_cpu = cpu_seconds(pid);
                own_cpu = cpu_seconds("self");
                return;
            }
            const bool whole =
                answer.status == 200 && (!batch || member(answer.body, "FailedRecordCount") == "0");
            if (!whole) {
                tally.fail(answer);
                return;
            }
            tally.micros.push_back(
                duration<double, std::micro>(now - connection.sent_at()).count());
            tally.records += records;
            tally.bytes += records * Payloads::kRecordBytes;
        });
    tally.print(duration<double>(Clock::now() - counted_from).count(),
                cpu_seconds(pid) - broker_cpu, cpu_seconds("self") - own_cpu);
}

void drain(unsigned short port, const std::string& stream, std::size_t shards,
           std::chrono::seconds seconds, const std::string& pid) {
    std::vector<std::string> next(shards);
    Connection setup(port);
    for (std::size_t i = 0; i < shards; ++i) {
        next[i] = first_get_records(setup, stream, i, "TRIM_HORIZON");
    }
    Tally tally;
    const double broker_cpu = cpu_seconds(pid);
    const double own_cpu = cpu_seconds("self");
    const auto begun = Clock::now();
    loop(
        port, shards, begun + seconds,
        [&](std::size_t i) { return next[i].empty() ? nullptr : &next[i]; },
        [&](std::size_t i, const Connection& connection, const Answer& answer) {
            if (answer.status != 200) {
                tally.fail(answer);
                next[i].clear();
                return;
            }
            Page page = page_of(answer);
            tally.micros.push_back(
                duration<double, std::micro>(Clock::now() - connection.sent_at()).count());
            tally.records += page.records;
            tally.bytes += page.records * Payloads::kRecordBytes;
            next[i] = page.at_tip ? std::string() : std::move(page.next);
        });
    tally.print(duration<double>(Clock::now() - begun).count(), cpu_seconds(pid) - broker_cpu,
                cpu_seconds("self") - own_cpu);
}

void beside(unsigned short port, const std::string& stream, std::size_t shards,
            std::chrono::seconds seconds, const std::string& pid) {
    constexpr std::chrono::milliseconds kBetween{2};
    Connection producer(port);
    std::vector<std::string> first(shards);
    for (std::size_t i = 0; i < shards; ++i) {
        first[i] = first_get_records(producer, stream, i, "TRIM_HORIZON");
    }
    Payloads payloads(1);
    Tally tally;
    const double broker_cpu = cpu_seconds(pid);
    const double own_cpu = cpu_seconds("self");
    const auto begun = Clock::now();
    std::thread readers([&] {
        std::vector<std::string> next = first;
        loop(
            port, shards, begun + seconds, [&](std::size_t i) { return &next[i]; },
            [&](std::size_t i, const Connection&, const Answer& answer) {
                if (answer.status != 200)
                    die(std::string(answer.body));
                Page page = page_of(answer);
                next[i] = page.at_tip ? first[i] : std::move(page.next);
            });
    });
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
    readers.join();
    tally.print(duration<double>(Clock::now() - begun).count(), cpu_seconds(pid) - broker_cpu,
                cpu_seconds("self") - own_cpu);
}

void create(unsigned short port, const std::string& stream, const std::string& shards) {
    Connection connection(port);
    const auto made = connection.call(request(
        "CreateStream", R"({"StreamName":")" + stream + R"(","ShardCount":)" + shards + "}"));
    if (made.status != 200)
        die("CreateStream: " + std::string(made.body));
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    const auto question = request("DescribeStreamSummary", R"({"StreamName":")" + stream + "\"}");
    while (member(connection.call(question).body, "StreamStatus") != "ACTIVE") {
        if (Clock::now() > deadline)
            die("the stream did not become ACTIVE");
        ::usleep(20'000);
    }
    std::puts("{}");
}

}  // namespace millrace::bench
