// Memory for what every request takes and gives back: coroutine frames, its arena, the frame of its
// record. Most are larger than what malloc keeps per thread, so each would take its slow path twice
// and stir the heap. What is freed waits here, per thread, for the next of its size.
#pragma once

#include <cstddef>
#include <vector>

namespace millrace {

// As operator new and delete; small sizes are recycled. Thread-safe: may be freed on any thread.
void* allocate_recycled(std::size_t bytes);
void free_recycled(void* memory, std::size_t bytes) noexcept;

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
