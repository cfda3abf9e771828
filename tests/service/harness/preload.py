"""Libraries of a few lines that stand between a server and the system: they are compiled when they are needed."""

import os
import pathlib
import subprocess


def preloaded(name, folder):
    """The environment of a server that is to have `name`.c loaded into it; what it is built to lies in `folder`."""
    library = folder / f"{name}.so"
    source = pathlib.Path(__file__).with_name(f"{name}.c")
    subprocess.run(["cc", "-O1", "-Wall", "-Werror", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, source],
                   check=True)
    # A sanitizer wants to be loaded first; what is loaded before it here replaces a few calls only.
    asan = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": f"{asan}{':' if asan else ''}verify_asan_link_order=0"}
