#include "base/recycled.h"

#include <array>
#include <new>

namespace millrace {
namespace {

// Sanitizers must see memory come and go.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeeps = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif
#else
constexpr bool kKeeps = true;
#endif

constexpr std::size_t kStep = 128;  // sizes are rounded up to it
constexpr std::size_t kClasses = 32;
constexpr unsigned kKeptMax = 128;  // of one size: 4 MiB in all, if every size were at it

struct Free {
    Free* next;
};

struct Kept {
    Free* first = nullptr;
    unsigned count = 0;
};

class Store;
thread_local Store* store = nullptr;

class Store final {
public:
    Store() { store = this; }
    ~Store() {
        store = nullptr;  // what is freed later, at the thread's end, goes to the heap
        for (Kept& kept : kept_) {
            while (kept.first != nullptr) {
                ::operator delete(take(kept));
            }
        }
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    void* take(std::size_t size_class) {
        Kept& kept = kept_[size_class];
        return kept.first == nullptr ? nullptr : take(kept);
    }
    bool keep(std::size_t size_class, void* memory) {
        Kept& kept = kept_[size_class];
        if (kept.count == kKeptMax) {
            return false;
        }
        ++kept.count;
        kept.first = new (memory) Free{kept.first};
        return true;
    }

private:
    static void* take(Kept& kept) {
        --kept.count;
        Free* const memory = kept.first;
        kept.first = memory->next;
        return memory;
    }

    std::array<Kept, kClasses> kept_;
};

std::size_t class_of(std::size_t bytes) {
    return (bytes - 1) / kStep;  // of nothing: too large to be kept
}

}  // namespace

void* allocate_recycled(std::size_t bytes) {
    const std::size_t size_class = class_of(bytes);
    if (!kKeeps || size_class >= kClasses) {
        return ::operator new(bytes);
    }
    thread_local const Store owned;
    if (store != nullptr) {
        if (void* const memory = store->take(size_class)) {
            return memory;
        }
    }
    return ::operator new((size_class + 1) * kStep);
}

void free_recycled(void* memory, std::size_t bytes) noexcept {
    const std::size_t size_class = class_of(bytes);
    if (!kKeeps || size_class >= kClasses || store == nullptr || !store->keep(size_class, memory)) {
        ::operator delete(memory);
    }
}

}  // namespace millrace
