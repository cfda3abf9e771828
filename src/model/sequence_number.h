// SequenceNumber: the 186-bit number a client sees for a record. It is a pure function of the
// shard's creation second, the shard's number, the record's index in the shard and its arrival
// second, so nothing of it is stored. Within a shard the order of numbers is the order of indices.
//
// Version 2, the only one issued, from the most significant of 47 hex digits:
//
//   digits  0    constant 2            digits 27-28  zero
//           1-9  shard's creation, s          29-37  record's arrival, s
//          10    low nibble of shard          38-45  shard's number, signed
//       11-26    index, below 2^63               46  version, 2
//
// Versions 0 and 1 are only read. A number is always printed with 56 decimal digits.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/fixed_text.h"
#include "model/shard_id.h"

namespace millrace::model {

using SequenceText = FixedText<56>;

class SequenceNumber final {
public:
    static constexpr std::uint64_t kIndexMax = 0x7fffffffffffffff;  // of a shard's ending number
    static constexpr std::int64_t kSecondsMax = (std::int64_t{1} << 36) - 1;
    static constexpr std::int64_t kCreatedSecondsEnd = 16025175000;  // such numbers are refused

    // REQUIRES: 0 <= both times <= kSecondsMax, index <= kIndexMax.
    static SequenceNumber make(std::int64_t created_s, ShardNo shard_no, std::uint64_t index,
                               std::int64_t time_s);
    // The shard's StartingSequenceNumber and, closed at close_s, its EndingSequenceNumber.
    static SequenceNumber starting(std::int64_t created_s, ShardNo shard_no) {
        return make(created_s, shard_no, 0, created_s);
    }
    static SequenceNumber ending(std::int64_t created_s, ShardNo shard_no, std::int64_t close_s) {
        return make(created_s, shard_no, kIndexMax, close_s);
    }

    SequenceText text() const;

    // As three 64-bit limbs, least significant first.
    const std::array<std::uint64_t, 3>& limbs() const { return limbs_; }

    friend bool operator==(const SequenceNumber&, const SequenceNumber&) = default;
    friend std::strong_ordering operator<=>(const SequenceNumber& a, const SequenceNumber& b);

private:
    friend struct ParsedSequence;
    std::array<std::uint64_t, 3> limbs_{};
};

// What a number given by a client says.
struct ParsedSequence {
    unsigned version = 2;          // 0, 1 or 2
    std::int64_t created_s = 0;    // the shard's creation
    std::int32_t shard_index = 0;  // may be negative: such a shard does not exist
    std::uint64_t index = 0;       // version 2 only
    std::int64_t time_s = 0;       // versions 1 and 2
    SequenceNumber number;         // as given (version 0: after 2^124 was added to a small one)

    // REQUIRES nothing of `text`; nothing for what the service calls invalid.
    static std::optional<ParsedSequence> parse(std::string_view text);
};

}  // namespace millrace::model
