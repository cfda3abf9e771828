"""The binary's options: sources and their precedence, refusals, start-up streams, the lock on the data
directory, durability modes, the aws profile, and the other verbs."""

import json
import re
import socket

import pytest

from harness import aws, texts
from harness.aws import expect_refusal
from harness.process import eventually, free_port, run_binary


def default_account(server):
    """Whose stream it is when the access key names no account."""
    client = aws.client(server, account="AKIAIOSFODNN7EXAMPLE")
    client.create_stream(StreamName="probe", ShardCount=1)
    return client.describe_stream_summary(StreamName="probe")["StreamDescriptionSummary"][
        "StreamARN"].split(":")[4]


FLAG, ENVIRONMENT, FILE = "111111111111", "222222222222", "333333333333"


@pytest.mark.parametrize("flag, environment, file, expected", [
    (True, True, True, FLAG), (False, True, True, ENVIRONMENT), (False, False, True, FILE),
    (False, False, False, "000000000000")])
def test_flag_beats_environment_beats_file_beats_default(make_server, tmp_path, flag, environment,
                                                         file, expected):
    config = tmp_path / "millrace.toml"
    config.write_text(f'account = "{FILE}"\nlog-level = "debug"\n' if file else "")
    args = ["--config", config] + (["--account", FLAG] if flag else [])
    server = make_server(*args, env={"MILLRACE_ACCOUNT": ENVIRONMENT} if environment else {}).start()
    assert default_account(server) == expected


@pytest.mark.parametrize("args, env, file, named", [
    (["--durability", "safe"], {}, None, "durability"),
    (["--profile", "gcp"], {}, None, "profile"),
    (["--workers", "x"], {}, None, "workers"),
    (["--workers", "-1"], {}, None, "workers"),
    (["--listen", "nonsense"], {}, None, "listen"),
    (["--listen", "127.0.0.1:99999"], {}, None, "listen"),
    (["--idle-timeout", "5"], {}, None, "idle-timeout"),
    (["--segment-size", "1MiB"], {}, None, "segment-size"),
    (["--account", "12"], {}, None, "account"),
    (["--log-level", "loud"], {}, None, "log-level"),
    (["--no-such-flag", "1"], {}, None, "no-such-flag"),
    (["surplus"], {}, None, "surplus"),
    (["--streams", "a b:1"], {}, None, "streams"),
    (["--streams", "a:0"], {}, None, "streams"),
    ([], {"MILLRACE_STREAMS": "orders:many"}, None, "streams"),
    (["--kms-keys", "alias/x=broken"], {}, None, "kms-keys: 'alias/x=broken' has no state"),
    ([], {"MILLRACE_DURABILITY": "safe"}, None, "durability"),
    ([], {}, "durabilty = \"power\"\n", "durabilty"),
    ([], {}, "durability = 3\n", "durability"),
    ([], {}, "durability = \"safe\"\n", "durability"),
    ([], {}, "[server]\nworkers = 1\n", "server"),
    ([], {}, "durability = \n", "millrace.toml"),
    (["--config", "/nonexistent.toml"], {}, None, "/nonexistent.toml"),
])
def test_bad_values_end_with_one_line_and_exit_code_2(tmp_path, args, env, file, named):
    if file is not None:
        (tmp_path / "millrace.toml").write_text(file)
        args = [*args, "--config", tmp_path / "millrace.toml"]
    done = run_binary("serve", "--data-dir", tmp_path / "data",
                      *([] if "--listen" in args else ["--listen", "127.0.0.1:0"]), *args, env=env)
    assert done.returncode == 2, (done.returncode, done.stderr)
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1 and named in lines[0].lower().replace("_", "-"), lines
    assert not (tmp_path / "data").exists()


def test_unknown_environment_names_are_refused(tmp_path):
    done = run_binary("serve", "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0",
                      env={"MILLRACE_DURABILTY": "power"})
    assert done.returncode == 2 and "MILLRACE_DURABILTY" in done.stderr, done


