// One request of an HTTP/2 session, as its frames come and go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/byte_budget.h"
#include "wire/session.h"

namespace millrace::wire {

struct Http2Stream final : Exchange {
    enum class State : std::uint8_t { kHead, kBody, kComplete, kGivenOut, kAnswered };

    Http2Stream(std::int32_t the_id, ByteBudget& budget, SteadyTime now)
        : id(the_id), share(budget), since(now) {}

    struct Field {
        std::size_t name_end;
        std::size_t value_end;
    };

    const std::int32_t id;
    State state = State::kHead;
    bool gone = false;              // closed; only kept because it is running
    bool refused = false;           // answered before it was complete
    std::size_t dropped_bytes = 0;  // of its body, since then
    bool was_reset = false;         // or will be
    bool client_reset = false;      // by its RST_STREAM
    std::size_t head_bytes = 0;     // as they count against the limit
    std::string head;               // every name and value, one after another
    std::vector<Field> fields;      // where they end
    std::string body;
    BudgetShare share;
    std::string unsent;  // of the answer
    std::size_t sent = 0;
    std::size_t owed_bytes = 0;  // by the source, if that is known
    bool ended = false;          // nothing follows `unsent`
    SteadyTime since;            // when the last step towards its end was made
};

}  // namespace millrace::wire
