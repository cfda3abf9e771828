// Memory for what every request takes and gives back: coroutine frames, its arena, the frame of its
// record. Most are larger than what malloc keeps per thread, so each would take its slow path twice
// and stir the heap. What is freed waits here, per thread, for the next of its size. A request
// takes twenty; a pair of calls is 15 instructions inline, one of malloc and free 150. Sanitizers
// must see memory come and go: under them nothing is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "base/sanitized.h"

namespace millrace {
namespace recycled {

inline constexpr std::size_t kStep = 128;  // sizes are rounded up to it
inline constexpr std::size_t kClasses = 32;
inline constexpr std::size_t kKeptBytesMax = 512U << 10;  // of one size

struct Free {
    Free* next;
};
// Of one size, on this thread.
struct Kept {
    Free* first = nullptr;
    std::uint32_t room = 0;  // how many more may be kept: none before allocate() or at the end
};
extern constinit thread_local std::array<Kept, kClasses> kept;

// Of nothing it is too large.
constexpr std::size_t class_of(std::size_t bytes) {
    return (bytes - 1) / kStep;
}

// From the heap; the thread keeps what is freed from now on.
void* allocate(std::size_t bytes);

}  // namespace recycled

// As operator new and delete; small sizes are recycled. Thread-safe: may be freed on any thread.
inline void* allocate_recycled(std::size_t bytes) {
    const std::size_t size_class = recycled::class_of(bytes);
    if (kSanitized || size_class >= recycled::kClasses) {
        return ::operator new(bytes);
    }
    recycled::Kept& kept = recycled::kept[size_class];
    recycled::Free* const memory = kept.first;
    if (memory == nullptr) {
        return recycled::allocate((size_class + 1) * recycled::kStep);
    }
    kept.first = memory->next;
    ++kept.room;
    return memory;
}
inline void free_recycled(void* memory, std::size_t bytes) noexcept {
    const std::size_t size_class = recycled::class_of(bytes);
    if (kSanitized || size_class >= recycled::kClasses || recycled::kept[size_class].room == 0) {
        ::operator delete(memory);
        return;
    }
    recycled::Kept& kept = recycled::kept[size_class];
    kept.first = new (memory) recycled::Free{kept.first};
    --kept.room;
}

// Base of what is made with new and lies there.
struct Recycled {
    static void* operator new(std::size_t bytes) { return allocate_recycled(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept {
        free_recycled(memory, bytes);
    }
};

// For containers.
template <class T>
struct RecyclingAllocator {
    using value_type = T;

    RecyclingAllocator() = default;
    template <class U>
    RecyclingAllocator(const RecyclingAllocator<U>&) noexcept {}

    T* allocate(std::size_t n) { return static_cast<T*>(allocate_recycled(n * sizeof(T))); }
    void deallocate(T* memory, std::size_t n) noexcept { free_recycled(memory, n * sizeof(T)); }

    friend bool operator==(RecyclingAllocator, RecyclingAllocator) { return true; }
};

template <class T>
using RecycledVector = std::vector<T, RecyclingAllocator<T>>;

}  // namespace millrace
