#include "fault/course.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "support/read_all.h"
#include "support/sync_wait.h"

namespace millrace::test {

using storage::AppendStatus;
using storage::Position;
using storage::ShardKey;

namespace {

constexpr ShardKey kA{1, 0};
constexpr ShardKey kB{1, 1};
constexpr ShardKey kC{2, 0};
constexpr ShardKey kD{3, 0};
constexpr ShardKey kE{4, 0};

// A call that failed because the disk was told to is nobody's mistake.
bool is_injected(const std::string& complaint) {
    return complaint.ends_with(": injected");
}

std::string told(ShardKey key) {
    return "shard " + std::to_string(key.stream_uid) + "/" + std::to_string(key.shard_no) + ": ";
}

}  // namespace

std::string Knowledge::check(storage::SegmentEngine& engine, Held& held) const {
    auto replay = sync_wait(engine.catalog_log().load());
    if (!replay)
        return "the catalog does not load: " + replay.error().message;
    held.catalog = std::move(replay).value();
    std::string complaint = check_catalog(held.catalog);
    for (const auto& [key, shard] : shards) {
        if (complaint.empty())
            complaint = check_shard(engine, key, shard, held);
    }
    if (complaint.empty() && !engine.corruptions().empty()) {
        const auto first = engine.corruptions().front();
        complaint = "reports damage in " + first.file + " at " + std::to_string(first.offset);
    }
    return complaint;
}

std::string Knowledge::check_catalog(const storage::CatalogLog::Replay& replay) const {
    // The snapshot: the last that was answered, or one asked for after it.
    std::optional<Position> through;
    bool acceptable = replay.snapshot.empty();
    for (const Snapshot& one : snapshots) {
        if (one.done)
            acceptable = false;
        if (one.state == replay.snapshot) {
            acceptable = true;
            through = one.through;
        }
    }
    if (!acceptable)
        return "the catalog's snapshot is none that may be there";
    auto found = replay.commands.begin();
    for (const Command& command : commands) {
        if (through && command.position && *command.position <= *through)
            continue;
        const bool there = found != replay.commands.end() && found->payload == command.payload;
        if (!there && command.position)
            return "a command was committed and is missing: " + command.payload.substr(0, 20);
        if (!there)
            continue;
        if (command.position && found->position != *command.position)
            return "a command stands at another position";
        if (found != replay.commands.begin() && found->position <= std::prev(found)->position)
            return "the commands' positions do not increase";
        ++found;
    }
    if (found != replay.commands.end())
        return "a command that may not be there: " + found->payload.substr(0, 20);
    return {};
}

std::string Knowledge::check_shard(storage::SegmentEngine& engine, ShardKey key, const Shard& shard,
                                   Held& held) const {
    const auto found = sync_wait(read_all(engine, key, {}, 50));
    if (!found) {
        if (found.error().code != Errc::kNotFound)
            return told(key) + "does not read: " + found.error().message;
        if (shard.create == Asked::kDone && shard.drop == Asked::kNever)
            return told(key) + "was created and is missing";
        return {};
    }
    if (shard.create == Asked::kNever)
        return told(key) + "was never created";
    if (shard.drop == Asked::kDone)
        return told(key) + "was dropped and is there";
    if (std::string wrong = records.check(key, found.value(), shard.reclaimed); !wrong.empty())
        return wrong;
    const storage::ReadRequest past{key, records.beyond(key), 1000, 1 << 30, {}};
    auto end = sync_wait(engine.read(past));
    for (int i = 0; i < 1000 && end && end.value().next < end.value().tip; ++i) {
        const storage::ReadRequest further{key, end.value().next, 1000, 1 << 30, {}};
        end = sync_wait(engine.read(further));
    }
    if (!end)
        return told(key) + "its end does not read: " + end.error().message;
    if (shard.seal == Asked::kDone && !end.value().at_end)
        return told(key) + "was sealed and is open";
    if (shard.seal == Asked::kNever && end.value().at_end)
        return told(key) + "is sealed and never was";
    if (shard.seal == Asked::kDone && end.value().tip != shard.end)
        return told(key) + "ends elsewhere than was answered";
    held.shards[key] = {found.value(), end.value().at_end, end.value().tip};
    return {};
}

void Knowledge::settle(const Held& held) {
    for (auto& [key, shard] : shards) {
        const auto found = held.shards.find(key);
        if (found == held.shards.end()) {
            if (shard.drop == Asked::kNever)
                shard.create = Asked::kNever;
            else
                shard.drop = Asked::kDone;
            continue;
        }
        shard.create = Asked::kDone;
        shard.drop = Asked::kNever;
        shard.seal = found->second.sealed ? Asked::kDone : Asked::kNever;
        shard.end = found->second.tip;
        records.settle(key, found->second.records, shard.reclaimed);
    }
    for (Command& command : commands) {
        for (const auto& found : held.catalog.commands) {
            if (found.payload == command.payload)
                command.position = found.position;
        }
    }
    std::erase_if(commands, [](const Command& command) { return !command.position; });
}

Course::Course(SegmentHost& host, CourseOptions options, Knowledge known)
    : host_(host),
      options_(options),
      random_(options.seed),
      now_(options.begins),
      knowledge_(std::move(known)) {}

template <class F>
void Course::note(F change) {
    const std::lock_guard lock(mutex_);
    change(knowledge_);
    ++version_;
}

void Course::complain(const std::string& what) {
    if (complaint_.empty() && !is_injected(what))
        complaint_ = what;
}

bool Course::succeeded(bool did, const char* what, const std::string& why) {
    if (!did && options_.strict)
        complain(std::string(what) + " failed though nothing was wrong: " + why);
    return did;
}

template <class T>
bool Course::succeeded(const Result<T>& result, const char* what) {
    return succeeded(result.has_value(), what, result ? "" : result.error().message);
}

Knowledge Course::known_during(const std::function<void()>& take) const {
    while (true) {
        std::uint64_t before = 0;
        Knowledge known;
        {
            const std::lock_guard lock(mutex_);
            known = knowledge_;
            before = version_;
        }
        take();
        const std::lock_guard lock(mutex_);
        if (before == version_)
            return known;
    }
}

void Course::open() {
    const auto opened = host_.open();
    if (!succeeded(opened, "open"))
        return;
    if (!succeeded(sync_wait(host_.engine().catalog_log().load()), "load"))
        host_.close();
}

void Course::create(std::vector<ShardKey> shards) {
    if (!host_.is_open())
        return;
    note([&](Knowledge& k) {
        for (const ShardKey key : shards)
            k.shards[key].create = std::max(k.shards[key].create, Asked::kUnanswered);
    });
    const auto created = sync_wait(host_.engine().create(shards));
    if (!succeeded(created, "create"))
        return;
    note([&](Knowledge& k) {
        for (const ShardKey key : shards)
            k.shards[key].create = Asked::kDone;
    });
}

void Course::append(std::vector<ShardKey> shards, std::size_t bytes_max) {
    if (!host_.is_open())
        return;
    if (options_.retry)
        host_.let_recover();
    std::vector<const Sent*> sent;
    std::vector<storage::NewRecord> records;
    note([&](Knowledge& k) {
        for (const ShardKey key : shards) {
            now_ += Millis(random_() % 5);
            std::string data(bytes_max == 0 ? 0 : random_() % bytes_max, '\0');
            for (char& c : data)
                c = static_cast<char>(random_());
            sent.push_back(&k.records.send(key, std::move(data), now_, "key"));
        }
    });
    for (const Sent* one : sent)
        records.push_back(one->record());
    const auto results = sync_wait(host_.engine().append(records));
    if (results.size() != sent.size())
        return complain("an append did not answer every record");
    note([&](Knowledge& k) {
        for (std::size_t i = 0; i < results.size(); ++i) {
            const Knowledge::Shard& shard = k.shards[sent[i]->shard];
            const auto status = results[i].status;
            const std::string wrong = k.records.answered(*sent[i], results[i]);
            if (!wrong.empty())
                complain(wrong);
            if (status == AppendStatus::kClosed && shard.seal == Asked::kNever)
                complain(told(sent[i]->shard) + "answers closed and was never sealed");
            if (status == AppendStatus::kCommitted && shard.seal == Asked::kDone)
                complain(told(sent[i]->shard) + "commits after its seal");
            if (shard.seal == Asked::kNever && shard.drop == Asked::kNever)
                succeeded(status == AppendStatus::kCommitted, "append",
                          "status " + std::to_string(static_cast<int>(status)));
        }
    });
}

void Course::seal(ShardKey shard) {
    if (!host_.is_open())
        return;
    note([&](Knowledge& k) {
        k.shards[shard].seal = std::max(k.shards[shard].seal, Asked::kUnanswered);
    });
    const auto ends = sync_wait(host_.engine().seal(std::span(&shard, 1)));
    if (!succeeded(ends, "seal"))
        return;
    note([&](Knowledge& k) {
        k.shards[shard].seal = Asked::kDone;
        k.shards[shard].end = ends.value().at(0);
    });
}

void Course::drop(ShardKey shard) {
    if (!host_.is_open())
        return;
    note([&](Knowledge& k) {
        k.shards[shard].drop = std::max(k.shards[shard].drop, Asked::kUnanswered);
    });
    const auto dropped = sync_wait(host_.engine().drop(std::span(&shard, 1)));
    if (succeeded(dropped, "drop"))
        note([&](Knowledge& k) { k.shards[shard].drop = Asked::kDone; });
}

void Course::trim(ShardKey shard, WallTime horizon) {
    if (!host_.is_open())
        return;
    note([&](Knowledge& k) { k.shards[shard].reclaimed = horizon; });
    succeeded(sync_wait(host_.engine().trim(shard, horizon)), "trim");
}

void Course::commit() {
    if (!host_.is_open())
        return;
    if (options_.retry)
        host_.let_recover();
    std::string payload =
        "command " + std::to_string(random_()) + std::string(random_() % 3000, 'c');
    note([&](Knowledge& k) { k.commands.push_back({payload, std::nullopt}); });
    const auto position = sync_wait(host_.engine().catalog_log().commit(payload));
    if (!succeeded(position, "commit"))
        return;
    note([&](Knowledge& k) {
        for (const auto& before : k.commands) {
            if (before.position && *before.position >= position.value())
                complain("a command's position is not beyond those before");
        }
        k.commands.back().position = position.value();
    });
}

// Of everything but the last answered command.
void Course::snapshot() {
    if (!host_.is_open())
        return;
    std::vector<Position> positions;
    for (const auto& command : knowledge_.commands) {
        if (command.position)
            positions.push_back(*command.position);
    }
    if (positions.size() < 2)
        return;
    const Position through = positions[positions.size() - 2];
    std::string state = "state " + std::to_string(random_()) + std::string(random_() % 9000, 's');
    note([&](Knowledge& k) { k.snapshots.push_back({through, state, false}); });
    const auto taken = sync_wait(host_.engine().catalog_log().snapshot(through, state));
    if (succeeded(taken, "snapshot"))
        note([&](Knowledge& k) { k.snapshots.back().done = true; });
}

// Reads go on whatever became of writes.
void Course::read(ShardKey shard) {
    if (!host_.is_open() || knowledge_.shards[shard].create != Asked::kDone)
        return;
    const auto found = sync_wait(read_all(host_.engine(), shard, {}, 50));
    if (!found)
        return complain(told(shard) + "does not read: " + found.error().message);
    const std::string wrong =
        knowledge_.records.check(shard, found.value(), knowledge_.shards[shard].reclaimed);
    if (!wrong.empty())
        complain(wrong);
}

std::string Course::run() {
    if (options_.large)
        run_large();
    else
        run_small();
    return complaint_;
}

void Course::run_small() {
    open();
    commit();
    create({kA, kB});
    append({kA}, 100);
    append({kA, kB, kA}, 700);
    commit();
    create({kC});
    append({kC}, 0);
    append({kC, kA}, 50'000);
    append({kA}, 100'000);  // more than a segment holds
    read(kA);
    seal(kB);
    append({kB, kA}, 100);
    commit();
    snapshot();
    append({kA, kA, kA, kA, kC, kC}, 9000);
    drop(kC);
    create({kD});
    read(kA);
    host_.close();
    open();
    append({kA, kD}, 500);
    append({kA}, 40'000);
    trim(kA, now_ - Millis(3));
    let_checkpoint();
    commit();
    append({kA, kD}, 500);
    append({kA}, 60'000);
    snapshot();
    commit();
    seal(kD);
    append({kA}, 10);
    read(kA);
    read(kD);
    open();  // the journal's first file again
    append({kA}, 5000);
    let_checkpoint();
    append({kA}, 5000);
    drop(kD);
    append({kA}, 70'000);
    let_checkpoint();
    append({kA}, 70'000);
    trim(kA, now_ - Millis(3));
    commit();
    append({kA, kA}, 300);
    snapshot();
    let_checkpoint();
    commit();
    read(kA);
}

// Until another checkpoint is due by age; the call after it finds that out.
void Course::let_checkpoint() {
    host_.clock().advance(Seconds(31));
}

std::string Course::run_on() {
    open();
    if (!host_.is_open())
        return complaint_;
    Held held;
    if (const std::string wrong = knowledge_.check(host_.engine(), held); !wrong.empty()) {
        complain(wrong);
        return complaint_;
    }
    note([&](Knowledge& k) { k.settle(held); });
    const std::map<ShardKey, Knowledge::Shard> shards = knowledge_.shards;
    std::vector<ShardKey> alive;
    for (const auto& [key, shard] : shards) {
        if (shard.create == Asked::kDone && shard.drop == Asked::kNever)
            alive.push_back(key);
    }
    commit();
    append(alive, 3000);
    create({kE});
    append({kE}, 100);
    let_checkpoint();
    append(alive, 100'000);
    snapshot();
    commit();
    if (!alive.empty()) {
        trim(alive.front(), now_ - Millis(10));
        seal(alive.front());
        drop(alive.back());
    }
    let_checkpoint();
    append({kE, kE}, 3000);
    return complaint_;
}

void Course::run_large() {
    open();
    create({kA, kB, kC});
    commit();
    for (int i = 0; i < 6; ++i) {
        append({kA, kB}, 300);
        append({kA}, 8 << 20);
        append({kB, kC}, 3 << 20);
        commit();
        snapshot();
        append({kC}, 100);
        if (i == 2)
            seal(kC);
        if (i == 3)
            trim(kA, now_ - Millis(10));
        if (i == 4)
            drop(kC);
        read(kB);
    }
}

// The engine gets over a fault in the background, by calls that find it and by checkpoints beside
// them: `attempt` is repeated until it succeeds, for as long as a loaded machine may need.
bool Course::comes_to(const std::function<bool()>& attempt) {
    const auto until = std::chrono::steady_clock::now() + Seconds(20);
    while (!attempt()) {
        if (std::chrono::steady_clock::now() > until)
            return false;
        std::this_thread::yield();
        host_.let_recover();
    }
    return true;
}

std::string Course::check_recovered() {
    complaint_.clear();
    const auto opens = [&] {
        open();
        return host_.is_open();
    };
    if (!host_.is_open() && !comes_to(opens))
        return "does not open though nothing is wrong any more";
    // What failed may fail once more while the engine finds out that the trouble is over.
    create({kA});
    for (const auto& entry : Knowledge(knowledge_).shards) {
        const ShardKey key = entry.first;
        const Knowledge::Shard& shard = entry.second;
        if (shard.seal != Asked::kNever || shard.drop != Asked::kNever)
            continue;
        const auto takes_one = [&] {
            create({key});
            const std::size_t before = knowledge_.records.committed(key);
            append({key}, 1000);
            return knowledge_.records.committed(key) > before;
        };
        if (!comes_to(takes_one))
            complain(told(key) + "takes no records though nothing is wrong any more");
        read(key);
    }
    const auto takes_a_command = [&] {
        commit();
        return knowledge_.commands.back().position.has_value();
    };
    if (!comes_to(takes_a_command))
        complain("the catalog takes no command though nothing is wrong any more");
    return complaint_;
}

}  // namespace millrace::test
