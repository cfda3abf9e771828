// Broker: what the handlers reach. It routes records to shards, turns positions into sequence
// numbers, places iterators, and carries streams through their lives (create, delete, retention).
// It knows no request, no error text and no document. Thread-safe; every task resumes on the
// executor it was begun on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/task.h"
#include "env/clock.h"
#include "env/disk_pool.h"
#include "env/entropy.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "model/hash_key.h"
#include "model/sequence_number.h"
#include "storage/engine.h"
#include "stream/catalog.h"
#include "stream/record_reader.h"
#include "stream/record_writer.h"
#include "stream/settings.h"
#include "stream/stream.h"
#include "stream/subscription.h"
#include "stream/subscriptions.h"
#include "stream/throttle.h"
#include "stream/tokens.h"

namespace millrace::stream {

// A stream to have at start-up.
struct StartupStream {
    model::Identity owner;
    model::StreamName name;
    Mode mode = Mode::kProvisioned;
    std::uint32_t shards = 1;
};

// What a caller of create_stream() decides; the rest (uid, times, quotas) is the broker's.
struct NewStream {
    model::Identity owner;
    model::StreamName name;
    Mode mode = Mode::kProvisioned;
    std::uint32_t shards = 1;
    std::uint32_t record_max_kib = 1024;
    std::map<std::string, std::string> tags;
    Distribution distribution = Distribution::kPartitionKey;
    std::optional<std::uint32_t> warm_mibps;
};

// What became of a wish to subscribe; with kGranted there is a subscription.
struct Subscribed {
    Subscriptions::Admission admission = Subscriptions::Admission::kActive;
    std::unique_ptr<Subscription> subscription;
};

class Broker final {
public:
    struct Parts {
        storage::LogEngine& engine;
        storage::CatalogLog& catalog_log;
        env::Clock& clock;
        env::Timers& timers;
        env::Entropy& entropy;
        env::FileSystem& files;
        env::Path data_dir;             // holds the keys' files; exists
        env::Executor* home = nullptr;  // background work runs here; null: on the timers' thread
        Metrics& metrics;
        env::DiskPool* pool = nullptr;  // writes the keys; null: on `home`
    };

    // Loads the catalog and the keys (made at first use) and takes up what was under way when the
    // process ended. Refuses without the master key that streams were encrypted with. The parts
    // outlive the broker.
    static Task<Result<std::unique_ptr<Broker>>> open(Parts parts, Settings settings);
    // REQUIRES: stop() has resumed, or nothing runs that could call back.
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    // Creates what is missing and waits until all are ACTIVE, whatever the create delay. What
    // exists stays as it is.
    Task<Result<void>> ensure_streams(std::vector<StartupStream> streams);
    // Resumes when all that is due by the clock has been done: transitions, the sweeper.
    Task<void> settle();
    // Ends background work, waits for what runs, writes a last catalog snapshot.
    Task<void> stop();

    const Catalog& catalog() const;
    const Tokens& tokens() const;
    const Settings& settings() const;
    env::Clock& clock() const;
    WallTime now() const;
    WallTime latest() const;  // now, or a later stamp: the clock may have been stepped back since

    // Control plane. Each is atomic and durable on return; errors are the log's. With a zero delay
    // the stream is ACTIVE (or gone) on return.
    Task<Result<Applied>> create_stream(NewStream spec);
    Task<Result<Applied>> delete_stream(StreamUid uid, bool with_consumers = false);
    Task<Result<Applied>> set_retention(StreamUid uid, std::chrono::hours retention,
                                        SetRetention::Direction direction);
    Task<Result<Applied>> change_tags(StreamUid uid, std::map<std::string, std::string> put,
                                      std::vector<std::string> remove);

    // Splits and merges planned over `planned_over`; kStale if its shards or its mode are others by
    // now. kByCount counts as a call of UpdateShardCount. With `warm_mibps`, a new target of warm
    // throughput.
    enum class Scaling : std::uint8_t { kByStep, kByCount };
    Task<Result<Applied>> reshard(StreamPtr planned_over, std::vector<ReshardStep> steps,
                                  Scaling scaling, std::optional<std::uint32_t> warm_mibps = {});
    // kStale: that is its mode already, or its shards are others than those of `planned_over` by
    // now. With `warm_mibps` it gets at least as many shards.
    Task<Result<Applied>> change_mode(StreamPtr planned_over, Mode mode,
                                      std::optional<std::uint32_t> warm_mibps = {});
    // With a new data key, drawn under the client's key of that name; also of a stream that is
    // encrypted already.
    Task<Result<Applied>> start_encryption(StreamUid uid, std::string key_id);
    // kStale: it is not encrypted.
    Task<Result<Applied>> stop_encryption(StreamUid uid);
    // The consumers of a stream, with a delay of their own; so many there may be by quota.
    std::uint32_t consumers_max(const Stream& stream) const;
    Task<Result<Applied>> register_consumer(StreamUid uid, std::string name,
                                            std::map<std::string, std::string> tags);
    Task<Result<Applied>> deregister_consumer(ConsumerKey key);
    // Sets `change.tags_max`.
    Task<Result<Applied>> configure_consumer(ConfigureConsumer change);

    // `delayed`: UPDATING for the update delay. The change itself holds at once.
    Task<Result<Applied>> configure_stream(ConfigureStream change, bool delayed);
    Task<Result<Applied>> set_commitment(model::Identity owner, bool enabled);

    // A new channel's identifier; its defaults may name it before it is created.
    std::string channel_id() const;
    // Channels. `spec` lacks its times and status. Answers are as of the command (CREATING,
    // UPDATING, DELETING), even if a zero delay has ended that by the time of return.
    Task<Result<Applied>> create_channel(Channel spec);
    Task<Result<Applied>> update_channel(UpdateChannel change);
    Task<Result<Applied>> delete_channel(std::string id);
    Task<Result<Applied>> change_channel_tags(std::string id,
                                              std::map<std::string, std::string> put,
                                              std::vector<std::string> remove);

    // Data plane. One result per record, in order; records are borrowed until it resumes. Records
    // of one shard keep their order.
    Task<std::vector<PutResult>> put(StreamPtr stream, std::span<const PutRecord> records);

    // A call of GetRecords. Up to `records_max` records from `from`, within the service's bytes of
    // one call (always one if any is due) and the horizon. `hurried`: see RecordReader.
    Task<ReadBatch> read(StreamUid uid, model::ShardNo shard_no, storage::Position from,
                         std::uint32_t records_max, bool hurried = false);

    // Whether the shard may be asked for another iterator now. Counts it if so.
    bool admits_iterator(const Stream& stream, model::ShardNo shard_no);
    // Whether the caller may make this call now, of which there may be so many per second. Counts
    // it if so.
    bool admits_call(const CallKey& key, std::uint64_t per_second);

    Task<Placed> place(StreamPtr stream, model::ShardNo shard_no, StartAt start);

    // An ACTIVE consumer's reading of a shard. The subscription must not outlive the broker.
    Subscribed subscribe(const SubscriptionKey& key, storage::Position from);

    // A new text for the position, each time. `goes_on`: for what follows a read.
    std::string iterator(const Stream& stream, model::ShardNo shard_no, storage::Position position,
                         bool goes_on = false) const;

private:
    struct Impl;
    explicit Broker(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::stream
