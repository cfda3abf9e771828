// millrace_load: a closed-loop load on one broker, for ./dev bench. One thread, one epoll; every
// connection has one request in flight. Signs nothing: the Authorization header is well formed
// only. Prints one line of JSON. tests/bench/bench.py starts the broker and makes the table.
//
//   millrace_load create  PORT STREAM SHARDS
//   millrace_load put     PORT STREAM CONNECTIONS SECONDS PID   PutRecord, 1 KiB
//   millrace_load batch   PORT STREAM CONNECTIONS SECONDS PID   PutRecords, 500 x 1 KiB
//   millrace_load drain   PORT STREAM SHARDS SECONDS PID        GetRecords from TRIM_HORIZON to the
//                                                               tip
//   millrace_load fanout  PORT STREAM CONSUMERS SECONDS PID     PutRecord to SubscribeToShard
//   millrace_load connect PORT STREAM CONNECTIONS SECONDS PID   PutRecord, 1 KiB, each over a new
//                                                               connection of HTTP/2
//   millrace_load sync    DIRECTORY SECONDS                     4 KiB write + fdatasync, no broker
//
// put, batch and connect warm up for a second that is not counted. SECONDS bounds drain, which ends
// at the tip. fanout puts one record after the other to one shard that CONSUMERS are subscribed to;
// its times are from the sending of a record to its arrival at each of them. PID is the broker's:
// its CPU time over the counted part is read from /proc.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

constexpr std::size_t kRecordBytes = 1024;
constexpr std::size_t kBatchRecords = 500;
constexpr std::chrono::seconds kWarmUp{1};

[[noreturn]] void die(const std::string& why) {
    std::fprintf(stderr, "millrace_load: %s\n", why.c_str());
    std::exit(1);
}

std::string base64(const std::string& bytes) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group =
                group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            out += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63];
        }
    }
    return out;
}

class Payloads final {
public:
    explicit Payloads(unsigned seed) : random_(seed) {}
    std::string record() {
        std::string bytes(kRecordBytes, '\0');
        for (char& c : bytes)
            c = static_cast<char>(random_());
        return R"("Data":")" + base64(bytes) + R"(","PartitionKey":"key-)" +
               std::to_string(random_()) + '"';
    }

private:
    std::mt19937 random_;
};

