// A struct as a body, by its shape, in either format. Absent members are left out.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "model/shape.h"
#include "protocol/cbor_writer.h"
#include "protocol/content_type.h"
#include "protocol/json_writer.h"

namespace millrace::protocol {

std::string encode(Format format, const model::Shape& shape, const void* object);
// At the end of `out`.
void encode(Format format, const model::Shape& shape, const void* object, std::string& out);
// What it will take, exactly.
std::size_t encoded_size(Format format, const model::Shape& shape, const void* object);
// About so much, found without a look at any text: enough but for very many escapes in JSON.
std::size_t encoded_room(Format format, const model::Shape& shape, const void* object);

// The same bytes in pieces, cut between the structures of the outermost one's lists. Shape and
// object outlive it.
class PieceEncoder final {
public:
    static constexpr std::size_t kPieceBytes = 256 << 10;  // at least, but for the last one

    PieceEncoder(Format format, const model::Shape& shape, const void* object);
    PieceEncoder(const PieceEncoder&) = delete;
    PieceEncoder& operator=(const PieceEncoder&) = delete;

    std::string next();  // empty: that was all

private:
    template <class Writer>
    void write_piece(Writer& writer);
    template <class Writer>
    bool write_elements(Writer& writer, const model::Field& field);

    const model::Shape& shape_;
    const void* const object_;
    std::string piece_;
    std::variant<JsonWriter, CborWriter> writer_;
    bool begun_ = false;
    std::size_t field_ = 0;    // of the shape, that is next
    std::size_t element_ = 0;  // of it, if it is a list
};

}  // namespace millrace::protocol
