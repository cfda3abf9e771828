// Everything that can be chosen about a broker. The initial values are those of the `test` profile;
// the table in src/server/options.cc says what each one means, and a test holds both together.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

// What an acknowledgement promises.
enum class Durability : std::uint8_t {
    kPower,    // the record is on the disk: it survives power loss
    kProcess,  // the record is with the kernel: it survives kill -9
    kNone,     // the record is in memory; nothing is written anywhere
};

enum class Profile : std::uint8_t {
    kTest,  // no waiting, no limits
    kAws,   // delays and limits as the service has them
};

// What becomes of CreateChannel: channels can be described, but nothing delivers to them.
enum class Channels : std::uint8_t { kRefuse, kAccept };

// Whether connections come with TLS.
enum class Tls : std::uint8_t {
    kAuto,      // as the client likes
    kRequired,  // plain ones are refused
    kOff,
};

enum class LogFormat : std::uint8_t { kText, kJson };

struct Options {
    using Millis = std::chrono::milliseconds;

    std::vector<std::string> listen = {"127.0.0.1:4567"};
    std::string data_dir = "millrace-data";
    Durability durability = Durability::kPower;
    Profile profile = Profile::kTest;
    std::vector<std::string> streams;
    std::string encryption_key_file = "master.key";
    std::string access_keys;
    bool test_controls = false;
    std::string account = "000000000000";
    std::string region = "us-east-1";

    std::string log_level = "info";
    LogFormat log_format = LogFormat::kText;

    std::uint64_t workers = 0;
    std::uint64_t disk_threads = 4;
    Millis shutdown_drain{10'000};

    Tls tls = Tls::kAuto;
    std::string tls_certificate;
    std::string tls_key;
    std::vector<std::string> tls_names;
    std::string tls_client_ca;

    std::uint64_t connections_max = 10'000;
    std::uint64_t http2_streams_max = 128;
    std::uint64_t header_size_max = 64 << 10;
    std::uint64_t body_size_max = 16 << 20;
    std::uint64_t body_memory = 256 << 20;
    Millis idle_timeout{120'000};
    Millis header_timeout{15'000};
    Millis body_timeout{60'000};
    Millis write_timeout{60'000};

    std::uint64_t segment_size = 64 << 20;
    Millis segment_age{3'600'000};
    std::uint64_t journal_file_size = 32 << 20;
    std::uint64_t journal_files = 16;
    std::uint64_t append_memory = 64 << 20;
    std::uint64_t index_memory = 8 << 20;
    std::uint64_t open_files = 2048;
    std::uint64_t memory_store_max = 1ULL << 30;
    Millis retention_sweep_interval{60'000};

    Millis create_delay{0};
    Millis update_delay{0};
    Millis delete_delay{0};
    Millis consumer_delay{0};
    Millis subscription_life{300'000};
    bool limits = false;
    std::uint64_t write_bytes_max = 1 << 20;
    std::uint64_t write_records_max = 1000;
    std::uint64_t read_bytes_max = 2 << 20;
    std::uint64_t read_calls_max = 5;
    std::uint64_t iterator_calls_max = 5;
    std::uint64_t subscription_bytes_max = 2 << 20;
    std::vector<std::string> call_rates;
    std::uint64_t shards_max = 20'000;
    std::uint64_t on_demand_streams_max = 50;
    std::uint64_t pending_streams_max = 5;
    std::uint64_t shard_count_updates_max = 10;
    std::uint64_t mode_changes_max = 2;
    std::uint64_t encryption_changes_max = 25;
    std::uint64_t consumers_max = 20;
    std::uint64_t committed_consumers_max = 50;
    std::uint64_t creating_consumers_max = 5;
    std::uint64_t tags_max = 50;
    Millis on_demand_window{60'000};
    std::uint64_t on_demand_split_bytes = 500 << 10;
    std::uint64_t on_demand_split_records = 500;
    std::uint64_t on_demand_shards_max = 200;
    Channels channels = Channels::kRefuse;
    std::vector<std::string> kms_keys;
};

}  // namespace millrace
