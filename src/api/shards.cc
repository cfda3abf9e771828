#include "api/shards.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/access.h"
#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/check.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

// Values are written into tokens: do not renumber.
enum class Filter : std::uint8_t {
    kNone = 0,
    kAtTrimHorizon = 1,
    kFromTrimHorizon = 2,
    kAtLatest = 3,
    kAtTimestamp = 4,
    kFromTimestamp = 5,
};

// What a listing shows: from a request or from the token of its predecessor.
struct Selection {
    Filter filter = Filter::kNone;
    WallTime time;      // of the two timestamp filters
    std::string after;  // shards with a greater id, compared as text
};

constexpr std::string_view kAfterShardId = "AFTER_SHARD_ID";

Filter filter_of(std::string_view type) {
    constexpr std::array<std::pair<std::string_view, Filter>, 6> kTypes = {{
        {kAfterShardId, Filter::kNone},
        {"AT_TRIM_HORIZON", Filter::kAtTrimHorizon},
        {"FROM_TRIM_HORIZON", Filter::kFromTrimHorizon},
        {"AT_LATEST", Filter::kAtLatest},
        {"AT_TIMESTAMP", Filter::kAtTimestamp},
        {"FROM_TIMESTAMP", Filter::kFromTimestamp},
    }};
    const auto* found =
        std::ranges::find(kTypes, type, &std::pair<std::string_view, Filter>::first);
    CHECK(found != kTypes.end());  // the shape admits these alone
    return found->second;
}

// What stands in a request beside its NextToken, if anything.
std::string_view beside_token(const ListShardsRequest& request) {
    if (request.stream_name) {
        return "StreamName";
    }
    if (request.stream_arn) {
        return "StreamARN";
    }
    if (request.exclusive_start_shard_id) {
        return "ExclusiveStartShardId";
    }
    if (request.shard_filter) {
        return "ShardFilter";
    }
    return request.stream_creation_timestamp ? "StreamCreationTimestamp" : "";
}

Answer<Selection> select(const ListShardsRequest& request) {
    Selection selection;
    selection.after = request.exclusive_start_shard_id.value_or("");
    if (!request.shard_filter) {
        return selection;
    }
    const ShardFilter& filter = *request.shard_filter;
    const std::string_view type = *filter.type;
    const bool needs_shard = type == kAfterShardId;
    selection.filter = filter_of(type);
    const bool needs_time =
        selection.filter == Filter::kAtTimestamp || selection.filter == Filter::kFromTimestamp;
    if (needs_shard != filter.shard_id.has_value()) {
        return needs_shard ? filter_member_missing("ShardId", type)
                           : filter_member_superfluous("ShardId", type);
    }
    if (needs_time != filter.timestamp.has_value()) {
        return needs_time ? filter_member_missing("Timestamp", type)
                          : filter_member_superfluous("Timestamp", type);
    }
    if (needs_shard) {
        if (request.exclusive_start_shard_id) {
            return filter_excludes_start();
        }
        selection.after = *filter.shard_id;
    }
    if (needs_time) {
        selection.time = *filter.timestamp;
    }
    return selection;
}

// A shard's life as filters see it: from its parent's close, so that at every instant exactly one
// shard answers for each hash key.
WallTime born(const stream::Stream& stream, const stream::Shard& shard) {
    if (shard.parent) {
        const stream::Shard* parent = stream.shard(*shard.parent);
        if (parent != nullptr && parent->closed) {
            return *parent->closed;
        }
    }
    return WallTime(Seconds(stream.created_s));
}

class Sieve final {
public:
    Sieve(const stream::Stream& stream, const Selection& selection, WallTime now)
        : stream_(stream), selection_(selection), now_(now) {
        const WallTime horizon = std::max(stream.horizon(now), WallTime(Seconds(stream.created_s)));
        const bool timed =
            selection.filter == Filter::kAtTimestamp || selection.filter == Filter::kFromTimestamp;
        time_ = timed ? std::max(horizon, selection.time) : horizon;
    }

