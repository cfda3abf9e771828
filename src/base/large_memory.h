// Memory of large reads: the windows through which files are read, and the texts of answers (10 MB
// of records are 14 MB of JSON). Freed and allocated anew among all else it tears holes that
// nothing fits in, in the heap of every thread that reads: twice of what was in use stayed with the
// process. A few that are done with wait here for the next. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace millrace {

// The size of blocks that may be kept, and the least of texts.
inline constexpr std::size_t kLargeBytes = 1 << 20;

// Of any size, not initialised.
std::shared_ptr<std::byte[]> large_block(std::size_t bytes);

// Empty, with room for so many bytes.
std::string text_with_room(std::size_t bytes);
// Empties the text and frees its memory, or keeps it.
void release_text(std::string& text) noexcept;

// Frees what is kept.
void free_large_memory() noexcept;

}  // namespace millrace
