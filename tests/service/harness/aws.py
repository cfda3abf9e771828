"""boto3 clients whose every raw answer is judged by the model, and helpers to state refusals."""

import contextlib
import json

import boto3
import botocore.config
import botocore.exceptions
import pytest

from .model import check_answer, check_headers
from .process import ACCOUNT, REGION

_session = boto3.session.Session()


def _judge(http_response, parsed, model, **_):
    """botocore's parser drops what it does not know, so the judge reads the raw body."""
    check_headers(http_response.headers)
    if http_response.status_code == 200 and model.has_event_stream_output:
        assert http_response.headers["Content-Type"] == "application/vnd.amazon.eventstream"
        return  # its events come later: harness/fanout.py judges those it reads itself
    body = http_response.content
    assert int(http_response.headers["Content-Length"]) == len(body)
    assert http_response.headers["Content-Type"] == "application/x-amz-json-1.1"
    document = json.loads(body) if body else None
    check_answer(model.name, http_response.status_code, document)


def client(server, account=ACCOUNT, region=REGION, timeout=30):
    """No parameter validation (the server's is under test), no retries (so that each is seen)."""
    config = botocore.config.Config(
        parameter_validation=False, retries={"total_max_attempts": 1}, max_pool_connections=32,
        connect_timeout=10, read_timeout=timeout)
    made = _session.client("kinesis", endpoint_url=server.endpoint, region_name=region,
                           aws_access_key_id=account, aws_secret_access_key="secret", config=config)
    made.meta.events.register("after-call.kinesis", _judge)
    return made


def method(kinesis, operation):
    """The client's method for an operation: DescribeStream -> describe_stream."""
    for name, api_name in kinesis.meta.method_to_api_mapping.items():
        if api_name == operation:
            return getattr(kinesis, name)
    raise KeyError(operation)


@contextlib.contextmanager
def refused(error, message, status=400):
    """The block must be refused by exactly this type, text and status."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield
    answer = caught.value.response
    assert answer["Error"]["Code"] == error, answer
    assert answer["Error"]["Message"] == message
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def expect_refusal(kinesis, operation, params, error, message):
    with refused(error, message):
        method(kinesis, operation)(**params)


def arn(name, account=ACCOUNT, region=REGION):
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"


def ignore_metadata(answer):
    return {k: v for k, v in answer.items() if k != "ResponseMetadata"}


def wait_active(kinesis, name):
    from .process import eventually

    def active():
        return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"][
            "StreamStatus"] == "ACTIVE"
    eventually(active, message=f"{name} ACTIVE")


def make_stream(kinesis, name, shards=1, **more):
    kinesis.create_stream(StreamName=name, ShardCount=shards, **more)
    wait_active(kinesis, name)
    return name


def iterator(kinesis, stream, kind="TRIM_HORIZON", shard=0, **more):
    return kinesis.get_shard_iterator(
        StreamName=stream, ShardId=f"shardId-{shard:012}", ShardIteratorType=kind, **more
    )["ShardIterator"]


def read_all(kinesis, stream, shard=0):
    """Every record of a shard, from the trim horizon until the tip."""
    found, at = [], iterator(kinesis, stream, shard=shard)
    while True:
        answer = kinesis.get_records(ShardIterator=at)
        found += answer["Records"]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return found
        at = answer["NextShardIterator"]
