"""The corpus: each row of tests/corpus/<Operation>.json, and what follows from the operation's members
alone, in JSON and in CBOR. One test runs all rows of an operation and lists those that failed."""

import itertools

import pytest

from harness import codec, corpus, model, process
from harness.clock import Clock
from harness.constraints import Members
from harness.http import AUTHORIZATION, Caller
from harness.process import ACCOUNT

FILES = corpus.files()
OPERATIONS = sorted(model.operations())
PROTOCOLS = ("json", "cbor")
_accounts = itertools.count(100_000_000_000)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """name -> the server with the options that tests/corpus/shared.json gives that name."""
    made = {}

    def get(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            clock = Clock(folder) if name.startswith("clock") else None
            made[name] = process.Server(folder / "data", *corpus.SHARED["servers"][name], clock=clock).start()
        return made[name]

    yield get
    for server in made.values():
        died = not server.running
        server.close()
        process.Server.every.remove(server)
        assert not died, f"a server died\n{server.log()}"


def test_every_operation_has_rows():
    assert sorted(FILES) == OPERATIONS


@pytest.mark.parametrize("operation, protocol", list(itertools.product(OPERATIONS, PROTOCOLS)))
def test_rows(servers, operation, protocol):
    failures = []
    for scene in FILES[operation]["scenes"]:
        server = servers(scene.get("server", "plain"))
        failures += corpus.Scene(operation, scene, protocol, str(next(_accounts)), server).run()
    assert not failures, f"{len(failures)} rows\n" + "\n".join(failures)


@pytest.mark.parametrize("operation, protocol", list(itertools.product(OPERATIONS, PROTOCOLS)))
def test_members(servers, operation, protocol):
    """Wrong types, broken constraints and legal values of every member, byte for byte."""
    caller = Caller(servers("plain"))
    authorization = AUTHORIZATION.replace(ACCOUNT, str(next(_accounts)), 1)
    failures = []
    members = Members(operation, corpus.SHARED, FILES[operation].get("order", ()))
    for name, body, error, message in members.cases():
        reply = caller(operation, codec.encode(protocol, operation, body), kind=codec.TYPES[protocol],
                       Authorization=authorization)
        found = codec.decode(protocol, operation, reply)
        if error is None:
            # It reaches the operation, which may refuse it for other reasons.
            refused = reply.status != 200 and found
            good = not refused or (found["__type"] != "SerializationException" and
                                   "validation error" not in found.get("message", ""))
        else:
            text = "Message" if error == "SerializationException" else "message"
            good = reply.status == 400 and found == {"__type": error, text: message}
        if not good:
            failures.append(f"{name}: {reply.status} {str(found)[:400]}, wanted {error}: {str(message)[:400]}")
    assert not failures, f"{len(failures)} cases\n" + "\n".join(failures)
