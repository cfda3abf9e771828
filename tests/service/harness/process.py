"""One millrace process: start, stop, kill, restart, with its log kept for the report of a failure."""

import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("MILLRACE_BIN", ROOT / "build/release/millrace")).resolve()

# Sanitized builds are several times slower: every deadline below is multiplied.
SANITIZED = bool(os.environ.get("MILLRACE_SANITIZER"))
PATIENCE = 5.0 if SANITIZED else 1.0

ACCOUNT = "123456789012"
REGION = "us-east-1"

_SANITIZER_MARKS = ("AddressSanitizer", "ThreadSanitizer", "runtime error:", "LeakSanitizer")


def free_port(host="127.0.0.1"):
    """A port nobody listens on, outside the range the kernel hands to outgoing connections: a
    client that calls while the server is down must not connect to itself."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # A port is free again while its server is away: each of xdist's processes has ports of its own.
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    ports = range(15000, 32000) if worker is None else range(15000, 32000)[int(worker[2:]) % 8::8]
    for _ in range(200):
        port = random.SystemRandom().choice(ports)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((host, port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def clean_environment(extra=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MILLRACE_", "AWS_"))}
    env.update(extra or {})
    return env


def run_binary(*args, env=None, timeout=20):
    """Runs the binary to its end and returns the CompletedProcess with text output."""
    return subprocess.run([str(BINARY), *map(str, args)], env=clean_environment(env),
                          capture_output=True, text=True, timeout=timeout * PATIENCE)


class Server:
    every = []  # for the report of a failed test

    def __init__(self, data_dir, *args, env=None, host="127.0.0.1", port=None, descriptors=None, clock=None,
                 prefix=()):
        self.data_dir = pathlib.Path(data_dir)
        self.args = list(map(str, args))
        self.clock = clock  # a Clock that moves its time; None: the system's
        # Two workers wherever the test runs: what they do to one another is tested, too.
        self.env = {"MILLRACE_WORKERS": "2", **(env or {}), **(clock.env if clock else {})}
        self.host = host
        self.port = free_port(host) if port is None else port
        self.log_path = self.data_dir.parent / (self.data_dir.name + ".log")
        self.descriptors = descriptors  # how many the process may open; None: as many as the tests may
        self.prefix = list(map(str, prefix))  # of the command line: a program that becomes the server
        self.process = None
        self.exit_code = None
        Server.every.append(self)

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def endpoint(self):
        return f"http://{self.address}"

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def spawn(self):
        listen = [] if "--listen" in self.args else ["--listen", self.address]
        command = [*self.prefix, str(BINARY), "serve", *listen, "--data-dir", str(self.data_dir), *self.args]
        if self.descriptors:
            command = ["sh", "-c", f'ulimit -n {self.descriptors}; exec "$@"', "sh", *command]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, env=clean_environment(self.env),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def start(self, timeout=20):
        self.spawn()
        self.wait_ready(timeout)
        return self

    def health(self):
        """(status, body) of the health endpoint, or None while nobody answers."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/_millrace/health")
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def wait_ready(self, timeout=20):
        deadline = time.monotonic() + timeout * PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(
                    f"server exited with {self.process.returncode} at start:\n{self.log()}")
            answer = self.health()
            if answer is not None and answer[0] == 200:
                return
            time.sleep(0.005)
        raise AssertionError(f"server not ready after {timeout} s:\n{self.log()}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=15):
        self.exit_code = self.process.wait(timeout * PATIENCE)
        return self.exit_code

    def stop(self, timeout=15):
        """Graceful end; returns the exit code."""
        if self.running:
            self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        if self.running:
            self.process.kill()
        self.process.wait()

    def restart(self):
        assert self.stop() == 0, self.log()
        return self.start()

    def log(self, lines=60):
        try:
            text = self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def sanitizer_report(self):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        for mark in _SANITIZER_MARKS:
            at = text.find(mark)
            if at >= 0:
                return text[max(0, at - 200):at + 6000]
        return None

    def close(self):
        """End of a fixture: the process must still be alive and end well."""
        if self.process is None:
            return
        if self.running:
            code = self.stop()
            assert code == 0, f"exit code {code} after SIGTERM\n{self.log()}"
        report = self.sanitizer_report()
        assert report is None, report


def eventually(check, timeout=10, message="condition"):
    """Polls until `check` returns something true, and returns it."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"{message} did not come true in {timeout} s"
        time.sleep(0.01)


def parse_json(data):
    return json.loads(data.decode("utf-8"))
