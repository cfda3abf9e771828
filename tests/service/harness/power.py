"""Disks whose power can be cut. `WatchedDisk` loses whatever lacks a sync: what the server does on it is watched
by tests/power_loss, which keeps beside it what would be left. `BlockDisk` is a file system of its own on a loop
device, where the kernel says what is left; it takes root and a kernel that mounts."""

import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

from .process import BINARY

LIBRARY = BINARY.parent / "power_loss.so"


class WatchedDisk:
    """Under `folder`: `disk`, which the server uses, and `shadow`, which README.md of tests/power_loss explains."""

    def __init__(self, folder):
        self.path, self.shadow, self.next = (pathlib.Path(folder) / name for name in ("disk", "shadow", "next"))
        self.path.mkdir()
        self.shadow.mkdir()

    def close(self):
        pass

    @property
    def env(self):
        """Of the server whose data directory is `path`."""
        return {"LD_PRELOAD": str(LIBRARY), "POWER_LOSS_DISK": str(self.path), "POWER_LOSS_SHADOW": str(self.shadow)}

    def cut(self, server):
        """Power off: the server is gone, and what is on the disk is what was durable."""
        server.kill()
        assert (self.shadow / "names").is_dir(), "the library was not loaded"
        self._restore(self.path, self.path.stat().st_ino, self.next)
        shutil.rmtree(self.path)
        shutil.rmtree(self.shadow)
        self.next.rename(self.path)
        self.shadow.mkdir()

    def _restore(self, seen, inode, target):
        """Makes the folder `target` of what was durable in the one of this inode, which is at `seen` if it is there."""
        target.mkdir()
        kept = self.shadow / "names" / str(inode)
        if kept.exists():
            names = [line.split(" ", 2) for line in kept.read_text().splitlines()]
        else:
            names = [(entry.inode(), "d" if entry.is_dir() else "f", entry.name) for entry in os.scandir(seen)]
        for number, kind, name in names:
            if kind == "d":
                self._restore(seen / name, number, target / name)
                continue
            durable = self.shadow / "files" / str(number)
            source = durable if durable.exists() else seen / name
            assert source.stat().st_ino == int(number) or source is durable
            os.link(source, target / name)


class BlockDisk:
    """An ext4 on a loop device, mounted at `path`."""

    env = {}
    SHUTDOWN, WITHOUT_LOG_FLUSH = 0x8004587D, 2  # FS_IOC_SHUTDOWN of linux/fs.h: as if power went, no more I/O

    def __init__(self, folder, megabytes=512):
        self.path, self.image = pathlib.Path(folder) / "disk", pathlib.Path(folder) / "image"
        self.path.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True, capture_output=True)
        self._mount()

    def _mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.path], check=True, capture_output=True)

    def close(self):
        subprocess.run(["umount", "--lazy", self.path], check=True, capture_output=True)

    def cut(self, server):
        server.kill()
        folder = os.open(self.path, os.O_RDONLY)
        fcntl.ioctl(folder, self.SHUTDOWN, struct.pack("I", self.WITHOUT_LOG_FLUSH))
        os.close(folder)
        subprocess.run(["umount", self.path], check=True, capture_output=True)
        self._mount()


def disks():
    """Those that this machine allows."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            BlockDisk(folder, megabytes=16).close()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"no power loss on a block device, {error}")
            return [WatchedDisk]
    return [WatchedDisk, BlockDisk]
