#include "base/large_memory.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace millrace {
namespace {

// Of the whole process. Readers that are many more hold so much anyway.
constexpr std::size_t kTextsMax = 4;
constexpr std::size_t kBlocksMax = 16;

using Block = std::unique_ptr<std::byte[]>;

struct Kept {
    std::mutex mutex;
    std::array<std::string, kTextsMax> texts;
    std::array<Block, kBlocksMax> blocks;  // the first so many
    std::size_t block_count = 0;
};

// Never destroyed: what other objects of static life hold comes back later.
Kept& all_kept() {
    static Kept* const kept = new Kept;
    return *kept;
}

void release_block(std::byte* memory) noexcept {
    Block block(memory);  // freed after the lock, if at all
    Kept& kept = all_kept();
    const std::lock_guard lock(kept.mutex);
    if (kept.block_count < kBlocksMax) {
        kept.blocks[kept.block_count++] = std::move(block);
    }
}

}  // namespace

std::shared_ptr<std::byte[]> large_block(std::size_t bytes) {
    if (bytes != kLargeBytes) {
        return std::shared_ptr<std::byte[]>(new std::byte[bytes]);
    }
    Block block;
    {
        Kept& kept = all_kept();
        const std::lock_guard lock(kept.mutex);
        if (kept.block_count > 0) {
            block = std::move(kept.blocks[--kept.block_count]);
        }
    }
    if (block == nullptr) {
        block.reset(new std::byte[bytes]);
    }
    return {block.release(), release_block};
}

std::string text_with_room(std::size_t bytes) {
    std::string text;
    if (bytes >= kLargeBytes) {
        Kept& kept = all_kept();
        const std::lock_guard lock(kept.mutex);
        const auto fits = [bytes](const std::string& one) { return one.capacity() >= bytes; };
        const auto found = std::ranges::find_if(kept.texts, fits);
        if (found != kept.texts.end()) {
            text.swap(*found);
            return text;
        }
    }
    text.reserve(bytes);
    return text;
}

void release_text(std::string& text) noexcept {
    std::string done;  // freed after the lock, if at all
    done.swap(text);
    done.clear();
    if (done.capacity() < kLargeBytes) {
        return;
    }
    Kept& kept = all_kept();
    const std::lock_guard lock(kept.mutex);
    std::string& smallest = *std::ranges::min_element(kept.texts, {}, &std::string::capacity);
    if (smallest.capacity() < done.capacity()) {
        smallest.swap(done);
    }
}

void free_large_memory() noexcept {
    std::array<std::string, kTextsMax> texts;
    std::array<Block, kBlocksMax> blocks;
    Kept& kept = all_kept();
    const std::lock_guard lock(kept.mutex);
    texts.swap(kept.texts);
    blocks.swap(kept.blocks);
    kept.block_count = 0;
}

}  // namespace millrace
