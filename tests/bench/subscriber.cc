#include "bench/subscriber.h"

#include <sys/socket.h>

namespace millrace::bench {

std::string register_consumer(Connection& connection, const std::string& stream,
                              const std::string& name) {
    const auto summary =
        connection.call(request("DescribeStreamSummary", R"({"StreamName":")" + stream + "\"}"));
    const std::string stream_arn(member(summary.body, "StreamARN"));
    const auto made = connection.call(
        request("RegisterStreamConsumer",
                R"({"StreamARN":")" + stream_arn + R"(","ConsumerName":")" + name + "\"}"));
    if (made.status != 200)
        die("RegisterStreamConsumer: " + std::string(made.body));
    return std::string(member(made.body, "ConsumerARN"));
}

Subscriber::Subscriber(unsigned short port, const std::string& consumer_arn,
                       const std::string& shard)
    : connection_(port) {
    connection_.send(request("SubscribeToShard", R"({"ConsumerARN":")" + consumer_arn +
                                                     R"(","ShardId":")" + shard +
                                                     R"(","StartingPosition":{"Type":"LATEST"}})"));
    while (text_.find("initial-response") == std::string::npos)
        receive();
    text_.clear();
}

std::string& Subscriber::receive() {
    char bytes[64 << 10];
    const auto n = ::recv(connection_.fd(), bytes, sizeof bytes, 0);
    if (n <= 0)
        die("the broker closed a subscription: " + text_);
    return text_.append(bytes, static_cast<std::size_t>(n));
}

}  // namespace millrace::bench
