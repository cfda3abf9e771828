#include "model/shard_id.h"

namespace millrace::model {

ShardIdText shard_id(std::int32_t index) {
    char text[] = "shardId-000000000000";
    const std::int64_t signed_index = index;
    auto rest = static_cast<std::uint64_t>(signed_index < 0 ? -signed_index : signed_index);
    for (char* at = text + 19; rest != 0; --at, rest /= 10) {
        *at = static_cast<char>('0' + rest % 10);
    }
    if (index < 0) {
        text[8] = '-';
    }
    return ShardIdText(std::string_view(text, 20));
}

ShardIdText shard_id(ShardNo shard_no) {
    CHECK(shard_no.value() <= kShardNoMax);
    return shard_id(static_cast<std::int32_t>(shard_no.value()));
}

std::optional<ShardNo> parse_shard_id(std::string_view text) {
    std::string_view digits = text;
    if (const auto dash = text.find('-'); dash != text.npos) {
        const std::string_view second = text.substr(dash + 1);
        const std::string_view piece = second.substr(0, second.find('-'));
        if (!piece.empty()) {
            digits = piece;
        }
    }
    if (digits.empty()) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (char c : digits) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
        if (value > kShardNoMax) {
            return std::nullopt;
        }
    }
    return ShardNo(static_cast<std::uint32_t>(value));
}

}  // namespace millrace::model
