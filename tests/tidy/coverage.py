#!/usr/bin/env python3
"""Prints how many of the lines of each module of src/ ran in the suites that a build with MILLRACE_COVERAGE was
tested by, and the files that stay below what is asked for.

Usage: coverage.py BUILD PROFILES    (PROFILES: the folder that LLVM_PROFILE_FILE named)
"""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

ASKED = 90.0  # per cent, of storage, stream and protocol
HELD_TO_IT = ("storage", "stream", "protocol")


def tool(name):
    found = shutil.which(f"{name}-14") or shutil.which(name)
    return found or sys.exit(f"coverage: there is no {name}: install Debian's llvm")


def files_of(build, profiles):
    """(path, lines, lines that ran) of every source file."""
    merged = profiles / "all.profdata"
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-o", merged, *sorted(profiles.glob("*.profraw"))],
                   check=True)
    programs = [build / "millrace", *sorted(build.glob("unit_*")), build / "contract", build / "fault"]
    objects = [argument for program in programs if program.is_file() for argument in ("-object", program)]
    done = subprocess.run([tool("llvm-cov"), "export", "-summary-only", f"-instr-profile={merged}", *objects[1:]],
                          check=True, capture_output=True)
    for file in json.loads(done.stdout)["data"][0]["files"]:
        lines = file["summary"]["lines"]
        # ccache compiles by paths from the build's directory.
        yield pathlib.PurePath(os.path.normpath(file["filename"])), lines["count"], lines["covered"]


def main(build, profiles):
    modules, files = collections.defaultdict(lambda: [0, 0]), []
    for path, count, covered in files_of(pathlib.Path(build), pathlib.Path(profiles)):
        parts = path.parts[1:] if path.is_absolute() else path.parts
        if parts[0] != "src":
            continue
        modules[parts[1]][0] += count
        modules[parts[1]][1] += covered
        files.append((100 * covered / max(count, 1), count, "/".join(parts)))
    if not modules:
        sys.exit("coverage: no line of src/ is known")
    for module, (count, covered) in sorted(modules.items()):
        print(f"src/{module:10} {100 * covered / count:5.1f} % of {count} lines")
    for rate, count, path in sorted(files):
        if count and rate < ASKED:
            print(f"    {path}: {rate:.1f} % of {count}")
    low = [m for m in HELD_TO_IT if m in modules and modules[m][1] < modules[m][0] * ASKED / 100]
    if low:
        sys.exit(f"coverage: below {ASKED} %: {', '.join(low)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
