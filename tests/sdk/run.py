#!/usr/bin/env python3
"""The clients of tests/sdk, and the README's samples (tests/clients), against the real binary. `test` does it all,
several things at a time: `install FOLDER` brings clients and what they need from their registries into
build/sdk; `run CLIENT SCHEME` sends the client's round trip to a fresh server.

Usage: run.py test [FOLDER...] | install FOLDER | run CLIENT (http|https)
"""

import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "service"))

from harness import keys, process  # noqa: E402

SAMPLES = HERE.parent / "clients"
INSTALLED = process.ROOT / "build/sdk"
LOGS = process.ROOT / "build/logs"
TIMEOUT = 1200
AT_ONCE = 4  # most wait most of the time: for a registry, or for one another

MAVEN = ["mvn", "-q", "-B", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]
NPM = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]
# Commands run in build/sdk/FOLDER. A folder with requirements.txt has a venv, first in PATH: of the client
# itself, or of a language's tools where Debian's are older than the client takes. Those that take longest come first.
INSTALL = {
    "rust": [["cargo", "build", "--quiet", "--target-dir", "../../cargo"]],  # kept: minutes to make anew
    "kcl": [[*MAVEN, "-Pkcl3"], [*MAVEN, "-Pkcl2"]],
    "go": [["go", "build", "-o", "round_trip", "."]],
    "h2spec": [["go", "build", "-o", "h2spec", "github.com/summerwind/h2spec/cmd/h2spec"]],
    "java": [MAVEN],
    "java-v1": [MAVEN],
    "java-sample": [MAVEN],
    "go-sample": [["go", "mod", "tidy"], ["go", "build", "-o", "sample", "."]],
    "node": [NPM],
    "node-sample": [NPM],
    "python": [],
    "awscli": [["/usr/bin/aws", "--version"]],
}


@dataclasses.dataclass
class Client:
    folder: str
    command: list
    says: str = "20 records read"
    tables: bool = False  # it keeps its leases in DynamoDB
    schemes: tuple = ("http", "https")


def java(program, *arguments, target="target", **options):
    return ["java", *(f"-D{name}={value}" for name, value in options.items()),
            "-cp", f"{target}/classes:{target}/dependency/*", program, *arguments]


def kcl(version, *arguments):
    program = "Kcl3RoundTrip" if version == "3" else "KclRoundTrip"
    return Client("kcl", java(program, *arguments, target=version, **QUIET), says="every record", tables=True)


def sample(folder, *command):
    return Client(folder, [*command], says=f"{folder.removesuffix('-sample')}: ", schemes=("http",))


QUIET = {"org.slf4j.simpleLogger.defaultLogLevel": "warn"}
JSON = {"aws.cborEnabled": "false"}
CLIENTS = {
    "kcl3": kcl("3"),
    "kcl3-fan-out": kcl("3", "fan-out"),
    "kcl2": kcl("2"),
    "kcl2-fan-out": kcl("2", "fan-out"),
    "kpl": Client("kcl", java("KplRoundTrip", target="3", **QUIET), says="every record", tables=True,
                  schemes=("https",)),
    "boto3": Client("python", ["python", "round_trip.py"]),
    "awscli": Client("awscli", ["bash", "round_trip.sh", "/usr/bin/aws"]),
    "awscli-v1": Client("awscli", ["bash", "round_trip.sh", "aws"]),
    "node": Client("node", ["node", "round_trip.js"]),
    "node-http1": Client("node", ["node", "round_trip.js", "http1"]),
    "node-cbor": Client("node", ["node", "round_trip.js", "cbor"]),
    "java-async": Client("java", java("AsyncRoundTrip")),
    "java-async-json": Client("java", java("AsyncRoundTrip", **JSON)),
    "java-sync": Client("java", java("SyncRoundTrip")),
    "java-sync-json": Client("java", java("SyncRoundTrip", **JSON)),
    "java-v1": Client("java-v1", java("RoundTrip")),
    "go": Client("go", ["./round_trip"]),
    "java-sample": sample("java-sample", *java("Sample")),
    "node-sample": sample("node-sample", "node", "sample.js"),
    "go-sample": sample("go-sample", "./sample"),
    "h2spec": Client("h2spec", ["/usr/bin/python3", "conform.py"], says="cases hold"),
    "rust": Client("rust", ["../../cargo/debug/round_trip"]),
}


def environment(folder, given):
    return process.clean_environment({"PATH": f"{folder}/venv/bin:{os.environ['PATH']}", **given})


def copy_sample(language, folder):
    """The README's program with a port of its own, noted in the file `port`."""
    port = str(process.free_port())

    def copy(source, target):
        pathlib.Path(target).write_text(pathlib.Path(source).read_text().replace(":4567", f":{port}"))

    shutil.copytree(SAMPLES / language, folder, copy_function=copy)
    (folder / "port").write_text(port)
    tools = HERE / language / "requirements.txt"
    if tools.exists():
        shutil.copy(tools, folder)


