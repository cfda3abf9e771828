"""Encryption at rest: what is said of it, what is on the disk, what survives, and the failures of a key
service that clients must be able to meet."""

import base64
import itertools
import os
import stat
import threading
import time
import urllib.request

import botocore.exceptions
import pytest

from harness import aws, fanout, frames, texts
from harness.aws import refused
from harness.process import ACCOUNT, REGION, eventually

UUID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:"
LOST = (OSError, EOFError, botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)
_marks = itertools.count()


def mark(what):
    """A text that stands nowhere else."""
    return f"plaintext-{what}-{next(_marks)}-{os.urandom(8).hex()}"


def start(kinesis, name, key="alias/aws/kinesis"):
    kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=key)
    aws.wait_active(kinesis, name)


def stop(kinesis, name, key="alias/aws/kinesis"):
    kinesis.stop_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=key)
    aws.wait_active(kinesis, name)


def put(kinesis, name, data, key="k"):
    return kinesis.put_record(StreamName=name, PartitionKey=key, Data=data)


def encryption(kinesis, name):
    """(EncryptionType, KeyId) as both descriptions have it."""
    def told(description):
        return description["EncryptionType"], description.get("KeyId")

    for _ in range(3):  # a change may come between the two, but not each time
        brief = told(kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"])
        full = told(kinesis.describe_stream(StreamName=name)["StreamDescription"])
        if full == brief:
            break
    assert full == brief
    return full


def read(kinesis, name, shard=0):
    """Data, key and EncryptionType of each record of a shard, open or closed."""
    found, at = [], aws.iterator(kinesis, name, shard=shard)
    while at:
        answer = kinesis.get_records(ShardIterator=at)
        found += answer["Records"]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            break
        at = answer.get("NextShardIterator")
    return [(r["Data"], r["PartitionKey"], r.get("EncryptionType")) for r in found]


def files_with(directory, *needles):
    """Which files under the directory hold one of the texts, as it is or in base64."""
    sought = [n.encode() for n in needles]
    # What base64 makes of it at any of the three offsets, but for the edges.
    sought += [base64.b64encode(b"x" * i + n)[4:-4] for n in list(sought) for i in range(3)]
    found = []
    for root, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                content = file.read()
            if any(n in content for n in sought):
                found.append(os.path.relpath(os.path.join(root, name), directory))
    return found


def test_start_rotate_and_stop_are_told_everywhere(kinesis, stream):
    assert encryption(kinesis, stream) == ("NONE", None)
    assert "EncryptionType" not in put(kinesis, stream, b"0")
    for key in ("alias/aws/kinesis", UUID, ARN + "key/" + UUID, ARN + "alias/mine",
                "mrk-1234abcd12ab34cd56ef1234567890ab"):
        start(kinesis, stream, key)
        assert encryption(kinesis, stream) == ("KMS", key)
    assert put(kinesis, stream, b"1")["EncryptionType"] == "KMS"
    answer = kinesis.put_records(StreamName=stream, Records=[
        {"PartitionKey": "a", "Data": b"2"}, {"PartitionKey": "b", "Data": b""}])
    assert answer["EncryptionType"] == "KMS" and answer["FailedRecordCount"] == 0
    assert all("EncryptionType" not in r for r in answer["Records"])
    stop(kinesis, stream, key)
    assert encryption(kinesis, stream) == ("NONE", None)
    assert "EncryptionType" not in put(kinesis, stream, b"3")
    assert read(kinesis, stream) == [(b"0", "k", None), (b"1", "k", "KMS"), (b"2", "a", "KMS"),
                                     (b"", "b", "KMS"), (b"3", "k", None)]


def test_records_of_every_size_come_back(kinesis, name):
    aws.make_stream(kinesis, name, 2, MaxRecordSizeInKiB=10240)
    start(kinesis, name)
    sent = {f"{'ä' * (size % 200)}-{size}": os.urandom(size)
            for size in (0, 1, 15, 16, 17, 4096, 65537, 1 << 20, 10 * 1024 * 1024 - 1000)}
    for key, data in sent.items():
        put(kinesis, name, data, key)
    found = read(kinesis, name, 0) + read(kinesis, name, 1)
    assert {key: data for data, key, _ in found} == sent
    assert {kind for _, _, kind in found} == {"KMS"}


def test_iterators_work_between_encrypted_records(kinesis, stream):
    start(kinesis, stream)
    numbers = [put(kinesis, stream, bytes([i]))["SequenceNumber"] for i in range(10)]
    for kind, first in (("AT_SEQUENCE_NUMBER", 4), ("AFTER_SEQUENCE_NUMBER", 5)):
        at = aws.iterator(kinesis, stream, kind, StartingSequenceNumber=numbers[4])
        records = kinesis.get_records(ShardIterator=at, Limit=3)["Records"]
        assert [r["Data"] for r in records] == [bytes([first + i]) for i in range(3)]


def test_subscriptions_get_encrypted_and_plain_records(server, kinesis, stream):
    put(kinesis, stream, b"plain")
    start(kinesis, stream)
    put(kinesis, stream, b"first")
    start(kinesis, stream, "alias/other")
    put(kinesis, stream, b"second")
    arn = fanout.register(kinesis, stream)
    with fanout.Subscription(server, arn, kind="TRIM_HORIZON") as subscription:
        records = []
        while len(records) < 3:
            records += subscription.event()["Records"]
        put(kinesis, stream, b"pushed", "p")
        while len(records) < 4:
            records += subscription.event()["Records"]
    told = [(base64.b64decode(r["Data"]), r["PartitionKey"], r.get("EncryptionType")) for r in records]
    assert told == [(b"plain", "k", None), (b"first", "k", "KMS"), (b"second", "k", "KMS"),
                    (b"pushed", "p", "KMS")]


def test_encryption_goes_on_through_a_resharding(kinesis, stream):
    start(kinesis, stream)
    put(kinesis, stream, b"parent")
    kinesis.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000",
                        NewStartingHashKey=str(1 << 127))
    aws.wait_active(kinesis, stream)
    for i in range(20):
        put(kinesis, stream, bytes([i]), f"k{i}")
    assert read(kinesis, stream, 0) == [(b"parent", "k", "KMS")]
    found = read(kinesis, stream, 1) + read(kinesis, stream, 2)
    assert sorted(data for data, _, _ in found) == [bytes([i]) for i in range(20)]
    assert {kind for _, _, kind in found} == {"KMS"}


