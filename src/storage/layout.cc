#include "storage/layout.h"

#include <charconv>

namespace millrace::storage {
namespace {

constexpr std::string_view kSegmentSuffix = ".log";
constexpr std::string_view kIndexSuffix = ".idx";
constexpr std::size_t kPositionDigits = 20;
constexpr std::size_t kUidDigits = 16;
constexpr std::size_t kJournalDigits = 3;

std::string padded(std::uint64_t value, std::size_t digits, int base) {
    char text[24];
    const auto end = std::to_chars(std::begin(text), std::end(text), value, base).ptr;
    const std::string_view plain(text, static_cast<std::size_t>(end - text));
    std::string out(digits > plain.size() ? digits - plain.size() : 0, '0');
    return out.append(plain);
}

template <class T>
std::optional<T> parsed(std::string_view text, int base) {
    T value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || failed != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

env::Path Layout::journal_file(std::size_t number) const {
    return journal() / (padded(number, kJournalDigits, 10) + std::string(kSegmentSuffix));
}

env::Path Layout::stream(std::uint64_t uid) const {
    return shards() / padded(uid, kUidDigits, 16);
}

env::Path Layout::shard(ShardKey key) const {
    return key == kCatalogShard ? catalog() : stream(key.stream_uid) / std::to_string(key.shard_no);
}

std::string segment_name(Position first) {
    return padded(first.value(), kPositionDigits, 10).append(kSegmentSuffix);
}

std::string index_name(Position first) {
    return padded(first.value(), kPositionDigits, 10).append(kIndexSuffix);
}

std::optional<Position> parse_segment_name(std::string_view name) {
    if (name.size() != kPositionDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) {
        return std::nullopt;
    }
    const auto first = parsed<std::uint64_t>(name.substr(0, kPositionDigits), 10);
    return first ? std::optional(Position(*first)) : std::nullopt;
}

std::optional<std::size_t> parse_journal_name(std::string_view name) {
    if (name.size() != kJournalDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) {
        return std::nullopt;
    }
    return parsed<std::size_t>(name.substr(0, kJournalDigits), 10);
}

std::optional<std::uint64_t> parse_stream_name(std::string_view name) {
    return name.size() == kUidDigits ? parsed<std::uint64_t>(name, 16) : std::nullopt;
}

std::optional<std::uint32_t> parse_shard_name(std::string_view name) {
    return parsed<std::uint32_t>(name, 10);
}

}  // namespace millrace::storage
