#include "protocol/content_type.h"

#include "base/check.h"

namespace millrace::protocol {
namespace {

constexpr std::string_view kJsonType = "application/x-amz-json-1.1";
constexpr std::string_view kCborType = "application/x-amz-cbor-1.1";
constexpr std::string_view kRpcCborType = "application/cbor";
constexpr std::string_view kPlainJsonType = "application/json";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

ContentType named(std::string_view type) {
    if (type == kJsonType)
        return ContentType::kJson;
    if (type == kCborType)
        return ContentType::kCbor;
    if (type == kRpcCborType)
        return ContentType::kRpcCbor;
    if (type == kPlainJsonType)
        return ContentType::kPlainJson;
    return ContentType::kOther;
}

}  // namespace

ContentType content_type(std::string_view header) {
    const ContentType bare = named(header);  // as nearly all send it
    return bare != ContentType::kOther ? bare : named(trimmed(header.substr(0, header.find(';'))));
}

Format format_of(ContentType type) {
    switch (type) {
        case ContentType::kJson:
            return Format::kJson;
        case ContentType::kCbor:
            return Format::kCbor;
        case ContentType::kRpcCbor:
            return Format::kRpcCbor;
        case ContentType::kPlainJson:
        case ContentType::kOther:
            break;
    }
    CHECK(false);
    return Format::kJson;
}

std::string_view header_value(Format format) {
    switch (format) {
        case Format::kJson:
            return kJsonType;
        case Format::kCbor:
            return kCborType;
        case Format::kRpcCbor:
            break;
    }
    return kRpcCborType;
}

}  // namespace millrace::protocol
