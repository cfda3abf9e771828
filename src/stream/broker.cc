#include "stream/broker.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "model/limits.h"
#include "stream/auto_scaling.h"
#include "stream/background.h"
#include "stream/changes.h"
#include "stream/consumer_lifecycle.h"
#include "stream/data_keys.h"
#include "stream/fresh_keys.h"
#include "stream/lifecycle.h"
#include "stream/master_key.h"
#include "stream/meters.h"
#include "stream/record_seal.h"
#include "stream/scaling.h"
#include "stream/shard_load.h"
#include "stream/token_key.h"

namespace millrace::stream {
namespace {

constexpr int kUidDrawsMax = 8;

Error not_active(const StartupStream& wanted) {
    return {Errc::kInvalid,
            "start-up stream \"" + wanted.name.text() + "\" could not be made ACTIVE"};
}

// Nobody waits for it, and what fails is tried again by the first command.
Task<void> prepare(Catalog& catalog) {
    const auto prepared = co_await catalog.prepare();
    if (!prepared) {
        log::error("{}", prepared.error().message);
    }
}

}  // namespace

struct Broker::Impl {
    Impl(const Parts& p, const Settings& s, const crypto::Aead::Key& token_key,
         const crypto::Aead::Key& master_key)
        : parts(p),
          settings(s),
          tokens(token_key, p.entropy),
          data_keys(master_key, p.entropy),
          seal(data_keys, settings.key_states, p.entropy),
          fresh_keys(p.files, p.pool),
          catalog(p.catalog_log, s.snapshot_commands),
          meters(p.metrics),
          background(p.timers, p.home),
          lifecycle(catalog, p.engine, p.clock, background, meters, data_keys, settings),
          changes(catalog, p.timers),
          load(s.on_demand.window > Millis(0)),
          auto_scaling(catalog, lifecycle, p.clock, background, load, settings),
          consumers(catalog, p.clock, background, settings),
          subscriptions(s.subscriptions.limited),
          throttle(settings.rates, p.clock),
          writer(catalog, p.engine, p.clock, p.entropy, meters, changes, load, throttle, seal,
                 settings.key_states),
          reader(catalog, p.engine, p.clock, meters, seal, settings.key_states) {
        catalog.on_change([this](StreamUid uid) { subscriptions.stream_changed(uid); });
        catalog.before_first([this] { return fresh_keys.keep(); });
    }

    Task<Result<Applied>> propose(Action action) {
        Command command{parts.clock.now(), std::move(action)};
        co_return co_await catalog.propose(std::move(command));
    }
    Task<Result<Applied>> proceed(Applied applied, ConsumerKey key);
    // Carries out the transition that a channel's command began.
    Task<Result<Applied>> proceed(Applied applied) {
        const Channel& channel = *applied.channel;
        if (*channel.due > parts.clock.now()) {
            lifecycle.arm(channel);
        } else {
            co_await lifecycle.finish(channel.id, *channel.due);
        }
        co_return applied;
    }
    Task<Result<Applied>> change_channel(Action action) {
        auto answer = co_await propose(std::move(action));
        if (!answer || answer.value().outcome != Outcome::kApplied) {
            co_return answer;
        }
        Applied applied = std::move(answer).value();
        co_return co_await proceed(std::move(applied));
    }
    Task<Result<Applied>> create(NewStream spec, Millis delay);
    Task<Result<Applied>> change_encryption(StreamUid uid, std::optional<DataKey> key);
    template <class Change>
    Task<Result<Applied>> settle(Change change);
    Task<Result<void>> ensure(StartupStream wanted);
    Task<ReadBatch> read(StreamUid uid, model::ShardNo shard_no, storage::Position from,
                         std::uint32_t records_max, bool hurried);
    Task<ReadBatch> throttled_read(StreamUid uid, model::ShardNo shard_no, storage::Position from,
                                   std::uint32_t records_max);

