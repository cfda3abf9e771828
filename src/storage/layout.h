// The names in a data directory. FORMAT.md lists them.
//
//   LOCK                                       held while a process owns the directory
//   journal/<3 digits>.log, journal/checkpoint, journal/checkpoint.copy, journal/reserve
//   catalog/<20 digits>.log, catalog/snapshot  the catalog's log, which is a shard log like any
//   other shards/<16 hex digits>/<shard>/<20 digits>.log (.idx)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "env/file_system.h"
#include "storage/engine.h"

namespace millrace::storage {

// The log of the catalog's commands.
inline constexpr ShardKey kCatalogShard{0, 0};

class Layout final {
public:
    explicit Layout(env::Path root) : root_(std::move(root)) {}

    const env::Path& root() const { return root_; }
    env::Path lock() const { return root_ / "LOCK"; }
    env::Path journal() const { return root_ / "journal"; }
    env::Path journal_file(std::size_t number) const;
    env::Path checkpoint() const { return journal() / "checkpoint"; }
    env::Path checkpoint_copy() const { return journal() / "checkpoint.copy"; }
    env::Path reserve() const { return journal() / "reserve"; }
    env::Path catalog() const { return root_ / "catalog"; }
    env::Path snapshot() const { return catalog() / "snapshot"; }
    env::Path shards() const { return root_ / "shards"; }
    env::Path stream(std::uint64_t uid) const;
    env::Path shard(ShardKey key) const;

private:
    env::Path root_;
};

std::string segment_name(Position first);
std::string index_name(Position first);

// Nothing if `name` is not one of theirs.
std::optional<Position> parse_segment_name(std::string_view name);
std::optional<std::size_t> parse_journal_name(std::string_view name);
std::optional<std::uint64_t> parse_stream_name(std::string_view name);
std::optional<std::uint32_t> parse_shard_name(std::string_view name);

}  // namespace millrace::storage
