"""A process that may open few files: shards beyond their number are written to all the same; where not even a
connection can be accepted, it waits until one can."""

import resource

import pytest

from harness import aws
from harness.http import alive
from harness.ledger import Ledger
from harness.process import SANITIZED, eventually
from test_connections import Crowd

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


@pytest.mark.skipif(SANITIZED, reason="A SANITIZER NEEDS DESCRIPTORS ITSELF: UBSan looks at memory through a pipe")
def test_none_left_for_a_while(make_server):
    """The limit falls below what is open. Who is connected reads, and writes or is refused; all is well afterwards."""
    server = make_server().start()
    ledger = Ledger(server, "few")
    assert all(ledger.put() for _ in range(20))
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    for _ in range(2):
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (8, hard))
        with Crowd(server, 20) as crowd:
            eventually(lambda: "cannot accept connections" in server.log(10_000))
            for _ in range(30):
                ledger.put()
            ledger.put_batch()
            ledger.check()
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
            eventually(lambda: alive(server))
            assert crowd.closed() == 0  # they were waiting, and were taken
        eventually(ledger.put)
        assert all(ledger.put() for _ in range(20))
        ledger.check()
    server.kill()
    server.start()
    ledger.check()
    assert ledger.put()
