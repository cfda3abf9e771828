#include "protocol/encoder.h"

#include <utility>

#include "protocol/body_meter.h"

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

CborWriter::Times cbor_times(Format format) {
    return format == Format::kRpcCbor ? CborWriter::Times::kSeconds
                                      : CborWriter::Times::kMilliseconds;
}

// JsonWriter asks for a little more than it may take; and a few characters are escaped.
constexpr std::size_t kWriterRoom = 64;
constexpr std::size_t kEscapesOneIn = 256;
// Beyond a piece's size, for the element that completes it; a larger one is moved as it grows.
constexpr std::size_t kElementRoom = 64 << 10;

std::size_t measure(Format format, const Shape& shape, const void* object,
                    JsonMeter::Escapes escapes) {
    const auto with = [&](auto meter) {
        write_structure(meter, shape, object);
        return meter.size();
    };
    return format == Format::kJson ? with(JsonMeter(escapes)) : with(CborMeter(cbor_times(format)));
}

}  // namespace

std::size_t encoded_size(Format format, const Shape& shape, const void* object) {
    return measure(format, shape, object, JsonMeter::Escapes::kCount);
}

std::size_t encoded_room(Format format, const Shape& shape, const void* object) {
    const std::size_t size = measure(format, shape, object, JsonMeter::Escapes::kIgnore);
    return size + size / kEscapesOneIn + kWriterRoom;
}

std::string encode(Format format, const Shape& shape, const void* object) {
    std::string out;
    out.reserve(encoded_room(format, shape, object));
    encode(format, shape, object, out);
    return out;
}

void encode(Format format, const Shape& shape, const void* object, std::string& out) {
    if (format == Format::kJson) {
        JsonWriter writer(out);
        write_structure(writer, shape, object);
    } else {
        CborWriter writer(out, cbor_times(format));
        write_structure(writer, shape, object);
    }
}

PieceEncoder::PieceEncoder(Format format, const Shape& shape, const void* object)
    : shape_(shape), object_(object), writer_(std::in_place_type<JsonWriter>, piece_) {
    if (format != Format::kJson)
        writer_.emplace<CborWriter>(piece_, cbor_times(format));
}

std::string PieceEncoder::next() {
    if (begun_ && field_ == shape_.fields.size())
        return {};
    piece_.reserve(kPieceBytes + kElementRoom);
    std::visit([this](auto& writer) { write_piece(writer); }, writer_);
    return std::exchange(piece_, {});
}

template <class Writer>
void PieceEncoder::write_piece(Writer& writer) {
    writer.resume();
    if (!std::exchange(begun_, true))
        writer.begin_structure();
    for (; field_ < shape_.fields.size(); ++field_) {
        const Field& field = shape_.fields[field_];
        if (!field.access.present(object_))
            continue;
        if (field.kind != Kind::kList || field.shape == nullptr) {
            writer.name(field.name);
            write_member(writer, field, object_);
        } else if (!write_elements(writer, field)) {
            return writer.cut();
        }
    }
    writer.end_structure();
    writer.cut();
}

// From the next one on. False: the piece is full.
template <class Writer>
bool PieceEncoder::write_elements(Writer& writer, const Field& field) {
    if (element_ == 0) {
        writer.name(field.name);
        writer.begin_list();
    }
    const std::size_t size = field.access.size(object_);
    while (element_ < size) {
        write_structure(writer, *field.shape, field.access.item(object_, element_++));
        if (writer.size() >= kPieceBytes)
            return false;
    }
    writer.end_list();
    element_ = 0;
    return true;
}

}  // namespace millrace::protocol
