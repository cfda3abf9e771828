// The fields that many shapes share, and the short names of the vocabulary. For the sources that
// define shapes, and no others.
#pragma once

#include <string_view>

#include "api/capacity.h"
#include "model/limits.h"
#include "model/patterns.h"
#include "model/shape.h"

namespace millrace::api {

using model::blob_field;
using model::boolean_field;
using model::Field;
using model::integer_field;
using model::list_field;
using model::long_field;
using model::map_field;
using model::Shape;
using model::string_field;
using model::structure_field;
using model::text_list_field;
using model::timestamp_field;

// Members that many inputs share.
template <auto Member>
constexpr Field name_field(std::string_view name) {
    return string_field<Member>(name).within(1, model::kNameMaxUnits).matching(model::kNamePattern);
}
template <auto Member>
constexpr Field stream_arn_field() {
    return string_field<Member>("StreamARN")
        .within(1, model::kArnMaxUnits)
        .matching(model::kStreamArnPattern);
}
template <auto Member>
constexpr Field stream_id_field() {
    return string_field<Member>("StreamId")
        .within(1, model::kStreamIdMaxUnits)
        .matching(model::kStreamIdPattern);
}
template <auto Member>
constexpr Field sequence_field(std::string_view name) {
    return string_field<Member>(name).matching(model::kSequenceNumberPattern);
}
template <auto Member>
constexpr Field hash_key_field(std::string_view name) {
    return string_field<Member>(name).matching(model::kHashKeyPattern);
}
// Required or not by the stream's record distribution strategy: put checks that.
template <auto Member>
constexpr Field partition_key_field() {
    return string_field<Member>("PartitionKey").within(1, model::kPartitionKeyMaxUnits);
}
template <auto Member>
constexpr Field data_field() {
    return blob_field<Member>("Data").require().within(0, model::kDataMaxBytes);
}
template <auto Member>
constexpr Field page_field(std::string_view name) {
    return integer_field<Member>(name).within(1, model::kPageMax);
}
template <auto Member>
constexpr Field token_field() {
    return string_field<Member>("NextToken").within(1, model::kTokenMaxChars);
}
template <auto Member>
constexpr Field tags_field() {
    return map_field<Member>("Tags")
        .within(1, model::kTagsPerCallMax)
        .keys(1, model::kTagKeyMaxUnits)
        .elements(0, model::kTagValueMaxUnits);
}
template <auto Member>
constexpr Field tag_keys_field() {
    return text_list_field<Member>("TagKeys")
        .require()
        .within(1, model::kTagKeysPerCallMax)
        .elements(1, model::kTagKeyMaxUnits);
}
template <auto Member>
constexpr Field dry_run_field() {
    return boolean_field<Member>("DryRun");
}
template <auto Member>
constexpr Field distribution_field() {
    return string_field<Member>("RecordDistributionStrategy").one_of(kDistributions);
}

}  // namespace millrace::api
