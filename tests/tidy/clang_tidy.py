#!/usr/bin/env python3
"""Runs clang-tidy over the compile commands of BUILD-DIRECTORY, all cores, and fails on any finding.

A file found clean is remembered by a hash of all the text it depends on (itself, every header of
ours it includes, its flags and the .clang-tidy of the folders above it), and not looked at again until that changes, in any
clone: the memory lies beside ccache's. LINT_ALL=1 looks at everything. WORDS pick the files whose
path has one of them.

Usage: clang_tidy.py BUILD-DIRECTORY [WORD...]
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def own_includes(path, seen):
    """`path` and every file of this repository it includes, directly or not."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(), re.M):
        for folder in (path.parent, ROOT / "src", ROOT / "include", ROOT / "tests"):
            if (folder / name).is_file():
                own_includes((folder / name).resolve(), seen)
                break


def key(entry):
    seen = set()
    file = Path(entry["file"]).resolve()
    own_includes(file, seen)
    rules = [folder / ".clang-tidy" for folder in file.parents if folder.is_relative_to(ROOT)]
    digest = hashlib.sha256(entry["command"].replace(str(ROOT), "").encode())
    for path in [*(each for each in rules if each.is_file()), *sorted(seen)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def look(build, entry):
    begun = time.monotonic()
    done = subprocess.run(["clang-tidy", "--quiet", "-p", build, entry["file"]], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout + "".join(
        line for line in done.stderr.splitlines(True) if "error" in line), time.monotonic() - begun


def main():
    build = Path(sys.argv[1])
    memory = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millrace" / "clang-tidy"
    memory.mkdir(parents=True, exist_ok=True)
    entries = [e for e in json.loads((build / "compile_commands.json").read_text())
               if Path(e["file"]).is_relative_to(ROOT) and not Path(e["file"]).is_relative_to(ROOT / "build")]
    if sys.argv[2:]:
        entries = [e for e in entries if any(word in e["file"] for word in sys.argv[2:])]
    todo = [(e, key(e)) for e in entries]
    todo = [(e, k) for e, k in todo if os.environ.get("LINT_ALL") or not (memory / k).exists()]
    bad = 0
    # One job a core; each is a process, so threads suffice to wait for them.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(look, str(build), e): (e, k) for e, k in todo}
        for job in concurrent.futures.as_completed(jobs):
            entry, name = jobs[job]
            code, output, seconds = job.result()
            print(f"{'ok ' if code == 0 else 'BAD'} {seconds:5.1f} s {Path(entry['file']).relative_to(ROOT)}",
                  flush=True)
            if code == 0:
                (memory / name).touch()
            else:
                bad += 1
                print(output, flush=True)
    print(f"clang-tidy: {len(todo)} of {len(entries)} files looked at, {bad} with findings")
    return 1 if bad or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
