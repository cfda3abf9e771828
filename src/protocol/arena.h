// Memory of one request: what its body holds only in encoded form (base64, escapes, chunks) is
// decoded into it once. Everything lives until the arena dies. Not thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::protocol {

class Arena final {
public:
    // `expected`: about how many bytes will be asked for; the first block is as large.
    explicit Arena(std::size_t expected) : block_bytes_(expected) {}
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    std::byte* allocate(std::size_t size);
    // Takes back the last `size` bytes of the latest allocation.
    void shrink(std::size_t size) { used_ -= size; }
    std::string_view keep(std::string_view text);

private:
    struct Block;  // and its bytes behind it

    Block* latest_ = nullptr;
    std::size_t block_bytes_;  // of the next block; until one exists, the expectation
    std::size_t used_ = 0;     // of the latest
    std::size_t capacity_ = 0;
};

}  // namespace millrace::protocol
