#!/usr/bin/env bash
# The round trip of tests/sdk/README.md with the AWS command line of the path in $1, which has no subscribe-to-shard.
# Debian's is older than AWS_ENDPOINT_URL, so the endpoint is an option.
set -euo pipefail

aws=$1
encode() { printf %s "$1" | base64; }
# Version 1 encodes what it is given itself.
if [[ $($aws --version) == aws-cli/1.* ]]; then encode() { printf %s "$1"; }; fi

# [README
kinesis() { "$aws" --endpoint-url "$AWS_ENDPOINT_URL" --output text kinesis "$@"; }
# README]

refused() { # ERROR ARGUMENTS...: that the command fails with it
    local error=$1 said
    shift
    if said=$(kinesis "$@" 2>&1); then said=success; fi
    [[ $said == *"($error)"* ]] || { echo "wanted $error, got: $said"; exit 1; }
}

put() { # FIRST LAST
    local n entries=()
    for ((n = $1; n <= $2; n++)); do entries+=("Data=$(encode "$n"),PartitionKey=key-$n"); done
    [[ $(kinesis put-records --stream-name round-trip --records "${entries[@]}" --query FailedRecordCount) == 0 ]]
}

# SHARD: its records' numbers, a line each, and ENDED after the last of a closed shard.
read_shard() {
    local at answer behind count data datum
    at=$(kinesis get-shard-iterator --stream-name round-trip --shard-id "$1" \
        --shard-iterator-type TRIM_HORIZON --query ShardIterator)
    while [[ $at != None ]]; do
        answer=$(kinesis get-records --shard-iterator "$at" --limit 8 \
            --query '[NextShardIterator, MillisBehindLatest, length(Records), join(`" "`, Records[].Data)]')
        read -r at behind count data <<<"$answer"
        for datum in $data; do echo "$(base64 -d <<<"$datum")"; done
        if [[ $at != None && $count == 0 && $behind == 0 ]]; then return; fi
    done
    echo ENDED
}

kinesis create-stream --stream-name round-trip --shard-count 1
kinesis wait stream-exists --stream-name round-trip
refused ResourceInUseException create-stream --stream-name round-trip --shard-count 1

parent=$(kinesis put-record --stream-name round-trip --partition-key key-0 --data "$(encode 0)" --query ShardId)
put 1 9
kinesis split-shard --stream-name round-trip --shard-to-split "$parent" \
    --new-starting-hash-key 170141183460469231731687303715884105728
kinesis wait stream-exists --stream-name round-trip
put 10 19

read -r -a shards < <(kinesis list-shards --stream-name round-trip --query 'Shards[].ShardId')
((${#shards[@]} == 3)) && [[ ${shards[0]} == "$parent" ]]
before=$(read_shard "$parent")
after=$(for shard in "${shards[@]:1}"; do read_shard "$shard"; done)
[[ $before == $(seq 0 9; echo ENDED) && $(sort -n <<<"$after") == $(seq 10 19) ]] ||
    { echo "read: $before $after"; exit 1; }

kinesis delete-stream --stream-name round-trip
kinesis wait stream-not-exists --stream-name round-trip
refused ResourceNotFoundException describe-stream-summary --stream-name round-trip
echo "$($aws --version): 20 records read"
