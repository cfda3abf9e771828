// What the catalog's commands and its snapshot have in common as text: the helpers that write
// values into JSON, the Reader that takes them out again, and the words for what is enumerated. For
// command_codec and state_codec, and no others.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stream/channel.h"
#include "stream/commitment.h"
#include "stream/stream.h"

namespace millrace::stream {

// What this build does not know (a newer version, an action it has no name for) is kUnsupported,
// and the process refuses to start; what no version could mean is kCorrupt.
inline constexpr int kCatalogVersion = 1;

using Json = nlohmann::json;

// ---- writing

Json json(WallTime time);
Json json(StreamUid uid);
const char* json(Mode mode);
const char* json(Status status);
const char* json(Transition::What what);
const char* json(Distribution distribution);
const char* json(Commitment::Status status);
const char* json(Consumer::Status status);
// A split is [shard, "first key of the right half"], a merge [shard, shard].
Json json(const std::vector<ReshardStep>& steps);
Json json(const std::vector<WallTime>& times);
Json json(const DataKey& key);
Json json(const ChannelLogging& logging);
Json json(const Channel& c);

// Strong integers as bare ones.
template <class T>
Json numbers(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) {
        list.push_back(value.value());
    }
    return list;
}

template <class T>
void put_optional(Json& object, const char* key, const std::optional<T>& value) {
    if (value.has_value()) {
        object[key] = *value;
    }
}
void put_optional(Json& object, const char* key, const std::optional<WallTime>& value);
void put_optional(Json& object, const char* key, const std::optional<DataKey>& value);
// What most have not is not written: absent means the default.
template <class T>
void put_unless(Json& object, const char* key, const T& value, const T& by_default) {
    if (value != by_default) {
        object[key] = value;
    }
}
void put_unless(Json& object, const char* key, Distribution value, Distribution by_default);

std::string to_text(const Json& document);

inline constexpr std::uint64_t kSecondsEnd =
    static_cast<std::uint64_t>(model::SequenceNumber::kCreatedSecondsEnd);

// ---- reading

// An object of this version, or why not.
Result<Json> parse_catalog_text(std::string_view text);

// Notes the first fault and gives harmless values from there on.
class Reader final {
public:
    explicit Reader(const Json& object);

    bool has(const char* key) const { return object_.is_object() && object_.contains(key); }
    const Json& child(const char* key);
    std::uint64_t number(const char* key, std::uint64_t max);
    std::uint32_t small(const char* key);
    std::optional<std::uint32_t> optional_small(const char* key);
    ShardMetrics metrics(const char* key);
    Distribution distribution(const char* key);
    std::optional<WallTime> optional_time(const char* key);
    WallTime time(const char* key);
    // 0 if it is not there.
    std::int64_t optional_second(const char* key);
    StreamUid uid();
    bool boolean(const char* key);
    bool optional_boolean(const char* key) { return has(key) && boolean(key); }
    std::string string(const char* key);
    std::vector<std::string> strings(const char* key);
    std::map<std::string, std::string> map(const char* key);
    // Nothing if the key is not there.
    std::vector<WallTime> times(const char* key);
    std::vector<ReshardStep> steps(const char* key);
    // A list of Strong integers, each at most `max`.
    template <class T>
    std::vector<T> numbers(const char* key, std::uint64_t max) {
        std::vector<T> values;
        for (const Json& value : child(key)) {
            if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
                fail(key);
                break;
            }
            values.push_back(T(value.get<decltype(T().value())>()));
        }
        return values;
    }
    // The value of `table` whose text stands at `key`.
    template <class T>
    T choice(const char* key, std::initializer_list<T> table) {
        const std::string value = string(key);
        for (const T candidate : table) {
            if (value == json(candidate)) {
                return candidate;
            }
        }
        fail(key);
        return *table.begin();
    }

    void fail(std::string what);
    // A part's fault is the whole's.
    void adopt(const Reader& part);
    Result<void> end() const;

private:
    const Json& object_;
    std::string fault_;
};

inline constexpr std::initializer_list<Mode> kModes = {Mode::kProvisioned, Mode::kOnDemand};
inline constexpr std::initializer_list<Status> kStatuses = {Status::kCreating, Status::kActive,
                                                            Status::kUpdating, Status::kDeleting};
inline constexpr std::initializer_list<Transition::What> kTransitions = {
    Transition::What::kCreate,  Transition::What::kDelete,     Transition::What::kSettle,
    Transition::What::kReshard, Transition::What::kChangeMode, Transition::What::kChangeEncryption};
inline constexpr std::initializer_list<Distribution> kDistributions = {Distribution::kPartitionKey,
                                                                       Distribution::kAuto};
inline constexpr std::initializer_list<Commitment::Status> kCommitments = {
    Commitment::Status::kDisabled, Commitment::Status::kEnabled,
    Commitment::Status::kEndsWhenAllowed};
inline constexpr std::initializer_list<Consumer::Status> kConsumerStatuses = {
    Consumer::Status::kCreating, Consumer::Status::kActive, Consumer::Status::kDeleting};
inline constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 63;

// What is bounded before anything is made of it: the initial shards.
std::uint32_t shard_count(Reader& reader, const char* key);
std::int64_t creation(Reader& reader);

DataKey decode_data_key(Reader& outer, const Json& body);
std::optional<DataKey> decode_optional_data_key(Reader& in);
ChannelLogging decode_logging(Reader& outer);
Channel decode_channel(Reader& in);

}  // namespace millrace::stream
