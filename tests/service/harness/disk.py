"""A small file system of its own for a server's data, that can be filled and freed."""

import contextlib
import os
import pathlib
import subprocess
import tempfile

import pytest

MIB = 1 << 20


def _ran(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, **more)
    assert done.returncode == 0, f"{command}: {done.stderr or done.stdout}"
    return done.stdout.strip()


class Disk:
    """`prefix` goes before a command that shall see the disk at `path`; `seen` is where we see it."""

    def __init__(self, path):
        self.path = self.seen = pathlib.Path(path)
        self.prefix = []

    @property
    def ballast(self):
        return self.seen / "ballast"

    def fill(self, leave=0):
        """Takes what is free, but for `leave` bytes."""
        with open(self.ballast, "ab") as file:
            step = MIB
            while step >= 4096:
                if self.free() < leave + step:
                    step //= 2
                    continue
                try:
                    os.posix_fallocate(file.fileno(), file.tell(), step)
                    file.seek(step, os.SEEK_CUR)
                except OSError:
                    step //= 2

    def free(self):
        found = os.statvfs(self.seen)
        return found.f_bavail * found.f_frsize

    def clear(self):
        self.ballast.unlink()


@contextlib.contextmanager
def tmpfs(path, size):
    """In a mount namespace of its own, which takes no root where the kernel lets users have them."""
    path = pathlib.Path(path)
    path.mkdir()
    script = 'mount -t tmpfs -o size="$0" millrace "$1" && echo up && exec cat'
    holder = subprocess.Popen(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(size), path],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = holder.stdout.readline()
    if said != "up\n":
        holder.wait()
        pytest.skip(f"NO DISK TO FILL: no mount in a user namespace here: {said}{holder.stdout.read()}")
    disk = Disk(path)
    disk.seen = pathlib.Path(f"/proc/{holder.pid}/root{path}")
    disk.prefix = ["nsenter", f"--target={holder.pid}", "--user", "--mount", "--preserve-credentials", "--"]
    try:
        yield disk
    finally:
        holder.stdin.close()
        holder.wait()


class Loop(Disk):
    """ext4 on a file."""

    def __init__(self, path, image):
        super().__init__(path)
        self.image = image
        self.mount()

    def mount(self):
        _ran("mount", "-o", "loop,errors=remount-ro", self.image, self.path)
        self.device = _ran("findmnt", "-no", "SOURCE", self.path)

    def unmount(self):
        _ran("umount", self.path)

    @contextlib.contextmanager
    def frozen(self):
        """Whoever writes waits."""
        _ran("fsfreeze", "--freeze", self.path)
        try:
            yield
        finally:
            _ran("fsfreeze", "--unfreeze", self.path)

    def fail(self):
        """What the kernel does when it finds the file system damaged: it takes no more writes."""
        pathlib.Path(f"/sys/fs/ext4/{pathlib.Path(self.device).name}/trigger_fs_error").write_text("test")

    def repair(self):
        self.unmount()
        done = subprocess.run(["fsck.ext4", "-p", self.image], capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: it has mended something
        self.mount()


@contextlib.contextmanager
def ext4(path, size):
    """Takes root."""
    path = pathlib.Path(path)
    path.mkdir()
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".ext4") as image:
        image.truncate(size)
        try:
            _ran("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal" if size < 8 * MIB else "has_journal", image.name)
            disk = Loop(path, image.name)
        except (AssertionError, OSError) as error:
            pytest.skip(f"NO DISK TO FILL: a file cannot be mounted here: {error}")
        try:
            yield disk
        finally:
            disk.unmount()
