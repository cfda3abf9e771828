// A broker inside a program: a test suite starts one on an ephemeral port, talks to it with any
// Kinesis client and stops it. The binary `millrace serve` is a user of this.
//
//     auto [broker, error] = millrace::Broker::start({.listen = {"127.0.0.1:0"}, .data_dir = dir});
//     if (!broker) { std::cerr << error.message; return; }
//     use(broker->endpoint());
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "millrace/error.h"
#include "millrace/options.h"

namespace millrace {

class Broker;

struct StartResult {
    std::unique_ptr<Broker> broker;  // null: see error
    StartError error;
};

class Broker final {
public:
    // Recovers the data directory and creates the start-up streams; returns when the broker is
    // ready. The address is open before: health answers "not ready" meanwhile. Sets the process's
    // log.
    static StartResult start(const Options& chosen);

    ~Broker();  // stop()
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    // Where it listens, for a client's endpoint setting: "http://127.0.0.1:4567".
    std::string endpoint() const;
    std::vector<std::string> endpoints() const;

    // Reads the files of the TLS options again, for the connections that begin from now on, and
    // that of the access keys. What cannot be used is logged, and the old stays.
    void reload();

    // Accepts no more, answers what it has (for at most options.shutdown_drain), flushes and
    // closes. Idempotent; not to be called from two threads at once.
    void stop();

private:
    struct Impl;
    explicit Broker(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
