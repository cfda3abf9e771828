#include "wire/session.h"

namespace millrace::wire {

void Output::clear() {
    for (std::string* part : {&head, &body}) {
        part->clear();
        if (part->capacity() > kKeptBytesMax) {
            part->shrink_to_fit();
        }
    }
    share.reset();
}

}  // namespace millrace::wire
