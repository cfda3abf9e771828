#!/usr/bin/env python3
"""The clients of tests/sdk against the real binary. `install FOLDER` brings a client and what it needs from
their registries into build/sdk; `run CLIENT SCHEME` sends its round trip to a fresh server.

Usage: run.py list [FOLDER] | install FOLDER | run CLIENT (http|https)
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
TIMEOUT = 300
PASSWORD = "changeit"  # of the trust store that Java wants; nothing in it is secret

# Commands run in build/sdk/FOLDER. A folder with requirements.txt has a venv, first in PATH: of the client
# itself, or of a language's tools where Debian's are older than the client takes.
INSTALL = {
    "python": [],
    "awscli": [["/usr/bin/aws", "--version"]],
    "node": [["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]],
    "java": [["mvn", "-q", "-B", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]],
    "java-v1": [["mvn", "-q", "-B", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]],
    "go": [["go", "build", "-o", "round_trip", "."]],
    "rust": [["cargo", "build", "--quiet", "--target-dir", "../../cargo"]],  # kept: minutes to make anew
}


@dataclasses.dataclass
class Client:
    folder: str
    command: list


def java(program, **options):
    settings = {"javax.net.ssl.trustStore": "authorities.p12", "javax.net.ssl.trustStorePassword": PASSWORD, **options}
    return ["java", *(f"-D{name}={value}" for name, value in settings.items()),
            "-cp", "target/classes:target/dependency/*", program]


JSON = {"aws.cborEnabled": "false"}
CLIENTS = {
    "boto3": Client("python", ["python", "round_trip.py"]),
    "awscli": Client("awscli", ["bash", "round_trip.sh"]),
    "node": Client("node", ["node", "round_trip.js"]),
    "node-http1": Client("node", ["node", "round_trip.js", "http1"]),
    "java-async": Client("java", java("AsyncRoundTrip")),
    "java-async-json": Client("java", java("AsyncRoundTrip", **JSON)),
    "java-sync": Client("java", java("SyncRoundTrip")),
    "java-sync-json": Client("java", java("SyncRoundTrip", **JSON)),
    "java-v1": Client("java-v1", java("RoundTrip")),
    "go": Client("go", ["./round_trip"]),
    "rust": Client("rust", ["../../cargo/debug/round_trip"]),
}


def environment(folder, given):
    return process.clean_environment({"PATH": f"{folder}/venv/bin:{os.environ['PATH']}", **given})


def install(name):
    """Anew each time: what is kept is in the package managers' own caches."""
    folder = INSTALLED / name
    shutil.rmtree(folder, ignore_errors=True)
    # As new files: cargo goes by their time.
    shutil.copytree(HERE / name, folder, copy_function=shutil.copyfile)
    commands = list(INSTALL[name])
    if (folder / "requirements.txt").exists():
        commands = [["/usr/bin/python3", "-m", "venv", "venv"],
                    ["pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"], *commands]
    for command in commands:
        # By `env`, which looks a command up in the PATH it is given.
        subprocess.run(["/usr/bin/env", *command], cwd=folder, env=environment(folder, {}), check=True)


def trust(server, folder, data):
    """Has the clients trust the server's authority, each as its users do it."""
    authority = data / "ca.pem"
    with urllib.request.urlopen(f"{server.endpoint}/_millrace/ca.pem") as answer:
        authority.write_bytes(answer.read())
    if (folder / "pom.xml").exists():
        store = folder / "authorities.p12"
        store.unlink(missing_ok=True)
        subprocess.run(["keytool", "-importcert", "-noprompt", "-file", authority, "-alias", "millrace",
                        "-keystore", store, "-storepass", PASSWORD], check=True, stderr=subprocess.DEVNULL)
    return dict.fromkeys(("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"), str(authority))


def run(client, scheme):
    folder = INSTALLED / client.folder
    with tempfile.TemporaryDirectory() as temporary:
        data = pathlib.Path(temporary)
        no_settings = data / "no-settings"  # of this machine's user
        no_settings.touch()
        server = process.Server(data / "data").start()
        given = {
            "AWS_ENDPOINT_URL": f"{scheme}://localhost:{server.port}",
            "AWS_REGION": process.REGION, "AWS_DEFAULT_REGION": process.REGION,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": str(no_settings), "AWS_SHARED_CREDENTIALS_FILE": str(no_settings),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        try:
            if scheme == "https":
                given |= trust(server, folder, data)
            done = subprocess.run(["/usr/bin/env", *client.command], cwd=folder, env=environment(folder, given),
                                  timeout=TIMEOUT, check=False, stdout=subprocess.PIPE, text=True)
            print(done.stdout)
            if done.returncode != 0 or "20 records read" not in done.stdout:
                sys.exit(f"exit status {done.returncode}; the server said:\n{server.log()}")
        finally:
            alive = server.running
            server.close()
        if not alive:
            sys.exit(f"the server died:\n{server.log()}")


def main():
    verb, *arguments = sys.argv[1:] or ["help"]
    if verb == "list" and not arguments:
        print(*INSTALL)
    elif verb == "list" and len(arguments) == 1:
        print(*(name for name, client in CLIENTS.items() if client.folder == arguments[0]))
    elif verb == "install" and len(arguments) == 1:
        install(arguments[0])
    elif verb == "run" and len(arguments) == 2 and arguments[1] in ("http", "https"):
        run(CLIENTS[arguments[0]], arguments[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
