"""A wall clock that is set while a server runs by it: libfaketime, which leaves the monotonic one alone."""

import glob
import os
import pathlib

import pytest

LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class WallClock:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        found = glob.glob(LIBRARY)
        if not found:
            pytest.skip(f"NO CLOCK TO SET: there is no {LIBRARY}; install Debian's faketime, as ./dev test does")
        self.step(0)
        self.env = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(self.path), "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}

    def step(self, hours):
        """From now on it is that much ahead of ours."""
        draft = self.path.with_suffix(".new")
        draft.write_text(f"{round(hours * 3600):+}\n")
        os.replace(draft, self.path)
        self.hours = hours
