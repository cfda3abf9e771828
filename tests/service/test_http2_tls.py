"""HTTP/2 and TLS on the one port, through curl, boto3 and sockets."""

import base64
import concurrent.futures
import json
import signal
import socket
import ssl
import subprocess
import time

import boto3
import botocore.config
import pytest

from harness import aws, fanout, http, process


@pytest.fixture(scope="module")
def authority(server, tmp_path_factory):
    """A file with what clients have to trust."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_text(curl(f"{server.endpoint}/_millrace/ca.pem"))
    return path


def curl(url, *args, check=True):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *map(str, args), url],
                          capture_output=True, text=True, timeout=60)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def version_and_status(url, *args):
    words = curl(url, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", *args)
    return tuple(words.split())


def list_streams(*args):
    headers = {**http.SIGNED, "Content-Type": http.JSON, "X-Amz-Target": http.TARGET + "ListStreams"}
    given = [f for n, v in headers.items() for f in ("-H", f"{n}: {v}")]
    return [*given, "--data-binary", "{}", *args]


def https(server, host="localhost"):
    return f"https://{host}:{server.port}"


def tls_context(authority):
    return ssl.create_default_context(cafile=str(authority))


def test_http2_with_prior_knowledge(server):
    assert version_and_status(server.endpoint, *list_streams("--http2-prior-knowledge")) == ("2", "200")


def test_http2_by_upgrade(server):
    args = list_streams("--http2")
    assert version_and_status(server.endpoint, *args) == ("2", "200")
    assert "StreamNames" in json.loads(curl(server.endpoint, *args))


def test_http1_stays(server):
    assert version_and_status(server.endpoint, *list_streams("--http1.1")) == ("1.1", "200")


def test_bodies_of_megabytes_both_ways(server, kinesis, stream, tmp_path):
    data = bytes(range(256)) * 3000
    for _ in range(5):
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=data)
    iterator = aws.iterator(kinesis, stream)
    body = tmp_path / "body"
    body.write_text(json.dumps({"ShardIterator": iterator}))
    args = list_streams("--http2-prior-knowledge")
    args = [a.replace("ListStreams", "GetRecords").replace("{}", f"@{body}") for a in args]
    answer = json.loads(curl(server.endpoint, *args))
    assert len(answer["Records"]) == 5
    body.write_bytes(b"x" * (16 << 20) + b"x")
    assert version_and_status(server.endpoint, *[a.replace("{}", f"@{body}") for a in list_streams(
        "--http2-prior-knowledge")]) == ("2", "413")


@pytest.mark.parametrize("args, version", [
    ([], "2"),
    (["--http1.1"], "1.1"),
    (["--no-alpn", "--http2-prior-knowledge"], "2"),
    (["--no-alpn"], "1.1"),
    (["--tls-max", "1.2"], "2"),
])
def test_tls(server, authority, args, version):
    args = list_streams("--cacert", authority, *args)
    assert version_and_status(https(server), *args) == (version, "200")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_is_for_this_machine(server, authority, host):
    assert version_and_status(f"{https(server, host)}/_millrace/health", "--cacert",
                              authority) == ("2", "200")
    context = tls_context(authority)
    for name in ("::1", socket.gethostname()):
        with socket.create_connection(("127.0.0.1", server.port)) as plain, context.wrap_socket(
                plain, server_hostname=name):
            pass
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        with pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(plain, server_hostname="example.org")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        with pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(plain)


def boto3_over_tls(server, authority):
    return boto3.client("kinesis", endpoint_url=https(server), region_name=process.REGION,
                        aws_access_key_id=process.ACCOUNT, aws_secret_access_key="secret",
                        verify=str(authority), config=botocore.config.Config(max_pool_connections=8))


def test_boto3_over_tls(server, authority, name):
    kinesis = boto3_over_tls(server, authority)
    aws.make_stream(kinesis, name)
    data = b"d" * 500_000
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: kinesis.put_record(StreamName=name, PartitionKey=str(i), Data=data),
                      range(16)))
    records = kinesis.get_records(ShardIterator=aws.iterator(kinesis, name))["Records"]
    assert [len(r["Data"]) for r in records] == [len(data)] * 16


def test_sts_tells_who_calls(server, authority):
    for endpoint in (server.endpoint, https(server)):
        sts = boto3.client("sts", endpoint_url=endpoint, region_name=process.REGION, verify=str(authority),
                           aws_access_key_id=process.ACCOUNT, aws_secret_access_key="secret")
        told = sts.get_caller_identity()
        assert (told["Account"], told["Arn"]) == (process.ACCOUNT, f"arn:aws:iam::{process.ACCOUNT}:root")


def test_fan_out_over_tls(server, authority, name):
    kinesis = boto3_over_tls(server, authority)
    aws.make_stream(kinesis, name)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    process.eventually(lambda: kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])[
        "ConsumerDescription"]["ConsumerStatus"] == "ACTIVE")
    events = kinesis.subscribe_to_shard(ConsumerARN=consumer["ConsumerARN"],
                                        ShardId="shardId-000000000000",
                                        StartingPosition={"Type": "TRIM_HORIZON"})["EventStream"]
    for i in range(3):
        kinesis.put_record(StreamName=name, PartitionKey="k", Data=b"x" * 100_000 + bytes([i]))
    got = []
    for event in events:
        got += [r["Data"][-1] for r in event["SubscribeToShardEvent"]["Records"]]
        if len(got) == 3:
            break
    assert got == [0, 1, 2]


def test_fan_out_over_http2(server, kinesis, stream, tmp_path):
    """SubscribeToShard as the JavaScript and Java SDKs ask for it, with a window that has to be renewed."""
    consumer = fanout.register(kinesis, stream)
    data = b"x" * 300_000
    for _ in range(6):
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=data)
    body = tmp_path / "body"
    body.write_text(json.dumps({"ConsumerARN": consumer, "ShardId": "shardId-000000000000",
                                "StartingPosition": {"Type": "TRIM_HORIZON"}}))
    args = [a.replace("ListStreams", "SubscribeToShard").replace("{}", f"@{body}")
            for a in list_streams("--http2-prior-knowledge")]
    client = subprocess.Popen(["curl", "-sSN", *map(str, args), server.endpoint], stdout=subprocess.PIPE)
    received, sizes = b"", []
    while len(sizes) < 6:
        more = client.stdout.read1(1 << 16)
        assert more, "the subscription ended"
        received += more
        while frame := fanout.parse_frame(received):
            headers, payload, received = frame
            if headers[":event-type"] == "SubscribeToShardEvent":
                sizes += [len(base64.b64decode(r["Data"])) for r in json.loads(payload)["Records"]]
    assert sizes == [len(data)] * 6
    client.kill()
    client.wait()


def test_a_connection_without_a_handshake_is_closed(make_server):
    server = make_server("--header-timeout", "300ms").start()
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(b"\x16\x03\x01\x02\x00\x01")
        begun = time.monotonic()
        half.settimeout(10)
        assert half.recv(100) == b""
        assert time.monotonic() - begun < 5 * process.PATIENCE


def test_idle_tls_and_http2_connections_are_closed(make_server, tmp_path):
    server = make_server("--idle-timeout", "2s", "--header-timeout", "1s").start()
    authority = tmp_path / "ca.pem"
    authority.write_text(curl(f"{server.endpoint}/_millrace/ca.pem"))
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        with tls_context(authority).wrap_socket(plain, server_hostname="localhost") as idle:
            idle.settimeout(10 * process.PATIENCE)
            assert idle.recv(100) == b""
            assert time.monotonic() - begun >= 1.9
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.settimeout(10)
        idle.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        while idle.recv(1000):
            pass


def test_required_refuses_plain_connections_clearly(make_server):
    server = make_server("--tls", "required")
    server.spawn()
    process.eventually(lambda: process.run_binary(
        "health", "--endpoint", f"https://127.0.0.1:{server.port}").returncode == 0, 20)
    answer = curl(f"{server.endpoint}/_millrace/health", "-i")
    assert answer.startswith("HTTP/1.1 400 ") and "https://" in answer
    large = list_streams("--data-binary", "x" * 100_000)
    assert version_and_status(server.endpoint, *large) == ("1.1", "400")
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        plain.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        plain.settimeout(10)
        received = b""
        while more := plain.recv(1000):
            received += more
    assert received[9:][3] == 7 and received.endswith(b"TLS required")
    run = process.run_binary("health", env={"MILLRACE_TLS": "required",
                                            "MILLRACE_LISTEN": f"0.0.0.0:{server.port}"})
    assert run.returncode == 0, run.stderr


def test_the_authority_is_there_as_soon_as_anything(make_server, tmp_path):
    server = make_server()
    server.spawn()
    authority = tmp_path / "ca.pem"
    authority.write_text(curl(f"{server.endpoint}/_millrace/ca.pem", "--retry", 50, "--retry-connrefused",
                              "--retry-delay", 0, "-f"))
    assert version_and_status(f"{https(server)}/_millrace/health/live", "--cacert", authority)[1] == "200"
    server.wait_ready()


def test_off_takes_no_tls(make_server):
    server = make_server("--tls", "off").start()
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        with pytest.raises((ssl.SSLError, OSError)):
            ssl._create_unverified_context().wrap_socket(plain)
    assert "404" in version_and_status(f"{server.endpoint}/_millrace/ca.pem")


def test_the_authority_survives_a_restart(make_server):
    server = make_server().start()
    first = curl(f"{server.endpoint}/_millrace/ca.pem")
    for file in (server.data_dir / "tls").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    server.restart()
    assert curl(f"{server.endpoint}/_millrace/ca.pem") == first


def make_certificate(folder, name, issuer=None):
    """A certificate and key by openssl, self-signed or issued."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    issued = ["-CA", issuer[0], "-CAkey", issuer[1]] if issuer else []
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
               "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate, *issued]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return certificate, key


