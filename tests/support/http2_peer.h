// The client's end of HTTP/2, one frame at a time: what it sends is put together by hand, so that
// it may be wrong; what it receives is taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_hd_inflater;

namespace millrace::test {

enum class FrameType : std::uint8_t {
    kData = 0,
    kHeaders = 1,
    kPriority = 2,
    kReset = 3,
    kSettings = 4,
    kPing = 6,
    kGoaway = 7,
    kWindowUpdate = 8,
    kContinuation = 9,
};
constexpr std::uint8_t kEndStream = 1;
constexpr std::uint8_t kAck = 1;
constexpr std::uint8_t kEndHeaders = 4;

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Frame {
    FrameType type{};
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
    Fields fields;  // of HEADERS

    bool ends() const { return (flags & kEndStream) != 0; }
    std::uint32_t error() const;  // of RST_STREAM and GOAWAY
    std::string field(std::string_view name) const;
};

std::string be32(std::uint32_t value);
std::string frame(FrameType type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload = {});
// Literals without indexing or Huffman's code: every decoder takes them.
std::string header_block(const Fields& fields);
std::string preface();  // with empty settings
std::string request(std::uint32_t stream, std::string_view method, std::string_view path,
                    const Fields& more = {}, bool ends = true);
std::string post(std::uint32_t stream, std::string_view path, std::string_view body);
std::string window_update(std::uint32_t stream, std::uint32_t bytes);
std::string settings(std::uint16_t id, std::uint32_t value);

// Takes apart what a server sends, however it is cut.
class FrameReader final {
public:
    FrameReader();
    ~FrameReader();
    FrameReader(const FrameReader&) = delete;
    FrameReader& operator=(const FrameReader&) = delete;

    // The frames that are complete now.
    std::vector<Frame> feed(std::string_view bytes);

private:
    Fields inflate(const std::string& block);

    std::string rest_;
    nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace millrace::test
