// libcbor's streaming decoder finds the items; which of them belong together is kept here, on a
// stack bounded by kNestingMax. Declared lengths are only counted down, never used to allocate.
#include "protocol/cbor_reader.h"

#include <cbor.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "protocol/json_reader.h"
#include "protocol/utf8.h"

namespace millrace::protocol {
namespace {

class Items final {
public:
    Items(Binder& binder, Arena& arena) : binder_(binder), arena_(arena) {}

    bool broken() const { return broken_; }
    bool complete() const { return complete_; }

    void text(std::string_view value) {
        if (open_is(Holder::kText)) {
            chunks_ += value;
        } else if (open_is(Holder::kBytes)) {
            broken_ = true;
        } else {
            whole_text(value);
        }
    }
    void bytes(Bytes value) {
        if (open_is(Holder::kBytes)) {
            chunks_ += as_text(value);
        } else if (may_be_value()) {
            binder_.bytes(value);
            done();
        }
    }
    template <class Value>
    void number(Value value) {
        if (!may_be_value())
            return;
        binder_.number(value);
        done();
    }
    void natural(std::uint64_t value) {
        number(value > std::uint64_t{kMax} ? kMax : static_cast<std::int64_t>(value));
    }
    // The value is -1 - `below`.
    void negative(std::uint64_t below) {
        number(below > std::uint64_t{kMax} ? -kMax - 1 : -1 - static_cast<std::int64_t>(below));
    }
    void boolean(bool value) {
        if (!may_be_value())
            return;
        binder_.boolean(value);
        done();
    }
    void null() {
        if (!may_be_value())
            return;
        binder_.null();
        done();
    }
    void tag() {
        if (in_chunks() || ++tags_ > kNestingMax)
            broken_ = true;
    }
    void begin(bool map, bool definite, std::uint64_t size) {
        if (!may_be_value() || !push({map ? Holder::kMap : Holder::kArray, definite, size}))
            return;
        if (map) {
            binder_.begin_structure();
        } else {
            binder_.begin_list();
        }
        close_finished();
    }
    void begin_chunks(bool text) {
        if (in_chunks() || (!text && expects_key())) {
            broken_ = true;
        } else {
            push({text ? Holder::kText : Holder::kBytes, false, 0});
        }
    }
    void end_indefinite() {
        if (stack_.empty() || stack_.back().definite || stack_.back().value_due || tags_ > 0) {
            broken_ = true;
            return;
        }
        const Holder::Kind kind = stack_.back().kind;
        if (kind == Holder::kMap || kind == Holder::kArray) {
            close();
            done();
            return;
        }
        stack_.pop_back();
        const std::string_view whole = arena_.keep(chunks_);
        chunks_.clear();
        if (kind == Holder::kText) {
            whole_text(whole);
        } else {
            bytes(as_bytes(whole));
        }
    }

private:
    static constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

    struct Holder {
        enum Kind : std::uint8_t { kMap, kArray, kText, kBytes };
        Kind kind;
        bool definite;
        std::uint64_t left;      // pairs or elements still to come, when definite
        bool value_due = false;  // map: a key has come, its value has not
    };

    bool open_is(Holder::Kind kind) const { return !stack_.empty() && stack_.back().kind == kind; }
    bool in_chunks() const { return open_is(Holder::kText) || open_is(Holder::kBytes); }
    bool expects_key() const { return open_is(Holder::kMap) && !stack_.back().value_due; }

    bool may_be_value() {
        if (in_chunks() || expects_key())
            broken_ = true;
        return !broken_;
    }
    void whole_text(std::string_view value) {
        if (!is_utf8(value)) {
            broken_ = true;
        } else if (expects_key()) {
            binder_.key(value);
            stack_.back().value_due = true;
            tags_ = 0;
        } else {
            binder_.text(value);
            done();
        }
    }
    bool push(const Holder& holder) {
        if (stack_.size() == kNestingMax) {
            broken_ = true;
            return false;
        }
        tags_ = 0;
        stack_.push_back(holder);
        return true;
    }
    // An item has ended: it counts in what holds it, which may end with it.
    void done() {
        tags_ = 0;
        if (stack_.empty()) {
            complete_ = true;
            return;
        }
        stack_.back().value_due = false;
        if (stack_.back().definite)
            --stack_.back().left;
        close_finished();
    }
    void close_finished() {
        while (!stack_.empty() && stack_.back().definite && stack_.back().left == 0) {
            close();
            if (stack_.empty()) {
                complete_ = true;
                return;
            }
            stack_.back().value_due = false;
            if (stack_.back().definite)
                --stack_.back().left;
        }
    }
    void close() {
        if (stack_.back().kind == Holder::kMap) {
            binder_.end_structure();
        } else {
            binder_.end_list();
        }
        stack_.pop_back();
    }

