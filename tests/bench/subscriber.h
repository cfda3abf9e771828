// One subscription to a shard, on a connection of its own. What comes is text to search, not
// parsed.
#pragma once

#include <string>

#include "bench/client.h"

namespace millrace::bench {

// Registers a consumer; its ARN.
std::string register_consumer(Connection& connection, const std::string& stream,
                              const std::string& name);

class Subscriber final {
public:
    // From LATEST on, once it returns.
    Subscriber(unsigned short port, const std::string& consumer_arn, const std::string& shard);

    int fd() const { return connection_.fd(); }
    // Reads once. What came and was not erased yet.
    std::string& receive();

private:
    Connection connection_;
    std::string text_;
};

}  // namespace millrace::bench
