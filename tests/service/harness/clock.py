"""A server's wall clock in the test's hands: hours pass at once, for what lives five minutes or a day."""

import struct

from .preload import preloaded


class Clock:
    """Goes as the system's, and ahead of it by `moved` seconds."""

    def __init__(self, folder):
        self.file = folder / "moved_by"
        self.moved = 0
        self.file.write_bytes(bytes(8))
        self.env = {"MOVED_CLOCK": str(self.file), **preloaded("moved_clock", folder)}

    def advance(self, seconds):
        self.set(self.moved + seconds)

    def step(self, hours):
        """From now on it is that much ahead of the system's."""
        self.set(hours * 3600)

    def set(self, seconds):
        self.moved = seconds
        with open(self.file, "r+b") as file:
            file.write(struct.pack("<q", round(self.moved * 1e9)))
