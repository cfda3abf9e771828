// What a client speaks, told by its first bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace millrace::wire {

enum class Opening : std::uint8_t { kUndecided, kTls, kHttp2, kHttp1 };

// The preface of RFC 9113, 3.4: no method of HTTP/1.1 is called PRI.
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// The type of the first record of TLS, a handshake's: no text begins with it.
inline constexpr char kTlsHandshake = 0x16;

// kUndecided while `bytes` may become more than one thing.
inline Opening opening_of(std::string_view bytes) {
    if (bytes.empty()) {
        return Opening::kUndecided;
    }
    if (bytes.front() == kTlsHandshake) {
        return Opening::kTls;
    }
    const std::size_t common = std::min(bytes.size(), kHttp2Preface.size());
    if (bytes.substr(0, common) != kHttp2Preface.substr(0, common)) {
        return Opening::kHttp1;
    }
    return common == kHttp2Preface.size() ? Opening::kHttp2 : Opening::kUndecided;
}

}  // namespace millrace::wire
