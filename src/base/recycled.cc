#include "base/recycled.h"

namespace millrace::recycled {

constinit thread_local std::array<Kept, kClasses> kept;

namespace {

// Opens this thread's `kept` and, at its end, gives to the heap what lies there, and all that is
// freed later.
class Keeper final {
public:
    Keeper() {
        for (std::size_t i = 0; i < kClasses; ++i) {
            kept[i].room = static_cast<std::uint32_t>(kKeptBytesMax / ((i + 1) * kStep));
        }
    }
    ~Keeper() {
        for (Kept& of_size : kept) {
            of_size.room = 0;
            while (of_size.first != nullptr) {
                Free* const memory = of_size.first;
                of_size.first = memory->next;
                ::operator delete(memory);
            }
        }
    }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
};

}  // namespace

void* allocate(std::size_t bytes) {
    thread_local const Keeper keeper;
    return ::operator new(bytes);
}

}  // namespace millrace::recycled
