// The tags of a stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"
#include "model/shape.h"

namespace millrace::api {

struct AddTagsToStreamRequest {
    std::optional<model::TextMap> tags;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

struct RemoveTagsFromStreamRequest {
    std::optional<std::vector<std::string_view>> tag_keys;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

struct ListTagsForStreamRequest {
    std::optional<std::int32_t> limit;
    std::optional<std::string_view> exclusive_start_tag_key;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};
struct Tag {
    std::string key;
    std::string value;
};
struct ListTagsForStreamResponse {
    std::vector<Tag> tags;
    bool has_more_tags = false;
};

Task<Answer<Nothing>> add_tags_to_stream(Context& context, const AddTagsToStreamRequest& request);
Task<Answer<Nothing>> remove_tags_from_stream(Context& context,
                                              const RemoveTagsFromStreamRequest& request);
Task<Answer<ListTagsForStreamResponse>> list_tags_for_stream(
    Context& context, const ListTagsForStreamRequest& request);

}  // namespace millrace::api
