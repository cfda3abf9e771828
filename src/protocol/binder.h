// From a body's events to the struct a shape describes. A reader (JSON or CBOR) reports what it
// meets, in document order; the binder puts it where the shape says, converting as clients of the
// service are used to (numbers are floored and clamped, blobs may be base64 text), and remembers
// the first value that cannot be converted. After that it only listens: the reader goes on, since a
// syntax error further on outranks the failure.
//
// Texts and bytes it is given must live as long as the bound object: in the body or the arena.
// Memory is bounded by the body, not by what the body claims: lists keep at most kElementsKept
// elements and maps kEntriesKept entries, beyond what any valid request holds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/shape.h"
#include "protocol/arena.h"

namespace millrace::protocol {

inline constexpr std::size_t kElementsKept = 10'000;
inline constexpr std::size_t kEntriesKept = 1'000;

// Elements of lists that were null in the body; their place in the list holds an empty element.
class NullElements final {
public:
    void add(const void* owner, const model::Field& field, std::size_t index) {
        elements_.push_back({owner, &field, index});
    }
    void forget(const void* owner, const model::Field& field);
    // The indexes of one list's, ascending.
    std::vector<std::size_t> of(const void* owner, const model::Field& field) const;

private:
    struct Element {
        const void* owner;
        const model::Field* field;
        std::size_t index;
    };
    std::vector<Element> elements_;
};

class Binder final {
public:
    enum class TimeUnit : std::uint8_t {
        kSeconds,
        kMilliseconds
    };  // of numbers given as timestamps

    // As deep as shapes nest, each list, map and structure counted; not as bodies do.
    static constexpr std::size_t kDepthMax = 12;

    Binder(const model::Shape& shape, void* object, Arena& arena, TimeUnit unit)
        : shape_(shape), object_(object), arena_(arena), unit_(unit) {}

    void begin_structure();
    void end_structure();
    void key(std::string_view name);
    void begin_list();
    void end_list();
    void text(std::string_view value);
    void number(std::int64_t value);
    void number(double value);
    void boolean(bool value);
    void null();
    void bytes(Bytes value);

    // The rest is meaningful once the reader is done.
    bool is_structure() const { return is_structure_; }  // whether the document was one
    const std::optional<std::string>& failure() const { return failure_; }
    const NullElements& null_elements() const { return nulls_; }

private:
    enum class Place : std::uint8_t { kStructure, kStructures, kTexts, kMap };
    enum class Given : std::uint8_t { kText, kNumber, kBoolean, kBytes };

    struct Level {
        Place place;
        const model::Shape* shape;  // of a structure
        void* object;               // the structure; the owner of a list or map
        const model::Field* field;  // the list or map
        std::size_t next = 0;  // structure: the field most likely to come; list: elements so far
        bool full = false;     // map: takes no more entries
    };
    struct Entry {
        std::string_view key;
        std::string_view value;
        bool present;
    };

    bool listening() const { return failure_.has_value() || ignored_ > 0; }
    Level& top() { return levels_[depth_ - 1]; }
    bool in_list() const;
    void push(const Level& level);

    // The field the coming value is for; null: it is for none, or has been dealt with.
    const model::Field* scalar_field(Given given);
    void open(const model::Field& field, void* object);
    bool room(Level& list);
    void store_text(const model::Field& field, void* object, std::string_view value);
    void hold(std::string_view value, bool present);
    void settle_entries();
    void fail(std::string message);
    void fail_scalar(model::Kind expected, Given given);

    const model::Shape& shape_;
    void* const object_;
    Arena& arena_;
    const TimeUnit unit_;

    std::array<Level, kDepthMax> levels_;
    std::size_t depth_ = 0;
    std::size_t ignored_ = 0;              // how deep in a value that nobody asked for
    const model::Field* field_ = nullptr;  // of the structure on top, named by the last key
    std::string_view key_;                 // of the map on top
    std::vector<Entry> entries_;           // of the map on top, as they came
    bool is_structure_ = false;
    std::optional<std::string> failure_;
    NullElements nulls_;
};

}  // namespace millrace::protocol
