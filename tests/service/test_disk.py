"""A disk that fills up, that takes no writes, or that gives errors, under the real binary on a real file system:
puts are refused with a clear answer and a clear line in the log, reads go on, nothing acknowledged is lost, and
writing goes on by itself when the cause is gone."""

import resource
import signal
import struct
import subprocess
import time

import pytest

from harness import disk as disks
from harness.disk import MIB
from harness.http import Caller, alive
from harness.ledger import Ledger
from harness.preload import preloaded
from harness.process import eventually

SIZE = 96 * MIB
SMALL = ("--journal-file-size", "16MiB", "--journal-files", "2", "--segment-size", "16MiB")


@pytest.fixture(params=["tmpfs", "ext4"])
def disk(request, tmp_path):
    with getattr(disks, request.param)(tmp_path / "data", SIZE) as made:
        yield made


@pytest.fixture
def on_disk(disk, make_server):
    """Builds servers whose data directory is on the small disk; they end before it goes."""
    made = []

    def make(*args):
        made.append(make_server(*SMALL, *args, data_dir=disk.path, prefix=disk.prefix))
        return made[-1]
    yield make
    for server in made:
        server.close()


def until_refused(ledger, least=3):
    """Puts until that many in a row are refused: what is left takes none of that size."""
    refused = 0
    for _ in range(3000):
        refused = 0 if ledger.put() else refused + 1
        if refused == least:
            return
    raise AssertionError("the disk does not fill up")


def refuses(ledger):
    """In single puts and in batches; what was there is read as before."""
    for _ in range(5):
        assert not ledger.put()
        assert ledger.put_batch() == 0
        time.sleep(0.15)  # it tries again in between
    ledger.check()


def goes_on(ledger, timeout=15):
    eventually(ledger.put, timeout, "writing goes on by itself")
    assert all(ledger.put() for _ in range(20))
    assert ledger.put_batch() == 20
    ledger.check()


@pytest.mark.parametrize("durability", ["power", "process"])
def test_a_full_disk_refuses_puts_until_there_is_room(disk, on_disk, durability):
    server = on_disk("--durability", durability).start()
    ledger = Ledger(server, "full")
    for _ in range(2):
        assert all(ledger.put() for _ in range(20))
        disk.fill(leave=3 * MIB)
        until_refused(ledger)
        refuses(ledger)
        assert server.health()[0] == 200 and alive(server)
        disk.clear()
        goes_on(ledger)
    assert "No space left on device" in server.log(10_000)
    pid = server.process.pid
    assert server.stop() == 0
    server.start()
    assert server.process.pid != pid
    ledger.check()
    goes_on(ledger)


@pytest.mark.parametrize("durability", ["power", "process"])
@pytest.mark.parametrize("to_the_last_byte", [False, True], ids=["nearly", "wholly"])
def test_deleting_a_stream_makes_room_on_a_full_disk(disk, on_disk, to_the_last_byte, durability):
    server = on_disk("--durability", durability).start()
    kept, gone = Ledger(server, "kept"), Ledger(server, "gone")
    assert all(kept.put() and gone.put(500_000) for _ in range(20))
    disk.fill(leave=3 * MIB)
    until_refused(kept)
    refuses(kept)
    if to_the_last_byte:
        disk.fill()
    # The command may be the first to find no byte left, and is tried again, as any client does after a 500.
    eventually(lambda: Caller(server)("DeleteStream", {"StreamName": "gone"}).status == 200, 5)
    goes_on(kept)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_start_on_a_full_disk_reads_and_later_writes(disk, on_disk, end):
    server = on_disk().start()
    ledger = Ledger(server, "full")
    disk.fill(leave=3 * MIB)
    until_refused(ledger)
    getattr(server, end)()
    disk.fill()
    server.start()
    ledger.check()
    disk.clear()
    goes_on(ledger)


def test_a_first_start_on_a_full_disk_says_so(disk, on_disk):
    disk.fill()
    server = on_disk().spawn()
    assert server.wait() == 1
    said = server.log().splitlines()
    assert said[-1].startswith(f"millrace: data-dir: {disk.path}: ") and said[-1].endswith("No space left on device")
    disk.clear()
    server.start()
    goes_on(Ledger(server, "later"))


# ---- RLIMIT_FSIZE: a write beyond it fails half done. Takes no root.

def test_files_that_may_not_grow(make_server):
    server = make_server(*SMALL).start()
    ledger = Ledger(server, "bounded")
    assert all(ledger.put() for _ in range(20))
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100_000, hard))
    until_refused(ledger)
    refuses(ledger)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    goes_on(ledger)
    assert "File too large" in server.log(10_000)
    server.kill()
    server.start()
    goes_on(ledger)


# ---- Read-only

