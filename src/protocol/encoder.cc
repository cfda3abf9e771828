#include "protocol/encoder.h"

#include "base/base64.h"
#include "protocol/cbor_writer.h"
#include "protocol/json_writer.h"

namespace millrace::protocol {

using model::Field;
using model::Kind;
using model::Shape;

namespace {

template <class Writer>
void write_structure(Writer& writer, const Shape& shape, const void* object);

template <class Writer>
void write_list(Writer& writer, const Field& field, const void* object) {
    const std::size_t size = field.access.size(object);
    writer.begin_list();
    for (std::size_t i = 0; i < size; ++i) {
        if (field.shape != nullptr) {
            write_structure(writer, *field.shape, field.access.item(object, i));
        } else {
            writer.text(field.access.item_text(object, i));
        }
    }
    writer.end_list();
}

template <class Writer>
void write_map(Writer& writer, const Field& field, const void* object) {
    const std::size_t size = field.access.size(object);
    writer.begin_structure();
    for (std::size_t i = 0; i < size; ++i) {
        const auto [key, value] = field.access.entry(object, i);
        writer.key(key);
        writer.text(value);
    }
    writer.end_structure();
}

template <class Writer>
void write_member(Writer& writer, const Field& field, const void* object) {
    switch (field.kind) {
        case Kind::kString:
            return writer.text(field.access.text(object));
        case Kind::kInteger:
        case Kind::kLong:
            return writer.number(field.access.number(object));
        case Kind::kBoolean:
            return writer.boolean(field.access.number(object) != 0);
        case Kind::kBlob:
            return writer.blob(field.access.bytes(object));
        case Kind::kTimestamp:
            return writer.timestamp(field.access.number(object));
        case Kind::kList:
            return write_list(writer, field, object);
        case Kind::kMap:
            return write_map(writer, field, object);
        case Kind::kStructure:
            return write_structure(writer, *field.shape, field.access.child(object));
    }
}

template <class Writer>
void write_structure(Writer& writer, const Shape& shape, const void* object) {
    writer.begin_structure();
    for (const Field& field : shape.fields) {
        if (!field.access.present(object))
            continue;
        writer.name(field.name);
        write_member(writer, field, object);
    }
    writer.end_structure();
}

// Adds up what the writers will need, so that a body of many megabytes is not moved as it grows:
// exact for CBOR strings up to their heads, short only of escapes in JSON.
class Estimate final {
public:
    explicit Estimate(Format format) : format_(format) {}

    std::size_t structure(const Shape& shape, const void* object) const {
        std::size_t total = kBrackets;
        for (const Field& field : shape.fields) {
            if (field.access.present(object)) {
                total += field.name.size() + kAround + member(field, object);
            }
        }
        return total;
    }

private:
    static constexpr std::size_t kBrackets = 3;  // and a comma
    static constexpr std::size_t kAround = 9;    // quotes, colon and comma; a CBOR head
    static constexpr std::size_t kNumber = 21;

    std::size_t member(const Field& field, const void* object) const {
        switch (field.kind) {
            case Kind::kString:
                return field.access.text(object).size() + kAround;
            case Kind::kBlob: {
                const std::size_t size = field.access.bytes(object).size();
                return kAround + (format_ == Format::kJson ? base64::encoded_size(size) : size);
            }
            case Kind::kStructure:
                return structure(*field.shape, field.access.child(object));
            case Kind::kList:
            case Kind::kMap:
                return elements(field, object);
            default:
                return kNumber;
        }
    }
    std::size_t elements(const Field& field, const void* object) const {
        std::size_t total = kBrackets;
        const std::size_t size = field.access.size(object);
        for (std::size_t i = 0; i < size; ++i) {
            if (field.kind == Kind::kMap) {
                const auto [key, value] = field.access.entry(object, i);
                total += key.size() + value.size() + 2 * kAround;
            } else if (field.shape == nullptr) {
                total += field.access.item_text(object, i).size() + kAround;
            } else {
                total += structure(*field.shape, field.access.item(object, i));
            }
        }
        return total;
    }

    const Format format_;
};

}  // namespace

std::size_t encoded_size(Format format, const Shape& shape, const void* object) {
    return Estimate(format).structure(shape, object);
}

std::string encode(Format format, const Shape& shape, const void* object) {
    std::string out;
    out.reserve(encoded_size(format, shape, object));
    encode(format, shape, object, out);
    return out;
}

void encode(Format format, const Shape& shape, const void* object, std::string& out) {
    if (format == Format::kJson) {
        JsonWriter writer(out);
        write_structure(writer, shape, object);
    } else {
        CborWriter writer(out, format == Format::kRpcCbor ? CborWriter::Times::kSeconds
                                                          : CborWriter::Times::kMilliseconds);
        write_structure(writer, shape, object);
    }
}

}  // namespace millrace::protocol
