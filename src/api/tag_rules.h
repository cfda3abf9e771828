// What tags may look like, whichever operation sets or removes them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "api/errors.h"
#include "api/messages.h"
#include "model/arn.h"

namespace millrace::api {

// The characters of keys and values, in the service's two steps.
Answer<void> check_tag_characters(std::span<const std::string_view> texts, TagChange change,
                                  const model::StreamArn& stream);

using TagMap = std::map<std::string, std::string>;

// All rules for adding `added` to a stream that has `present`.
Answer<void> check_added_tags(const TagMap& present, const TagMap& added, std::uint64_t limit,
                              const model::StreamArn& stream);

}  // namespace millrace::api
