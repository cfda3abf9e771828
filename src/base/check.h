// CHECK holds in release builds too: a broken invariant aborts, and recovery from disk follows.
// DCHECK is for hot paths and vanishes in release. Never for what outside input can cause.
#pragma once

namespace millrace {

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace millrace

#define CHECK(condition)                   \
    (static_cast<bool>(condition) ? void() \
                                  : ::millrace::check_failed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define DCHECK(condition) void(sizeof(static_cast<bool>(condition)))
#else
#define DCHECK(condition) CHECK(condition)
#endif
