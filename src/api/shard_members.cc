#include "api/shard_members.h"

#include "stream/stream.h"

namespace millrace::api {

HashKeyRange hash_key_range(const stream::Shard& shard) {
    return {shard.range.first.text(), shard.range.last.text()};
}

ShardMember shard_member(const stream::Shard& shard) {
    ShardMember member;
    member.shard_id = model::shard_id(shard.no);
    if (shard.parent) {
        member.parent_shard_id = model::shard_id(*shard.parent);
    }
    if (shard.adjacent_parent) {
        member.adjacent_parent_shard_id = model::shard_id(*shard.adjacent_parent);
    }
    member.hash_key_range = hash_key_range(shard);
    member.sequence_number_range.starting_sequence_number =
        stream::starting_sequence_number(shard).text();
    if (const auto ending = stream::ending_sequence_number(shard)) {
        member.sequence_number_range.ending_sequence_number = ending->text();
    }
    return member;
}

}  // namespace millrace::api
