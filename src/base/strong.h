// Strong<Tag, T>: an integer that does not mix with other integers. No implicit conversion either
// way; comparison and hashing only. Arithmetic is spelled out through value().
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace millrace {

template <class Tag, class T>
class Strong final {
public:
    constexpr Strong() = default;
    constexpr explicit Strong(T value) : value_(value) {}
    constexpr T value() const { return value_; }
    friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

private:
    T value_{};
};

}  // namespace millrace

template <class Tag, class T>
struct std::hash<millrace::Strong<Tag, T>> {
    std::size_t operator()(const millrace::Strong<Tag, T>& v) const noexcept {
        return std::hash<T>{}(v.value());
    }
};
