#include "stream/tag_set.h"

#include <utility>

namespace millrace::stream {

bool merge_tags(std::map<std::string, std::string>& tags, const std::vector<std::string>& remove,
                const std::map<std::string, std::string>& put, std::uint32_t tags_max) {
    std::map<std::string, std::string> next = tags;
    for (const std::string& key : remove) {
        next.erase(key);
    }
    for (const auto& [key, value] : put) {
        next.insert_or_assign(key, value);
    }
    if (!put.empty() && next.size() > tags_max) {
        return false;
    }
    tags = std::move(next);
    return true;
}

}  // namespace millrace::stream
