"""The README's boto3 snippet as a program."""

# [README
import boto3

kinesis = boto3.client("kinesis", endpoint_url="http://127.0.0.1:4567", region_name="us-east-1",
                       aws_access_key_id="test", aws_secret_access_key="test")
# README]

kinesis.create_stream(StreamName="python-sample", ShardCount=1)
kinesis.get_waiter("stream_exists").wait(StreamName="python-sample")
put = kinesis.put_record(StreamName="python-sample", PartitionKey="k", Data=b"hello")
at = kinesis.get_shard_iterator(StreamName="python-sample", ShardId=put["ShardId"],
                                ShardIteratorType="AT_SEQUENCE_NUMBER",
                                StartingSequenceNumber=put["SequenceNumber"])
[got] = kinesis.get_records(ShardIterator=at["ShardIterator"])["Records"]
assert (got["Data"], got["SequenceNumber"]) == (b"hello", put["SequenceNumber"]), got
print("python:", got["SequenceNumber"], got["ApproximateArrivalTimestamp"])
