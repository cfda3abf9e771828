#include "protocol/validator.h"

#include <algorithm>

#include "protocol/utf8.h"

namespace millrace::protocol {

using model::Field;
using model::Kind;
using model::Range;
using model::Shape;

namespace {

// Where a structure is, as a chain on the stack: it costs nothing until a violation prints it.
struct Path {
    const Path* parent = nullptr;
    std::string_view name;                  // as in the model, "Records"
    std::optional<std::size_t> index = {};  // of a list element

    void print(std::string& out) const {
        if (parent != nullptr)
            parent->print(out);
        if (name.empty())
            return;  // the request itself
        append_member(out, name);
        out += '.';
        if (index)
            out.append(std::to_string(*index + 1)).append(".member.");
    }
    static void append_member(std::string& out, std::string_view name) {
        const char first = name.front();
        out += first >= 'A' && first <= 'Z' ? static_cast<char>(first - 'A' + 'a') : first;
        out += name.substr(1);
    }
};

bool below(const Range& range, std::int64_t value) {
    return range.min && value < *range.min;
}
bool above(const Range& range, std::int64_t value) {
    return range.max && value > *range.max;
}
bool outside(const Range& range, std::string_view text) {
    if (!range.min && !range.max)
        return false;
    const auto length = static_cast<std::int64_t>(utf16_length(text));
    return below(range, length) || above(range, length);
}

std::string joined(std::span<const std::string_view> values) {
    std::string out;
    for (const std::string_view value : values) {
        if (!out.empty())
            out += ", ";
        out += value;
    }
    return out;
}

std::string enum_text(const Field& field) {
    return "Member must satisfy enum value set: [" + joined(field.values) + "]";
}

std::string length_text(const Range& range) {
    std::string out;
    if (range.max) {
        out = "Member must have length less than or equal to " + std::to_string(*range.max);
    }
    if (range.min) {
        if (!out.empty())
            out += ", ";
        out += "Member must have length greater than or equal to " + std::to_string(*range.min);
    }
    return out;
}

class Check final {
public:
    explicit Check(const NullElements& nulls) : nulls_(nulls) {}

    void structure(const Shape& shape, const void* object, const Path& path) {
        for (const Field& field : shape.fields) {
            if (count_ == kViolationsMax)
                return;
            if (field.access.present(object)) {
                member(field, object, path);
            } else if (field.required) {
                report(path, field.name, "null ", "Member must not be null");
            }
        }
    }
    std::optional<std::string> message() const {
        if (count_ == 0)
            return std::nullopt;
        return std::to_string(count_) + " validation error" + (count_ == 1 ? "" : "s") +
               " detected: " + found_;
    }

private:
    void member(const Field& field, const void* object, const Path& path) {
        switch (field.kind) {
            case Kind::kString:
                return text(field, field.access.text(object), path);
            case Kind::kInteger:
            case Kind::kLong:
                return number(field, field.access.number(object), path);
            case Kind::kBlob: {
                const auto size = static_cast<std::int64_t>(field.access.bytes(object).size());
                return length(field, size, path, [] { return std::string(); });
            }
            case Kind::kList:
                return field.shape != nullptr ? structures(field, object, path)
                                              : texts(field, object, path);
            case Kind::kMap:
                return map(field, object, path);
            case Kind::kStructure:
                return structure(*field.shape, field.access.child(object), {&path, field.name});
            case Kind::kBoolean:
            case Kind::kTimestamp:
                return;
        }
    }

    void number(const Field& field, std::int64_t value, const Path& path) {
        auto print = [&] { return "'" + std::to_string(value) + "' "; };
        if (below(field.range, value)) {
            report(path, field.name, print(),
                   "Member must have value greater than or equal to " +
                       std::to_string(*field.range.min));
        }
        if (above(field.range, value)) {
            report(
                path, field.name, print(),
                "Member must have value less than or equal to " + std::to_string(*field.range.max));
        }
    }

    void text(const Field& field, std::string_view value, const Path& path) {
        auto print = [&] { return "'" + std::string(value) + "' "; };
        if (field.pattern != nullptr && !field.pattern->matches(value)) {
            report(path, field.name, print(),
                   "Member must satisfy regular expression pattern: " +
                       std::string(field.pattern->text));
        }
        if (field.range.min || field.range.max) {
            length(field, static_cast<std::int64_t>(utf16_length(value)), path, print);
        }
        if (!field.values.empty() && !is_one_of(field, value)) {
            report(path, field.name, print(), enum_text(field));
        }
    }

