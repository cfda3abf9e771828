#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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

constexpr std::chrono::milliseconds kPeriod{10};
constexpr std::uint64_t kRecordsAPeriod = 50;  // 5,000 a second
constexpr std::size_t kDataBytes = 99;         // base64 of it needs no padding
constexpr std::size_t kNumberDigits = 9;

// A record says which it is, in its first bytes: 9 digits are 12 characters of base64.
std::string record(std::uint64_t number) {
    char digits[kNumberDigits + 1] = {};
    std::snprintf(digits, sizeof digits, "%09llu", static_cast<unsigned long long>(number));
    std::string data(digits);
    data.resize(kDataBytes, 'x');
    return R"({"Data":")" + base64(data) + R"(","PartitionKey":"key-)" + std::to_string(number) +
           "\"}";
}

std::uint64_t number_of(std::string_view encoded) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 12; i += 4) {  // of digits only: no need for a table
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const char c = encoded[i + j];
            const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                              : c >= 'a' && c <= 'z' ? c - 'a' + 26
                                                     : c - '0' + 52;
            group = group << 6 | static_cast<std::uint32_t>(value);
        }
        for (const unsigned shift : {16U, 8U, 0U})
            number = number * 10 + ((group >> shift & 0xFF) - '0');
    }
    return number;
}

// What one consumer got, over all shards: how often each record.
using Got = std::vector<std::uint8_t>;

}  // namespace

void subscribers(unsigned short port, const std::string& stream, std::size_t wanted,
                 std::chrono::seconds seconds, const std::string& pid) {
    Connection producer(port);
    const auto summary =
        producer.call(request("DescribeStreamSummary", R"({"StreamName":")" + stream + "\"}"));
    const std::size_t shards =
        std::strtoul(std::string(member(summary.body, "OpenShardCount")).c_str(), nullptr, 10);
    if (shards == 0 || wanted % shards != 0)
        die("as many subscribers of each shard: a multiple of " + std::to_string(shards));
    std::vector<Got> got(wanted / shards);
    std::vector<std::unique_ptr<Subscriber>> all;
    const int poller = ::epoll_create1(0);
    for (std::size_t consumer = 0; consumer < got.size(); ++consumer) {
        const std::string arn =
            register_consumer(producer, stream, "bench-" + std::to_string(consumer));
        for (std::size_t shard = 0; shard < shards; ++shard) {
            all.push_back(std::make_unique<Subscriber>(port, arn, std::to_string(shard)));
            watch(poller, all.back()->fd(), all.size() - 1);
        }
    }
    watch(poller, producer.fd(), wanted);

    Tally tally;
    const auto begun = Clock::now();
    const auto counted_from = begun + kWarmUp;
    const auto until = counted_from + seconds;
    std::vector<Clock::time_point> due;  // when a record was to be sent, by its number
    std::uint64_t delivered = 0;
    bool busy = false;
    double broker_cpu = 0;
    double own_cpu = 0;
    bool counting = false;
    std::vector<epoll_event> events(wanted + 1);
    const auto all_delivered = [&] { return delivered >= due.size() * got.size(); };
    while (Clock::now() < until || !all_delivered()) {
        const auto now = Clock::now();
        if (now > until + std::chrono::seconds(10))
            break;  // the books tell what is missing
        if (!counting && now >= counted_from) {
            counting = true;
            broker_cpu = cpu_seconds(pid);
            own_cpu = cpu_seconds("self");
        }
        const auto next = begun + kPeriod * (due.size() / kRecordsAPeriod);
        if (!busy && now >= next && next < until) {
            std::string body = R"({"StreamName":")" + stream + R"(","Records":[)";
            for (std::uint64_t i = 0; i < kRecordsAPeriod; ++i) {
                body += (i == 0 ? "" : ",") + record(due.size());
                due.push_back(next);  // a late start counts against the broker
            }
            producer.send(request("PutRecords", body + "]}"));
            busy = true;
        }
        const int n = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 1);
        for (int e = 0; e < n; ++e) {
            const auto i = static_cast<std::size_t>(events[static_cast<std::size_t>(e)].data.u64);
            if (i == wanted) {
                Answer answer;
                if (!producer.receive(answer))
                    continue;
                if (answer.status != 200 || member(answer.body, "FailedRecordCount") != "0")
                    tally.fail(answer);
                busy = false;
                continue;
            }
            std::string& text = all[i]->receive();
            const auto arrived = Clock::now();
            Got& mine = got[i / shards];
            constexpr std::string_view kMark = R"("Data":")";
            std::size_t taken = 0;
            for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
                at += kMark.size();
                if (text.size() < at + kDataBytes)
                    break;  // the rest comes later
                const std::uint64_t number =
                    number_of(std::string_view(text).substr(at, kNumberDigits / 3 * 4));
                if (number >= due.size())
                    die("a record that was never sent arrived");
                mine.resize(std::max<std::size_t>(mine.size(), due.size()));
                mine[number] = static_cast<std::uint8_t>(std::min(mine[number] + 1, 255));
                ++delivered;
                if (due[number] >= counted_from) {
                    tally.micros.push_back(
                        duration<double, std::micro>(arrived - due[number]).count());
                    tally.records += 1;
                    tally.bytes += kDataBytes;
                }
                taken = at + kDataBytes;
            }
            text.erase(0, taken);
        }
    }
    ::close(poller);
    for (Got& one : got) {
        one.resize(due.size());
        const auto not_once = std::count_if(one.begin(), one.end(), [](auto n) { return n != 1; });
        if (not_once != 0)
            die(std::to_string(not_once) + " records did not arrive once");
    }
    tally.print(duration<double>(until - counted_from).count(), cpu_seconds(pid) - broker_cpu,
                cpu_seconds("self") - own_cpu);
}

}  // namespace millrace::bench
