// A walk over one shard by GetRecords: the requests' texts, and what matters of the answers.
#pragma once

#include <string>
#include <string_view>

#include "bench/client.h"

namespace millrace::bench {

// The first request, from an iterator of `type`.
std::string first_get_records(Connection& connection, const std::string& stream, std::size_t shard,
                              std::string_view type);

struct Page {
    std::size_t records = 0;
    bool at_tip = false;
    std::string next;  // the next request; empty at the shard's end
};
// REQUIRES: the answer's status is 200.
Page page_of(const Answer& answer);

}  // namespace millrace::bench
