#include "protocol/arena.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace millrace::protocol {
namespace {

constexpr std::size_t kBlockBytesMin = 512;
constexpr std::size_t kBlockBytesMax = std::size_t{1} << 20;

}  // namespace

std::byte* Arena::allocate(std::size_t size) {
    if (size > capacity_ - used_) {
        const std::size_t bytes =
            std::max(size, std::clamp(block_bytes_, kBlockBytesMin, kBlockBytesMax));
        blocks_.emplace_back(static_cast<std::byte*>(allocate_recycled(bytes)), Free{bytes});
        capacity_ = bytes;
        used_ = 0;
        block_bytes_ = bytes * 2;
    }
    std::byte* const at = blocks_.empty() ? nullptr : blocks_.back().get() + used_;
    used_ += size;
    return at;
}

std::string_view Arena::keep(std::string_view text) {
    if (text.empty())
        return {};
    std::byte* const at = allocate(text.size());
    std::memcpy(at, text.data(), text.size());
    return as_text({at, text.size()});
}

}  // namespace millrace::protocol
