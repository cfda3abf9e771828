// Questions about UTF-8 text that JSON, CBOR and constraint messages ask.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::protocol {

// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The length Kinesis counts: UTF-16 code units. `text` is well-formed UTF-8.
std::size_t utf16_length(std::string_view text);

}  // namespace millrace::protocol
