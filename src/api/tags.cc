#include "api/tags.h"

#include <algorithm>
#include <utility>

#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "api/tag_rules.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

// Of tags that had passed the checks.
Task<Answer<Nothing>> change(Context& context, const stream::Stream& stream, TagMap put,
                             std::vector<std::string> remove, std::string_view operation) {
    const auto applied =
        co_await context.broker.change_tags(stream.uid, std::move(put), std::move(remove));
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        if (refused.outcome == stream::Outcome::kTooManyTags) {
            return too_many_tags(arn_of(stream), context.broker.settings().quotas.tags_max);
        }
        return std::nullopt;
    };
    MILLRACE_CO_TRY(settled(applied, stream, operation, own));
    co_return Nothing{};
}

}  // namespace

Task<Answer<Nothing>> add_tags_to_stream(Context& context, const AddTagsToStreamRequest& request) {
    constexpr std::string_view kOperation = "AddTagsToStream";
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_active_stream(context, request.stream_name, request.stream_arn, kOperation));
    TagMap added;
    for (const auto& [key, value] : *request.tags) {
        added[std::string(key)] = value;
    }
    const std::uint64_t limit = context.broker.settings().quotas.tags_max;
    MILLRACE_CO_TRY(check_added_tags(stream->tags, added, limit, arn_of(*stream)));
    std::vector<std::string> removed;
    co_return co_await change(context, *stream, std::move(added), std::move(removed), kOperation);
}

Task<Answer<Nothing>> remove_tags_from_stream(Context& context,
                                              const RemoveTagsFromStreamRequest& request) {
    constexpr std::string_view kOperation = "RemoveTagsFromStream";
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_active_stream(context, request.stream_name, request.stream_arn, kOperation));
    MILLRACE_CO_TRY(check_tag_characters(*request.tag_keys, TagChange::kRemove, arn_of(*stream)));
    std::vector<std::string> removed(request.tag_keys->begin(), request.tag_keys->end());
    TagMap added;
    co_return co_await change(context, *stream, std::move(added), std::move(removed), kOperation);
}

Task<Answer<ListTagsForStreamResponse>> list_tags_for_stream(
    Context& context, const ListTagsForStreamRequest& request) {
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_stream(context, request.stream_name, request.stream_arn, "ListTagsForStream"));
    const auto page = static_cast<std::size_t>(request.limit.value_or(model::kListTagsPageTags));
    ListTagsForStreamResponse response;
    auto tag = request.exclusive_start_tag_key
                   ? stream->tags.upper_bound(std::string(*request.exclusive_start_tag_key))
                   : stream->tags.begin();
    for (; tag != stream->tags.end() && response.tags.size() < page; ++tag) {
        response.tags.push_back(Tag{tag->first, tag->second});
    }
    response.has_more_tags = tag != stream->tags.end();
    co_return response;
}

}  // namespace millrace::api
