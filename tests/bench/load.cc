// millrace_load: a closed-loop load on one broker, for ./dev bench. One thread, one epoll; every
// connection has one request in flight. Signs nothing: the Authorization header is well formed
// only. Prints one line of JSON. tests/bench/bench.py starts the broker and makes the table.
//
//   millrace_load create  PORT STREAM SHARDS
//   millrace_load put     PORT STREAM CONNECTIONS SECONDS PID   PutRecord, 1 KiB
//   millrace_load batch   PORT STREAM CONNECTIONS SECONDS PID   PutRecords, 500 x 1 KiB
//   millrace_load drain   PORT STREAM SHARDS SECONDS PID        GetRecords from TRIM_HORIZON to the
//                                                               tip
//   millrace_load poll    PORT STREAM SHARDS SECONDS PID        PutRecord to GetRecords
//   millrace_load beside  PORT STREAM SHARDS SECONDS PID        PutRecord, 1 KiB, while all shards
//                                                               are drained again and again
//   millrace_load fanout  PORT STREAM CONSUMERS SECONDS PID     PutRecord to SubscribeToShard
//   millrace_load subscribers PORT STREAM SUBSCRIBERS SECONDS PID  PutRecords to so many of
//                                                               SubscribeToShard
//   millrace_load connect PORT STREAM CONNECTIONS SECONDS PID   PutRecord, 1 KiB, each over a new
//                                                               connection of HTTP/2
//   millrace_load sync    DIRECTORY SECONDS                     4 KiB write + fdatasync, no broker
//
// put, batch and connect warm up for a second that is not counted. SECONDS bounds drain, which ends
// at the tip. poll reads each shard again and again without a pause, while one record is put every
// 2 ms; its times are from the sending of a record to its arrival. beside puts one record every
// 2 ms; its times are from the instant a record was due to its answer. fanout puts one record after
// the other to one shard that CONSUMERS are subscribed to; its times are from the sending of a
// record to its arrival at each of them. subscribers puts 5,000 records of 99 bytes a second, 50 at
// a time when they are due, while SUBSCRIBERS are subscribed, as many to each shard; its times are
// from the instant a record was due to its arrival. A record that does not arrive once at each
// consumer is an error. PID is the broker's: its CPU time over the counted part is read from /proc.
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/client.h"
#include "bench/loads.h"

int main(int argc, char** argv) {
    using namespace millrace::bench;
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
    if (args.size() == 6 && args[0] == "subscribers") {
        subscribers(static_cast<unsigned short>(number(1)), args[2], number(3),
                    std::chrono::seconds(number(4)), args[5]);
        return 0;
    }
    if (args.size() == 6 && args[0] == "poll") {
        poll(static_cast<unsigned short>(number(1)), args[2], number(3),
             std::chrono::seconds(number(4)), args[5]);
        return 0;
    }
    if (args.size() == 6 && args[0] == "beside") {
        beside(static_cast<unsigned short>(number(1)), args[2], number(3),
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
