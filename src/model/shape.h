// The vocabulary of request and response shapes: a Shape is a table of Fields, each with its wire
// name, kind, constraints and accessors to a member of a plain struct. The order of fields is the
// order in which violations are reported. One shape binds JSON and CBOR to the same struct, prints
// constraint messages, and encodes the same struct to both (protocol does all three).
//
// Member types a field can name (pointer to member):
//   string     std::optional<std::string_view>, std::string_view, std::optional<std::string>,
//   std::string integer    std::optional<std::int32_t>, std::int32_t long
//   std::optional<std::int64_t>, std::int64_t boolean    std::optional<bool>, bool blob
//   std::optional<Bytes>, Bytes timestamp  std::optional<WallTime>, WallTime structure
//   std::optional<S>, S list       std::optional<std::vector<E>>, std::vector<E>; E a struct,
//   std::string_view or std::string map        std::optional<TextMap>, TextMap
// A bare (non-optional) member is always present: for responses. Bound views live in the request's
// body or arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace millrace::model {

// A map of strings as it came; the binder keeps the last value of a repeated key.
using TextMap = std::vector<std::pair<std::string_view, std::string_view>>;

enum class Kind : std::uint8_t {
    kString,
    kInteger,
    kLong,
    kBoolean,
    kBlob,
    kTimestamp,
    kList,  // of structures (shape set) or of strings
    kMap,   // string to string
    kStructure,
};

// Whole-value match of a model pattern; `text` is what messages print.
struct Pattern {
    std::string_view text;
    bool (*matches)(std::string_view value);
};

struct Range {
    std::optional<std::int64_t> min;
    std::optional<std::int64_t> max;
};

// Type-erased access to one member. Only the functions of the field's kind are set; `present`
// always.
struct Access {
    bool (*present)(const void* object) = nullptr;
    void (*reset)(void* object) = nullptr;  // absent again; a bare member: its default
    std::string_view (*text)(const void* object) = nullptr;
    void (*set_text)(void* object, std::string_view value) = nullptr;
    std::int64_t (*number)(const void* object) =
        nullptr;  // integer, long, boolean 0/1, timestamp ms
    void (*set_number)(void* object, std::int64_t value) = nullptr;
    Bytes (*bytes)(const void* object) = nullptr;
    void (*set_bytes)(void* object, Bytes value) = nullptr;
    const void* (*child)(const void* object) = nullptr;  // structure
    void* (*emplace)(void* object) = nullptr;
    void (*begin)(void* object) = nullptr;              // list, map: present, and empty
    std::size_t (*size)(const void* object) = nullptr;  // list, map
    const void* (*item)(const void* object, std::size_t index) = nullptr;  // list of structures
    void* (*append)(void* object) = nullptr;
    std::string_view (*item_text)(const void* object, std::size_t index) = nullptr;
    void (*append_text)(void* object, std::string_view value) = nullptr;
    std::pair<std::string_view, std::string_view> (*entry)(const void* object,
                                                           std::size_t index) = nullptr;
    void (*insert)(void* object, std::string_view key, std::string_view value) = nullptr;
};

struct Shape;

struct Field {
    std::string_view name;
    Kind kind = Kind::kString;
    bool required = false;
    Range range;          // value of numbers; length of strings (UTF-16), blobs, lists, maps
    Range element_range;  // length of a list's strings, or of a map's values
    Range key_range;      // length of a map's keys
    const Pattern* pattern = nullptr;
    std::span<const std::string_view> values;  // enum, in the order messages print (strings, lists)
    const Shape* shape = nullptr;              // structure, list of structures
    Access access;

    // Each returns a copy with one more constraint: string_field<...>("Name").require().within(1,
    // 128).
    constexpr Field require() const {
        Field f = *this;
        f.required = true;
        return f;
    }
    constexpr Field within(std::optional<std::int64_t> min, std::optional<std::int64_t> max) const {
        Field f = *this;
        f.range = {min, max};
        return f;
    }
    constexpr Field elements(std::int64_t min, std::int64_t max) const {
        Field f = *this;
        f.element_range = {min, max};
        return f;
    }
    constexpr Field keys(std::int64_t min, std::int64_t max) const {
        Field f = *this;
        f.key_range = {min, max};
        return f;
    }
    constexpr Field matching(const Pattern& p) const {
        Field f = *this;
        f.pattern = &p;
        return f;
    }
    constexpr Field one_of(std::span<const std::string_view> v) const {
        Field f = *this;
        f.values = v;
        return f;
    }
};

struct Shape {
    std::string_view name;  // of the model, e.g. "PutRecordsRequestEntry"
    std::span<const Field> fields;
};

namespace detail {

template <class M>
struct MemberOf;
template <class S, class T>
struct MemberOf<T S::*> {
    using Owner = S;
    using Type = T;
};

template <class T>
struct Unwrap {
    using Type = T;
    static constexpr bool kOptional = false;
};
template <class T>
struct Unwrap<std::optional<T>> {
    using Type = T;
    static constexpr bool kOptional = true;
};

template <auto Member>
struct Slot {
    using Owner = typename MemberOf<decltype(Member)>::Owner;
    using Declared = typename MemberOf<decltype(Member)>::Type;
    using Value = typename Unwrap<Declared>::Type;
    static constexpr bool kOptional = Unwrap<Declared>::kOptional;

