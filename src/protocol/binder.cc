#include "protocol/binder.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/check.h"
#include "protocol/coercion.h"

namespace millrace::protocol {

using model::Field;
using model::Kind;
using model::Shape;

namespace {

const Field* find_field(const Shape& shape, std::string_view name, std::size_t likely) {
    const auto fields = shape.fields;
    if (likely < fields.size() && fields[likely].name == name)
        return &fields[likely];
    for (const Field& field : fields) {
        if (field.name == name)
            return &field;
    }
    return nullptr;
}

}  // namespace

std::vector<std::size_t> NullElements::of(const void* owner, const Field& field) const {
    std::vector<std::size_t> indexes;
    for (const Element& e : elements_) {
        if (e.owner == owner && e.field == &field)
            indexes.push_back(e.index);
    }
    return indexes;
}

void NullElements::forget(const void* owner, const Field& field) {
    std::erase_if(elements_,
                  [&](const Element& e) { return e.owner == owner && e.field == &field; });
}

void Binder::begin_structure() {
    if (failure_)
        return;
    if (ignored_ > 0) {
        ++ignored_;
        return;
    }
    if (depth_ == 0) {
        is_structure_ = true;
        push({Place::kStructure, &shape_, object_, nullptr});
        return;
    }
    Level& level = top();
    switch (level.place) {
        case Place::kStructure:
            if (field_ == nullptr) {
                ignored_ = 1;
            } else {
                open(*std::exchange(field_, nullptr), level.object);
            }
            return;
        case Place::kStructures:
            if (room(level)) {
                push({Place::kStructure, level.field->shape,
                      level.field->access.append(level.object), nullptr});
            } else {
                ignored_ = 1;
            }
            return;
        case Place::kTexts:
        case Place::kMap:
            fail(kStructureNotExpected);
            return;
    }
}

// A JSON object or CBOR map is met where `field` is due.
void Binder::open(const Field& field, void* object) {
    if (field.kind == Kind::kStructure) {
        if (field.access.present(object))
            field.access.reset(object);
        push({Place::kStructure, field.shape, field.access.emplace(object), nullptr});
    } else if (field.kind == Kind::kMap) {
        field.access.begin(object);
        entries_.clear();
        push({Place::kMap, nullptr, object, &field});
    } else {
        fail(kStructureNotExpected);
    }
}

void Binder::end_structure() {
    if (failure_)
        return;
    if (ignored_ > 0) {
        --ignored_;
        return;
    }
    if (top().place == Place::kMap) {
        settle_entries();
        for (const Entry& entry : entries_) {
            top().field->access.insert(top().object, entry.key, entry.value);
        }
    }
    --depth_;
    field_ = nullptr;
}

void Binder::key(std::string_view name) {
    if (listening())
        return;
    Level& level = top();
    if (level.place == Place::kMap) {
        key_ = name;
        return;
    }
    field_ = find_field(*level.shape, name, level.next);
    if (field_ != nullptr) {
        level.next = static_cast<std::size_t>(field_ - level.shape->fields.data()) + 1;
    }
}

void Binder::begin_list() {
    if (failure_)
        return;
    if (ignored_ > 0 || depth_ == 0) {
        ++ignored_;  // a list as the whole document binds to nothing
        return;
    }
    Level& level = top();
    if (level.place != Place::kStructure) {
        fail(kListNotExpected);
        return;
    }
    const Field* const field = std::exchange(field_, nullptr);
    if (field == nullptr) {
        ignored_ = 1;
    } else if (field->kind != Kind::kList) {
        fail(kListNotExpected);
    } else {
        field->access.begin(level.object);
        nulls_.forget(level.object, *field);
        push({field->shape != nullptr ? Place::kStructures : Place::kTexts, nullptr, level.object,
              field});
    }
}

void Binder::end_list() {
    if (failure_)
        return;
    if (ignored_ > 0) {
        --ignored_;
        return;
    }
    --depth_;
}

void Binder::text(std::string_view value) {
    if (listening() || depth_ == 0)
        return;
    Level& level = top();
    if (level.place == Place::kTexts) {
        if (room(level))
            level.field->access.append_text(level.object, value);
    } else if (level.place == Place::kMap) {
        hold(value, true);
    } else if (const Field* const field = scalar_field(Given::kText)) {
        store_text(*field, level.object, value);
    }
}

void Binder::store_text(const Field& field, void* object, std::string_view value) {
    if (field.kind == Kind::kString) {
        field.access.set_text(object, value);
    } else if (field.kind == Kind::kBlob) {
        std::byte* const out = arena_.allocate(base64::decoded_size_max(value.size()));
        const base64::Decoded decoded = base64::decode(value, out);
        if (decoded.fault != base64::Fault::kNone) {
            fail(blob_failure(value));
            return;
        }
        arena_.shrink(base64::decoded_size_max(value.size()) - decoded.size);
        field.access.set_bytes(object, {out, decoded.size});
    } else if (field.kind == Kind::kBoolean) {
        if (const auto truth = parse_boolean(value)) {
            field.access.set_number(object, *truth ? 1 : 0);
        } else {
            fail(boolean_failure(value));
        }
    } else {
        fail_scalar(field.kind, Given::kText);
    }
}

void Binder::number(std::int64_t value) {
    if (listening() || depth_ == 0)
        return;
    void* const object = top().object;
    const Field* const field = scalar_field(Given::kNumber);
    if (field == nullptr)
        return;
    switch (field->kind) {
        case Kind::kInteger:
            field->access.set_number(object, clamp_to_32_bits(value));
            return;
        case Kind::kLong:
            field->access.set_number(object, value);
            return;
        case Kind::kTimestamp:
            field->access.set_number(object, unit_ == TimeUnit::kSeconds
                                                 ? instant_of_seconds(static_cast<double>(value))
                                                 : clamp_instant(value));
            return;
        default:
            fail_scalar(field->kind, Given::kNumber);
    }
}

void Binder::number(double value) {
    if (listening() || depth_ == 0)
        return;
    void* const object = top().object;
    const Field* const field = scalar_field(Given::kNumber);
    if (field == nullptr)
        return;
    switch (field->kind) {
        case Kind::kInteger:
            field->access.set_number(object, clamp_to_32_bits(floor_to_64_bits(value)));
            return;
        case Kind::kLong:
            field->access.set_number(object, floor_to_64_bits(value));
            return;
        case Kind::kTimestamp:
            field->access.set_number(object, unit_ == TimeUnit::kSeconds
                                                 ? instant_of_seconds(value)
                                                 : clamp_instant(floor_to_64_bits(value)));
            return;
        case Kind::kBoolean:  // the service refuses whole numbers only
            field->access.set_number(object, value != 0 ? 1 : 0);
            return;
        default:
            fail_scalar(field->kind, Given::kNumber);
    }
}

void Binder::boolean(bool value) {
    if (listening() || depth_ == 0)
        return;
    void* const object = top().object;
    const Field* const field = scalar_field(Given::kBoolean);
    if (field == nullptr)
        return;
    if (field->kind == Kind::kBoolean) {
        field->access.set_number(object, value ? 1 : 0);
    } else {
        fail_scalar(field->kind, Given::kBoolean);
    }
}

void Binder::bytes(Bytes value) {
    if (listening() || depth_ == 0)
        return;
    void* const object = top().object;
    const Field* const field = scalar_field(Given::kBytes);
    if (field == nullptr)
        return;
    if (field->kind == Kind::kBlob) {
        field->access.set_bytes(object, value);
    } else {
        fail_scalar(field->kind, Given::kBytes);
    }
}

// Whether the list on top stands in an element of another.
bool Binder::in_list() const {
    return std::any_of(levels_.begin(), levels_.begin() + depth_ - 1,
                       [](const Level& level) { return level.place == Place::kStructures; });
}

void Binder::null() {
    if (listening() || depth_ == 0)
        return;
    Level& level = top();
    switch (level.place) {
        case Place::kStructure: {
            const Field* const field = std::exchange(field_, nullptr);
            if (field != nullptr && field->access.present(level.object)) {
                field->access.reset(level.object);
            }
            return;
        }
        case Place::kStructures:
        case Place::kTexts:
            if (!room(level))
                return;
            // An owner within a list moves when that grows: there an empty element has to do.
            if (!in_list())
                nulls_.add(level.object, *level.field, level.next - 1);
            if (level.place == Place::kTexts) {
                level.field->access.append_text(level.object, {});
            } else {
                level.field->access.append(level.object);
            }
            return;
        case Place::kMap:
            hold({}, false);
            return;
    }
}

void Binder::push(const Level& level) {
    CHECK(depth_ < levels_.size());
    levels_[depth_++] = level;
    field_ = nullptr;
}

const Field* Binder::scalar_field(Given given) {
    switch (top().place) {
        case Place::kStructure:
            return std::exchange(field_, nullptr);
        case Place::kStructures:
            fail_scalar(Kind::kStructure, given);
            return nullptr;
        case Place::kTexts:
        case Place::kMap:
            fail_scalar(Kind::kString, given);
            return nullptr;
    }
    return nullptr;
}

// Counts one more element; false: it is one too many to keep.
bool Binder::room(Level& list) {
    if (list.next == kElementsKept)
        return false;
    ++list.next;
    return true;
}

void Binder::hold(std::string_view value, bool present) {
    bool& full = top().full;
    if (full)
        return;
    entries_.push_back({key_, value, present});
    if (entries_.size() == 2 * kEntriesKept) {
        settle_entries();
        // That many different keys are beyond any limit: what comes next changes nothing.
        full = entries_.size() > kEntriesKept;
    }
}

// Of each key, keeps what came last, and drops it if that was null.
void Binder::settle_entries() {
    if (entries_.size() > 1) {
        std::reverse(entries_.begin(), entries_.end());
        std::stable_sort(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.key < b.key; });
        const auto last =
            std::unique(entries_.begin(), entries_.end(),
                        [](const Entry& a, const Entry& b) { return a.key == b.key; });
        entries_.erase(last, entries_.end());
    }
    std::erase_if(entries_, [](const Entry& e) { return !e.present; });
}

void Binder::fail(std::string message) {
    failure_ = std::move(message);
}

void Binder::fail_scalar(Kind expected, Given given) {
    switch (given) {
        case Given::kText:
            fail(scalar_failure("class java.lang.String", expected));
            return;
        case Given::kNumber:
            fail(scalar_failure("class com.amazon.coral.value.json.numbers.TruncatingBigNumber",
                                expected));
            return;
        case Given::kBoolean:
            fail(scalar_failure("class java.lang.Boolean", expected));
            return;
        case Given::kBytes:
            fail(scalar_failure({}, expected));
            return;
    }
}

}  // namespace millrace::protocol