std::string request(std::string_view operation, const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\n"
           "X-Amz-Target: Kinesis_20131202." +
           std::string(operation) +
           "\r\nX-Amz-Date: 20260101T000000Z\r\n"
           "Authorization: AWS4-HMAC-SHA256 "
           "Credential=bench/20260101/us-east-1/kinesis/aws4_request, "
           "SignedHeaders=host;x-amz-date, Signature=" +
           std::string(64, '0') + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

// The text after `"name":` in a JSON document, to the end of a string or number.
std::string_view member(std::string_view json, const std::string& name) {
    const std::string quoted = '"' + name + '"';
    auto at = json.find(quoted);
    if (at == std::string_view::npos)
        return {};
    at = json.find_first_not_of(": \"", at + quoted.size());
    const auto end = json.find_first_of(",\"}", at);
    return json.substr(at, end - at);
}

struct Answer {
    int status = 0;
    std::string_view body;
};

class Connection final {
public:
    explicit Connection(unsigned short port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // The cast is the socket API's own.
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            die("cannot connect to 127.0.0.1:" + std::to_string(port));
        }
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        buffer_.resize(std::size_t{64} << 10);
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int fd() const { return fd_; }
    Clock::time_point sent_at() const { return sent_at_; }

    // Blocks until all of `text` is in the socket: the broker reads whole requests.
    void send(const std::string& text) {
        sent_at_ = Clock::now();
        filled_ = 0;
        needed_ = 0;
        for (std::size_t done = 0; done < text.size();) {
            const auto n = ::send(fd_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
            if (n <= 0)
                die("the broker closed a connection while a request was sent");
            done += static_cast<std::size_t>(n);
        }
    }

    // Reads once. True when the answer is whole.
    bool receive(Answer& out) {
        if (filled_ == buffer_.size())
            buffer_.resize(buffer_.size() * 2);
        const auto n = ::recv(fd_, buffer_.data() + filled_, buffer_.size() - filled_, 0);
        if (n <= 0)
            die("the broker closed a connection before its answer");
        filled_ += static_cast<std::size_t>(n);
        const std::string_view all(buffer_.data(), filled_);
        if (needed_ == 0) {
            const auto end = all.find("\r\n\r\n");
            if (end == std::string_view::npos)
                return false;
            head_ = end + 4;
            needed_ = head_ + content_length(all.substr(0, head_));
            if (buffer_.size() < needed_)
                buffer_.resize(needed_);
        }
        if (filled_ < needed_)
            return false;
        const std::string_view whole(buffer_.data(), needed_);
        out.status = std::atoi(whole.data() + 9);
        out.body = whole.substr(head_);
        return true;
    }

    Answer call(const std::string& text) {
        send(text);
        Answer answer;
        while (!receive(answer)) {
        }
        return answer;
    }

private:
    static std::size_t content_length(std::string_view head) {
        std::string lower(head);
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const auto at = lower.find("\r\ncontent-length:");
        if (at == std::string::npos)
            die("an answer without Content-Length");
        return std::strtoull(lower.c_str() + at + 17, nullptr, 10);
    }

    int fd_;
    std::string buffer_;
    std::size_t filled_ = 0;
    std::size_t head_ = 0;
    std::size_t needed_ = 0;
    Clock::time_point sent_at_;
};

// User and system time of a process, in seconds; 0 when there is no such process.
double cpu_seconds(const std::string& pid) {
    std::FILE* file = std::fopen(("/proc/" + pid + "/stat").c_str(), "r");
    if (file == nullptr)
        return 0;
    char line[1024] = {};
    const auto got = std::fread(line, 1, sizeof line - 1, file);
    std::fclose(file);
    const char* at = got == 0 ? nullptr : std::strrchr(line, ')');
    unsigned long user = 0;
    unsigned long system = 0;
    if (at == nullptr || std::sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                                     &user, &system) != 2) {
        return 0;
    }
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct Tally {
    std::vector<double> micros;
    std::size_t records = 0;
    std::size_t bytes = 0;
    std::size_t errors = 0;
    std::string first_error;

    void fail(const Answer& answer) {
        if (errors++ == 0) {
            first_error =
                std::to_string(answer.status) + " " + std::string(answer.body.substr(0, 160));
        }
    }
    double quantile(double q) {
        if (micros.empty())
            return 0;
        const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(micros.size() - 1));
        std::nth_element(micros.begin(), micros.begin() + at, micros.end());
        return micros[static_cast<std::size_t>(at)];
    }
    void print(double seconds, double broker_cpu, double own_cpu) {
        std::string why;
        for (const char c : first_error) {
            if (c == '"' || c == '\\')
                why += '\\';
            if (static_cast<unsigned char>(c) >= 0x20)
                why += c;
        }
        std::printf(
            "{\"seconds\": %.3f, \"requests\": %zu, \"records\": %zu, \"bytes\": %zu, \"errors\": "
            "%zu, "
            "\"p50_us\": %.1f, \"p99_us\": %.1f, \"broker_cpu_s\": %.3f, \"own_cpu_s\": %.3f, "
            "\"first_error\": \"%s\"}\n",
            seconds, micros.size(), records, bytes, errors, quantile(0.5), quantile(0.99),
            broker_cpu, own_cpu, why.c_str());
    }
};

// Sends next(connection) on each connection again and again, and gives each answer to took(). A
// connection whose next() is empty is done. Ends when all are, or at the deadline.
void loop(unsigned short port, std::size_t connections, Clock::time_point deadline,
          const std::function<const std::string*(std::size_t)>& next,
          const std::function<void(std::size_t, const Connection&, const Answer&)>& took) {
    std::vector<std::unique_ptr<Connection>> all;
    const int poller = ::epoll_create1(0);
    for (std::size_t i = 0; i < connections; ++i) {
        all.push_back(std::make_unique<Connection>(port));
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poller, EPOLL_CTL_ADD, all[i]->fd(), &event);
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
            tally.bytes += records * kRecordBytes;
        });
    tally.print(duration<double>(Clock::now() - counted_from).count(),
                cpu_seconds(pid) - broker_cpu, cpu_seconds("self") - own_cpu);
}

