#include "support/http2_peer.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdlib>

namespace millrace::test {
namespace {

constexpr std::size_t kHeadBytes = 9;

std::uint32_t read_be(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char c : bytes) {
        value = value << 8 | static_cast<std::uint8_t>(c);
    }
    return value;
}

// An integer of HPACK with a prefix of seven bits.
void append_length(std::string& out, std::size_t value) {
    if (value < 127) {
        out += static_cast<char>(value);
        return;
    }
    out += static_cast<char>(127);
    for (value -= 127; value >= 128; value >>= 7) {
        out += static_cast<char>(value % 128 + 128);
    }
    out += static_cast<char>(value);
}

}  // namespace

std::uint32_t Frame::error() const {
    return read_be(std::string_view(payload).substr(type == FrameType::kGoaway ? 4 : 0, 4));
}

std::string Frame::field(std::string_view name) const {
    for (const auto& [its_name, value] : fields) {
        if (its_name == name) {
            return value;
        }
    }
    return {};
}

std::string be32(std::uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) {
        text += static_cast<char>(value >> shift & 0xff);
    }
    return text;
}

std::string frame(FrameType type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload) {
    std::string bytes = be32(static_cast<std::uint32_t>(payload.size())).substr(1);
    bytes += static_cast<char>(type);
    bytes += static_cast<char>(flags);
    return bytes.append(be32(stream)).append(payload);
}

std::string header_block(const Fields& fields) {
    std::string block;
    for (const auto& [name, value] : fields) {
        block += '\0';
        append_length(block, name.size());
        block += name;
        append_length(block, value.size());
        block += value;
    }
    return block;
}

std::string preface() {
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(FrameType::kSettings, 0, 0);
}

std::string request(std::uint32_t stream, std::string_view method, std::string_view path,
                    const Fields& more, bool ends) {
    Fields fields = {{":method", std::string(method)},
                     {":scheme", "http"},
                     {":path", std::string(path)},
                     {":authority", "there:80"}};
    fields.insert(fields.end(), more.begin(), more.end());
    const auto flags = static_cast<std::uint8_t>(kEndHeaders | (ends ? kEndStream : 0));
    return frame(FrameType::kHeaders, flags, stream, header_block(fields));
}

std::string post(std::uint32_t stream, std::string_view path, std::string_view body) {
    constexpr std::size_t kFrameMax = 16'384;
    std::string bytes = request(stream, "POST", path, {}, false);
    do {
        const std::string_view part = body.substr(0, kFrameMax);
        body.remove_prefix(part.size());
        bytes += frame(FrameType::kData, body.empty() ? kEndStream : 0, stream, part);
    } while (!body.empty());
    return bytes;
}

std::string window_update(std::uint32_t stream, std::uint32_t bytes) {
    return frame(FrameType::kWindowUpdate, 0, stream, be32(bytes));
}

std::string settings(std::uint16_t id, std::uint32_t value) {
    return frame(FrameType::kSettings, 0, 0, be32(id).substr(2) + be32(value));
}

FrameReader::FrameReader() {
    if (nghttp2_hd_inflate_new(&inflater_) != 0) {
        std::abort();
    }
}

FrameReader::~FrameReader() {
    nghttp2_hd_inflate_del(inflater_);
}

std::vector<Frame> FrameReader::feed(std::string_view bytes) {
    rest_ += bytes;
    std::vector<Frame> frames;
    while (rest_.size() >= kHeadBytes) {
        const std::string_view all = rest_;
        const std::size_t size = read_be(all.substr(0, 3));
        if (all.size() < kHeadBytes + size) {
            break;
        }
        Frame& one = frames.emplace_back();
        one.type = static_cast<FrameType>(all[3]);
        one.flags = static_cast<std::uint8_t>(all[4]);
        one.stream = read_be(all.substr(5, 4));
        one.payload = all.substr(kHeadBytes, size);
        if (one.type == FrameType::kHeaders) {
            one.fields = inflate(one.payload);
        }
        rest_.erase(0, kHeadBytes + size);
    }
    return frames;
}

Fields FrameReader::inflate(const std::string& block) {
    Fields fields;
    const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
    std::size_t left = block.size();
    for (;;) {
        nghttp2_nv field{};
        int flags = 0;
        const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
        if (used < 0) {
            std::abort();
        }
        at += used;
        left -= static_cast<std::size_t>(used);
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            const auto text = [](const std::uint8_t* from, std::size_t size) {
                return std::string(reinterpret_cast<const char*>(from), size);
            };
            fields.emplace_back(text(field.name, field.namelen), text(field.value, field.valuelen));
        }
        if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
            nghttp2_hd_inflate_end_headers(inflater_);
            return fields;
        }
    }
}

}  // namespace millrace::test