def test_the_disk_holds_neither_data_nor_keys(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "plain")
    aws.make_stream(kinesis, "sealed")
    start(kinesis, "sealed", "alias/mine")
    plain, sealed = (mark("data"), mark("key")), (mark("data"), mark("key"))
    many = mark("many")
    for name, (data, key) in (("plain", plain), ("sealed", sealed)):
        put(kinesis, name, data.encode(), key)
        kinesis.put_records(StreamName=name, Records=[
            {"PartitionKey": f"{key}-{i}", "Data": (data + str(i)).encode()} for i in range(50)])
    kinesis.put_records(StreamName="sealed", Records=[
        {"PartitionKey": many, "Data": (many * 20).encode()} for i in range(50)])
    # The control: the same search finds what is not encrypted, in the journal and in the segments.
    for text in plain:
        places = files_with(server.data_dir, text)
        assert any(p.startswith("journal/") for p in places), places
        assert any(p.startswith("shards/") for p in places), places
    for end in ("kill", "stop"):
        assert files_with(server.data_dir, *sealed, many) == []
        getattr(server, end)()
        assert files_with(server.data_dir, *sealed, many) == []
        server.start()
        assert len(read(kinesis, "sealed")) == 101
    assert read(kinesis, "sealed")[0] == (sealed[0].encode(), sealed[1], "KMS")
    assert server.log_path.exists() and sealed[0] not in server.log_path.read_text()
    # What is written after encryption was stopped is plain again.
    stop(kinesis, "sealed", "alias/mine")
    after = mark("after")
    put(kinesis, "sealed", after.encode())
    assert files_with(server.data_dir, after) != []
    assert files_with(server.data_dir, *sealed, many) == []


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_everything_survives_the_end_of_the_process(make_server, end):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    put(kinesis, "orders", b"plain")
    start(kinesis, "orders", "alias/first")
    put(kinesis, "orders", b"one")
    start(kinesis, "orders", "alias/second")
    put(kinesis, "orders", b"two")
    expected = [(b"plain", "k", None), (b"one", "k", "KMS"), (b"two", "k", "KMS")]
    for i in range(3):
        getattr(server, end)()
        server.start()
        assert encryption(kinesis, "orders") == ("KMS", "alias/second")
        assert read(kinesis, "orders") == expected
        put(kinesis, "orders", bytes([i]))
        expected.append((bytes([i]), "k", "KMS"))
    assert read(kinesis, "orders") == expected
    assert stat.S_IMODE((server.data_dir / "master.key").stat().st_mode) == 0o600


