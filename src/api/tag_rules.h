// What tags may look like, whichever operation sets or removes them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "api/errors.h"
#include "api/messages.h"

namespace millrace::api {

// The characters of keys and values, in the service's two steps.
Answer<void> check_tag_characters(std::span<const std::string_view> texts, TagChange change,
                                  const Tagged& tagged);

using TagMap = std::map<std::string, std::string>;

// All rules for adding `added` to what has `present`.
Answer<void> check_added_tags(const TagMap& present, const TagMap& added, std::uint64_t limit,
                              const Tagged& tagged);

}  // namespace millrace::api
