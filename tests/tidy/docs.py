#!/usr/bin/env python3
"""Holds the README to what it describes: its table of options is what `millrace config --markdown` prints,
its table of operations names those of src/api/operations.cc, once each, its snippets and those of
tests/sdk/README.md are parts of programs in tests/clients and tests/sdk that are run.

Usage: docs.py BINARY [--write]
"""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CLIENTS = ROOT / "tests/sdk/README.md"


def place(name):
    """What the README holds between the markers of a part that is generated or checked."""
    return re.compile(rf"(<!-- {name}: (?:written|checked) by [^\n]* -->\n).*?(<!-- end of {name} -->)", re.S)


SNIPPET = re.compile(r"(<!-- sample: (\S+) -->\n```\w*\n).*?(^```$)", re.S | re.M)
REGION = re.compile(r"^[^\n]*\[README\n(.*?)^[^\n]*README\]$", re.S | re.M)


def options(binary):
    done = subprocess.run([binary, "config", "--markdown"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or "|" not in done.stdout:
        sys.exit(f"`millrace config --markdown` printed no table: {done.stderr}")
    return done.stdout.strip() + "\n"


def operations(source):
    return re.findall(r'\b(?:built|streaming)<\w+>\(\s*"(\w+)"', source)


def described(text):
    """The operations of which the README's table says what is real."""
    found = place("operations").search(text)
    rows = [row.split("|")[1] for row in found[0].splitlines() if row.startswith("| ")] if found else []
    return [name for row in rows[1:] for name in row.replace(" ", "").split(",")]


def check_operations(text, names):
    if sorted(described(text)) != sorted(names):
        odd = sorted(set(described(text)) ^ set(names)) or "one named twice"
        sys.exit(f"README.md's table of operations is not that of the code: {odd}")
    if f"\nAll {len(names)}, " not in text:
        sys.exit(f"README.md does not say that there are {len(names)} operations")


def sample(source):
    """The part of a program that the README shows."""
    found = REGION.search(source)
    if not found:
        sys.exit("a sample has no part between [README and README]")
    return textwrap.dedent(found.group(1).expandtabs(4))


def filled(text, name, content):
    pattern = place(name)
    if not pattern.search(text):
        sys.exit(f"README.md has no place for the {name}")
    return pattern.sub(lambda m: m.group(1) + content + m.group(2), text)


def with_samples(text, read):
    return SNIPPET.sub(lambda m: m.group(1) + sample(read(m.group(2))) + m.group(3), text)


def check_clients(*texts):
    """That every folder of clients has its snippet."""
    shown = {Path(name).parts[2] for text in texts for _, name, _ in SNIPPET.findall(text) if name.startswith("tests/sdk/")}
    missing = {path.name for path in CLIENTS.parent.iterdir() if path.is_dir() and not path.name.startswith("_")}
    if missing := missing - shown - {"h2spec"}:
        sys.exit(f"no README shows how these clients of tests/sdk are made: {sorted(missing)}")


def main():
    text = filled(README.read_text(), "options", options(sys.argv[1]))
    check_operations(text, operations((ROOT / "src/api/operations.cc").read_text()))
    check_clients(text, CLIENTS.read_text())
    for path, want in ((README, text), (CLIENTS, CLIENTS.read_text())):
        want = with_samples(want, lambda name: (ROOT / name).read_text())
        if sys.argv[2:] == ["--write"]:
            path.write_text(want)
        elif want != path.read_text():
            sys.exit(f"{path} differs from what it describes: python3 tests/tidy/docs.py BINARY --write")
    print("README.md: options, operations and snippets are the real ones")


if __name__ == "__main__":
    main()