def test_a_change_takes_its_time_and_survives_a_kill(make_server):
    server = make_server("--update-delay", "700ms").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=UUID)
    description = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    assert (description["StreamStatus"], description["EncryptionType"]) == ("UPDATING", "NONE")
    assert "EncryptionType" not in put(kinesis, "orders", b"plain")
    for operation in (kinesis.start_stream_encryption, kinesis.stop_stream_encryption):
        with refused(texts.IN_USE, texts.not_active("orders", "UPDATING")):
            operation(StreamName="orders", EncryptionType="KMS", KeyId=UUID)
    server.kill()
    server.start()
    aws.wait_active(kinesis, "orders")
    assert encryption(kinesis, "orders") == ("KMS", UUID)
    put(kinesis, "orders", b"sealed")
    kinesis.stop_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=UUID)
    assert encryption(kinesis, "orders") == ("KMS", UUID)
    server.kill()
    server.start()
    eventually(lambda: encryption(kinesis, "orders") == ("NONE", None), message="encryption stopped")
    assert [r[2] for r in read(kinesis, "orders")] == [None, "KMS"]


def test_writers_and_readers_go_on_through_changes_and_kills(make_server):
    """Each record comes back as it was sent, and says of itself what its put was told."""
    server = make_server().start()
    control = aws.client(server)
    aws.make_stream(control, "orders", 2)
    over, told, failures = threading.Event(), {}, []

    def write(writer):
        kinesis = aws.client(server)
        for i in itertools.count():
            if over.is_set():
                return
            data = f"{writer}-{i}".encode() * (1 + i % 50)
            try:
                answer = put(kinesis, "orders", data, f"k{i}")
                told[answer["SequenceNumber"]] = data, f"k{i}", answer.get("EncryptionType")
            except LOST:
                time.sleep(0.01)
            except BaseException as error:  # noqa: BLE001 - reported below
                if getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode") == 503:
                    continue  # starting
                failures.append(error)
                return

    def found():
        return {r["SequenceNumber"]: (r["Data"], r["PartitionKey"], r.get("EncryptionType"))
                for shard in (0, 1) for r in aws.read_all(control, "orders", shard)}

    writers = [threading.Thread(target=write, args=(i,)) for i in range(3)]
    for writer in writers:
        writer.start()
    for i in range(12):
        start(control, "orders", f"alias/{i % 3}")
        eventually(lambda: failures or len(told) > 40 * i, timeout=20, message="writers go on")
        if i % 3 == 2:
            stop(control, "orders", f"alias/{i % 3}")
        if i % 5 == 4:
            server.kill()
            server.start()
        found()
    over.set()
    for writer in writers:
        writer.join()
    assert not failures, failures
    stored = found()
    assert {number: stored.get(number) for number in told} == told
    assert {kind for _, _, kind in told.values()} == {"KMS", None}


