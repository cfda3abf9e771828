"""A server's wall clock in the test's hands: hours pass at once, for what lives five minutes or a day."""

import os
import pathlib
import struct
import subprocess

SOURCE = pathlib.Path(__file__).with_name("moved_clock.c")


class Clock:
    """Goes as the system's, and ahead of it by `moved` seconds."""

    def __init__(self, folder):
        library, self.file = folder / "moved_clock.so", folder / "moved_by"
        subprocess.run(["cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
        self.moved = 0
        self.file.write_bytes(bytes(8))
        # A sanitizer wants to be loaded first; what is loaded before it here replaces one call only.
        asan = os.environ.get("ASAN_OPTIONS", "")
        self.env = {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(self.file),
                    "ASAN_OPTIONS": f"{asan}{':' if asan else ''}verify_asan_link_order=0"}

    def advance(self, seconds):
        self.set(self.moved + seconds)

    def step(self, hours):
        """From now on it is that much ahead of the system's."""
        self.set(hours * 3600)

    def set(self, seconds):
        self.moved = seconds
        with open(self.file, "r+b") as file:
            file.write(struct.pack("<q", round(self.moved * 1e9)))
