"""--access-keys: who may call, proven by Signature Version 4. botocore signs; what is changed on the way, is of
another's secret, too old or for something else is refused in the service's words."""

import datetime
import random
import re
import signal
import subprocess

import boto3
import botocore.config
import pytest

from harness import process
from harness.http import CBOR, Wire, alive, ask, call, get
from harness.keys import key, key_file
from harness.process import REGION, eventually
from harness.signing import Signed, now

INVALID = "InvalidSignatureException"
INCOMPLETE = "IncompleteSignatureException"
UNRECOGNIZED = "UnrecognizedClientException"
MISMATCH = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.")
UNKNOWN = "The security token included in the request is invalid."
KEYS = {
    "first": key("AKIDFIRST", "first"),
    "second": key("AKIDSECOND", "second/+=", account_id="111122223333"),
    "third": key("AKIDTHIRD", "third", account_id="111122223333"),
    "passing": key("ASIAPASSING", "passing", session_token="a/token+of=mine"),
    "numbers": key("444455556666", "numbers"),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    server = process.Server(folder / "data", "--access-keys", key_file(folder / "keys", **KEYS), "--streams", "orders",
                            "--log-level", "trace").start()
    yield server
    for secret in "second/+=", "a/token+of=mine":  # the others are words
        assert secret not in server.log()
    server.close()
    process.Server.every.remove(server)


def boto(server, service="kinesis", of="first", **more):
    given = KEYS[of] | more
    return boto3.session.Session().client(
        service, endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id=given["access_key_id"],
        aws_secret_access_key=given["secret_access_key"], aws_session_token=given.get("session_token"),
        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def expect(server, signed, error=None, message=None):
    reply = ask(server, signed if isinstance(signed, bytes) else signed.bytes())
    if error is None:
        assert reply.status == 200, reply
    else:
        assert (reply.status, reply.json) == (400, {"__type": error, "message": message}), reply
    return reply


def test_a_client_with_its_secret_does_all(guarded):
    kinesis = boto(guarded)
    put = kinesis.put_record(StreamName="orders", PartitionKey="k", Data=b"kept")
    at = kinesis.get_shard_iterator(StreamName="orders", ShardId=put["ShardId"],
                                    ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert [record["Data"] for record in kinesis.get_records(ShardIterator=at)["Records"]] == [b"kept"]
    assert kinesis.get_paginator("list_streams").paginate().build_full_result()["StreamNames"] == ["orders"]


def refused(client, error, message):
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.list_streams()
    assert caught.value.response["Error"] == {"Code": error, "Message": message}


def test_others_are_refused(guarded):
    refused(boto(guarded, secret_access_key="another's"), INVALID, MISMATCH)
    refused(boto(guarded, access_key_id="AKIDNOBODY"), UNRECOGNIZED, UNKNOWN)
    refused(boto(guarded, session_token="none was given"), UNRECOGNIZED, UNKNOWN)
    refused(boto(guarded, of="passing", session_token=None), UNRECOGNIZED, UNKNOWN)
    refused(boto(guarded, of="passing", session_token="a/token+of=yours"), UNRECOGNIZED, UNKNOWN)
    assert boto(guarded, of="passing").list_streams()["StreamNames"] == ["orders"]
    reply = ask(guarded, call("ListStreams", Authorization=None))
    assert reply.json["__type"] == "MissingAuthenticationTokenException"


def test_a_key_is_of_its_account(guarded):
    boto(guarded, of="second").create_stream(StreamName="theirs", ShardCount=1)
    arn = boto(guarded, of="third").describe_stream_summary(StreamName="theirs")["StreamDescriptionSummary"]["StreamARN"]
    assert arn.split(":")[4] == "111122223333"
    assert boto(guarded, of="numbers").list_streams()["StreamNames"] == []
    assert boto(guarded).list_streams()["StreamNames"] == ["orders"]
    for of, account in {"second": "111122223333", "numbers": "444455556666", "first": "0" * 12}.items():
        assert boto(guarded, "sts", of).get_caller_identity()["Account"] == account
    sts = boto(guarded, "sts", secret_access_key="another's")
    with pytest.raises(sts.exceptions.ClientError) as caught:
        sts.get_caller_identity()
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("SignatureDoesNotMatch", MISMATCH)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_what_no_secret_is_needed_for(guarded):
    assert get(guarded, "/_millrace/health").status == 200
    assert get(guarded, "/_millrace/metrics").status == 200


# ---- What was signed is what counts

TAMPERED = {
    "body": lambda r: setattr(r, "body", b'{"Limit":1}'),
    "operation": lambda r: r.headers.update({"X-Amz-Target": "Kinesis_20131202.DeleteStream"}),
    "host": lambda r: r.headers.update({"Host": "elsewhere"}),
    "date": lambda r: r.headers.update({"X-Amz-Date": r.headers["X-Amz-Date"].replace("02Z", "01Z")}),
    "type": lambda r: r.headers.update({"Content-Type": CBOR}) or setattr(r, "body", b"\xa0"),
    "path": lambda r: setattr(r, "path", "/more"),
    "query": lambda r: setattr(r, "path", "/?a=b"),
    "signature": lambda r: r.headers.update(
        {"Authorization": re.sub("Signature=.{4}", "Signature=0000", r.headers["Authorization"])}),
    "shorter signature": lambda r: r.headers.update({"Authorization": r.headers["Authorization"][:-1]}),
    "headers signed": lambda r: r.headers.update(
        {"Authorization": r.headers["Authorization"].replace("content-type;", "")}),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_changed_is_noticed(guarded, what):
    signed = Signed("ListStreams", when=now().replace(second=2) - datetime.timedelta(minutes=1))
    expect(guarded, signed)
    TAMPERED[what](signed)
    reply = ask(guarded, signed.bytes())
    assert reply.status == 400
    if what == "type":
        assert INVALID.encode() in reply.body and reply.headers["Content-Type"] == CBOR
    else:
        assert reply.json == {"__type": INVALID, "message": MISMATCH}


@pytest.mark.parametrize("header, named", [("host", "'Host' or ':authority'"), ("x-amz-target", "'X-Amz-Target'")])
def test_what_must_be_signed(guarded, header, named):
    signed = Signed("ListStreams")
    signed.headers["Authorization"] = signed.headers["Authorization"].replace(f";{header}", "")
    expect(guarded, signed, INVALID, f"{named} must be a 'SignedHeader' in the AWS Authorization.")


def test_a_method_that_is_none(guarded):
    signed = Signed(None, b"", method="GET")
    assert b"Unable to determine service/operation name" in ask(guarded, signed.bytes()).body
    signed.path = "/else"
    reply = ask(guarded, signed.bytes())
    assert reply.status == 403 and f"<{INVALID}>\n  <Message>{MISMATCH}".encode() in reply.body


def test_any_request_that_botocore_signs(guarded, seed):
    """Blanks in values, names in any case, paths and queries with all there is, any body."""
    chance = random.Random(seed)
    letters = "abzAZ09-._~ %+/=&:;,'()*!@$"

    def text(longest, alphabet=letters):
        return "".join(chance.choice(alphabet) for _ in range(chance.randrange(longest)))

    def encoded(plain):
        return "".join(c if c.isalnum() or c in "-._~" else f"%{ord(c):02X}" for c in plain)
    for _ in range(300):
        path = "/" + "/".join(filter(None, (encoded(text(6)) for _ in range(chance.randrange(3)))))
        if "/." in path or "/%2E" in path:
            continue  # botocore takes these for other folders
        query = "&".join(f"{encoded(text(6))}x={encoded(text(8))}" for _ in range(chance.randrange(4)))
        headers = {f"{chance.choice(['X-Amz-Meta-', 'q', 'Z-'])}{i}": f"v{text(12, 'ab  ,;')}w"
                   for i in range(chance.randrange(4))}
        body = b'{"ExclusiveStartStreamName":"a%s"}' % text(40, "abc").encode()
        expect(guarded, Signed("ListStreams", body + b" " * chance.randrange(200), path=path + (query and "?" + query),
                               headers=headers, region=chance.choice([REGION, "eu-west-1"])))


# ---- Its time, and its scope

def ago(**span):
    return now() - datetime.timedelta(**span)


def test_its_time(guarded):
    for when in (ago(seconds=290), ago(seconds=-290)):
        expect(guarded, Signed("ListStreams", when=when))
    for when, words in ((ago(seconds=302), r"Signature expired: {} is now earlier than \d{{8}}T\d{{6}}Z "
                                           r"\(\d{{8}}T\d{{6}}Z - 5 min\.\)"),
                        (ago(hours=-1), r"Signature not yet current: {} is still later than \d{{8}}T\d{{6}}Z "
                                        r"\(\d{{8}}T\d{{6}}Z \+ 5 min\.\)")):
        reply = ask(guarded, Signed("ListStreams", when=when).bytes())
        assert reply.status == 400 and reply.json["__type"] == INVALID
        assert re.fullmatch(words.format(when.strftime("%Y%m%dT%H%M%SZ")), reply.json["message"]), reply
    for date in ("2026", "20261301T000000Z", "20260101T240000Z", "2026-01-01T00:00:00Z", "20260101T000000Zx"):
        signed = Signed("ListStreams")
        signed.headers["X-Amz-Date"] = date
        expect(guarded, signed, INCOMPLETE,
               f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601")


def test_its_scope(guarded):
    def scoped(scope, algorithm="AWS4-HMAC-SHA256"):
        signed = Signed("ListStreams")
        signed.headers["Authorization"] = re.sub("^.* Credential=[^,]*", f"{algorithm} Credential={scope}",
                                                 signed.headers["Authorization"])
        return signed, signed.headers["X-Amz-Date"]
    expect(guarded, Signed("ListStreams", service="dynamodb"), INVALID,
           "Credential should be scoped to correct service: 'kinesis'. ")
    signed, date = scoped("AKIDFIRST/x/NOWHERE/sqs/aws5_request")
    expect(guarded, signed, INVALID,
           "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'kinesis'. "
           "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. Date in Credential "
           f"scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'x' != '{date[:8]}', from '{date}'.")
    today = date[:8]
    for scope in ("AKIDFIRST", f"AKIDFIRST/{today}/us-east-1/kinesis", f"a/b/{today}/us-east-1/kinesis/aws4_request"):
        expect(guarded, scoped(scope)[0], INCOMPLETE,
               "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
               f"got '{scope}'")
    expect(guarded, scoped(f"AKIDFIRST/{today}/us-east-1/kinesis/aws4_request", "AWS4-ECDSA-P256-SHA256")[0], INCOMPLETE,
           "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). ")


def test_a_signed_address(guarded):
    expect(guarded, Signed("ListStreams", expires=60))
    expect(guarded, Signed("ListStreams", expires=3600, when=ago(minutes=50)))
    expect(guarded, Signed("ListStreams", expires=60, name="ASIAPASSING", secret="passing", token="a/token+of=mine"))
    reply = ask(guarded, Signed("ListStreams", expires=600, when=ago(minutes=11)).bytes())
    assert reply.json["message"].startswith("Signature expired: ") and reply.json["message"].endswith(" - 10 min.)")
    expect(guarded, Signed("ListStreams", expires=60, secret="another's"), INVALID, MISMATCH)
    expect(guarded, Signed("ListStreams", expires=604_801), INVALID,
           "X-Amz-Expires must be between 1 and 604800 seconds.")
    for change in (("X-Amz-Expires=60", "X-Amz-Expires=61"), ("?", "?a=b&")):
        signed = Signed("ListStreams", expires=60)
        signed.path = signed.path.replace(*change)
        expect(guarded, signed, INVALID, MISMATCH)


def test_over_http2(guarded):
    """curl signs the host, which HTTP/2 calls :authority."""
    def curl(secret):
        done = subprocess.run(
            ["curl", "-sS", "--http2-prior-knowledge", "--aws-sigv4", f"aws:amz:{REGION}:kinesis", "--user",
             f"AKIDFIRST:{secret}", "-H", "X-Amz-Target: Kinesis_20131202.ListStreams", "-H",
             "Content-Type: application/x-amz-json-1.1", "-d", "{}", guarded.endpoint],
            check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout
    assert '"StreamNames":["orders"]' in curl("first")
    assert MISMATCH in curl("another's")


# ---- The file

def test_the_file_is_read_again_on_sighup(make_server, tmp_path):
    path = key_file(tmp_path / "keys", old=key("AKIDOLD", "old"))
    server = make_server("--access-keys", path).start()

    def may(name):
        return ask(server, Signed("ListStreams", name=f"AKID{name.upper()}", secret=name).bytes()).status == 200
    assert may("old") and not may("new")
    path.write_text("[broken\nold-secret")
    server.signal(signal.SIGHUP)
    eventually(lambda: "the access keys stay as they were" in server.log())
    assert "old-secret" not in server.log()
    assert may("old")
    key_file(path, old=key("AKIDOLD", "old"), new=key("AKIDNEW", "new"))
    server.signal(signal.SIGHUP)
    eventually(lambda: may("new"))
    assert may("old")
    with Wire(server) as kept:
        assert kept.ask(Signed("ListStreams", name="AKIDOLD", secret="old").bytes()).status == 200
        key_file(path, new=key("AKIDNEW", "new"))
        server.signal(signal.SIGHUP)
        eventually(lambda: not may("old"))
        assert may("new")
        # A connection is nobody's.
        reply = kept.ask(Signed("ListStreams", name="AKIDOLD", secret="old").bytes())
        assert reply.json == {"__type": UNRECOGNIZED, "message": UNKNOWN}


@pytest.mark.parametrize("text, why", [
    (None, "does not exist"),
    ("", "has no access key, so nobody could call"),
    ("[a]\naws_access_key_id = A\n", "[a] needs an aws_secret_access_key"),
    ("[a]\naws_access_key_id = a/b\naws_secret_access_key = s\n", "[a] needs an aws_access_key_id of 1 to 128"),
    ("[a]\naws_access_key_id = A\naws_secret_access_key = s\naws_account_id = 1\n", "is not 12 digits"),
    ("[a]\naws_access_key_id = A\naws_secret_access_key = s\nregion = r\n", "[a] has an entry that is none of aws_access_key_id, aws_secret_access_key, aws_session_token and"),
    ("[a]\naws_access_key_id = A\naws_secret_access_key = s\n[b]\naws_access_key_id = A\naws_secret_access_key = t\n",
     "[b] has the aws_access_key_id of another section"),
    ("[a]\nnothing\n", "line 2: "),
])
def test_a_file_that_is_no_good(make_server, tmp_path, text, why):
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text)
    server = make_server("--access-keys", path)
    server.spawn()
    assert server.process.wait(10 * process.PATIENCE) == 2
    said = server.log().strip()
    assert said.startswith(f"millrace: access-keys: {path}") and why in said and "\n" not in said


def test_without_it_any_signature_will_do(make_server):
    server = make_server().start()
    assert alive(server)
    assert ask(server, Signed("ListStreams", secret="whatever", when=ago(days=400)).bytes()).status == 200


@pytest.mark.parametrize("host, checked, warned", [
    ("127.0.0.1", False, False), ("0.0.0.0", False, True), ("0.0.0.0", True, False)])
def test_who_listens_beyond_this_machine_without_it_is_warned(make_server, tmp_path, host, checked, warned):
    options = ("--access-keys", key_file(tmp_path / "keys", **KEYS)) if checked else ()
    server = make_server(*options, host=host).start()
    assert server.stop() == 0
    assert ("may do everything" in server.log()) == warned