def test_a_given_certificate_is_read_again_on_sighup(make_server, tmp_path):
    first, key = make_certificate(tmp_path, "first")
    server = make_server("--tls-certificate", first, "--tls-key", key).start()
    assert version_and_status(f"{https(server)}/_millrace/health", "--cacert", first)[1] == "200"
    assert "404" in version_and_status(f"{server.endpoint}/_millrace/ca.pem")
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        with tls_context(first).wrap_socket(plain, server_hostname="localhost") as kept:
            second, second_key = make_certificate(tmp_path, "second")
            key.write_bytes(b"nothing")
            server.signal(signal.SIGHUP)
            process.eventually(lambda: "the certificate stays" in server.log())
            assert version_and_status(f"{https(server)}/_millrace/health", "--cacert", first)[1] == "200"
            first_copy = tmp_path / "copy.pem"
            first_copy.write_bytes(first.read_bytes())
            first.write_bytes(second.read_bytes())
            key.write_bytes(second_key.read_bytes())
            server.signal(signal.SIGHUP)
            process.eventually(lambda: curl(f"{https(server)}/_millrace/health", "--cacert", second,
                                            check=False) != "")
            assert curl(f"{https(server)}/_millrace/health", "--cacert", first_copy, check=False) == ""
            # What was open goes on.
            kept.sendall(b"GET /_millrace/health HTTP/1.1\r\nHost: a\r\n\r\n")
            assert kept.recv(100).startswith(b"HTTP/1.1 200")


