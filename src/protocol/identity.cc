#include "protocol/identity.h"

#include <algorithm>

namespace millrace::protocol {
namespace {

constexpr std::size_t kAccountDigits = 12;
constexpr std::size_t kRegionBytesMax = 32;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_account(std::string_view text) {
    return text.size() == kAccountDigits && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_region(std::string_view text) {
    auto fits = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
    return !text.empty() && text.size() <= kRegionBytesMax &&
           std::all_of(text.begin(), text.end(), fits);
}

std::string_view take_element(std::string_view& rest) {
    const std::string_view element = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(element.size() + 1, rest.size()));
    return element;
}

}  // namespace

Identity identify(std::string_view credential, const Settings& defaults) {
    const std::string_view key_id = take_element(credential);
    take_element(credential);  // the date
    const std::string_view region = take_element(credential);
    return {is_account(key_id) ? std::string(key_id) : defaults.account,
            is_region(region) ? std::string(region) : defaults.region};
}

}  // namespace millrace::protocol
