"""GET /_millrace/health and /_millrace/metrics: what an operator and a container engine see."""

import re

import pytest

from harness import aws
from harness.http import Caller, Wire, call, get, request
from harness.metrics import metrics
from harness.process import eventually


@pytest.mark.parametrize("path", ["/_millrace/health", "/_millrace/health/live", "/_millrace/health/ready"])
def test_health(server, path):
    reply = get(server, path)
    assert reply.status == 200, reply


def test_endpoints_need_no_signature_and_hide_nothing_else(server):
    assert get(server, "/_millrace/nothing").status == 404
    with Wire(server) as wire:
        # POST / stays the service's, whatever the path says.
        assert wire.ask(call("ListStreams")).status == 200
        assert wire.ask(request(method="GET")).status == 403


def test_head_of_health(server):
    with Wire(server) as wire:
        assert wire.ask(request(method="HEAD", path="/_millrace/health"), head=True).status == 200


def test_requests_are_counted_by_operation_and_result(server, kinesis):
    caller = Caller(server)
    aws.make_stream(kinesis, "counted", 2)

    def counts():
        now = metrics(server)
        return (now.total(REQUESTS, operation="PutRecord", result="ok"),
                now.total(REQUESTS, operation="PutRecord", result="ResourceNotFoundException"),
                now.total(LATENCY_COUNT, operation="PutRecord"))
    put = {"PartitionKey": "k", "Data": "AAAA"}
    caller("PutRecord", {"StreamName": "counted", **put})
    caller("PutRecord", {"StreamName": "nope", **put})
    before = counts()
    for _ in range(5):
        assert caller("PutRecord", {"StreamName": "counted", **put}).status == 200
    for _ in range(3):
        assert caller("PutRecord", {"StreamName": "nope", **put}).status == 400
    after = eventually(lambda: (now := counts()) and now[0] >= before[0] + 5 and now)
    assert after == (before[0] + 5, before[1] + 3, before[2] + 8)


REQUESTS = r"millrace_requests_total"
LATENCY_COUNT = r"millrace_request(s)?_(duration|latency)?_?seconds_count"


def test_records_and_bytes_are_counted_per_stream(server, kinesis):
    aws.make_stream(kinesis, "flow")
    kinesis.put_records(StreamName="flow", Records=[{"PartitionKey": "kk", "Data": b"x" * 98}] * 10)
    kinesis.put_record(StreamName="flow", PartitionKey="kk", Data=b"x" * 98)
    for _ in range(2):
        kinesis.get_records(ShardIterator=aws.iterator(kinesis, "flow"))
    now = metrics(server)
    assert now.total(r"millrace_.*records.*in.*_total", stream="flow") == 11
    assert now.total(r"millrace_.*records.*out.*_total", stream="flow") == 22
    assert now.total(r"millrace_.*bytes.*in.*_total", stream="flow") == 1100
    assert now.total(r"millrace_.*bytes.*out.*_total", stream="flow") == 2200


def test_syncs_connections_and_memory_are_told(server, kinesis):
    aws.make_stream(kinesis, "synced")
    kinesis.put_record(StreamName="synced", PartitionKey="k", Data=b"d")
    with Wire(server) as one, Wire(server) as two:
        one.ask(call("ListStreams"))
        two.ask(call("ListStreams"))
        now = metrics(server)
        assert now.total(r"millrace_.*connections(_open)?") >= 3
    assert now.total(r"millrace_.*sync.*seconds_count") > 0
    assert now.total(r"millrace_.*batch.*_count|millrace_.*commit.*(records|bytes).*_count") > 0
    assert 1e6 < now.total(r"(millrace_|process_)resident_memory_bytes") < 1e9


def test_every_series_has_a_type_and_histograms_are_sound(server):
    now = metrics(server)
    for name, series in now.samples.items():
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in now.types or now.types.get(base) == "histogram", name
        if name.endswith("_bucket") and now.types.get(base) == "histogram":
            groups = {}
            for key, value in series.items():
                bound = float(dict(key)["le"].replace("+Inf", "inf"))
                groups.setdefault(frozenset(k for k in key if k[0] != "le"), []).append((bound, value))
            for key, buckets in groups.items():
                values = [v for _, v in sorted(buckets)]
                assert values == sorted(values) and max(b for b, _ in buckets) == float("inf")
                assert values[-1] == now.samples[base + "_count"][key]


def test_a_deleted_streams_series_are_forgotten(server, kinesis):
    aws.make_stream(kinesis, "forgotten")
    kinesis.put_record(StreamName="forgotten", PartitionKey="k", Data=b"d")
    text = get(server, "/_millrace/metrics").body
    assert b'"forgotten"' in text
    kinesis.delete_stream(StreamName="forgotten")
    eventually(lambda: b'"forgotten"' not in get(server, "/_millrace/metrics").body)