def test_checks_come_in_order(kinesis, stream):
    unknown = "Invalid keyId "
    for name in ("start", "stop"):
        operation = getattr(kinesis, f"{name}_stream_encryption")
        api = name.capitalize() + "StreamEncryption"
        with refused(texts.VALIDATION, texts.violations(
                texts.violation("'SSE'", "encryptionType", texts.one_of(("NONE", "KMS"))),
                texts.violation("''", "keyId", texts.at_least(1)))):
            operation(StreamName=stream, EncryptionType="SSE", KeyId="")
        with refused(texts.INVALID, texts.NEITHER):
            operation(EncryptionType="NONE", KeyId="x")
        with refused(texts.INVALID, f"EncryptionType NONE is not a valid value for {api}."):
            operation(StreamName="missing", EncryptionType="NONE", KeyId="x")
        for key in ("x", "alias/", "key/" + UUID, UUID + "0", ARN + UUID, "arn:aws:s3:::alias/x"):
            with refused("KMSNotFoundException", unknown + key):
                operation(StreamName="missing", EncryptionType="KMS", KeyId=key)
        with refused(texts.NOT_FOUND, texts.no_stream("missing")):
            operation(StreamName="missing", EncryptionType="KMS", KeyId=UUID)
    not_encrypted = f"Stream {stream} under account {ACCOUNT} is not encrypted."
    with refused(texts.INVALID, not_encrypted):
        kinesis.stop_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=UUID)
    start(kinesis, stream, UUID)
    with refused(texts.INVALID, f"KeyId alias/x is not the key of stream {stream} under account {ACCOUNT}."):
        kinesis.stop_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId="alias/x")
    stop(kinesis, stream, ARN + "key/" + UUID)
    with refused(texts.INVALID, not_encrypted):
        kinesis.stop_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=UUID)


def test_starts_and_stops_have_a_daily_quota(make_server):
    server = make_server("--limits", "true", "--call-rates", "*:0",
                         "--encryption-changes-max", "2").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    aws.make_stream(kinesis, "other")
    for _ in range(2):
        start(kinesis, "orders")
        stop(kinesis, "orders")
    exceeded = f"Stream orders under account {ACCOUNT} has exceeded the number of times its encryption can be " \
               "started in 24 hours."
    with refused(texts.LIMIT, exceeded):
        start(kinesis, "orders")
    server.restart()
    with refused(texts.LIMIT, exceeded):
        start(kinesis, "orders")
    start(kinesis, "other")


FAILING = {
    "disabled": ("KMSDisabledException", ARN + "alias/x is disabled.", None),
    "pending-deletion": ("KMSInvalidStateException", ARN + "alias/x is pending deletion.", None),
    "missing": ("KMSNotFoundException", f"Alias {ARN}alias/x is not found.", None),
    "access-denied": (
        "KMSAccessDeniedException", f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: "
        f"kms:GenerateDataKey on resource: {ARN}alias/x",
        f"User arn:aws:iam::{ACCOUNT}:root is not authorized to decrypt records in stream {ACCOUNT}:orders:"),
    "opt-in-required": ("KMSOptInRequired", "The AWS Access Key Id needs a subscription for the service", None),
    "throttled": ("KMSThrottlingException", "You have exceeded the rate at which you may call KMS. "
                  "Reduce the frequency of your calls.", None),
}


