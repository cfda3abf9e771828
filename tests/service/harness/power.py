"""A disk that loses on a power cut whatever lacks a sync: what the server does on it is watched by
tests/power_loss, which keeps beside it what would be left."""

import os
import pathlib
import shutil

from .process import BINARY

LIBRARY = BINARY.parent / "power_loss.so"


class Disk:
    """Under `folder`: `disk`, which the server uses, and `shadow`, which README.md of tests/power_loss explains."""

    def __init__(self, folder):
        self.path, self.shadow, self.next = (pathlib.Path(folder) / name for name in ("disk", "shadow", "next"))
        self.path.mkdir()
        self.shadow.mkdir()

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
