#include "api/tag_rules.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/result.h"

namespace millrace::api {

namespace {

constexpr std::uint32_t kNoCharacter = 0xFFFFFFFF;

// Takes one character off the front; kNoCharacter for bytes that are no UTF-8.
std::uint32_t next_character(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || text.size() < size) {
        text = {};
        return kNoCharacter;
    }
    std::uint32_t value = size == 1 ? lead : lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0u) != 0x80u) {
            text = {};
            return kNoCharacter;
        }
        value = (value << 6) | (byte(i) & 0x3Fu);
    }
    text.remove_prefix(size);
    return value;
}

bool is_valid(std::uint32_t c) {
    if (c < 0x80) {
        const char ascii = static_cast<char>(c);
        return (ascii >= 'A' && ascii <= 'Z') || (ascii >= 'a' && ascii <= 'z') ||
               (ascii >= '0' && ascii <= '9') ||
               std::string_view("_./-=+ @%:").find(ascii) != std::string_view::npos;
    }
    return (c >= 0xC0 && c <= 0x1FFF) || (c >= 0x2C00 && c <= 0xD7FF);
}

bool has_only_valid_characters(std::string_view text) {
    while (!text.empty()) {
        if (!is_valid(next_character(text))) {
            return false;
        }
    }
    return true;
}

bool is_reserved(std::string_view key) {
    constexpr std::string_view kPrefix = "aws:";
    return key.size() >= kPrefix.size() &&
           std::equal(kPrefix.begin(), kPrefix.end(), key.begin(), [](char reserved, char c) {
               return reserved == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
           });
}

}  // namespace

Answer<void> check_tag_characters(std::span<const std::string_view> texts, TagChange change,
                                  const Tagged& tagged) {
    if (!std::all_of(texts.begin(), texts.end(), has_only_valid_characters)) {
        return tag_characters_invalid();
    }
    if (std::any_of(texts.begin(), texts.end(), [](std::string_view text) {
            return text.find('%') != std::string_view::npos;
        })) {
        return tag_characters_illegal(change, tagged);
    }
    return success();
}

Answer<void> check_added_tags(const TagMap& present, const TagMap& added, std::uint64_t limit,
                              const Tagged& tagged) {
    std::vector<std::string_view> texts;
    std::uint64_t resulting = present.size();
    for (const auto& [key, value] : added) {
        texts.push_back(key);
        texts.push_back(value);
        resulting += present.contains(key) ? 0 : 1;
    }
    MILLRACE_TRY(check_tag_characters(texts, TagChange::kAdd, tagged));
    if (resulting > limit) {
        return too_many_tags(tagged, limit);
    }
    if (std::any_of(added.begin(), added.end(),
                    [](const auto& tag) { return is_reserved(tag.first); })) {
        return tag_characters_illegal(TagChange::kAdd, tagged);
    }
    return success();
}

}  // namespace millrace::api
