"""The AWS command line against the server: each of the sixteen operations as a user types it."""

import base64
import json
import os
import shutil
import subprocess

import pytest

from harness import texts
from harness.process import ACCOUNT, PATIENCE, REGION, clean_environment

SHARD = "shardId-000000000000"


def find_aws():
    """Debian's awscli before any other: that is what ./dev installs."""
    found = "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else shutil.which("aws")
    assert found, "aws is missing: apt-get install awscli"
    return found


class Cli:
    def __init__(self, server):
        version = subprocess.run([find_aws(), "--version"], capture_output=True, text=True, check=True)
        output = version.stdout + version.stderr
        self.binary_option = ["--cli-binary-format", "raw-in-base64-out"] \
            if output.startswith("aws-cli/2") else []
        self.command = [find_aws(), "--endpoint-url", server.endpoint, "--output", "json",
                        *self.binary_option, "kinesis"]
        self.env = clean_environment({
            "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "secret", "AWS_PAGER": "",
            "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"})

    def run(self, *args):
        return subprocess.run([*self.command, *args], env=self.env, capture_output=True, text=True,
                              timeout=60 * PATIENCE)

    def __call__(self, *args):
        done = self.run(*args)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture(scope="module")
def cli(server):
    return Cli(server)


def test_a_session_at_the_terminal(cli):
    """In the order a newcomer would type."""
    name = ("--stream-name", "orders")
    assert cli("create-stream", *name, "--shard-count", "2") is None
    assert cli("wait", "stream-exists", *name) is None
    described = cli("describe-stream", *name)["StreamDescription"]
    assert described["StreamStatus"] == "ACTIVE" and len(described["Shards"]) == 2
    summary = cli("describe-stream-summary", *name)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2
    assert cli("list-streams")["StreamNames"] == ["orders"]
    assert len(cli("list-shards", *name)["Shards"]) == 2
    assert cli("describe-limits")["OpenShardCount"] == 2

    assert cli("increase-stream-retention-period", *name, "--retention-period-hours", "48") is None
    assert cli("decrease-stream-retention-period", *name, "--retention-period-hours", "36") is None
    assert cli("add-tags-to-stream", *name, "--tags", "stage=test,owner=me,team=a") is None
    assert cli("remove-tags-from-stream", *name, "--tag-keys", "team") is None
    assert cli("list-tags-for-stream", *name)["Tags"] == [
        {"Key": "owner", "Value": "me"}, {"Key": "stage", "Value": "test"}]

    put = cli("put-record", *name, "--partition-key", "a", "--data", "hello")
    assert put["ShardId"] == SHARD
    batch = [{"PartitionKey": "a", "Data": "d29ybGQ=" if not cli.binary_option else "world"}]
    assert cli("put-records", *name, "--records", json.dumps(batch))["FailedRecordCount"] == 0
    at = cli("get-shard-iterator", *name, "--shard-id", SHARD, "--shard-iterator-type",
             "TRIM_HORIZON")["ShardIterator"]
    records = cli("get-records", "--shard-iterator", at)["Records"]
    assert base64.b64decode(records[0]["Data"]) == b"hello"
    assert [r["PartitionKey"] for r in records] == ["a", "a"]
    assert records[0]["SequenceNumber"] == put["SequenceNumber"]
    after = cli("get-shard-iterator", *name, "--shard-id", SHARD, "--shard-iterator-type",
                "AFTER_SEQUENCE_NUMBER", "--starting-sequence-number", put["SequenceNumber"])
    assert len(cli("get-records", "--shard-iterator", after["ShardIterator"])["Records"]) == 1

    assert cli("delete-stream", *name) is None
    assert cli("wait", "stream-not-exists", *name) is None


@pytest.mark.parametrize("args, error, message", [
    (("describe-stream", "--stream-name", "nope"), texts.NOT_FOUND, texts.no_stream("nope")),
    (("put-record", "--stream-name", "nope", "--partition-key", "k", "--data", "d"),
     texts.NOT_FOUND, texts.no_stream("nope")),
    (("get-records", "--shard-iterator", "x"), texts.INVALID, "Invalid ShardIterator."),
    (("create-stream", "--stream-name", "a b", "--shard-count", "1"), texts.VALIDATION,
     texts.violations(texts.violation("'a b'", "streamName", texts.matches("[a-zA-Z0-9_.-]+")))),
])
def test_refusals_are_shown(cli, args, error, message):
    done = cli.run(*args)
    assert done.returncode not in (0, 1)
    assert f"({error})" in done.stderr and message in done.stderr, done.stderr
