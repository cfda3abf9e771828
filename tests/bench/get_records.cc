#include "bench/get_records.h"

#include <cstdio>

namespace millrace::bench {

namespace {

std::string get_records(std::string_view iterator) {
    return request("GetRecords", R"({"ShardIterator":")" + std::string(iterator) + "\"}");
}

}  // namespace

std::string first_get_records(Connection& connection, const std::string& stream, std::size_t shard,
                              std::string_view type) {
    char id[32] = {};
    std::snprintf(id, sizeof id, "shardId-%012zu", shard);
    const auto answer = connection.call(
        request("GetShardIterator", R"({"StreamName":")" + stream + R"(","ShardIteratorType":")" +
                                        std::string(type) + R"(","ShardId":")" + id + "\"}"));
    const auto iterator = member(answer.body, "ShardIterator");
    if (answer.status != 200 || iterator.empty())
        die("GetShardIterator: " + std::string(answer.body));
    return get_records(iterator);
}

Page page_of(const Answer& answer) {
    // The members after the records are few; look for them from the end.
    const auto tail_at = answer.body.size() > 4096 ? answer.body.size() - 4096 : 0;
    const auto last = [&](const std::string& name) {
        const auto value = member(answer.body.substr(tail_at), name);
        return value.empty() ? member(answer.body, name) : value;
    };
    Page page;
    page.records = count(answer.body, "\"PartitionKey\"");
    page.at_tip = last("MillisBehindLatest") == "0";
    if (const auto iterator = last("NextShardIterator"); !iterator.empty()) {
        page.next = get_records(iterator);
    }
    return page;
}

}  // namespace millrace::bench