    static bool present([[maybe_unused]] const void* o) {
        if constexpr (kOptional) {
            return (static_cast<const Owner*>(o)->*Member).has_value();
        } else {
            return true;
        }
    }
    static void reset(void* o) { static_cast<Owner*>(o)->*Member = Declared{}; }
    static const Value& get(const void* o) {
        if constexpr (kOptional) {
            return *(static_cast<const Owner*>(o)->*Member);
        } else {
            return static_cast<const Owner*>(o)->*Member;
        }
    }
    static Value& make(void* o) {
        if constexpr (kOptional) {
            auto& slot = static_cast<Owner*>(o)->*Member;
            if (!slot)
                slot.emplace();
            return *slot;
        } else {
            return static_cast<Owner*>(o)->*Member;
        }
    }
};

template <auto Member>
constexpr Field field(std::string_view name, Kind kind) {
    Field f;
    f.name = name;
    f.kind = kind;
    f.access.present = &Slot<Member>::present;
    f.access.reset = &Slot<Member>::reset;
    return f;
}

}  // namespace detail

template <auto Member>
constexpr Field string_field(std::string_view name) {
    using S = detail::Slot<Member>;
    Field f = detail::field<Member>(name, Kind::kString);
    f.access.text = [](const void* o) -> std::string_view { return S::get(o); };
    f.access.set_text = [](void* o, std::string_view v) { S::make(o) = v; };
    return f;
}

namespace detail {
template <auto Member>
constexpr Field number_field(std::string_view name, Kind kind) {
    using S = Slot<Member>;
    Field f = field<Member>(name, kind);
    f.access.number = [](const void* o) { return static_cast<std::int64_t>(S::get(o)); };
    f.access.set_number = [](void* o, std::int64_t v) {
        S::make(o) = static_cast<typename S::Value>(v);
    };
    return f;
}
}  // namespace detail

template <auto Member>
constexpr Field integer_field(std::string_view name) {
    return detail::number_field<Member>(name, Kind::kInteger);
}
template <auto Member>
constexpr Field long_field(std::string_view name) {
    return detail::number_field<Member>(name, Kind::kLong);
}
template <auto Member>
constexpr Field boolean_field(std::string_view name) {
    return detail::number_field<Member>(name, Kind::kBoolean);
}

template <auto Member>
constexpr Field timestamp_field(std::string_view name) {
    using S = detail::Slot<Member>;
    Field f = detail::field<Member>(name, Kind::kTimestamp);
    f.access.number = [](const void* o) { return to_ms(S::get(o)); };
    f.access.set_number = [](void* o, std::int64_t v) { S::make(o) = wall_time(v); };
    return f;
}

template <auto Member>
constexpr Field blob_field(std::string_view name) {
    using S = detail::Slot<Member>;
    Field f = detail::field<Member>(name, Kind::kBlob);
    f.access.bytes = [](const void* o) -> Bytes { return S::get(o); };
    f.access.set_bytes = [](void* o, Bytes v) { S::make(o) = v; };
    return f;
}

template <auto Member>
constexpr Field structure_field(std::string_view name, const Shape& shape) {
    using S = detail::Slot<Member>;
    Field f = detail::field<Member>(name, Kind::kStructure);
    f.shape = &shape;
    f.access.child = [](const void* o) -> const void* { return &S::get(o); };
    f.access.emplace = [](void* o) -> void* { return &S::make(o); };
    return f;
}

namespace detail {
template <auto Member>
constexpr Field sized_field(std::string_view name, Kind kind) {
    using S = Slot<Member>;
    Field f = field<Member>(name, kind);
    f.access.begin = [](void* o) { S::make(o).clear(); };
    f.access.size = [](const void* o) { return S::get(o).size(); };
    return f;
}
}  // namespace detail

template <auto Member>
constexpr Field list_field(std::string_view name, const Shape& element) {
    using S = detail::Slot<Member>;
    Field f = detail::sized_field<Member>(name, Kind::kList);
    f.shape = &element;
    f.access.item = [](const void* o, std::size_t i) -> const void* { return &S::get(o)[i]; };
    f.access.append = [](void* o) -> void* { return &S::make(o).emplace_back(); };
    return f;
}

template <auto Member>
constexpr Field text_list_field(std::string_view name) {
    using S = detail::Slot<Member>;
    Field f = detail::sized_field<Member>(name, Kind::kList);
    f.access.item_text = [](const void* o, std::size_t i) -> std::string_view {
        return S::get(o)[i];
    };
    f.access.append_text = [](void* o, std::string_view v) { S::make(o).emplace_back(v); };
    return f;
}

template <auto Member>
constexpr Field map_field(std::string_view name) {
    using S = detail::Slot<Member>;
    Field f = detail::sized_field<Member>(name, Kind::kMap);
    f.access.entry = [](const void* o, std::size_t i) { return S::get(o)[i]; };
    f.access.insert = [](void* o, std::string_view k, std::string_view v) {
        for (auto& entry : S::make(o)) {
            if (entry.first == k) {
                entry.second = v;
                return;
            }
        }
        S::make(o).emplace_back(k, v);
    };
    return f;
}

}  // namespace millrace::model
