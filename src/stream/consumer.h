// Consumer: a registered reader of one stream by enhanced fan-out, a part of its catalog entry. It
// is CREATING, ACTIVE, DELETING, gone; the transitions here are pure functions, which CatalogState
// calls.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"

namespace millrace::stream {

struct Consumer {
    enum class Status : std::uint8_t { kCreating, kActive, kDeleting };
    std::string name;
    std::int64_t created_s = 0;  // with the name, tells one registration from the next
    Status status = Status::kCreating;
    WallTime due;  // CREATING and DELETING: when that ends
    std::map<std::string, std::string> tags;
    std::string policy;  // the resource policy as given; empty: none

    bool operator==(const Consumer&) const = default;
};

// By name. What was removed so lately that a namesake could be born in the same second is
// remembered with its creation.
struct Consumers {
    std::map<std::string, Consumer> present;
    std::map<std::string, std::int64_t> removed;

    const Consumer* find(const std::string& name) const;
    const Consumer* find(const std::string& name, std::int64_t created_s) const;
    // All but those in DELETING.
    std::size_t registered() const;
    std::size_t creating() const;
    // Of all that are known of, the removed ones included; 0: none.
    std::int64_t last_created_s() const;

    // REQUIRES: no consumer of that name is present.
    void add(std::string name, std::map<std::string, std::string> tags, WallTime now, WallTime due);
    // REQUIRES of these: it is present.
    void activate(const std::string& name);
    void begin_removal(const std::string& name, WallTime due);
    void remove(const std::string& name, WallTime now);

    bool operator==(const Consumers&) const = default;
};

}  // namespace millrace::stream