def test_clients_show_their_certificate_where_asked(make_server, tmp_path):
    ours, key = make_certificate(tmp_path, "ours")
    other = make_certificate(tmp_path, "other")
    server = make_server("--tls", "required", "--tls-client-ca", ours, "--tls-certificate", ours,
                         "--tls-key", key)
    server.spawn()
    url = f"{https(server)}/_millrace/health"
    good = ["--cacert", ours, "--cert", ours, "--key", key]
    process.eventually(lambda: "ready" in curl(url, *good, check=False), 20)
    assert curl(url, "--cacert", ours, check=False) == ""
    assert curl(url, "--cacert", ours, "--cert", other[0], "--key", other[1], check=False) == ""


@pytest.mark.parametrize("args, word", [
    (["--tls-certificate", "/nonexistent.pem"], "tls-certificate: /nonexistent.pem"),
    (["--tls-key", "/nonexistent.pem"], "tls-key"),
    (["--tls-names", "no name"], "tls-names: 'no name'"),
    (["--tls-client-ca", "/nonexistent.pem"], "tls-client-ca"),
])
def test_wrong_options_end_the_start(tmp_path, args, word):
    run = process.run_binary("serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "data", *args)
    assert run.returncode == 2
    assert word in run.stderr and run.stderr.count("\n") <= 3


def test_draining_ends_http2_connections(make_server):
    server = make_server().start()
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        idle.settimeout(10)
        assert idle.recv(9)
        assert server.stop() == 0
        received = b""
        while more := idle.recv(1000):
            received += more
        assert bytes([0, 0, 8, 7, 0]) in received  # GOAWAY