@pytest.fixture
def root_disk(tmp_path):
    with disks.ext4(tmp_path / "data", SIZE) as made:
        yield made


def chattr(what, path):
    done = subprocess.run(["chattr", "-f", "-R", what, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_files_that_take_no_writes_for_a_while(root_disk, make_server):
    """Immutable, open as they are: what the kernel refuses of an open file it grants again later."""
    server = make_server(*SMALL, data_dir=root_disk.path).start()
    ledger = Ledger(server, "still")
    for _ in range(2):
        assert all(ledger.put() for _ in range(20))
        chattr("+i", root_disk.path)
        try:
            until_refused(ledger)
            refuses(ledger)
            assert Caller(server)("CreateStream", {"StreamName": "new", "ShardCount": 1}).status == 500
        finally:
            chattr("-i", root_disk.path)
        goes_on(ledger)
    server.kill()
    server.start()
    goes_on(ledger)
    server.close()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["stop", "kill"])
def test_a_file_system_that_turns_read_only(root_disk, make_server, end):
    """As the kernel does with one that it finds damaged. It stays so until it is mounted anew, so writing cannot go
    on before; reading does."""
    server = make_server(*SMALL, data_dir=root_disk.path).start()
    ledger = Ledger(server, "frozen")
    assert all(ledger.put() for _ in range(50))
    root_disk.fail()
    until_refused(ledger)
    refuses(ledger)
    assert server.health()[0] == 200
    assert "Read-only file system" in server.log(10_000)
    server.signal(end)
    server.wait()
    assert server.process.returncode == (0 if end == signal.SIGTERM else -end), server.log()
    server.spawn()  # it says so, and ends
    assert server.wait() == 1
    assert "Read-only file system" in server.log(1), server.log()
    root_disk.repair()
    server.start()
    goes_on(ledger)
    server.close()


# ---- Errors of the device (EIO): of writes, of syncs, of reads

class Device:
    """What a server reads and writes by; its calls fail as the test says."""

    CALLS = {"read": 1, "write": 2, "sync": 4}

    def __init__(self, folder):
        self.file = folder / "failing"
        self.file.write_bytes(bytes(4))
        self.env = {"FAILING_CALLS": str(self.file), **preloaded("failing_calls", folder)}

    def fail(self, *calls):
        with open(self.file, "r+b") as file:
            file.write(struct.pack("<I", sum(self.CALLS[call] for call in calls)))

    def heal(self):
        self.fail()


@pytest.fixture
def device(tmp_path):
    return Device(tmp_path)


@pytest.mark.parametrize("durability, calls", [("power", ["write"]), ("power", ["sync"]), ("power", ["write", "sync"]),
                                               ("process", ["write"])], ids=lambda value: str(value))
def test_a_device_that_fails_for_a_while(make_server, device, durability, calls):
    server = make_server(*SMALL, "--durability", durability, env=device.env).start()
    ledger = Ledger(server, "broken")
    for _ in range(3):
        assert all(ledger.put() for _ in range(20))
        device.fail(*calls)
        until_refused(ledger)
        refuses(ledger)
        assert Caller(server)("CreateStream", {"StreamName": "new", "ShardCount": 1}).status == 500
        assert server.health()[0] == 200
        device.heal()
        goes_on(ledger)
    assert "Input/output error" in server.log(10_000)
    server.kill()
    server.start()
    goes_on(ledger)
    assert server.stop() == 0


def test_a_stop_on_a_device_that_fails_loses_nothing(make_server, device):
    server = make_server(*SMALL, env=device.env).start()
    ledger = Ledger(server, "broken")
    assert all(ledger.put() for _ in range(50))
    device.fail("write", "sync")
    until_refused(ledger)
    server.stop()
    device.heal()
    server.start()
    goes_on(ledger)


def test_a_device_that_cannot_be_read_for_a_while(make_server, device):
    """Readers get an error and may ask again; writers do not notice."""
    server = make_server(*SMALL, env=device.env).start()
    ledger = Ledger(server, "broken")
    assert all(ledger.put() for _ in range(20))
    caller = Caller(server)
    at = caller("GetShardIterator", {"StreamName": "broken", "ShardId": "0", "ShardIteratorType": "TRIM_HORIZON"})
    device.fail("read")
    for _ in range(3):
        reply = caller("GetRecords", {"ShardIterator": at.json["ShardIterator"]})
        assert (reply.status, reply.json["__type"]) == (500, "InternalFailure"), reply
        assert ledger.put()
    device.heal()
    goes_on(ledger)
    device.fail("read")
    server.kill()
    server.spawn()
    assert server.wait() == 1
    assert "Input/output error" in server.log(1), server.log()
    device.heal()
    server.start()
    goes_on(ledger)
