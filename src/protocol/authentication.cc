#include "protocol/authentication.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/scan.h"

namespace millrace::protocol {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (text[i] == '%' && high >= 0 && low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

Authentication::Query read_query(std::string_view target) {
    Authentication::Query parameters;
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos)
        return parameters;
    std::string_view query = target.substr(mark + 1);
    query = query.substr(0, query.find('#'));
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::size_t value = std::min(equals + 1, pair.size());
        parameters.emplace_back(percent_decoded(pair.substr(0, equals)),
                                percent_decoded(pair.substr(value)));
    }
    return parameters;
}

struct Separator {
    static bool is(char c) { return c == ',' || c == ' ' || c == '\t'; }
#if defined(__SSE2__)
    static __m128i are(__m128i bytes) {
        return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(',')),
                            _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')),
                                         _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'))));
    }
#endif
};

// The parameters an Authorization header must have, as views into it.
struct HeaderParameter {
    std::string_view name;
    std::string_view value = {};
};
using HeaderParameters = std::array<HeaderParameter, 3>;

// What follows the first token (the algorithm), split on commas and blanks. On every request's way:
// one pass, nothing is copied.
HeaderParameters header_parameters(std::string_view header) {
    HeaderParameters parameters{{{"Credential"}, {"Signature"}, {"SignedHeaders"}}};
    const char* const end = header.data() + header.size();
    const char* at = run_end<Separator>(header.data(), end);
    while (at != end) {
        const char* const begin = std::find_if_not(at, end, Separator::is);
        at = run_end<Separator>(begin, end);
        const std::string_view pair(begin, static_cast<std::size_t>(at - begin));
        for (auto& [name, value] : parameters) {
            if (value.data() == nullptr && pair.size() > name.size() && pair[name.size()] == '=' &&
                pair.starts_with(name)) {
                value = pair.substr(name.size() + 1);
            }
        }
    }
    return parameters;
}

void fail(Authentication& authentication, std::string_view type, std::string message) {
    authentication.failure = {type, std::move(message)};
}

void read_header(Authentication& authentication, const wire::Request& request,
                 std::string_view header) {
    const HeaderParameters parameters = header_parameters(header);
    std::string missing;
    for (const auto& [name, value] : parameters) {
        if (!value.empty())
            continue;
        missing.append("Authorization header requires '").append(name).append("' parameter. ");
    }
    const std::string_view stamp = request.header("X-Amz-Date");
    const std::string_view date = stamp.empty() ? request.header("Date") : stamp;
    if (date.empty()) {
        missing +=
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    }
    if (!missing.empty()) {
        missing.append("Authorization=").append(header);
        return fail(authentication, "IncompleteSignatureException", std::move(missing));
    }
    authentication.algorithm = header.substr(0, header.find_first_of(", \t"));
    authentication.credential = parameters[0].value;
    authentication.signature = parameters[1].value;
    authentication.signed_headers = parameters[2].value;
    authentication.date = date;
}

void read_parameters(Authentication& authentication) {
    struct Parameter {
        std::string_view name;
        std::string_view& value;
    };
    const Parameter parameters[] = {{"X-Amz-Algorithm", authentication.algorithm},
                                    {"X-Amz-Credential", authentication.credential},
                                    {"X-Amz-Signature", authentication.signature},
                                    {"X-Amz-SignedHeaders", authentication.signed_headers},
                                    {"X-Amz-Date", authentication.date}};
    std::string missing;
    for (const auto& [name, value] : parameters) {
        value = value_of(authentication.query, name);
        if (value.empty())
            missing.append("AWS query-string parameters must include '").append(name).append("'. ");
    }
    if (missing.empty())
        return;
    for (const auto& [name, value] : parameters)
        value = {};
    missing += "Re-examine the query-string parameters.";
    fail(authentication, "IncompleteSignatureException", std::move(missing));
}

}  // namespace

std::string_view value_of(const Authentication::Query& query, std::string_view name) {
    for (const auto& [key, value] : query) {
        if (key == name)
            return value;
    }
    return {};
}

Authentication authenticate(const wire::Request& request) {
    Authentication authentication;
    const std::string_view header = request.header("Authorization");
    authentication.query = read_query(request.target);
    for (const auto& [name, value] : authentication.query)
        authentication.in_query = authentication.in_query || name == "X-Amz-Algorithm";

    if (!header.empty() && authentication.in_query) {
        fail(authentication, "InvalidSignatureException",
             "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
             "header.");
    } else if (authentication.in_query) {
        read_parameters(authentication);
    } else if (!header.empty()) {
        read_header(authentication, request, header);
    } else {
        fail(authentication, "MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    return authentication;
}

}  // namespace millrace::protocol