// ---- HTTP/2 as the SDK for JavaScript speaks it: a connection for each request.

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

void connect_load(unsigned short port, const std::string& stream, std::size_t connections,
                  std::chrono::seconds seconds, const std::string& pid) {
    Payloads payloads(1);
    const std::string text =
        whole_visit("PutRecord", R"({"StreamName":")" + stream + "\"," + payloads.record() + '}');
    const int poller = ::epoll_create1(0);
    std::vector<std::unique_ptr<Visit>> all(connections);
    const auto begin = [&](std::size_t i) {
        all[i] = std::make_unique<Visit>(port, text);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poller, EPOLL_CTL_ADD, all[i]->fd(), &event);
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
                tally.bytes += kRecordBytes;
            }
            begin(i);
        }
    }
    ::close(poller);
    tally.print(duration<double>(Clock::now() - counted_from).count(),
                cpu_seconds(pid) - broker_cpu, cpu_seconds("self") - own_cpu);
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t n = 0;
    for (auto at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + word.size()))
        ++n;
    return n;
}

void drain(unsigned short port, const std::string& stream, std::size_t shards,
           std::chrono::seconds seconds, const std::string& pid) {
    std::vector<std::string> next(shards);
    Connection setup(port);
    for (std::size_t i = 0; i < shards; ++i) {
        char shard[32] = {};
        std::snprintf(shard, sizeof shard, "shardId-%012zu", i);
        const auto answer = setup.call(
            request("GetShardIterator", R"({"StreamName":")" + stream +
                                            R"(","ShardIteratorType":"TRIM_HORIZON","ShardId":")" +
                                            shard + "\"}"));
        const auto iterator = member(answer.body, "ShardIterator");
        if (answer.status != 200 || iterator.empty())
            die("GetShardIterator: " + std::string(answer.body));
        next[i] = request("GetRecords", R"({"ShardIterator":")" + std::string(iterator) + "\"}");
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
            // The members after the records are few; look for them from the end.
            const auto records = count(answer.body, "\"PartitionKey\"");
            const auto tail_at = answer.body.size() > 4096 ? answer.body.size() - 4096 : 0;
            auto behind = member(answer.body.substr(tail_at), "MillisBehindLatest");
            auto iterator = member(answer.body.substr(tail_at), "NextShardIterator");
            if (behind.empty())
                behind = member(answer.body, "MillisBehindLatest");
            if (iterator.empty())
                iterator = member(answer.body, "NextShardIterator");
            tally.micros.push_back(
                duration<double, std::micro>(Clock::now() - connection.sent_at()).count());
            tally.records += records;
            tally.bytes += records * kRecordBytes;
            next[i] = behind == "0" || iterator.empty()
                          ? std::string()
                          : request("GetRecords",
                                    R"({"ShardIterator":")" + std::string(iterator) + "\"}");
        });
    tally.print(duration<double>(Clock::now() - begun).count(), cpu_seconds(pid) - broker_cpu,
                cpu_seconds("self") - own_cpu);
}

// One subscription's connection: what came is searched for records, not parsed.
class Subscriber final {
public:
    Subscriber(unsigned short port, const std::string& arn) : connection_(port) {
        connection_.send(request("SubscribeToShard",
                                 R"({"ConsumerARN":")" + arn +
                                     R"(","ShardId":"0","StartingPosition":{"Type":"LATEST"}})"));
        while (text_.find("initial-response") == std::string::npos)
            read();
        text_.clear();
    }
    int fd() const { return connection_.fd(); }
    // Reads once; how many records came.
    std::size_t receive() {
        read();
        constexpr std::string_view kMark = "\"PartitionKey\"";
        const std::size_t found = count(text_, kMark);
        // A mark may be cut in two.
        text_.erase(0, text_.size() - std::min(text_.size(), kMark.size() - 1));
        return found;
    }

private:
    void read() {
        char bytes[64 << 10];
        const auto n = ::recv(connection_.fd(), bytes, sizeof bytes, 0);
        if (n <= 0)
            die("the broker closed a subscription: " + text_);
        text_.append(bytes, static_cast<std::size_t>(n));
    }

    Connection connection_;
    std::string text_;
};

