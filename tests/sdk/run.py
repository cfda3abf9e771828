#!/usr/bin/env python3
"""The clients of tests/sdk against the real binary: `install CLIENT` brings one and what it needs from its
own registry into build/sdk, `run CLIENT SCHEME` sends its round trip to a fresh server.

Usage: run.py list | install CLIENT | run CLIENT (http|https)
"""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "service"))

from harness import process  # noqa: E402

INSTALLED = process.ROOT / "build/sdk"
TIMEOUT = 120
PASSWORD = "changeit"  # of the trust store that Java wants; nothing in it is secret


@dataclasses.dataclass
class Client:
    """Commands run in build/sdk/FOLDER, a copy of tests/sdk/FOLDER."""

    folder: str
    install: list
    run: list
    options: dict = dataclasses.field(default_factory=dict)  # environment beside what all have


PYTHON = [["/usr/bin/python3", "-m", "venv", "venv"],
          ["venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]]
NODE = [["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]]
MAVEN = [["mvn", "-q", "-B", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]]
GO = [["go", "build", "-o", "round_trip", "."]]


def java(program, **options):
    settings = {"javax.net.ssl.trustStore": "authorities.p12", "javax.net.ssl.trustStorePassword": PASSWORD, **options}
    return ["java", *(f"-D{name}={value}" for name, value in settings.items()),
            "-cp", "target/classes:target/dependency/*", program]


CLIENTS = {
    "boto3": Client("python", PYTHON, ["venv/bin/python", "round_trip.py"]),
    "awscli": Client("awscli", [["/usr/bin/aws", "--version"]], ["bash", "round_trip.sh"]),
    "node": Client("node", NODE, ["node", "round_trip.js"]),
    "node-http1": Client("node", NODE, ["node", "round_trip.js", "http1"]),
    "java-async": Client("java", MAVEN, java("AsyncRoundTrip")),
    "java-async-json": Client("java", MAVEN, java("AsyncRoundTrip", **{"aws.cborEnabled": "false"})),
    "java-sync": Client("java", MAVEN, java("SyncRoundTrip")),
    "java-sync-json": Client("java", MAVEN, java("SyncRoundTrip", **{"aws.cborEnabled": "false"})),
    "java-v1": Client("java-v1", MAVEN, java("RoundTrip")),
    "go": Client("go", GO, ["./round_trip"]),
}


def install(client):
    folder = INSTALLED / client.folder
    shutil.copytree(HERE / client.folder, folder, dirs_exist_ok=True)
    for command in client.install:
        subprocess.run(command, cwd=folder, check=True)


def trust(server, folder):
    """What makes the clients of each kind trust the server's authority."""
    authority = folder / "ca.pem"
    with urllib.request.urlopen(f"{server.endpoint}/_millrace/ca.pem") as answer:
        authority.write_bytes(answer.read())
    if (folder / "pom.xml").exists():
        (folder / "authorities.p12").unlink(missing_ok=True)
        subprocess.run(["keytool", "-importcert", "-noprompt", "-file", authority, "-alias", "millrace",
                        "-keystore", folder / "authorities.p12", "-storepass", PASSWORD], check=True)
    return {"AWS_CA_BUNDLE": str(authority), "NODE_EXTRA_CA_CERTS": str(authority)}


def run(client, scheme):
    folder = INSTALLED / client.folder
    with tempfile.TemporaryDirectory() as data:
        server = process.Server(pathlib.Path(data) / "data").start()
        given = {
            "AWS_ENDPOINT_URL": f"{scheme}://localhost:{server.port}",
            "AWS_REGION": process.REGION, "AWS_DEFAULT_REGION": process.REGION,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            # Nothing of the machine's own settings.
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if scheme == "https":
            given |= trust(server, folder)
        done = subprocess.run(client.run, cwd=folder, env=process.clean_environment(given), timeout=TIMEOUT,
                              check=False)
        died = not server.running
        if done.returncode != 0 or died:
            print(f"exit status {done.returncode}; {'the server died' if died else 'server'}:\n{server.log()}")
        server.close()
        return done.returncode or int(died)


def main():
    verb, *arguments = sys.argv[1:] or ["help"]
    if verb == "list":
        print(*CLIENTS)
    elif verb == "install" and len(arguments) == 1:
        install(CLIENTS[arguments[0]])
    elif verb == "run" and len(arguments) == 2 and arguments[1] in ("http", "https"):
        sys.exit(run(CLIENTS[arguments[0]], arguments[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
