#include "api/reading.h"

#include "api/addressing.h"
#include "api/encryption.h"
#include "api/messages.h"
#include "base/check.h"
#include "base/result.h"

namespace millrace::api {

namespace {

using What = stream::StartAt::What;

What start_of(std::string_view type) {
    if (type == "AT_SEQUENCE_NUMBER") {
        return What::kAtSequenceNumber;
    }
    if (type == "AFTER_SEQUENCE_NUMBER") {
        return What::kAfterSequenceNumber;
    }
    if (type == "AT_TIMESTAMP") {
        return What::kAtTimestamp;
    }
    if (type == "LATEST") {
        return What::kLatest;
    }
    CHECK(type == "TRIM_HORIZON");  // the shape admits these alone
    return What::kTrimHorizon;
}

Answer<model::ParsedSequence> check_starting_number(std::string_view text,
                                                    std::string_view operation,
                                                    const stream::Stream& stream,
                                                    const stream::Shard& shard) {
    const auto parsed = model::ParsedSequence::parse(text);
    if (!parsed) {
        return starting_number_invalid(text, operation, shard.no, arn_of(stream));
    }
    if (parsed->shard_index < 0 ||
        static_cast<std::uint32_t>(parsed->shard_index) != shard.no.value()) {
        return starting_number_of_other_shard(parsed->shard_index, shard.no);
    }
    if (parsed->version != 2 || parsed->created_s != shard.created_s) {
        return starting_number_of_other_stream(text, operation, shard.no, arn_of(stream));
    }
    return *parsed;
}

RecordMember record_member(const stream::Shard& shard, const storage::Record& record) {
    RecordMember member;
    member.sequence_number = stream::sequence_number(shard, record.position, record.stamp).text();
    member.approximate_arrival_timestamp = stream::arrival(shard, record.stamp);
    member.data = record.data;
    if (!record.key.empty()) {
        member.partition_key = record.key;
    }
    member.encryption_type = encryption_type_if(stream::is_sealed(record));
    return member;
}

}  // namespace

const stream::Shard* readable_shard(const stream::Stream& stream, model::ShardNo shard_no,
                                    WallTime now) {
    const stream::Shard* shard = stream.shard(shard_no);
    return shard != nullptr && !stream.expired(*shard, now) ? shard : nullptr;
}

Answer<stream::StartAt> start_at(const GivenStart& given, const stream::Stream& stream,
                                 const stream::Shard& shard, WallTime now) {
    const std::string_view type = given.type;
    stream::StartAt start;
    start.what = start_of(type);
    const bool needs_number =
        start.what == What::kAtSequenceNumber || start.what == What::kAfterSequenceNumber;
    if (needs_number != given.number.has_value()) {
        return needs_number ? starting_number_missing(type) : starting_number_superfluous(type);
    }
    if (start.what == What::kAtTimestamp) {
        if (!given.time) {
            return timestamp_missing();
        }
        if (*given.time > now) {
            return timestamp_in_future(*given.time, now);
        }
        start.time = *given.time;
    }
    if (needs_number) {
        MILLRACE_TRY(start.sequence,
                     check_starting_number(*given.number, given.operation, stream, shard));
    }
    return start;
}

std::vector<RecordMember> record_members(const stream::ReadBatch& batch) {
    std::vector<RecordMember> members;
    members.reserve(batch.records.size());
    for (const storage::Record& record : batch.records) {
        members.push_back(record_member(*batch.shard, record));
    }
    return members;
}

std::vector<ChildShard> child_shards(const stream::Stream& stream, const stream::Shard& shard) {
    std::vector<ChildShard> children;
    for (const stream::Shard* child : stream.children(shard.no)) {
        ChildShard member;
        member.shard_id = model::shard_id(child->no);
        if (child->parent) {
            member.parent_shards.push_back(model::shard_id(*child->parent).str());
        }
        if (child->adjacent_parent) {
            member.parent_shards.push_back(model::shard_id(*child->adjacent_parent).str());
        }
        member.hash_key_range = hash_key_range(*child);
        children.push_back(std::move(member));
    }
    return children;
}

}  // namespace millrace::api
