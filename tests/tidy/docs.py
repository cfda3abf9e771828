#!/usr/bin/env python3
"""Holds the README to the binary: its options table is what `millrace config --markdown` prints.

Usage: docs.py BINARY [--write]
"""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
PLACE = re.compile(r"(<!-- options: written by [^\n]* -->\n).*?(<!-- end of options -->)", re.S)


def main():
    done = subprocess.run([sys.argv[1], "config", "--markdown"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or "|" not in done.stdout:
        sys.exit(f"`millrace config --markdown` printed no table: {done.stderr}")
    text = README.read_text()
    if not PLACE.search(text):
        sys.exit("README.md has no place for the options")
    want = PLACE.sub(lambda m: m.group(1) + done.stdout.strip() + "\n" + m.group(2), text)
    if sys.argv[2:] == ["--write"]:
        README.write_text(want)
    elif want != text:
        sys.exit("README.md's options differ from the binary's: python3 tests/tidy/docs.py BINARY --write")
    print("README.md: its options are the binary's")


if __name__ == "__main__":
    main()
