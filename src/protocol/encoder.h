// A struct as a body, by its shape, in either format. Absent members are left out.
#pragma once

#include <string>

#include "model/shape.h"
#include "protocol/content_type.h"

namespace millrace::protocol {

std::string encode(Format format, const model::Shape& shape, const void* object);
// The same at the end of `out`.
void encode(Format format, const model::Shape& shape, const void* object, std::string& out);
// At least what it will take, short only of escapes in JSON.
std::size_t encoded_size(Format format, const model::Shape& shape, const void* object);

}  // namespace millrace::protocol
