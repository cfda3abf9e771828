#include "protocol/identity.h"

#include <algorithm>

#include "protocol/credential.h"

namespace millrace::protocol {
namespace {

constexpr std::size_t kAccountDigits = 12;
constexpr std::size_t kRegionBytesMax = 32;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool is_account(std::string_view text) {
    return text.size() == kAccountDigits && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_region(std::string_view text) {
    auto fits = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
    return !text.empty() && text.size() <= kRegionBytesMax &&
           std::all_of(text.begin(), text.end(), fits);
}

Identity identify(std::string_view credential, const Settings& defaults, const AccessKey* key) {
    const Credential named = Credential::parse(credential);
    std::string_view account = key != nullptr ? std::string_view(key->account) : std::string_view();
    if (account.empty())
        account = is_account(named.key_id) ? named.key_id : std::string_view(defaults.account);
    return {std::string(account),
            is_region(named.region) ? std::string(named.region) : defaults.region};
}

}  // namespace millrace::protocol
