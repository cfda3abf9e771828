"""The README's snippets for the clients that `./dev test` has at hand (tests/clients), as a user runs them."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from harness.process import PATIENCE, clean_environment

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / "clients"


@pytest.mark.parametrize("command, path", [
    # Debian's awscli before any other: that is what ./dev installs.
    (["bash"], "awscli/sample.sh"),
    ([sys.executable], "python/sample.py"),
])
def test_the_readmes_snippet_runs(server, tmp_path, command, path):
    runs(server, tmp_path, command, path)


def test_the_readmes_clock_moves(make_server, tmp_path):
    said = runs(make_server("--test-controls", "true").start(), tmp_path, ["bash"], "curl/clock.sh")
    frozen, later, going = [json.loads(line) for line in said.splitlines()]
    assert frozen["frozen"] and later["frozen"] and not going["frozen"]
    assert later["now"] == pytest.approx(frozen["now"] + 301) and going["now"] >= 4_102_444_800


def runs(server, tmp_path, command, path):
    text = (CLIENTS / path).read_text()
    assert "127.0.0.1:4567" in text
    program = tmp_path / "sample"
    program.write_text(text.replace("127.0.0.1:4567", server.address))
    env = clean_environment({"PATH": "/usr/bin:" + os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"})
    done = subprocess.run([*command, program], env=env, capture_output=True, text=True, timeout=60 * PATIENCE)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return done.stdout
