"""The round trip of tests/sdk/README.md with boto3."""

import boto3
import botocore

STREAM = "round-trip"
# [README
kinesis = boto3.client("kinesis")
# README]


def refused(error, call, **arguments):
    """That the call fails with the client's exception of this name."""
    try:
        call(**arguments)
    except getattr(kinesis.exceptions, error):
        return
    raise AssertionError(f"no {error}")


def put(numbers):
    entries = [{"Data": b"%d" % n, "PartitionKey": f"key-{n}"} for n in numbers]
    answer = kinesis.put_records(StreamName=STREAM, Records=entries)
    assert answer["FailedRecordCount"] == 0, answer


def read(shard):
    """The shard's records from its first to its last so far, and whether it ended."""
    at = kinesis.get_shard_iterator(StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = []
    while at:
        answer = kinesis.get_records(ShardIterator=at, Limit=4)
        records += answer["Records"]
        at = answer.get("NextShardIterator")
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            break
    return records, at is None


def subscribe(consumer, shard, count):
    """The shard's records by fan-out: to its end, or `count` of an open one."""
    records = []
    answer = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=shard,
                                        StartingPosition={"Type": "TRIM_HORIZON"})
    for event in answer["EventStream"]:
        records += event["SubscribeToShardEvent"]["Records"]
        if event["SubscribeToShardEvent"].get("ChildShards"):
            return records, True
        if len(records) == count and shard != parent:
            answer["EventStream"].close()
            return records, False
    raise AssertionError(f"the subscription to {shard} ended after {len(records)} records")


def numbers(records):
    return sorted(int(r["Data"]) for r in records)


kinesis.create_stream(StreamName=STREAM, ShardCount=1)
kinesis.get_waiter("stream_exists").wait(StreamName=STREAM)
refused("ResourceInUseException", kinesis.create_stream, StreamName=STREAM, ShardCount=1)

parent = kinesis.put_record(StreamName=STREAM, Data=b"0", PartitionKey="key-0")["ShardId"]
put(range(1, 10))
kinesis.split_shard(StreamName=STREAM, ShardToSplit=parent, NewStartingHashKey=str(2**127))
kinesis.get_waiter("stream_exists").wait(StreamName=STREAM)
put(range(10, 20))

shards = [s["ShardId"] for s in kinesis.list_shards(StreamName=STREAM)["Shards"]]
assert len(shards) == 3, shards
got = {shard: read(shard) for shard in shards}
assert [ended for _, ended in got.values()] == [True, False, False], got
assert numbers(r for records, _ in got.values() for r in records) == list(range(20)), got

arn = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
pushed = {shard: subscribe(consumer, shard, len(got[shard][0])) for shard in shards}
for shard in shards:
    assert pushed[shard][1] == got[shard][1]
    assert numbers(pushed[shard][0]) == numbers(got[shard][0]), pushed

kinesis.delete_stream(StreamName=STREAM, EnforceConsumerDeletion=True)
kinesis.get_waiter("stream_not_exists").wait(StreamName=STREAM)
refused("ResourceNotFoundException", kinesis.describe_stream_summary, StreamName=STREAM)
print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}: 20 records read and pushed")