def install(name):
    """Anew each time: what is kept is in the package managers' own caches."""
    folder = INSTALLED / name
    shutil.rmtree(folder, ignore_errors=True)
    language = name.removesuffix("-sample")
    if language == name:
        # As new files: cargo goes by their time.
        shutil.copytree(HERE / name, folder, copy_function=shutil.copyfile)
    else:
        copy_sample(language, folder)
    commands = list(INSTALL[name])
    if (folder / "requirements.txt").exists():
        commands = [["/usr/bin/python3", "-m", "venv", "venv"],
                    ["pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"], *commands]
    for command in commands:
        # By `env`, which looks a command up in the PATH it is given.
        subprocess.run(["/usr/bin/env", *command], cwd=folder, env=environment(folder, {}), check=True)


def as_users(server, folder, data, scheme):
    """What runs a command in `folder` with the endpoint set, and its authority trusted, by the README's lines."""
    scripts = ["endpoint.sh"]
    if scheme == "https":
        scripts.append("authority.sh")
        if (folder / "pom.xml").exists():
            scripts.append("trust_store.sh")
    setup = data / "setup.sh"
    setup.write_text("".join((HERE / script).read_text() for script in scripts).replace(":4567", f":{server.port}"))
    return ["bash", "-ec", 'cd "$0"; . ./setup.sh; cd "$1"; exec /usr/bin/env "${@:2}"', data, folder]


@contextlib.contextmanager
def tables(folder, wanted, environ):
    """The environment that names a fresh DynamoDB, while it runs."""
    if not wanted:
        yield {}
        return
    with subprocess.Popen([folder / "venv/bin/python", "tables.py", "0"], cwd=folder, env=environ,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served:
        try:
            port = int(served.stdout.readline())
            yield {"AWS_ENDPOINT_URL_DYNAMODB": f"http://localhost:{port}"}
        finally:
            served.terminate()


def run(client, scheme):
    folder = INSTALLED / client.folder
    with tempfile.TemporaryDirectory() as temporary:
        data = pathlib.Path(temporary)
        no_settings = data / "no-settings"  # of this machine's user
        no_settings.touch()
        port = folder / "port"
        # Who signs otherwise than the service would accept does not get far.
        given_keys = keys.key_file(data / "keys", client=keys.key("test", "test"))
        server = process.Server(data / "data", "--access-keys", given_keys,
                                port=int(port.read_text()) if port.exists() else None).start()
        given = {
            "AWS_CONFIG_FILE": str(no_settings), "AWS_SHARED_CREDENTIALS_FILE": str(no_settings),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        try:
            with tables(folder, client.tables, environment(folder, {})) as endpoint:
                done = subprocess.run([*as_users(server, folder, data, scheme), *client.command], timeout=TIMEOUT,
                                      check=False, env=environment(folder, given | endpoint),
                                      stdout=subprocess.PIPE, text=True)
            print(done.stdout)
            if done.returncode != 0 or client.says not in done.stdout:
                sys.exit(f"exit status {done.returncode}; the server said:\n{server.log()}")
        finally:
            alive = server.running
            server.close()
        if not alive:
            sys.exit(f"the server died:\n{server.log()}")


def step(name, *arguments):
    """Does one of the other verbs, tells it in one line, and a failure with all that was said. True: it went well."""
    log = LOGS / f"sdk-{name}.log"
    begun = time.monotonic()
    with open(log, "wb") as said:
        done = subprocess.run([sys.executable, __file__, *arguments], check=False, stdin=subprocess.DEVNULL,
                              stdout=said, stderr=said)
    good = done.returncode == 0
    lines = log.read_text(errors="replace").strip().splitlines()
    told = ["", f"---- {log}:", *lines[-100:], "----"]
    if good:
        told = lines[-1:] if arguments[0] == "run" else []
    print(f"{name:26} {'passed' if good else 'FAILED'}, {time.monotonic() - begun:.0f} s", *told,
          sep="  " if good else "\n", flush=True)
    return good


def test(folders):
    """Installs, each followed by what it is for. What cannot be installed is a failure, not skipped."""
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        installs = {pool.submit(step, f"{folder}-install", "install", folder): folder
                    for folder in INSTALL if folder in folders or not folders}
        runs = [pool.submit(step, f"{name}-{scheme}", "run", name, scheme)
                for installed in concurrent.futures.as_completed(installs) if installed.result()
                for name, client in CLIENTS.items() if client.folder == installs[installed]
                for scheme in client.schemes]
    results = [done.result() for done in (*installs, *runs)]
    print(f"sdk-test took {time.monotonic() - begun:.0f} s")
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    sys.exit(0 if all(results) else 1)


def main():
    verb, *arguments = sys.argv[1:] or ["help"]
    if verb == "test" and set(arguments) <= set(INSTALL):
        test(arguments)
    elif verb == "install" and len(arguments) == 1:
        install(arguments[0])
    elif verb == "run" and len(arguments) == 2 and arguments[1] in CLIENTS[arguments[0]].schemes:
        run(CLIENTS[arguments[0]], arguments[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
