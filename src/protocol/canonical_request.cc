#include "protocol/canonical_request.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "base/hex.h"
#include "crypto/sha256.h"
#include "wire/text.h"

namespace millrace::protocol {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// All but letters, digits and "-._~" (and `kept`) as %XX.
void append_encoded(std::string& out, std::string_view text, std::string_view kept = {}) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("-._~").find(c) != std::string_view::npos ||
                           kept.find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        }
    }
}

// A path is encoded once more, as it was sent.
void append_path(std::string& out, std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    append_encoded(out, path.empty() ? "/" : path, "/");
}

void append_query(std::string& out, const Authentication& authentication) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : authentication.query) {
        if (authentication.in_query && name == "X-Amz-Signature")
            continue;
        auto& [encoded_name, encoded_value] = encoded.emplace_back();
        append_encoded(encoded_name, name);
        append_encoded(encoded_value, value);
    }
    std::ranges::sort(encoded);
    std::string_view separator;
    for (const auto& [name, value] : encoded) {
        out.append(separator).append(name).append("=").append(value);
        separator = "&";
    }
}

// Without blanks at its ends, and with one where there are more.
void append_value(std::string& out, std::string_view value) {
    constexpr std::string_view kBlanks = " \t";
    std::string_view separator;
    for (;;) {
        value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
        if (value.empty())
            return;
        const std::string_view word = value.substr(0, value.find_first_of(kBlanks));
        out.append(separator).append(word);
        value.remove_prefix(word.size());
        separator = " ";
    }
}

void append_header(std::string& out, const wire::Request& request, std::string_view name) {
    std::ranges::transform(name, std::back_inserter(out), lower);
    const std::string_view sent_as = name == kAuthority ? kHost : name;
    char separator = ':';
    for (const wire::Header& header : request.headers) {
        if (!wire::same_text(header.name, sent_as))
            continue;
        out += separator;
        append_value(out, header.value);
        separator = ',';
    }
    if (separator == ':')
        out += separator;
    out += '\n';
}

}  // namespace

HeaderNames signed_names(std::string_view text) {
    constexpr std::size_t kNamesMax = 100;
    const auto printable = [](char c) { return c > ' ' && c < 127; };
    HeaderNames names;
    for (bool more = true; more;) {
        const std::string_view name = text.substr(0, text.find(';'));
        more = name.size() < text.size();
        text.remove_prefix(std::min(name.size() + 1, text.size()));
        if (name.empty() || names.size() == kNamesMax || has(names, name) ||
            !std::ranges::all_of(name, printable))
            return {};
        names.push_back(name);
    }
    return names;
}

bool has(const HeaderNames& names, std::string_view wanted) {
    return std::ranges::any_of(
        names, [wanted](std::string_view name) { return wire::same_text(name, wanted); });
}

std::string canonical_request(const wire::Request& request, const Authentication& authentication) {
    constexpr std::size_t kUsualBytes = 600;
    std::string text;
    text.reserve(kUsualBytes);
    text.append(request.method).append("\n");
    append_path(text, request.target);
    text += '\n';
    append_query(text, authentication);
    text += '\n';
    for (const std::string_view name : signed_names(authentication.signed_headers))
        append_header(text, request, name);
    text += '\n';
    std::ranges::transform(authentication.signed_headers, std::back_inserter(text), lower);
    text.append("\n").append(to_hex(crypto::sha256(as_bytes(request.body))));
    return text;
}

}  // namespace millrace::protocol
