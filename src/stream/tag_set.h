// What a change does to the tags of a resource, of whatever kind.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace millrace::stream {

// First `remove`, then `put`. False, and nothing changed, when more than `tags_max` would come of
// putting.
bool merge_tags(std::map<std::string, std::string>& tags, const std::vector<std::string>& remove,
                const std::map<std::string, std::string>& put, std::uint32_t tags_max);

}  // namespace millrace::stream
