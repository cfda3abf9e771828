// What a Content-Type header says about a body.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::protocol {

// The encodings of requests and responses.
enum class Format : std::uint8_t {
    kJson,
    kCbor,
    kRpcCbor,  // of Smithy's protocol RPC v2: the same, but for its times
};

enum class ContentType : std::uint8_t {
    kJson,       // application/x-amz-json-1.1
    kCbor,       // application/x-amz-cbor-1.1
    kRpcCbor,    // application/cbor: of RPC v2, if the request says so
    kPlainJson,  // application/json: parsed, then always refused
    kOther,      // anything else, and none
};

ContentType content_type(std::string_view header);

// REQUIRES: a type that has one (kJson, kCbor, kRpcCbor).
Format format_of(ContentType type);

std::string_view header_value(Format format);

}  // namespace millrace::protocol
