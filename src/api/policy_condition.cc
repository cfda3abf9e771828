#include "api/policy_condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "api/wildcard.h"
#include "model/arn.h"

namespace millrace::api {

namespace {

using Compare = Holds (*)(std::string_view expected, std::string_view actual);

Holds as_holds(bool yes) {
    return yes ? Holds::kYes : Holds::kNo;
}

Holds equals(std::string_view expected, std::string_view actual) {
    return as_holds(expected == actual);
}
Holds equals_ignoring_case(std::string_view expected, std::string_view actual) {
    return as_holds(lower_case(expected) == lower_case(actual));
}
Holds is_like(std::string_view expected, std::string_view actual) {
    return as_holds(matches_wildcard(expected, actual));
}
Holds is_arn_like(std::string_view expected, std::string_view actual) {
    return as_holds(matches_arn(expected, actual));
}

struct Test {
    std::string_view name;
    Compare compare;
    bool negated;
};
constexpr Test kTests[] = {
    {"StringEquals", equals, false},
    {"StringNotEquals", equals, true},
    {"StringEqualsIgnoreCase", equals_ignoring_case, false},
    {"StringNotEqualsIgnoreCase", equals_ignoring_case, true},
    {"StringLike", is_like, false},
    {"StringNotLike", is_like, true},
    {"ArnEquals", is_arn_like, false},
    {"ArnNotEquals", is_arn_like, true},
    {"ArnLike", is_arn_like, false},
    {"ArnNotLike", is_arn_like, true},
    {"IpAddress", address_in, false},
    {"NotIpAddress", address_in, true},
};

const Test* find_test(std::string_view name) {
    constexpr std::string_view kIfExists = "IfExists";
    if (name.ends_with(kIfExists)) {
        name.remove_suffix(kIfExists.size());  // what we know of exists
    }
    const auto* found = std::ranges::find(kTests, name, &Test::name);
    return found == std::end(kTests) ? nullptr : found;
}

// Nothing for keys whose value is not known: that is not the same as a key without a value.
std::optional<std::string> value_of(std::string_view key, const AccessRequest& request) {
    const std::string name = lower_case(key);
    if (name == "aws:principalarn") {
        return model::principal_arn(request.caller);
    }
    if (name == "aws:principalaccount") {
        return request.caller.account;
    }
    if (name == "aws:principaltype") {
        return "Account";
    }
    if (name == "aws:requestedregion") {
        return request.caller.region;
    }
    if (name == "aws:sourceip" && !request.source_ip.empty()) {
        return request.source_ip;
    }
    return std::nullopt;
}

Holds negation(Holds holds) {
    return holds == Holds::kUndecided ? holds : as_holds(holds == Holds::kNo);
}

// One value that fits is enough.
Holds holds_one(const PolicyCondition& condition, const AccessRequest& request) {
    const Test* const test = find_test(condition.test);
    const std::optional<std::string> actual = value_of(condition.key, request);
    if (test == nullptr || !actual) {
        return Holds::kUndecided;
    }
    Holds found = Holds::kNo;
    for (const std::string& expected : condition.values) {
        const bool variable = expected.find("${") != std::string::npos;
        const Holds fits = variable ? Holds::kUndecided : test->compare(expected, *actual);
        if (fits == Holds::kYes) {
            found = fits;
            break;
        }
        found = fits == Holds::kUndecided ? fits : found;
    }
    return test->negated ? negation(found) : found;
}

struct Address {
    std::array<unsigned char, 16> bytes{};
    int bits = 0;  // 32 or 128; 0: none
};

Address parse_address(std::string_view text) {
    const std::string terminated(text);
    Address address;
    if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
        address.bits = 32;
    } else if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
        address.bits = 128;
    }
    return address;
}

}  // namespace

Holds hold(const std::vector<PolicyCondition>& conditions, const AccessRequest& request) {
    Holds all = Holds::kYes;
    for (const PolicyCondition& condition : conditions) {
        const Holds one = holds_one(condition, request);
        if (one == Holds::kNo) {
            return one;
        }
        all = one == Holds::kUndecided ? one : all;
    }
    return all;
}

Holds address_in(std::string_view block, std::string_view address) {
    const std::size_t slash = block.find('/');
    const Address base = parse_address(block.substr(0, slash));
    const Address actual = parse_address(address);
    int prefix = base.bits;
    if (slash != std::string_view::npos) {
        const std::string_view digits = block.substr(slash + 1);
        const auto [end, failed] =
            std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
        if (failed != std::errc() || end != digits.data() + digits.size()) {
            return Holds::kUndecided;
        }
    }
    if (base.bits == 0 || actual.bits == 0 || prefix < 0 || prefix > base.bits) {
        return Holds::kUndecided;
    }
    if (base.bits != actual.bits) {
        return Holds::kNo;
    }
    for (int bit = 0; bit < prefix; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((base.bytes[byte] & mask) != (actual.bytes[byte] & mask)) {
            return Holds::kNo;
        }
    }
    return Holds::kYes;
}

}  // namespace millrace::api