    Binder& binder_;
    Arena& arena_;
    std::vector<Holder> stack_;
    std::string chunks_;
    std::size_t tags_ = 0;  // that wait for their item
    bool broken_ = false;
    bool complete_ = false;
};

Items& of(void* context) {
    return *static_cast<Items*>(context);
}

Bytes piece(cbor_data data, std::size_t size) {
    return {static_cast<const std::byte*>(static_cast<const void*>(data)), size};
}

cbor_callbacks make_callbacks() {
    cbor_callbacks c = cbor_empty_callbacks;
    c.uint8 = [](void* x, std::uint8_t v) { of(x).natural(v); };
    c.uint16 = [](void* x, std::uint16_t v) { of(x).natural(v); };
    c.uint32 = [](void* x, std::uint32_t v) { of(x).natural(v); };
    c.uint64 = [](void* x, std::uint64_t v) { of(x).natural(v); };
    c.negint8 = [](void* x, std::uint8_t v) { of(x).negative(v); };
    c.negint16 = [](void* x, std::uint16_t v) { of(x).negative(v); };
    c.negint32 = [](void* x, std::uint32_t v) { of(x).negative(v); };
    c.negint64 = [](void* x, std::uint64_t v) { of(x).negative(v); };
    c.float2 = [](void* x, float v) { of(x).number(static_cast<double>(v)); };
    c.float4 = [](void* x, float v) { of(x).number(static_cast<double>(v)); };
    c.float8 = [](void* x, double v) { of(x).number(v); };
    c.boolean = [](void* x, bool v) { of(x).boolean(v); };
    c.null = [](void* x) { of(x).null(); };
    c.undefined = [](void* x) { of(x).null(); };
    c.string = [](void* x, cbor_data data, std::size_t size) {
        of(x).text(as_text(piece(data, size)));
    };
    c.byte_string = [](void* x, cbor_data data, std::size_t size) {
        of(x).bytes(piece(data, size));
    };
    c.string_start = [](void* x) { of(x).begin_chunks(true); };
    c.byte_string_start = [](void* x) { of(x).begin_chunks(false); };
    c.map_start = [](void* x, std::size_t size) { of(x).begin(true, true, size); };
    c.array_start = [](void* x, std::size_t size) { of(x).begin(false, true, size); };
    c.indef_map_start = [](void* x) { of(x).begin(true, false, 0); };
    c.indef_array_start = [](void* x) { of(x).begin(false, false, 0); };
    c.tag = [](void* x, std::uint64_t) { of(x).tag(); };
    c.indef_break = [](void* x) { of(x).end_indefinite(); };
    return c;
}

// Well-formed values that nobody has given a meaning: libcbor does not know them. Their size; 0:
// something else stands here.
std::size_t unassigned_simple_bytes(cbor_data at, std::size_t left) {
    constexpr unsigned kSimple = 0xE0;
    constexpr unsigned kFirstAssigned = 0xF4;  // false; then true, null, undefined
    constexpr unsigned kOneByteMore = 0xF8;
    if (left >= 1 && at[0] >= kSimple && at[0] < kFirstAssigned)
        return 1;
    return left >= 2 && at[0] == kOneByteMore && at[1] >= 32 ? 2 : 0;
}

}  // namespace

bool read_cbor(std::string_view body, Binder& binder, Arena& arena) {
    static const cbor_callbacks callbacks = make_callbacks();
    Items items(binder, arena);
    auto at = static_cast<cbor_data>(static_cast<const void*>(body.data()));
    std::size_t left = body.size();
    while (!items.complete()) {
        if (const std::size_t simple = unassigned_simple_bytes(at, left); simple > 0) {
            items.null();
            if (items.broken())
                return false;
            at += simple;
            left -= simple;
            continue;
        }
        const cbor_decoder_result result = cbor_stream_decode(at, left, &callbacks, &items);
        if (result.status != CBOR_DECODER_FINISHED || result.read == 0)
            return false;
        if (items.broken())
            return false;
        at += result.read;
        left -= result.read;
    }
    return left == 0 && binder.is_structure();
}

}  // namespace millrace::protocol
