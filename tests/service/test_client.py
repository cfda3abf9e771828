"""boto3 as its users use it: the model it comes with, its paginators and its waiters. That every answer
fits the model is checked by harness/aws.py for all calls of all tests."""

import threading

import botocore.exceptions
import pytest

from harness import aws, model, process

# Members that the installed model has and ours, which the server follows, has not (yet).
UNKNOWN = {"DescribeStreamSummary.output.StreamDescriptionSummary.QueueCount"}


def differences(path, shape, details, above=()):
    """Where botocore's shape and ours are not the same."""
    if shape.type_name != details["type"]:
        yield f"{path}: {shape.type_name}, ours {details['type']}"
    elif shape.type_name == "structure" and shape.name not in above:
        yield from member_differences(path, shape, model.members_of(details), (*above, shape.name))
    elif shape.type_name == "list":
        yield from differences(path + "[]", shape.member, details["member"], above)
    elif shape.type_name == "string" and sorted(shape.enum) != sorted(details.get("enum", ())):
        yield f"{path}: {shape.enum}, ours {details.get('enum')}"


def member_differences(path, shape, members, above=()):
    known = shape.members if shape else {}
    for name in known.keys() ^ members.keys():
        yield f"{path}.{name}"
    for name in known.keys() & members.keys():
        if (name in shape.required_members) != bool(members[name].get("required")):
            yield f"{path}.{name}: required by one alone"
        yield from differences(f"{path}.{name}", known[name], members[name], above)


@pytest.mark.parametrize("operation", sorted(model.operations()))
def test_the_models_agree(kinesis, operation):
    if operation not in kinesis.meta.service_model.operation_names:
        pytest.fail(f"the installed botocore does not know {operation}: it is too old for these tests")
    theirs = kinesis.meta.service_model.operation_model(operation)
    found = set(member_differences(f"{operation}.input", theirs.input_shape, model.input_members(operation)))
    if not theirs.has_event_stream_output:
        found |= set(member_differences(f"{operation}.output", theirs.output_shape, model.output_members(operation)))
    assert found <= UNKNOWN


@pytest.fixture(scope="module")
def many(server):
    """A client of an account with streams, shards and consumers for several pages."""
    made = aws.client(server, account="111111111111")
    for i in range(7):
        made.create_stream(StreamName=f"page-{i}", ShardCount=1)
    made.create_stream(StreamName="shards", ShardCount=23)
    arn = aws.arn("shards", account="111111111111")
    for i in range(11):
        made.register_stream_consumer(StreamARN=arn, ConsumerName=f"c{i:02}")
    return made


SHARDS = [f"shardId-{i:012}" for i in range(23)]
CONSUMERS = [f"c{i:02}" for i in range(11)]
STREAMS = [*(f"page-{i}" for i in range(7)), "shards"]
ARN = aws.arn("shards", account="111111111111")


@pytest.mark.parametrize("size", [1, 3, 7, 8, 100])
@pytest.mark.parametrize("operation, more, result, name, wanted", [
    ("list_streams", {}, "StreamNames", None, STREAMS),
    ("list_streams", {}, "StreamSummaries", "StreamName", STREAMS),
    ("describe_stream", {"StreamName": "shards"}, "StreamDescription.Shards", "ShardId", SHARDS),
    ("describe_stream", {"StreamARN": ARN}, "StreamDescription.Shards", "ShardId", SHARDS),
    ("list_stream_consumers", {"StreamARN": ARN}, "Consumers", "ConsumerName", CONSUMERS),
])
def test_paginators_see_each_once(many, operation, more, result, name, wanted, size):
    """That of list_shards sends the name with the token, which the service refuses: see test_shards.py."""
    pages = many.get_paginator(operation).paginate(**more, PaginationConfig={"PageSize": size})
    assert [found[name] if name else found for found in pages.search(result + "[]")] == wanted


def test_a_paginator_goes_on_where_it_was_left(many):
    paginator = many.get_paginator("list_streams")
    first = paginator.paginate(PaginationConfig={"MaxItems": 3, "PageSize": 2}).build_full_result()
    rest = paginator.paginate(PaginationConfig={"StartingToken": first["NextToken"]}).build_full_result()
    assert first["StreamNames"] + rest["StreamNames"] == STREAMS


def wait(client, waiter, name):
    client.get_waiter(waiter).wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 15})


def test_waiters_wait_through_the_delays(make_server):
    client = aws.client(make_server("--create-delay", "1s", "--delete-delay", "1s").start())
    client.create_stream(StreamName="s", ShardCount=1)
    described = client.describe_stream(StreamName="s")["StreamDescription"]
    assert described["StreamStatus"] == "CREATING"
    wait(client, "stream_exists", "s")
    assert client.describe_stream(StreamName="s")["StreamDescription"]["StreamStatus"] == "ACTIVE"
    client.delete_stream(StreamName="s")
    assert client.describe_stream(StreamName="s")["StreamDescription"]["StreamStatus"] == "DELETING"
    wait(client, "stream_not_exists", "s")
    with aws.refused("ResourceNotFoundException", f"Stream s under account {process.ACCOUNT} not found."):
        client.describe_stream(StreamName="s")


def test_a_waiter_sees_a_stream_that_another_creates(kinesis, name):
    late = threading.Timer(0.3, kinesis.create_stream, kwargs={"StreamName": name, "ShardCount": 1})
    late.start()
    with pytest.raises(botocore.exceptions.WaiterError):  # no stream is an error to this waiter
        wait(kinesis, "stream_exists", name)
    late.join()
    wait(kinesis, "stream_exists", name)


def test_a_channel_becomes_active(make_server):
    client = aws.client(make_server("--channels", "accept").start())
    client.create_stream(StreamName="s")
    made = client.create_channel(
        ChannelName="c", ServiceExecutionRoleARN=f"arn:aws:iam::{process.ACCOUNT}:role/r",
        StreamConfigurationList=[{"StreamARN": aws.arn("s"), "RecordConfiguration": {"RecordFormatType": "JSON"}}],
        S3DestinationConfiguration={"StorageConfiguration": {
            "BucketARN": "arn:aws:s3:::records", "ExpectedBucketOwner": process.ACCOUNT, "CompressionType": "NONE"}})
    client.get_waiter("channel_active").wait(ChannelARN=made["ChannelDescription"]["ChannelARN"],
                                             WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    pages = client.get_paginator("list_channels").paginate(PaginationConfig={"PageSize": 1})
    assert [c["ChannelName"] for c in pages.search("ChannelSummaries[]")] == ["c"]
