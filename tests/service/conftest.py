"""Fixtures of the service tests: a server per module, clients, and the log of a failed test's servers."""

import itertools
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import aws, process  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="the long form of the random tests: minutes, not seconds")
    parser.addoption("--seed", type=int, help="of the random tests, as a failed one printed it")


def pytest_sessionstart(session):
    if not process.BINARY.exists():
        pytest.exit(f"no binary at {process.BINARY}; build it or set MILLRACE_BIN", returncode=2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for server in process.Server.every:
            if server.running or call.when == "setup":
                report.sections.append((f"log of {server.endpoint}", server.log()))


@pytest.fixture
def long(pytestconfig):
    return pytestconfig.getoption("--long")


@pytest.fixture
def seed(pytestconfig, request):
    """Of a random test; a failure shows it."""
    given = pytestconfig.getoption("--seed")
    found = random.SystemRandom().randrange(1 << 32) if given is None else given
    print(f"repeat with: pytest {request.node.nodeid.partition('[')[0]} --seed {found}")
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The module's own server with default options."""
    made = process.Server(tmp_path_factory.mktemp("data") / "data").start()
    yield made
    died = not made.running
    made.close()
    process.Server.every.remove(made)
    assert not died, f"the server died during the module\n{made.log()}"


@pytest.fixture(scope="module")
def kinesis(server):
    return aws.client(server)


@pytest.fixture
def make_server(tmp_path):
    """Builds servers (not started) that are closed after the test."""
    made = []

    def make(*args, data_dir=None, **more):
        server = process.Server(data_dir or tmp_path / f"data{len(made)}", *args, **more)
        made.append(server)
        return server

    yield make
    for server in made:
        process.Server.every.remove(server)
    for server in made:
        server.close()


_names = itertools.count()


@pytest.fixture
def name():
    """A stream name not used before in this run."""
    return f"s-{next(_names)}"


@pytest.fixture
def stream(kinesis, name):
    """A fresh stream of one shard."""
    return aws.make_stream(kinesis, name)