@pytest.mark.parametrize("by_flag", [True, False])
def test_streams_at_start(make_server, by_flag):
    text = "orders:4,clicks:1,plain,elastic:on-demand"
    server = make_server(*(["--streams", text] if by_flag else []),
                         env={} if by_flag else {"MILLRACE_STREAMS": text}).start()

    def look():
        client = aws.client(server, account="000000000000")
        found = {}
        for name in client.list_streams()["StreamNames"]:
            told = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
            assert told["StreamStatus"] == "ACTIVE"  # ready means that they are
            found[name] = told["OpenShardCount"], told["StreamModeDetails"]["StreamMode"]
        return found
    expected = {"orders": (4, "PROVISIONED"), "clicks": (1, "PROVISIONED"),
                "plain": (1, "PROVISIONED"), "elastic": (4, "ON_DEMAND")}
    assert look() == expected
    aws.client(server, account="000000000000").put_record(StreamName="orders", PartitionKey="k",
                                                          Data=b"kept")
    server.restart()  # those that exist stay as they are
    assert look() == expected
    records = [r for s in range(4) for r in aws.read_all(
        aws.client(server, account="000000000000"), "orders", s)]
    assert [r["Data"] for r in records] == [b"kept"]


def test_streams_at_start_are_active_when_ready_even_with_delays(make_server):
    server = make_server("--profile", "aws", "--call-rates", "*:0", "--create-delay", "300ms",
                         env={"MILLRACE_STREAMS": "orders:2"}).start()
    told = aws.client(server, account="000000000000").describe_stream_summary(StreamName="orders")
    assert told["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"


def test_a_data_directory_has_one_server(make_server, tmp_path):
    server = make_server().start()
    second = run_binary("serve", "--listen", "127.0.0.1:0", "--data-dir", server.data_dir)
    assert second.returncode not in (0, 2) and len(second.stderr.strip().splitlines()) <= 3
    assert str(server.data_dir) in second.stderr, second.stderr
    assert aws.client(server).list_streams()["StreamNames"] == []
    server.kill()
    server.start()  # a lock does not outlive its owner


def test_an_address_in_use_is_refused(make_server, tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        done = run_binary("serve", "--data-dir", tmp_path / "d", "--listen", address)
    assert done.returncode not in (0, 2) and address in done.stderr, done


def test_port_zero_is_told_in_the_ready_line(make_server):
    server = make_server(port=0)
    server.spawn()
    found = eventually(lambda: re.search(r"127\.0\.0\.1:([1-9]\d*)", server.log()))
    server.port = int(found[1])
    server.wait_ready()
    ready = [line for line in server.log().splitlines() if found[0] in line and "power" in line]
    assert len(ready) == 1 and str(server.data_dir) in ready[0], ready
    assert run_binary("version").stdout.split()[-1].strip() in ready[0]


def test_several_addresses(make_server):
    server = make_server()
    first, second = server.address, f"127.0.0.1:{free_port()}"
    server.args = ["--listen", f"{first},{second}"]
    server.start()
    assert server.health()[0] == 200
    server.port = int(second.split(":")[1])
    assert server.health()[0] == 200


@pytest.mark.parametrize("mode, survives_kill", [("power", True), ("process", True), ("none", False)])
def test_durability_modes(make_server, mode, survives_kill):
    server = make_server("--durability", mode).start()
    client = aws.client(server)
    aws.make_stream(client, "s")
    for i in range(20):
        client.put_record(StreamName="s", PartitionKey="k", Data=bytes([i]))
    client.put_records(StreamName="s", Records=[{"PartitionKey": "k", "Data": b"x"}] * 300)
    assert len(aws.read_all(client, "s")) == 320
    server.kill()
    server.start()
    if survives_kill:
        assert len(aws.read_all(client, "s")) == 320
    else:
        assert client.list_streams()["StreamNames"] == []


def test_durability_none_writes_no_file(make_server):
    server = make_server("--durability", "none").start()
    client = aws.client(server)
    aws.make_stream(client, "s", 4)
    client.put_records(StreamName="s", Records=[{"PartitionKey": "k", "Data": b"x" * 1000}] * 300)
    written = [p for p in server.data_dir.rglob("*") if p.is_file() and p.stat().st_size > 4096] \
        if server.data_dir.exists() else []
    assert written == []


# ---- the aws profile

@pytest.fixture
def slow(make_server):
    return make_server("--profile", "aws", "--call-rates", "*:0", "--create-delay", "2s",
                       "--update-delay", "2s", "--delete-delay", "2s").start()


def status(client, name):
    return client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"]


def test_a_streams_life_takes_time(slow):
    client = aws.client(slow)
    client.create_stream(StreamName="s", ShardCount=2)
    described = client.describe_stream(StreamName="s")["StreamDescription"]
    assert described["StreamStatus"] == "CREATING" and described["Shards"] == []
    assert client.list_streams()["StreamSummaries"][0]["StreamStatus"] == "CREATING"
    record = {"PartitionKey": "k", "Data": b"d"}
    expect_refusal(client, "PutRecord", {"StreamName": "s", **record}, texts.NOT_FOUND,
                   texts.no_stream("s"))
    expect_refusal(client, "PutRecords", {"StreamName": "s", "Records": [record]}, texts.NOT_FOUND,
                   texts.no_stream("s"))
    expect_refusal(client, "GetShardIterator",
                   {"StreamName": "s", "ShardId": "0", "ShardIteratorType": "LATEST"},
                   texts.NOT_FOUND, texts.no_shard(0, "s"))
    for operation, params in (("AddTagsToStream", {"Tags": {"a": "b"}}),
                              ("RemoveTagsFromStream", {"TagKeys": ["a"]}), ("ListShards", {}),
                              ("IncreaseStreamRetentionPeriod", {"RetentionPeriodHours": 48}),
                              ("DecreaseStreamRetentionPeriod", {"RetentionPeriodHours": 24})):
        expect_refusal(client, operation, {"StreamName": "s", **params}, texts.IN_USE,
                       texts.not_active("s", "CREATING"))
    expect_refusal(client, "CreateStream", {"StreamName": "s", "ShardCount": 1}, texts.IN_USE,
                   texts.exists("s"))
    eventually(lambda: status(client, "s") == "ACTIVE")
    assert len(client.list_shards(StreamName="s")["Shards"]) == 2
    put = client.put_record(StreamName="s", **record)
    at = aws.iterator(client, "s", shard=int(put["ShardId"][-12:]))

    client.delete_stream(StreamName="s")
    assert status(client, "s") == "DELETING"
    expect_refusal(client, "DeleteStream", {"StreamName": "s"}, texts.IN_USE,
                   texts.not_active("s", "DELETING"))
    expect_refusal(client, "CreateStream", {"StreamName": "s", "ShardCount": 1}, texts.IN_USE,
                   texts.exists("s"))
    expect_refusal(client, "PutRecord", {"StreamName": "s", **record}, texts.NOT_FOUND,
                   texts.no_stream("s"))
    assert len(client.get_records(ShardIterator=at)["Records"]) == 1  # reads go on until it is gone
    eventually(lambda: client.list_streams()["StreamNames"] == [])
    with aws.refused(texts.NOT_FOUND, texts.no_shard(int(put["ShardId"][-12:]), "s")):
        client.get_records(ShardIterator=at)


def test_a_creating_stream_can_be_deleted(slow):
    client = aws.client(slow)
    client.create_stream(StreamName="s", ShardCount=2)
    client.delete_stream(StreamName="s")
    assert status(client, "s") == "DELETING"
    eventually(lambda: client.list_streams()["StreamNames"] == [])


def test_delays_go_on_after_a_restart(make_server):
    server = make_server("--profile", "aws", "--call-rates", "*:0", "--create-delay", "1s",
                         "--delete-delay", "1s").start()
    client = aws.client(server)
    client.create_stream(StreamName="made", ShardCount=2)
    client.create_stream(StreamName="gone", ShardCount=2)
    client.delete_stream(StreamName="gone")
    server.kill()
    server.start()
    eventually(lambda: status(client, "made") == "ACTIVE")
    eventually(lambda: client.list_streams()["StreamNames"] == ["made"])
    client.put_record(StreamName="made", PartitionKey="k", Data=b"d")


def test_retention_passes_through_updating(slow):
    client = aws.client(slow)
    aws.make_stream(client, "s")
    client.increase_stream_retention_period(StreamName="s", RetentionPeriodHours=48)
    eventually(lambda: status(client, "s") == "ACTIVE")
    told = client.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    assert told["RetentionPeriodHours"] == 48


def test_quotas_of_the_aws_profile(make_server):
    server = make_server("--profile", "aws", "--call-rates", "*:0", "--create-delay", "0ms",
                         "--delete-delay", "0ms", "--shards-max", "10",
                         "--on-demand-streams-max", "1").start()
    client = aws.client(server)
    aws.make_stream(client, "six", 6)
    expect_refusal(
        client, "CreateStream", {"StreamName": "more", "ShardCount": 5}, texts.LIMIT,
        "This request would exceed the shard limit for the account 123456789012 in us-east-1. "
        "Current shard count for the account: 6. Limit: 10. Number of additional shards that would "
        "have resulted from this request: 5. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits "
        "and how to request higher limits.")
    limits = client.describe_limits()
    assert (limits["ShardLimit"], limits["OpenShardCount"]) == (10, 6)
    # Existence is judged before limits.
    expect_refusal(client, "CreateStream", {"StreamName": "six", "ShardCount": 100}, texts.IN_USE,
                   texts.exists("six"))
    client.create_stream(StreamName="elastic")
    expect_refusal(client, "CreateStream", {"StreamName": "elastic-2"}, texts.LIMIT,
                   "This request would exceed the limit on the number of On-Demand streams for the "
                   "account 123456789012 in us-east-1. Current On-Demand streams count: 1. Limit: 1.")


def test_at_most_five_streams_are_creating(make_server):
    server = make_server("--profile", "aws", "--call-rates", "*:0", "--create-delay", "30s").start()
    client = aws.client(server)
    for i in range(5):
        client.create_stream(StreamName=f"s{i}", ShardCount=1)
    expect_refusal(client, "CreateStream", {"StreamName": "s5", "ShardCount": 1}, texts.LIMIT,
                   "This request would have exceed the limit on the number of streams that can "
                   "simultaneously be in CREATING or DELETING for the account 123456789012. Limit: 5.")
    expect_refusal(client, "CreateStream", {"StreamName": "s0", "ShardCount": 1}, texts.IN_USE,
                   texts.exists("s0"))


# ---- other verbs

def test_version():
    done = run_binary("version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout), done


def test_help_names_every_option():
    done = run_binary("serve", "--help")
    assert done.returncode == 0
    for flag in ("--listen", "--data-dir", "--durability", "--profile", "--workers", "--config",
                 "--streams", "--log-level", "--log-format"):
        assert flag in done.stdout
    assert run_binary("--help").returncode == 0
    assert run_binary("no-such-verb").returncode == 2


def test_config_prints_a_file_the_server_reads(make_server, tmp_path):
    done = run_binary("config")
    assert done.returncode == 0 and "durability" in done.stdout
    config = tmp_path / "millrace.toml"
    config.write_text(re.sub(r"(?m)^(listen|data-dir)", r"# \1", done.stdout))
    server = make_server("--config", config).start()
    assert default_account(server) == "000000000000"


def test_health_verb(make_server):
    server = make_server()
    assert run_binary("health", "--endpoint", server.endpoint).returncode == 1
    server.start()
    done = run_binary("health", "--endpoint", server.endpoint)
    assert done.returncode == 0, done


def test_json_log_lines(make_server):
    server = make_server("--log-format", "json", "--log-level", "debug").start()
    aws.client(server).list_streams()
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert lines and all(isinstance(line, dict) for line in lines)
