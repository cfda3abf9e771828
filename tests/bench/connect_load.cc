// HTTP/2 as the SDK for JavaScript speaks it: a connection for each request.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/client.h"
#include "bench/loads.h"
#include "bench/tally.h"

namespace millrace::bench {

namespace {

using std::chrono::duration;

std::string frame(char type, char flags, char stream, std::string_view payload) {
    std::string out;
    for (const unsigned shift : {16u, 8u, 0u})
        out += static_cast<char>(payload.size() >> shift);
    out.append({type, flags, 0, 0, 0, stream});
    return out.append(payload);
}

constexpr char kDataFrame = 0;
constexpr char kHeadersFrame = 1;
constexpr char kSettingsFrame = 4;
constexpr char kEndStream = 1;
constexpr char kEndHeaders = 4;
constexpr std::size_t kFrameHead = 9;

// All that a client sends on its connection: the preface, its settings, one request.
std::string whole_visit(const std::string& operation, const std::string& body) {
    // Literals without indexing, shorter than 127 bytes or, as one is, two bytes long.
    std::string head;
    const auto put = [&head](std::string_view text) {
        constexpr std::size_t kShort = 127;
        head += static_cast<char>(std::min(text.size(), kShort));
        if (text.size() >= kShort)
            head.append({static_cast<char>((text.size() - kShort) | 0x80),
                         static_cast<char>((text.size() - kShort) >> 7)});
        head.append(text);
    };
    const std::string target = "Kinesis_20131202." + operation;
    const std::string authorization =
        "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/kinesis/aws4_request, "
        "SignedHeaders=:authority;x-amz-date, Signature=" +
        std::string(64, '0');
    for (const auto& [name, value] :
         std::initializer_list<std::pair<std::string_view, std::string>>{
             {":method", "POST"},
             {":scheme", "http"},
             {":path", "/"},
             {":authority", "127.0.0.1"},
             {"content-type", "application/x-amz-json-1.1"},
             {"x-amz-target", target},
             {"x-amz-date", "20260101T000000Z"},
             {"authorization", authorization},
             {"content-length", std::to_string(body.size())}}) {
        head += '\0';
        put(name);
        put(value);
    }
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kSettingsFrame, 0, 0, {}) +
           frame(kHeadersFrame, kEndHeaders, 1, head) + frame(kDataFrame, kEndStream, 1, body);
}

class Visit final {
public:
    Visit(unsigned short port, const std::string& text) : begun_(Clock::now()), connection_(port) {
        connection_.send(text);
    }
    int fd() const { return connection_.fd(); }
    Clock::time_point begun() const { return begun_; }
    // Reads once. True when the answer is whole.
    bool receive(Answer& out) {
        char bytes[4096];
        const auto n = ::recv(connection_.fd(), bytes, sizeof bytes, 0);
        if (n <= 0)
            die("the broker closed a connection before its answer");
        text_.append(bytes, static_cast<std::size_t>(n));
        while (text_.size() - at_ >= kFrameHead) {
            const auto octet = [this](std::size_t i) {
                return static_cast<unsigned char>(text_[at_ + i]);
            };
            const std::size_t size =
                std::size_t{octet(0)} << 16 | std::size_t{octet(1)} << 8 | octet(2);
            if (text_.size() - at_ < kFrameHead + size)
                return false;
            const char type = text_[at_ + 3];
            const std::string_view payload(text_.data() + at_ + kFrameHead, size);
            // The first of an answer's fields is its status; 200 is the eighth of the static table.
            if (type == kHeadersFrame)
                out_.status = payload.starts_with('\x88') ? 200 : 500;
            const bool ends =
                (type == kHeadersFrame || type == kDataFrame) && (text_[at_ + 4] & kEndStream) != 0;
            at_ += kFrameHead + size;
            if (ends) {
                out = {out_.status, payload};
                return true;
            }
        }
        return false;
    }

private:
    Clock::time_point begun_;
    Connection connection_;
    std::string text_;
    std::size_t at_ = 0;
    Answer out_;
};

}  // namespace

void connect_load(unsigned short port, const std::string& stream, std::size_t connections,
                  std::chrono::seconds seconds, const std::string& pid) {
    Payloads payloads(1);
    const std::string text =
        whole_visit("PutRecord", R"({"StreamName":")" + stream + "\"," + payloads.record() + '}');
    const int poller = ::epoll_create1(0);
    std::vector<std::unique_ptr<Visit>> all(connections);
    const auto begin = [&](std::size_t i) {
        all[i] = std::make_unique<Visit>(port, text);
        watch(poller, all[i]->fd(), i);
    };
    for (std::size_t i = 0; i < connections; ++i)
        begin(i);
    const auto counted_from = Clock::now() + kWarmUp;
    Tally tally;
    double broker_cpu = 0;
    double own_cpu = 0;
    bool counting = false;
    std::vector<epoll_event> events(connections);
    while (Clock::now() < counted_from + seconds) {
        const int n = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 1000);
        if (!counting && Clock::now() >= counted_from) {
            counting = true;
            broker_cpu = cpu_seconds(pid);
            own_cpu = cpu_seconds("self");
        }
        for (int e = 0; e < n; ++e) {
            const auto i = static_cast<std::size_t>(events[static_cast<std::size_t>(e)].data.u64);
            Answer answer;
            if (!all[i]->receive(answer))
                continue;
            if (answer.status != 200) {
                tally.fail(answer);
            } else if (counting) {
                tally.micros.push_back(
                    duration<double, std::micro>(Clock::now() - all[i]->begun()).count());
                tally.records += 1;
                tally.bytes += Payloads::kRecordBytes;
            }
            begin(i);
        }
    }
    ::close(poller);
    tally.print(duration<double>(Clock::now() - counted_from).count(),
                cpu_seconds(pid) - broker_cpu, cpu_seconds("self") - own_cpu);
}

}  // namespace millrace::bench