    const Parts parts;
    const Settings settings;
    const Tokens tokens;
    DataKeys data_keys;
    RecordSeal seal;
    FreshKeys fresh_keys;
    Catalog catalog;
    Meters meters;
    Background background;
    Lifecycle lifecycle;
    Changes changes;
    ShardLoad load;
    AutoScaling auto_scaling;
    ConsumerLifecycle consumers;
    Subscriptions subscriptions;
    Throttle throttle;
    RecordWriter writer;
    RecordReader reader;
};

Broker::Broker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Broker::~Broker() = default;

Task<Result<std::unique_ptr<Broker>>> Broker::open(Parts parts, Settings settings) {
    MILLRACE_CO_TRY(const KeptKey token,
                    load_token_key(parts.files, parts.data_dir, parts.entropy));
    const env::Path master_key_file =
        settings.master_key_file.empty() ? parts.data_dir / "master.key" : settings.master_key_file;
    MILLRACE_CO_TRY(const KeptKey master,
                    load_master_key(parts.files, master_key_file, parts.entropy));
    auto impl = std::make_unique<Impl>(parts, settings, token.key, master.key);
    auto loaded = co_await impl->catalog.load();
    if (!loaded) {
        co_return std::move(loaded).error();
    }
    MILLRACE_CO_TRY(check_master_key(master, impl->data_keys, impl->catalog.all()));
    const bool first = impl->catalog.commands() == 0;  // what was found may be of a start cut short
    const std::array<const KeptKey*, 2> keys = {&token, &master};
    for (const KeptKey* const key : keys) {
        if (key->fresh || (first && key->file.path.parent_path() == parts.data_dir)) {
            MILLRACE_CO_TRY(impl->fresh_keys.add(*key));
        }
    }
    if (!first) {
        auto prepared = co_await impl->catalog.prepare();
        if (!prepared) {
            co_return std::move(prepared).error();
        }
    } else {
        impl->background.after(Millis(0), [&catalog = impl->catalog] { return prepare(catalog); });
    }
    impl->lifecycle.resume();
    impl->auto_scaling.resume();
    impl->consumers.resume();
    co_return std::unique_ptr<Broker>(new Broker(std::move(impl)));
}

Task<Result<void>> Broker::ensure_streams(std::vector<StartupStream> streams) {
    for (const StartupStream& wanted : streams) {
        auto made = co_await impl_->ensure(wanted);
        if (!made) {
            co_return std::move(made).error();
        }
    }
    co_return success();
}

Task<Result<void>> Broker::Impl::ensure(StartupStream wanted) {
    StreamPtr stream = catalog.find(wanted.owner, wanted.name);
    if (stream != nullptr) {
        co_await lifecycle.finish(stream->uid);  // whatever it was waiting for
        stream = catalog.find(wanted.owner, wanted.name);
    }
    if (stream == nullptr) {
        NewStream spec;
        spec.owner = wanted.owner;
        spec.name = wanted.name;
        spec.mode = wanted.mode;
        spec.shards = wanted.shards;
        auto created = co_await create(std::move(spec), Millis(0));
        if (!created) {
            co_return std::move(created).error();
        }
        stream = catalog.find(wanted.owner, wanted.name);
    }
    if (stream == nullptr || !stream->writable()) {
        co_return not_active(wanted);
    }
    co_return success();
}

Task<void> Broker::settle() {
    co_await impl_->background.settle();
}

Task<void> Broker::stop() {
    impl_->changes.stop();
    co_await impl_->background.stop();
    const auto written = co_await impl_->catalog.checkpoint();
    if (!written) {
        log::warn("the catalog's snapshot could not be written: {}", written.error().message);
    }
}

const Catalog& Broker::catalog() const {
    return impl_->catalog;
}
const Tokens& Broker::tokens() const {
    return impl_->tokens;
}
const Settings& Broker::settings() const {
    return impl_->settings;
}
env::Clock& Broker::clock() const {
    return impl_->parts.clock;
}
WallTime Broker::now() const {
    return impl_->parts.clock.now();
}
WallTime Broker::latest() const {
    return std::max(now(), impl_->writer.latest());
}

Task<Result<Applied>> Broker::create_stream(NewStream spec) {
    const Millis delay = impl_->settings.create_delay;
    co_return co_await impl_->create(std::move(spec), delay);
}

Task<Result<Applied>> Broker::Impl::create(NewStream spec, Millis delay) {
    CreateStream create;
    create.owner = std::move(spec.owner);
    create.name = std::move(spec.name);
    create.mode = spec.mode;
    create.shards = spec.shards;
    create.record_max_kib = spec.record_max_kib;
    create.tags = std::move(spec.tags);
    create.distribution = spec.distribution;
    create.warm_mibps = spec.warm_mibps;
    create.due = parts.clock.now() + delay;
    if (settings.quotas.enforced) {
        create.shards_max = settings.quotas.shards_max;
        create.on_demand_streams_max = settings.quotas.on_demand_streams_max;
        create.pending_streams_max = settings.quotas.pending_streams_max;
    }
    for (int draw = 0; draw < kUidDrawsMax; ++draw) {
        create.uid = StreamUid(parts.entropy.u64() >> 1);
        Action action = create;
        auto answer = co_await propose(std::move(action));
        if (!answer) {
            co_return answer;
        }
        Applied applied = std::move(answer).value();
        if (applied.outcome == Outcome::kUidTaken) {
            continue;
        }
        if (applied.outcome != Outcome::kApplied) {
            co_return applied;
        }
        log::info("stream created: stream={} account={} region={} shards={}", create.name.text(),
                  create.owner.account, create.owner.region, create.shards);
        co_return co_await lifecycle.proceed(std::move(applied), create.uid, delay);
    }
    co_return Error{Errc::kInvalid, "the entropy source repeats itself"};
}

Task<Result<Applied>> Broker::delete_stream(StreamUid uid, bool with_consumers) {
    const Millis delay = impl_->settings.delete_delay;
    Action action = DeleteStream{uid, now() + delay, with_consumers};
    auto answer = co_await impl_->propose(std::move(action));
    if (!answer || answer.value().outcome != Outcome::kApplied) {
        co_return answer;
    }
    Applied applied = std::move(answer).value();
    log::info("stream deleted: stream={} account={} region={}", applied.stream->name.text(),
              applied.stream->owner.account, applied.stream->owner.region);
    co_return co_await impl_->lifecycle.proceed(std::move(applied), uid, delay);
}

Task<Result<Applied>> Broker::set_retention(StreamUid uid, std::chrono::hours retention,
                                            SetRetention::Direction direction) {
    const SetRetention change{uid, retention, direction, {}};
    return impl_->settle(change);
}

Task<Result<Applied>> Broker::change_tags(StreamUid uid, std::map<std::string, std::string> put,
                                          std::vector<std::string> remove) {
    Action action =
        ChangeTags{uid, std::move(put), std::move(remove), impl_->settings.quotas.tags_max};
    co_return co_await impl_->propose(std::move(action));
}

Task<Result<Applied>> Broker::reshard(StreamPtr planned_over, std::vector<ReshardStep> steps,
                                      Scaling scaling, std::optional<std::uint32_t> warm_mibps) {
    const Millis delay = impl_->settings.update_delay;
    const Quotas& quotas = impl_->settings.quotas;
    BeginReshard begin;
    begin.uid = planned_over->uid;
    begin.planned_over = static_cast<std::uint32_t>(planned_over->shards.size());
    begin.mode = planned_over->mode;
    begin.steps = std::move(steps);
    begin.due = now() + delay;
    begin.warm_mibps = warm_mibps;
    if (quotas.enforced && begin.mode == Mode::kProvisioned) {
        begin.shards_max = quotas.shards_max;
        if (scaling == Scaling::kByCount) {
            begin.scalings_max = quotas.scalings_max;
        }
    }
    const std::size_t steps_count = begin.steps.size();
    Action action = std::move(begin);
    auto answer = co_await impl_->lifecycle.begin(std::move(action), planned_over->uid, delay);
    if (answer && answer.value().outcome == Outcome::kApplied) {
        log::info("stream resharded: stream={} account={} region={} steps={}",
                  planned_over->name.text(), planned_over->owner.account,
                  planned_over->owner.region, steps_count);
    }
    co_return answer;
}

Task<Result<Applied>> Broker::change_mode(StreamPtr planned_over, Mode mode,
                                          std::optional<std::uint32_t> warm_mibps) {
    const Millis delay = impl_->settings.update_delay;
    const Quotas& quotas = impl_->settings.quotas;
    BeginModeChange begin;
    begin.uid = planned_over->uid;
    begin.mode = mode;
    begin.due = now() + delay;
    begin.warm_mibps = warm_mibps;
    begin.steps = growth(*planned_over, warm_mibps.value_or(0));
    if (!begin.steps.empty()) {
        begin.planned_over = static_cast<std::uint32_t>(planned_over->shards.size());
    }
    if (quotas.enforced) {
        begin.on_demand_streams_max = quotas.on_demand_streams_max;
        begin.changes_max = quotas.mode_changes_max;
    }
    Action action = std::move(begin);
    co_return co_await impl_->lifecycle.begin(std::move(action), planned_over->uid, delay);
}

Task<Result<Applied>> Broker::start_encryption(StreamUid uid, std::string key_id) {
    DataKey key = impl_->data_keys.draw(uid, std::move(key_id));
    return impl_->change_encryption(uid, std::move(key));
}

Task<Result<Applied>> Broker::stop_encryption(StreamUid uid) {
    return impl_->change_encryption(uid, std::nullopt);
}

Task<Result<Applied>> Broker::Impl::change_encryption(StreamUid uid, std::optional<DataKey> key) {
    BeginEncryptionChange begin;
    begin.uid = uid;
    begin.key = std::move(key);
    begin.due = parts.clock.now() + settings.update_delay;
    if (settings.quotas.enforced) {
        begin.changes_max = settings.quotas.encryption_changes_max;
    }
    const bool starts = begin.key.has_value();
    Action action = std::move(begin);
    auto answer = co_await lifecycle.begin(std::move(action), uid, settings.update_delay);
    const StreamPtr stream = answer ? answer.value().stream : nullptr;
    if (stream != nullptr && answer.value().outcome == Outcome::kApplied) {
        log::info("stream encryption {}: stream={} account={} region={}",
                  starts ? "started" : "stopped", stream->name.text(), stream->owner.account,
                  stream->owner.region);
    }
    co_return answer;
}

// Carries out what a consumer's command began: within the call if nothing delays it.
Task<Result<Applied>> Broker::Impl::proceed(Applied applied, ConsumerKey key) {
    if (settings.consumer_delay > Millis(0)) {
        consumers.arm(std::move(key), *applied.stream);
        co_return applied;
    }
    co_await consumers.finish(std::move(key));
    co_return applied;
}

// With the promise of a minimum throughput come more consumers of on-demand streams.
std::uint32_t Broker::consumers_max(const Stream& stream) const {
    const Quotas& quotas = impl_->settings.quotas;
    const bool committed =
        stream.mode == Mode::kOnDemand && impl_->catalog.commitment(stream.owner, now()).active();
    return committed ? quotas.committed_consumers_max : quotas.consumers_max;
}

Task<Result<Applied>> Broker::register_consumer(StreamUid uid, std::string name,
                                                std::map<std::string, std::string> tags) {
    RegisterConsumer command;
    command.uid = uid;
    command.name = name;
    command.tags = std::move(tags);
    command.due = now() + impl_->settings.consumer_delay;
    const StreamPtr stream = impl_->catalog.find(uid);
    if (stream != nullptr) {
        // Its stream is younger than all consumers of a namesake of that: what named one of those
        // shall not name this one.
        command.not_before_s = stream->created_s;
    }
    const Quotas& quotas = impl_->settings.quotas;
    if (quotas.enforced) {
        command.consumers_max = stream == nullptr ? 0 : consumers_max(*stream);
        command.creating_consumers_max = quotas.creating_consumers_max;
    }
    Action action = std::move(command);
    auto answer = co_await impl_->propose(std::move(action));
    if (!answer || answer.value().outcome != Outcome::kApplied) {
        co_return answer;
    }
    Applied applied = std::move(answer).value();
    log::info("consumer registered: consumer={} stream={} account={}", name,
              applied.stream->name.text(), applied.stream->owner.account);
    ConsumerKey key{uid, name, applied.stream->consumers.find(name)->created_s};
    co_return co_await impl_->proceed(std::move(applied), std::move(key));
}

Task<Result<Applied>> Broker::deregister_consumer(ConsumerKey key) {
    Action action = DeregisterConsumer{key.stream, key.name, key.created_s,
                                       now() + impl_->settings.consumer_delay};
    auto answer = co_await impl_->propose(std::move(action));
    if (!answer || answer.value().outcome != Outcome::kApplied) {
        co_return answer;
    }
    Applied applied = std::move(answer).value();
    log::info("consumer deregistered: consumer={} stream={} account={}", key.name,
              applied.stream->name.text(), applied.stream->owner.account);
    co_return co_await impl_->proceed(std::move(applied), std::move(key));
}

Task<Result<Applied>> Broker::configure_consumer(ConfigureConsumer change) {
    change.tags_max = impl_->settings.quotas.tags_max;
    Action action = std::move(change);
    co_return co_await impl_->propose(std::move(action));
}

Subscribed Broker::subscribe(const SubscriptionKey& key, storage::Position from) {
    Impl& impl = *impl_;
    Subscriptions::Claim claim = impl.subscriptions.claim(key, impl.parts.clock.steady());
    Subscribed subscribed{claim.admission, nullptr};
    if (claim.place != nullptr) {
        const Subscription::Parts parts{impl.catalog,      impl.reader,
                                        impl.parts.engine, impl.parts.clock,
                                        impl.parts.timers, impl.settings.subscriptions};
        subscribed.subscription =
            std::make_unique<Subscription>(parts, std::move(claim.place), from);
    }
    return subscribed;
}

// A change that holds at once, of a stream that is UPDATING for the delay nevertheless.
template <class Change>
Task<Result<Applied>> Broker::Impl::settle(Change change) {
    const Millis delay = settings.update_delay;
    const StreamUid uid = change.uid;
    if (delay == Millis(0)) {
        Action action = std::move(change);
        co_return co_await propose(std::move(action));
    }
    change.due = parts.clock.now() + delay;
    Action action = std::move(change);
    co_return co_await lifecycle.begin(std::move(action), uid, delay);
}

Task<Result<Applied>> Broker::configure_stream(ConfigureStream change, bool delayed) {
    if (delayed) {
        return impl_->settle(std::move(change));
    }
    Action action = std::move(change);
    return impl_->propose(std::move(action));
}

Task<Result<Applied>> Broker::set_commitment(model::Identity owner, bool enabled) {
    Action action = SetCommitment{std::move(owner), enabled};
    co_return co_await impl_->propose(std::move(action));
}

Task<Result<Applied>> Broker::create_channel(Channel spec) {
    spec.status = Status::kCreating;
    spec.created = now();
    spec.due = spec.created + impl_->settings.create_delay;
    Action action = CreateChannel{std::move(spec)};
    co_return co_await impl_->change_channel(std::move(action));
}

std::string Broker::channel_id() const {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::array<std::byte, 20> random;
    impl_->parts.entropy.fill(random);
    std::string id;
    for (const std::byte b : random) {
        id += kAlphabet[static_cast<std::size_t>(b) % kAlphabet.size()];
    }
    return id;
}

Task<Result<Applied>> Broker::update_channel(UpdateChannel change) {
    change.due = now() + impl_->settings.update_delay;
    Action action = std::move(change);
    co_return co_await impl_->change_channel(std::move(action));
}

Task<Result<Applied>> Broker::delete_channel(std::string id) {
    Action action = DeleteChannel{std::move(id), now() + impl_->settings.delete_delay};
    co_return co_await impl_->change_channel(std::move(action));
}

Task<Result<Applied>> Broker::change_channel_tags(std::string id,
                                                  std::map<std::string, std::string> put,
                                                  std::vector<std::string> remove) {
    Action action = ChangeChannelTags{std::move(id), std::move(put), std::move(remove),
                                      impl_->settings.quotas.tags_max};
    co_return co_await impl_->propose(std::move(action));
}

Task<std::vector<PutResult>> Broker::put(StreamPtr stream, std::span<const PutRecord> records) {
    return impl_->writer.put(std::move(stream), records);
}

Task<ReadBatch> Broker::read(StreamUid uid, model::ShardNo shard_no, storage::Position from,
                             std::uint32_t records_max, bool hurried) {
    return impl_->throttle.on() ? impl_->throttled_read(uid, shard_no, from, records_max)
                                : impl_->read(uid, shard_no, from, records_max, hurried);
}

Task<ReadBatch> Broker::Impl::read(StreamUid uid, model::ShardNo shard_no, storage::Position from,
                                   std::uint32_t records_max, bool hurried) {
    return reader.read(uid, shard_no, from, records_max,
                       static_cast<std::uint64_t>(model::kGetRecordsMaxBytes), hurried);
}

Task<ReadBatch> Broker::Impl::throttled_read(StreamUid uid, model::ShardNo shard_no,
                                             storage::Position from, std::uint32_t records_max) {
    const storage::ShardKey key{uid.value(), shard_no.value()};
    ReadBatch batch;
    if (!throttle.admits_read(key)) {
        batch.status = ReadStatus::kThrottled;
        co_return batch;
    }
    batch = co_await read(uid, shard_no, from, records_max, false);
    throttle.did_read(key, batch.bytes);
    co_return batch;
}

bool Broker::admits_iterator(const Stream& stream, model::ShardNo shard_no) {
    return impl_->throttle.admits_iterator(stream.key(shard_no));
}

bool Broker::admits_call(const CallKey& key, std::uint64_t per_second) {
    return impl_->throttle.admits_call(key, per_second);
}

Task<Placed> Broker::place(StreamPtr stream, model::ShardNo shard_no, StartAt start) {
    return impl_->reader.place(std::move(stream), shard_no, start);
}

std::string Broker::iterator(const Stream& stream, model::ShardNo shard_no,
                             storage::Position position, bool goes_on) const {
    const ShardIterator iterator{stream.uid, stream.name.text(), shard_no, position, goes_on};
    return impl_->tokens.seal(iterator, now());
}

}  // namespace millrace::stream
