"""A process that may open few files: shards beyond their number are written to all the same."""

from harness import aws

SHARDS = 1200


def test_more_shards_than_descriptors(make_server):
    server = make_server(descriptors=400).start()
    kinesis = aws.client(server)
    kinesis.create_stream(StreamName="wide", ShardCount=SHARDS)
    for round_ in range(6):
        records = [{"Data": b"x", "PartitionKey": str(round_ * 200 + i)} for i in range(200)]
        answer = kinesis.put_records(StreamName="wide", Records=records)
        assert answer["FailedRecordCount"] == 0, answer["Records"]
    server.kill()
    server.start()
    assert kinesis.describe_stream_summary(StreamName="wide")["StreamDescriptionSummary"]["OpenShardCount"] == SHARDS
    answer = kinesis.put_record(StreamName="wide", Data=b"y", PartitionKey="after")
    assert answer["SequenceNumber"]
    assert "open-files is lowered" in server.log()