    template <class Print>
    void length(const Field& field, std::int64_t value, const Path& path, const Print& print) {
        if (below(field.range, value)) {
            report(path, field.name, print(),
                   "Member must have length greater than or equal to " +
                       std::to_string(*field.range.min));
        }
        if (above(field.range, value)) {
            report(path, field.name, print(),
                   "Member must have length less than or equal to " +
                       std::to_string(*field.range.max));
        }
    }

    void structures(const Field& field, const void* object, const Path& path) {
        const std::size_t size = field.access.size(object);
        length(field, static_cast<std::int64_t>(size), path, [] { return std::string(); });
        const auto nulls = nulls_.of(object, field);
        auto next_null = nulls.begin();
        for (std::size_t i = 0; i < size && count_ < kViolationsMax; ++i) {
            if (next_null != nulls.end() && *next_null == i) {
                ++next_null;
                report_null_element(field, i, path);
            } else {
                structure(*field.shape, field.access.item(object, i), {&path, field.name, i});
            }
        }
    }

    void texts(const Field& field, const void* object, const Path& path) {
        const std::size_t size = field.access.size(object);
        const auto nulls = nulls_.of(object, field);
        auto is_null = [&](std::size_t i) {
            return std::binary_search(nulls.begin(), nulls.end(), i);
        };
        auto print = [&] {
            std::string out = "'[";
            for (std::size_t i = 0; i < size; ++i) {
                if (i > 0)
                    out += ", ";
                out += is_null(i) ? "null" : field.access.item_text(object, i);
            }
            return out + "]' ";
        };
        length(field, static_cast<std::int64_t>(size), path, print);
        bool length_bad = false;
        bool value_bad = false;
        for (std::size_t i = 0; i < size; ++i) {
            if (is_null(i))
                continue;
            const std::string_view value = field.access.item_text(object, i);
            length_bad = length_bad || outside(field.element_range, value);
            value_bad = value_bad || (!field.values.empty() && !is_one_of(field, value));
        }
        if (length_bad) {
            report(path, field.name, print(),
                   "Member must satisfy constraint: [" + length_text(field.element_range) + "]");
        }
        if (value_bad) {
            report(path, field.name, print(),
                   "Member must satisfy constraint: [" + enum_text(field) + "]");
        }
        const bool constrained =
            field.element_range.min || field.element_range.max || !field.values.empty();
        if (!constrained)
            return;
        for (const std::size_t i : nulls)
            report_null_element(field, i, path);
    }

    void map(const Field& field, const void* object, const Path& path) {
        const std::size_t size = field.access.size(object);
        auto print = [&] {
            std::string out = "'{";
            for (std::size_t i = 0; i < size; ++i) {
                const auto [key, value] = field.access.entry(object, i);
                if (i > 0)
                    out += ", ";
                out.append(key).append("=").append(value);
            }
            return out + "}' ";
        };
        length(field, static_cast<std::int64_t>(size), path, print);
        bool key_bad = false;
        bool value_bad = false;
        for (std::size_t i = 0; i < size; ++i) {
            const auto [key, value] = field.access.entry(object, i);
            key_bad = key_bad || outside(field.key_range, key);
            value_bad = value_bad || outside(field.element_range, value);
        }
        if (key_bad) {
            report(path, field.name, print(),
                   "Map keys must satisfy constraint: [" + length_text(field.key_range) + "]");
        }
        if (value_bad) {
            report(path, field.name, print(),
                   "Map value must satisfy constraint: [" + length_text(field.element_range) + "]");
        }
    }

    static bool is_one_of(const Field& field, std::string_view value) {
        return std::find(field.values.begin(), field.values.end(), value) != field.values.end();
    }

    void report_null_element(const Field& field, std::size_t index, const Path& path) {
        std::string where;
        path.print(where);
        Path::append_member(where, field.name);
        where.append(".").append(std::to_string(index + 1)).append(".member");
        add("null ", where, "Member must not be null");
    }

    void report(const Path& path, std::string_view name, std::string_view value,
                std::string_view constraint) {
        std::string where;
        path.print(where);
        Path::append_member(where, name);
        add(value, where, constraint);
    }

    // `value` ends with its own blank, so that unprinted values leave none.
    void add(std::string_view value, std::string_view where, std::string_view constraint) {
        if (count_ == kViolationsMax)
            return;
        if (count_++ > 0)
            found_ += "; ";
        found_.append("Value ").append(value).append("at '").append(where);
        found_.append("' failed to satisfy constraint: ").append(constraint);
    }

    const NullElements& nulls_;
    std::string found_;
    std::size_t count_ = 0;
};

}  // namespace

std::optional<std::string> find_violations(const Shape& shape, const void* object,
                                           const NullElements& nulls) {
    Check check(nulls);
    check.structure(shape, object, {});
    return check.message();
}

}  // namespace millrace::protocol
