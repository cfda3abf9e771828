#!/usr/bin/env bash
# The README's aws-cli snippet as a program: version 2, which takes data in base64.
set -euo pipefail

# [README
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
kinesis() { aws --endpoint-url http://127.0.0.1:4567 kinesis "$@"; }

kinesis create-stream --stream-name orders --shard-count 1
kinesis put-record --stream-name orders --partition-key k --data aGVsbG8=  # version 1: --data hello
iterator=$(kinesis get-shard-iterator --stream-name orders --shard-id shardId-000000000000 \
    --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)
kinesis get-records --shard-iterator "$iterator"
# README]

[[ $(kinesis get-records --shard-iterator "$iterator" --query 'Records[0].Data' --output text) == aGVsbG8= ]]
