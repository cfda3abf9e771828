"""What coverage.py says of what ran."""

import pathlib

import coverage
import pytest


def files(*rows):
    return lambda build, profiles: ((pathlib.PurePath(path), count, ran) for path, count, ran in rows)


def test_modules_are_summed_up_and_low_files_are_named(monkeypatch, capsys):
    monkeypatch.setattr(coverage, "files_of", files(
        ("src/storage/a.cc", 90, 90), ("/src/storage/b.h", 10, 1), ("src/wire/c.cc", 10, 1), ("tests/x.cc", 5, 0)))
    coverage.main("build", "profiles")
    assert capsys.readouterr().out.splitlines() == [
        "src/storage     91.0 % of 100 lines", "src/wire        10.0 % of 10 lines",
        "    src/storage/b.h: 10.0 % of 10", "    src/wire/c.cc: 10.0 % of 10"]


@pytest.mark.parametrize("ran, fails", [(89, True), (90, False)])
def test_some_modules_are_held_to_it(monkeypatch, ran, fails):
    monkeypatch.setattr(coverage, "files_of", files(("src/stream/a.cc", 100, ran), ("src/console/b.cc", 100, 0)))
    if not fails:
        return coverage.main("build", "profiles")
    with pytest.raises(SystemExit, match="below 90.0 %: stream"):
        coverage.main("build", "profiles")
    return None


def test_nothing_known_is_a_failure(monkeypatch):
    monkeypatch.setattr(coverage, "files_of", files(("tests/x.cc", 5, 0)))
    with pytest.raises(SystemExit):
        coverage.main("build", "profiles")
