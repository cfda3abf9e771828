#include "protocol/errors.h"

#include "protocol/cbor_writer.h"
#include "protocol/json_writer.h"
#include "protocol/utf8.h"

namespace millrace::protocol {
namespace {

unsigned status_of(std::string_view type) {
    return type == kInternalFailure ? 500 : 400;
}

// The one member name that differs: the coercion stage writes it with a capital.
std::string_view message_member(std::string_view type) {
    return type == kSerialization ? "Message" : "message";
}

// RPC v2 names an error by its place in the model.
std::string name_in(Format format, std::string_view type) {
    std::string name(format == Format::kRpcCbor ? "com.amazonaws.kinesis#" : "");
    return name.append(type);
}

template <class Writer>
void write_error(Writer writer, std::string_view name, std::string_view type,
                 const std::optional<std::string>& message) {
    writer.begin_structure();
    writer.key("__type");
    writer.text(name);
    if (message) {
        writer.key(message_member(type));
        writer.text(*message);
    }
    writer.end_structure();
}

// Header values may be echoed in messages, and may hold any bytes.
std::string made_utf8(const std::string& text) {
    std::string out = text;
    for (char& c : out) {
        if (static_cast<unsigned char>(c) >= 0x80)
            c = '?';
    }
    return out;
}

}  // namespace

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

Reply error(Format format, std::string_view type, const std::optional<std::string>& message) {
    Reply reply{{}, type};
    reply.response.status = status_of(type);
    reply.response.headers.add("Content-Type", header_value(format));
    const auto text = message && !is_utf8(*message) ? made_utf8(*message) : message;
    const std::string name = name_in(format, type);
    if (format == Format::kJson) {
        write_error(JsonWriter(reply.response.body), name, type, text);
    } else {
        write_error(CborWriter(reply.response.body), name, type, text);
    }
    return reply;
}

Reply error(Format format, const api::ClientError& e) {
    const std::string_view type = api::type_name(e.type);
    if (e.type == api::ErrorType::kInternalFailure)
        return error(format, type);
    return error(format, type, e.message);
}

Reply xml_error(std::string_view type, std::string_view message) {
    Reply reply{{}, type};
    reply.response.status = 403;
    std::string& body = reply.response.body;
    body.append("<").append(type).append(">\n  <Message>").append(xml_escaped(message));
    body.append("</Message>\n</").append(type).append(">\n");
    return reply;
}

Reply xml_unknown_operation() {
    Reply reply{{}, kUnknownOperation};
    reply.response.status = 404;
    reply.response.body.append("<").append(kUnknownOperation).append("/>\n");
    return reply;
}

Reply enveloped_error(unsigned status, std::string_view type) {
    Reply reply{{}, type};
    reply.response.status = status;
    reply.response.headers.add("Content-Type", "application/json");
    reply.response.body.append(R"({"Output":{"__type":"com.amazon.coral.service#)")
        .append(type)
        .append(R"("},"Version":"1.0"})");
    return reply;
}

}  // namespace millrace::protocol