def test_every_failure_of_a_key_can_be_had(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    aws.make_stream(kinesis, "others")
    put(kinesis, "orders", b"plain")
    start(kinesis, "orders", "alias/x")
    put(kinesis, "orders", b"sealed")
    created = kinesis.describe_stream(StreamName="orders")["StreamDescription"]["StreamCreationTimestamp"]
    consumer = fanout.register(kinesis, "orders")
    for state, (error, text, reading) in FAILING.items():
        server.stop()
        server.args = ["--kms-keys", f"alias/y=disabled,{ARN}alias/x={state}"]
        server.start()
        reading = reading + str(int(created.timestamp())) if reading else text
        for name in ("orders", "others"):
            with refused(error, text):
                start(kinesis, name, "alias/x")
        with refused(error, text):
            put(kinesis, "orders", b"never")
        with refused(error, text):
            kinesis.put_records(StreamName="orders", Records=[{"PartitionKey": "k", "Data": b"never"}])
        for kind in ("TRIM_HORIZON", "LATEST"):
            with refused(error, reading):
                kinesis.get_records(ShardIterator=aws.iterator(kinesis, "orders", kind))
        with fanout.Subscription(server, consumer, kind="LATEST") as subscription:
            with pytest.raises(fanout.Raised) as raised:
                subscription.event()
            assert (raised.value.kind, raised.value.message) == (error, reading)
        # Another key goes, and what it encrypts.
        start(kinesis, "others", "alias/z")
        assert put(kinesis, "others", state.encode())["EncryptionType"] == "KMS"
        assert read(kinesis, "others")[-1] == (state.encode(), "k", "KMS")
    # Away from the key that fails: only what it encrypted stays closed.
    start(kinesis, "orders", "alias/z")
    put(kinesis, "orders", b"by z")
    at = aws.iterator(kinesis, "orders")
    answer = kinesis.get_records(ShardIterator=at)
    assert [r["Data"] for r in answer["Records"]] == [b"plain"]
    with refused(error, text):
        kinesis.get_records(ShardIterator=answer["NextShardIterator"])
    server.stop()
    server.args = []
    server.start()
    assert [r[0] for r in read(kinesis, "orders")] == [b"plain", b"sealed", b"by z"]


def refusal(server):
    """The line with which the server does not start."""
    before = len(server.log(10_000).splitlines())
    server.spawn()
    assert server.wait() == 1
    lines = server.log(10_000).splitlines()[before:]
    assert lines and lines[-1].startswith("millrace: data-dir: "), lines
    assert len([line for line in lines if "encryption key file" in line]) == 1
    return lines[-1]


def test_without_the_master_key_the_server_does_not_start(make_server, tmp_path):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    key = server.data_dir / "master.key"
    # Before anything was encrypted it can be lost: another is made.
    server.stop()
    key.unlink()
    server.start()
    start(kinesis, "orders")
    put(kinesis, "orders", b"sealed")
    server.stop()
    right = key.read_bytes()

    key.unlink()
    assert f"encryption key file {key} is missing, but stream orders was encrypted with it" in refusal(server)
    assert not key.exists()
    key.write_bytes(os.urandom(32))
    assert f"encryption key file {key} is not the one with which stream orders was encrypted" in refusal(server)
    key.write_bytes(right[:-1])
    assert f"encryption key file {key} is damaged or no key" in refusal(server)

    # It may lie elsewhere.
    key.unlink()
    elsewhere = tmp_path / "elsewhere.key"
    elsewhere.write_bytes(right)
    server.args = ["--encryption-key-file", str(elsewhere)]
    server.start()
    assert read(kinesis, "orders") == [(b"sealed", "k", "KMS")]
    assert not key.exists()


def test_a_key_of_ones_own_making(make_server, tmp_path):
    own = tmp_path / "own.key"
    own.write_bytes(os.urandom(32))
    server = make_server("--encryption-key-file", str(own)).start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    start(kinesis, "orders")
    put(kinesis, "orders", b"sealed")
    server.kill()
    server.start()
    assert read(kinesis, "orders") == [(b"sealed", "k", "KMS")]


def test_in_memory_nothing_is_written_at_all(make_server):
    server = make_server("--durability", "none").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    start(kinesis, "orders")
    put(kinesis, "orders", b"sealed")
    assert read(kinesis, "orders") == [(b"sealed", "k", "KMS")]
    assert not server.data_dir.exists()


def test_a_damaged_record_is_never_returned(make_server):
    """Its checksums are made right again, so that nothing but its seal can tell."""
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "orders")
    start(kinesis, "orders")
    numbers = [put(kinesis, "orders", data)["SequenceNumber"] for data in (b"before", b"the one", b"after")]
    server.stop()
    segment, = (server.data_dir / "shards").glob("*/0/*.log")
    frames.alter(segment, 1)
    server.start()
    answer = kinesis.get_records(ShardIterator=aws.iterator(kinesis, "orders"))
    assert [r["Data"] for r in answer["Records"]] == [b"before"]
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        kinesis.get_records(ShardIterator=answer["NextShardIterator"])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    with urllib.request.urlopen(server.endpoint + "/_millrace/metrics") as page:
        assert b"millrace_encrypted_records_damaged_total 2" in page.read()
    assert "an encrypted record is damaged: stream=orders shard=0 position=1" in server.log()
    at = aws.iterator(kinesis, "orders", "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1])
    assert [r["Data"] for r in kinesis.get_records(ShardIterator=at)["Records"]] == [b"after"]
