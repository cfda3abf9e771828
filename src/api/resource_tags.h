// The tags of whatever an ARN names. Those of a stream are the same set as in `tags`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "api/tags.h"
#include "base/task.h"
#include "model/shape.h"

namespace millrace::api {

struct TagResourceRequest {
    std::optional<std::string_view> resource_arn;
    std::optional<model::TextMap> tags;
    std::optional<std::string_view> stream_id;
};

struct UntagResourceRequest {
    std::optional<std::string_view> resource_arn;
    std::optional<std::vector<std::string_view>> tag_keys;
    std::optional<std::string_view> stream_id;
};

struct ListTagsForResourceRequest {
    std::optional<std::string_view> resource_arn;
    std::optional<std::string_view> stream_id;
};
struct ListTagsForResourceResponse {
    std::vector<Tag> tags;
};

Task<Answer<Nothing>> tag_resource(Context& context, const TagResourceRequest& request);
Task<Answer<Nothing>> untag_resource(Context& context, const UntagResourceRequest& request);
Task<Answer<ListTagsForResourceResponse>> list_tags_for_resource(
    Context& context, const ListTagsForResourceRequest& request);

}  // namespace millrace::api
