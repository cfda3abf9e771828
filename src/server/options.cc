#include "server/options.h"

#include "server/option_value.h"

namespace millrace::server {
namespace {

using O = Options;

constexpr std::uint64_t kKiB = 1ULL << 10;
constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::uint64_t kDay = 86'400'000;
constexpr std::uint64_t kRateMax = 4 * kGiB;  // per second

constexpr std::string_view kGeneral = "General";
constexpr std::string_view kNetwork = "Network";
constexpr std::string_view kStorage = "Storage";
constexpr std::string_view kService = "Service";

constexpr OptionRow count(std::string_view name, std::string_view group, std::uint64_t O::*field,
                          std::string_view by_default, std::uint64_t min, std::uint64_t max,
                          std::string_view help) {
    return {name, group, field, by_default, {}, help, min, max, Unit::kNone};
}
constexpr OptionRow size(std::string_view name, std::string_view group, std::uint64_t O::*field,
                         std::string_view by_default, std::uint64_t min, std::uint64_t max,
                         std::string_view help) {
    return {name, group, field, by_default, {}, help, min, max, Unit::kBytes};
}
constexpr OptionRow time(std::string_view name, std::string_view group, O::Millis O::*field,
                         std::string_view by_default, std::string_view in_aws, std::uint64_t min,
                         std::uint64_t max, std::string_view help) {
    return {name, group, field, by_default, in_aws, help, min, max, Unit::kTime};
}
constexpr OptionRow other(std::string_view name, std::string_view group, Field field,
                          std::string_view by_default, std::string_view help) {
    return {name, group, field, by_default, {}, help};
}

constexpr OptionRow kRows[] = {
    other("listen", kGeneral, &O::listen, "127.0.0.1:4567",
          "Addresses to listen on, several separated by commas: ADDRESS:PORT. Port 0 lets the "
          "system choose. 0.0.0.0:4567,[::]:4567 is every interface."),
    other("data-dir", kGeneral, &O::data_dir, "millrace-data",
          "Where streams are kept; made if absent. One process at a time."),
    other("durability", kGeneral, &O::durability, "power",
          "What an acknowledged record has survived: power (it is synced to the disk), process (it "
          "is with the kernel: kill -9, not power loss), none (memory only; nothing is written)."),
    other("profile", kGeneral, &O::profile, "test",
          "Defaults of the Service group: test (no waiting, no limits) or aws (as the service)."),
    other("streams", kGeneral, &O::streams, "",
          "Streams to have at start: NAME, NAME:SHARDS or NAME:on-demand, separated by commas. "
          "Those that exist stay as they are."),
    other(
        "encryption-key-file", kGeneral, &O::encryption_key_file, "master.key",
        "The key that encrypts the keys of encrypted streams; made if absent. Without it they are "
        "lost, and the server does not start. A name without '/' lies in data-dir. 32 random "
        "bytes of one's own will do."),
    other("access-keys", kGeneral, &O::access_keys, "",
          "File of access keys and their secrets, in the format of AWS's credentials file. With it "
          "requests must be signed with one of them; without it any signature will do. Read again "
          "on SIGHUP."),
    {"test-controls",
     kGeneral,
     &O::test_controls,
     "false",
     {},
     "Whether anyone may stop the broker's clock and move it on, by POST /_millrace/clock: for "
     "tests. Not with access-keys."},
    other("account", kGeneral, &O::account, "000000000000",
          "Account of callers whose access key id is not itself 12 digits."),
    other("region", kGeneral, &O::region, "us-east-1",
          "Region of requests whose credentials name none."),
    other("log-level", kGeneral, &O::log_level, "info",
          "trace, debug, info, warn, error or off. Lines go to standard error."),
    other("log-format", kGeneral, &O::log_format, "text", "One line of text or of JSON each."),

    count("workers", kNetwork, &O::workers, "0", 0, 1024,
          "Threads that serve connections; 0 is one less than cores."),
    time("shutdown-drain", kNetwork, &O::shutdown_drain, "10s", {}, 0, kDay,
         "How long SIGTERM waits for requests under way."),
    other("tls", kNetwork, &O::tls, "auto",
          "auto: with or without TLS on the same port, as the client likes. required: without it a "
          "client is told so and closed. off: without it."),
    other(
        "tls-certificate", kNetwork, &O::tls_certificate, "",
        "PEM file: the certificate, and those between it and its authority. Without it the broker "
        "makes its own, signed by an authority of its own: GET /_millrace/ca.pem. Read again on "
        "SIGHUP."),
    other("tls-key", kNetwork, &O::tls_key, "",
          "PEM file: the certificate's key. Without it: in the file of the certificate."),
    other("tls-names", kNetwork, &O::tls_names, "",
          "Host names and addresses in the certificate the broker makes, beside localhost, "
          "127.0.0.1, ::1, those it listens on and the name of this host."),
    other("tls-client-ca", kNetwork, &O::tls_client_ca, "",
          "PEM file: clients must show a certificate of this authority. Only with tls required."),
    count("connections-max", kNetwork, &O::connections_max, "10000", 1, 1'000'000,
          "Open connections; more are closed at once."),
    count("http2-streams-max", kNetwork, &O::http2_streams_max, "128", 1, 10'000,
          "Requests under way on one HTTP/2 connection; further ones are refused, not answered."),
    size("header-size-max", kNetwork, &O::header_size_max, "64KiB", kKiB, kMiB,
         "Request line and headers of one request; larger ones are answered 431."),
    size("body-size-max", kNetwork, &O::body_size_max, "16MiB", kKiB, kGiB,
         "Body of one request; larger ones are answered 413."),
    size("body-memory", kNetwork, &O::body_memory, "256MiB", kMiB, 1024 * kGiB,
         "Bodies of all requests under way, and large answers until their clients have taken them; "
         "beyond it requests are answered 503."),
    time("idle-timeout", kNetwork, &O::idle_timeout, "2m", {}, 10, kDay,
         "A connection without a request is closed after this."),
    time("header-timeout", kNetwork, &O::header_timeout, "15s", {}, 10, kDay,
         "From a request's first byte to the end of its headers."),
    time("body-timeout", kNetwork, &O::body_timeout, "1m", {}, 10, kDay,
         "From the end of the headers to the body's last byte."),
    time("write-timeout", kNetwork, &O::write_timeout, "1m", {}, 10, kDay,
         "A client that takes no byte of its answer for this long is closed."),

    size("segment-size", kStorage, &O::segment_size, "64MiB", 16 * kMiB, 64 * kGiB,
         "A shard's file is closed and a new one begun at this size. Expired records are deleted "
         "by whole files."),
    time("segment-age", kStorage, &O::segment_age, "1h", {}, 1000, 365 * kDay, "And at this age."),
    size("journal-file-size", kStorage, &O::journal_file_size, "32MiB", 16 * kMiB, 4 * kGiB,
         "Size of one preallocated file of the commit journal."),
    count("journal-files", kStorage, &O::journal_files, "16", 2, 1024,
          "Files of the commit journal. They are made as needed and recycled."),
    size("append-memory", kStorage, &O::append_memory, "64MiB", 16 * kMiB, 64 * kGiB,
         "Records waiting for their commit; beyond it writes are refused."),
    size("index-memory", kStorage, &O::index_memory, "8MiB", kMiB, 64 * kGiB,
         "Indexes of segment files kept in memory."),
    count("open-files", kStorage, &O::open_files, "2048", 16, 1'000'000,
          "Segment files kept open: more than shards that are written to at a time."),
    count("disk-threads", kStorage, &O::disk_threads, "4", 1, 256,
          "Threads for syncs, and for reads that are large or wait for the disk."),
    size("memory-store-max", kStorage, &O::memory_store_max, "1GiB", 64 * kMiB, 1024 * kGiB,
         "With durability none: memory for records; beyond it writes fail."),
    time("retention-sweep-interval", kStorage, &O::retention_sweep_interval, "1m", {}, 10, kDay,
         "How often space of expired records is reclaimed; they are invisible at once."),

    time("create-delay", kService, &O::create_delay, "0ms", "10s", 0, kDay,
         "How long a new stream is CREATING."),
    time("update-delay", kService, &O::update_delay, "0ms", "10s", 0, kDay,
         "How long a changed stream is UPDATING."),
    time("delete-delay", kService, &O::delete_delay, "0ms", "10s", 0, kDay,
         "How long a deleted stream is DELETING."),
    time("consumer-delay", kService, &O::consumer_delay, "0ms", "5s", 0, kDay,
         "How long a new consumer is CREATING, and a deregistered one DELETING."),
    time("subscription-life", kService, &O::subscription_life, "5m", {}, 1, kDay,
         "When SubscribeToShard ends by itself; clients subscribe again."),
    {"limits", kService, &O::limits, "false", "true",
     "Whether the limits and quotas below, but for tags, are enforced, and one SubscribeToShard "
     "call per second for a consumer and shard."},
    size("write-bytes-max", kService, &O::write_bytes_max, "1MiB", 0, kRateMax,
         "Limit: bytes of data and partition keys written to a shard per second; 0 is none, here "
         "and in the limits that follow."),
    count("write-records-max", kService, &O::write_records_max, "1000", 0, kRateMax,
          "Limit: records written to a shard per second."),
    size("read-bytes-max", kService, &O::read_bytes_max, "2MiB", 0, kRateMax,
         "Limit: bytes that GetRecords returns of a shard per second, to all callers together."),
    count("read-calls-max", kService, &O::read_calls_max, "5", 0, kRateMax,
          "Limit: GetRecords calls for a shard per second."),
    count("iterator-calls-max", kService, &O::iterator_calls_max, "5", 0, kRateMax,
          "Limit: GetShardIterator calls for a shard per second."),
    size("subscription-bytes-max", kService, &O::subscription_bytes_max, "2MiB", 0, kRateMax,
         "Limit: bytes that SubscribeToShard sends a consumer of a shard per second."),
    other("call-rates", kService, &O::call_rates, "",
          "Limit: calls of an operation per second by an account, where not the service's: "
          "OPERATION:COUNT, separated by commas. *:COUNT is for all others that have one."),
    count("shards-max", kService, &O::shards_max, "20000", 1, 1'000'000,
          "Quota: open shards of an account in a region."),
    count("on-demand-streams-max", kService, &O::on_demand_streams_max, "50", 0, 1'000'000,
          "Quota: on-demand streams of an account in a region."),
    count("pending-streams-max", kService, &O::pending_streams_max, "5", 1, 1'000'000,
          "Quota: streams of an account CREATING or DELETING at once."),
    count("shard-count-updates-max", kService, &O::shard_count_updates_max, "10", 1, 1'000'000,
          "Quota: UpdateShardCount calls for one stream within 24 hours."),
    count("mode-changes-max", kService, &O::mode_changes_max, "2", 1, 1'000'000,
          "Quota: changes of one stream's mode within 24 hours."),
    count("encryption-changes-max", kService, &O::encryption_changes_max, "25", 1, 1'000'000,
          "Quota: StartStreamEncryption calls for one stream within 24 hours, and as many "
          "StopStreamEncryption calls."),
    count("consumers-max", kService, &O::consumers_max, "20", 0, 1'000'000,
          "Quota: registered consumers of one stream."),
    count(
        "committed-consumers-max", kService, &O::committed_consumers_max, "50", 0, 1'000'000,
        "Quota: the same of an on-demand stream whose account has promised a minimum throughput."),
    count("creating-consumers-max", kService, &O::creating_consumers_max, "5", 1, 1'000'000,
          "Quota: consumers of an account CREATING at once."),
    count("tags-max", kService, &O::tags_max, "50", 1, 10'000,
          "Tags of one stream or consumer; always enforced."),
    time("on-demand-window", kService, &O::on_demand_window, "1m", "5m", 0, kDay,
         "A shard of an on-demand stream that took more than one of the next two rates over this "
         "long is split in halves. 0ms: never."),
    size("on-demand-split-bytes", kService, &O::on_demand_split_bytes, "500KiB", 1, 64 * kGiB,
         "Bytes of data and partition keys per second."),
    count("on-demand-split-records", kService, &O::on_demand_split_records, "500", 1, 1'000'000'000,
          "Records per second."),
    count("on-demand-shards-max", kService, &O::on_demand_shards_max, "200", 1, 1'000'000,
          "Open shards of an on-demand stream; no more are made by splitting."),
    other("channels", kService, &O::channels, "refuse",
          "Whether CreateChannel is refused or accepted. This server delivers nothing to channels: "
          "accept is for tests of their administration alone."),
    other("kms-keys", kService, &O::kms_keys, "",
          "There is no key service: a stream is encrypted under any key that can be named. Keys "
          "that shall fail, for tests of clients: KEY=STATE, separated by commas, where STATE is "
          "disabled, pending-deletion, missing, access-denied, opt-in-required or throttled."),
};

}  // namespace

std::span<const OptionRow> option_rows() {
    return kRows;
}

const OptionRow* find_option(std::string_view name) {
    for (const OptionRow& row : kRows) {
        if (row.name == name) {
            return &row;
        }
    }
    return nullptr;
}

std::string environment_name(const OptionRow& row) {
    std::string name = "MILLRACE_";
    for (const char c : row.name) {
        const bool letter = c >= 'a' && c <= 'z';
        name += c == '-' ? '_' : letter ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name;
}

std::string value_name(const OptionRow& row) {
    struct Name {
        const OptionRow& row;
        std::string operator()(std::string O::*) const { return "TEXT"; }
        std::string operator()(std::vector<std::string> O::*) const { return "LIST"; }
        std::string operator()(std::uint64_t O::*) const {
            return row.unit == Unit::kBytes ? "SIZE" : "COUNT";
        }
        std::string operator()(O::Millis O::*) const { return "TIME"; }
        std::string operator()(bool O::*) const { return "true|false"; }
        std::string operator()(Durability O::*) const { return "power|process|none"; }
        std::string operator()(Profile O::*) const { return "test|aws"; }
        std::string operator()(LogFormat O::*) const { return "text|json"; }
        std::string operator()(Channels O::*) const { return "refuse|accept"; }
        std::string operator()(Tls O::*) const { return "auto|required|off"; }
    };
    return std::visit(Name{row}, row.field);
}

}  // namespace millrace::server
