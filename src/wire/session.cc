#include "wire/session.h"

#include "base/large_memory.h"

namespace millrace::wire {

void Output::clear() {
    for (std::string* part : {&head, &body}) {
        part->clear();
        if (part->capacity() > kKeptBytesMax) {
            release_text(*part);
        }
    }
    share.reset();
}

}  // namespace millrace::wire