    bool passes(const stream::Shard& shard) const {
        if (stream_.expired(shard, now_) || model::shard_id(shard.no).view() <= selection_.after) {
            return false;
        }
        switch (selection_.filter) {
            case Filter::kNone:
            case Filter::kFromTrimHorizon:
                return true;
            case Filter::kAtLatest:
                return shard.open();
            case Filter::kAtTimestamp:
                if (selection_.time > now_) {
                    return shard.open();
                }
                [[fallthrough]];
            case Filter::kAtTrimHorizon:
                return born(stream_, shard) <= time_ && (shard.open() || *shard.closed > time_);
            case Filter::kFromTimestamp:
                return shard.open() || *shard.closed >= time_;
        }
        check_failed("known Filter", __FILE__, __LINE__);
    }

private:
    const stream::Stream& stream_;
    const Selection& selection_;
    WallTime now_;
    WallTime time_;
};

struct Listing {
    stream::StreamPtr stream;
    Selection selection;
};

Answer<Listing> listing_of_token(const Context& context, std::string_view text, WallTime now) {
    const auto opened =
        context.broker.tokens().open_list(stream::ListToken::Listing::kShards, text, now);
    switch (opened.state) {
        case stream::TokenState::kInvalid:
            return token_invalid();
        case stream::TokenState::kExpired:
            return token_expired();
        case stream::TokenState::kValid:
            break;
    }
    const stream::ListToken& token = opened.value;
    Listing listing;
    listing.stream = context.broker.catalog().find(token.uid);
    if (!listing.stream || listing.stream->owner.region != context.region ||
        !has_access(context, *listing.stream, "ListShards")) {
        const model::StreamName name(token.stream_name);
        return stream_not_found(model::StreamArn{caller(context), name});
    }
    listing.selection.filter = static_cast<Filter>(token.filter);
    listing.selection.time = token.filter_time.value_or(WallTime());
    listing.selection.after = token.last;
    return listing;
}

Answer<Listing> listing_of_request(const Context& context, const ListShardsRequest& request) {
    MILLRACE_TRY(const model::StreamArn where,
                 address(context, request.stream_name, request.stream_arn));
    Listing listing;
    MILLRACE_TRY(listing.selection, select(request));
    MILLRACE_TRY(listing.stream, look_up(context, where, "ListShards"));
    const bool namesake =
        listing.stream && request.stream_creation_timestamp &&
        to_seconds(*request.stream_creation_timestamp) != listing.stream->created_s;
    if (!listing.stream || namesake) {
        return stream_not_found(where);
    }
    return listing;
}

}  // namespace

Task<Answer<ListShardsResponse>> list_shards(Context& context, const ListShardsRequest& request) {
    if (!request.next_token && !request.stream_name && !request.stream_arn) {
        co_return no_shards_selector();
    }
    const WallTime now = context.broker.now();
    if (request.next_token && !beside_token(request).empty()) {
        co_return token_excludes(beside_token(request));
    }
    MILLRACE_CO_TRY(const Listing listing, request.next_token
                                               ? listing_of_token(context, *request.next_token, now)
                                               : listing_of_request(context, request));
    const stream::Stream& stream = *listing.stream;
    if (!stream.writable()) {  // ACTIVE or UPDATING
        co_return not_active(stream);
    }
    const auto page =
        static_cast<std::size_t>(request.max_results.value_or(model::kListShardsPageShards));
    const Sieve sieve(stream, listing.selection, now);
    ListShardsResponse response;
    for (const stream::Shard& shard : stream.shards) {
        if (!sieve.passes(shard)) {
            continue;
        }
        if (response.shards.size() == page) {
            stream::ListToken token;
            token.listing = stream::ListToken::Listing::kShards;
            token.uid = stream.uid;
            token.stream_name = stream.name.text();
            token.filter = static_cast<std::uint8_t>(listing.selection.filter);
            token.filter_time = listing.selection.time;
            token.last = response.shards.back().shard_id.str();
            response.next_token = context.broker.tokens().seal(token, now);
            break;
        }
        response.shards.push_back(shard_member(shard));
    }
    co_return response;
}

}  // namespace millrace::api
