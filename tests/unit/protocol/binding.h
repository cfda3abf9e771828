// Binds a body to a struct, as the pipeline does, and keeps all that the result views alive.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/shape.h"
#include "protocol/arena.h"
#include "protocol/binder.h"
#include "protocol/cbor_reader.h"
#include "protocol/json_reader.h"
#include "protocol/validator.h"

namespace millrace::protocol {

template <class T>
struct Bound {
    std::unique_ptr<std::string> body;
    std::unique_ptr<Arena> arena;
    std::unique_ptr<T> owned = std::make_unique<T>();  // does not move: null elements name it
    bool well_formed = false;
    std::optional<std::string> failure;
    NullElements nulls;

    const T& value() const { return *owned; }
    std::string violations(const model::Shape& shape) const {
        return find_violations(shape, owned.get(), nulls).value_or("none");
    }
};

template <class T>
Bound<T> bind(const model::Shape& shape, std::string body, bool cbor) {
    Bound<T> bound;
    bound.body = std::make_unique<std::string>(std::move(body));
    bound.arena = std::make_unique<Arena>(0);
    const auto unit = cbor ? Binder::TimeUnit::kMilliseconds : Binder::TimeUnit::kSeconds;
    Binder binder(shape, bound.owned.get(), *bound.arena, unit);
    bound.well_formed = cbor ? read_cbor(*bound.body, binder, *bound.arena)
                             : read_json(*bound.body, binder, *bound.arena);
    bound.failure = binder.failure();
    bound.nulls = binder.null_elements();
    return bound;
}

template <class T>
Bound<T> bind_json(const model::Shape& shape, std::string body) {
    return bind<T>(shape, std::move(body), false);
}
template <class T>
Bound<T> bind_cbor(const model::Shape& shape, std::string body) {
    return bind<T>(shape, std::move(body), true);
}

// A shape with a member of every kind, nested and constrained in every way.
struct Part {
    std::optional<std::string_view> type;
    std::optional<std::int32_t> size;
};
struct Whole {
    std::optional<std::string_view> text;
    std::optional<std::int32_t> integer;
    std::optional<std::int64_t> big;
    std::optional<bool> flag;
    std::optional<Bytes> blob;
    std::optional<WallTime> when;
    std::optional<Part> part;
    std::optional<std::vector<Part>> parts;
    std::optional<std::vector<std::string_view>> words;
    std::optional<model::TextMap> tags;
};

inline constexpr std::string_view kPartTypes[] = {"WIDE", "TALL"};
inline constexpr model::Pattern kLowerCase{
    "[a-z]+", [](std::string_view v) {
        return !v.empty() && v.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == v.npos;
    }};
inline constexpr model::Field kPartFields[] = {
    model::string_field<&Part::type>("Type").require().one_of(kPartTypes),
    model::integer_field<&Part::size>("Size").within(1, 9),
};
inline constexpr model::Shape kPart{"Part", kPartFields};
inline constexpr model::Field kWholeFields[] = {
    model::string_field<&Whole::text>("Text").within(1, 4).matching(kLowerCase),
    model::integer_field<&Whole::integer>("Integer").within(-5, 5),
    model::long_field<&Whole::big>("Big"),
    model::boolean_field<&Whole::flag>("Flag"),
    model::blob_field<&Whole::blob>("Blob").within(1, 8),
    model::timestamp_field<&Whole::when>("When"),
    model::structure_field<&Whole::part>("Part", kPart),
    model::list_field<&Whole::parts>("Parts", kPart).within(1, 3),
    model::text_list_field<&Whole::words>("Words").within(1, 3).elements(1, 4),
    model::map_field<&Whole::tags>("Tags").within(1, 3).keys(1, 4).elements(0, 4),
};
inline constexpr model::Shape kWhole{"Whole", kWholeFields};

inline Bound<Whole> whole_of_json(std::string body) {
    return bind_json<Whole>(kWhole, std::move(body));
}
inline Bound<Whole> whole_of_cbor(std::string body) {
    return bind_cbor<Whole>(kWhole, std::move(body));
}

// "bf 61 61" as bytes.
inline std::string hex(std::string_view digits) {
    std::string out;
    int high = -1;
    for (const char c : digits) {
        if (c == ' ')
            continue;
        const int value = c <= '9' ? c - '0' : c - 'a' + 10;
        if (high < 0) {
            high = value;
        } else {
            out += static_cast<char>(high * 16 + value);
            high = -1;
        }
    }
    return out;
}

}  // namespace millrace::protocol
