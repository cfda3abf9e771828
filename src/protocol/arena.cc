#include "protocol/arena.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/bytes.h"
#include "base/recycled.h"

namespace millrace::protocol {
namespace {

constexpr std::size_t kBlockBytesMin = 512;
constexpr std::size_t kBlockBytesMax = std::size_t{1} << 20;

}  // namespace

struct alignas(std::max_align_t) Arena::Block {
    Block* before;
    std::size_t bytes;  // all of it

    std::byte* data() { return static_cast<std::byte*>(static_cast<void*>(this + 1)); }
};

Arena::~Arena() {
    while (latest_ != nullptr) {
        Block* const block = latest_;
        latest_ = block->before;
        free_recycled(block, block->bytes);
    }
}

std::byte* Arena::allocate(std::size_t size) {
    if (size > capacity_ - used_) {
        capacity_ = std::max(size, std::clamp(block_bytes_, kBlockBytesMin, kBlockBytesMax));
        const std::size_t bytes = sizeof(Block) + capacity_;
        latest_ = new (allocate_recycled(bytes)) Block{latest_, bytes};
        used_ = 0;
        block_bytes_ = capacity_ * 2;
    }
    std::byte* const at = latest_ == nullptr ? nullptr : latest_->data() + used_;
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