void fanout(unsigned short port, const std::string& stream, std::size_t consumers,
            std::chrono::seconds seconds, const std::string& pid) {
    Connection producer(port);
    const auto summary =
        producer.call(request("DescribeStreamSummary", R"({"StreamName":")" + stream + "\"}"));
    const std::string stream_arn(member(summary.body, "StreamARN"));
    std::vector<std::unique_ptr<Subscriber>> all;
    const int poller = ::epoll_create1(0);
    const auto watch = [poller](int fd, std::uint64_t tag) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = tag;
        ::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    };
    for (std::size_t i = 0; i < consumers; ++i) {
        const auto made =
            producer.call(request("RegisterStreamConsumer", R"({"StreamARN":")" + stream_arn +
                                                                R"(","ConsumerName":"bench-)" +
                                                                std::to_string(i) + "\"}"));
        if (made.status != 200)
            die("RegisterStreamConsumer: " + std::string(made.body));
        const std::string arn(member(made.body, "ConsumerARN"));
        all.push_back(std::make_unique<Subscriber>(port, arn));
        watch(all.back()->fd(), i);
    }
    watch(producer.fd(), consumers);
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
                const std::size_t came = all[i]->receive();
                tally.micros.insert(
                    tally.micros.end(), came,
                    duration<double, std::micro>(Clock::now() - producer.sent_at()).count());
                missing -= std::min(came, missing);
                tally.records += came;
                tally.bytes += came * kRecordBytes;
            }
        }
    }
    ::close(poller);
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

void sync(const std::string& directory, std::chrono::seconds seconds) {
    const std::string path = directory + "/sync-probe";
    const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    constexpr off_t kFileBytes = off_t{16} << 20;
    if (fd < 0 || ::posix_fallocate(fd, 0, kFileBytes) != 0)
        die("cannot write " + path);
    const std::string block(4096, 'x');
    // Written once before, so that the measured writes change no metadata: as a recycled journal's
    // do.
    for (off_t at = 0; at < kFileBytes; at += 4096) {
        if (::pwrite(fd, block.data(), block.size(), at) != 4096)
            die("cannot write " + path);
    }
    ::fsync(fd);
    Tally tally;
    const auto begun = Clock::now();
    for (off_t at = 0; Clock::now() < begun + seconds; at = (at + 4096) % kFileBytes) {
        const auto before = Clock::now();
        if (::pwrite(fd, block.data(), block.size(), at) != 4096 || ::fdatasync(fd) != 0) {
            die("cannot sync " + path);
        }
        tally.micros.push_back(duration<double, std::micro>(Clock::now() - before).count());
    }
    ::close(fd);
    ::unlink(path.c_str());
    tally.print(duration<double>(Clock::now() - begun).count(), 0, 0);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    const auto number = [&](std::size_t i) { return std::strtoul(args[i].c_str(), nullptr, 10); };
    if (args.size() == 3 && args[0] == "sync") {
        sync(args[1], std::chrono::seconds(number(2)));
        return 0;
    }
    if (args.size() == 4 && args[0] == "create") {
        create(static_cast<unsigned short>(number(1)), args[2], args[3]);
        return 0;
    }
    if (args.size() == 6 && args[0] == "connect") {
        connect_load(static_cast<unsigned short>(number(1)), args[2], number(3),
                     std::chrono::seconds(number(4)), args[5]);
        return 0;
    }
    if (args.size() == 6 && args[0] == "fanout") {
        fanout(static_cast<unsigned short>(number(1)), args[2], number(3),
               std::chrono::seconds(number(4)), args[5]);
        return 0;
    }
    if (args.size() == 6 && (args[0] == "put" || args[0] == "batch" || args[0] == "drain")) {
        const auto port = static_cast<unsigned short>(number(1));
        const std::chrono::seconds seconds(number(4));
        if (args[0] == "drain") {
            drain(port, args[2], number(3), seconds, args[5]);
        } else {
            write_load(args[0] == "batch", port, args[2], number(3), seconds, args[5]);
        }
        return 0;
    }
    die("bad arguments; see the head of tests/bench/load.cc");
}
