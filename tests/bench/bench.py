#!/usr/bin/env python3
"""The benchmark behind ./dev bench: starts the broker on this machine's disk, loads it from one client
process on the same machine and prints a table. Needs nothing but the build directory.

Workloads: put (PutRecord 1 KiB, 64 connections), batch (PutRecords 500 x 1 KiB, 8 connections), drain
(GetRecords of all that, one connection a shard), connect (PutRecord 1 KiB, 8 at a time, each over an HTTP/2
connection of its own, as the SDK for JavaScript does), poll (one PutRecord every 2 ms to shards that are read
again and again without a pause; its times are from put to arrival), beside (one PutRecord every 2 ms while all
shards are drained again and again; its times are from when it was due to its answer), fanout (one PutRecord after the other to a
shard that 8 consumers are subscribed to; its times are from put to arrival), subscribers (5,000 records a second
to 8 shards that 200 are subscribed to), each in `power` and `process` durability; beside them the disk's own latency of a 4 KiB write + fdatasync, which bounds what `power` can do. NAME picks one.
`steady` (only by its name) is the load of put for --seconds (600, say), a row for each tenth, while the broker's day
lasts a fifth of that: segments roll and what has expired is trimmed all the while.
`micro` runs the micro benchmarks instead (all of Google Benchmark's flags after it).
"""

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "service"))
from harness.clock import Clock

SHARDS = 4
CONSUMERS = 8
WORKLOADS = {"put": "PutRecord 1 KiB x 64 connections", "batch": "PutRecords 500 x 1 KiB x 8 connections",
             "drain": f"GetRecords drain, {SHARDS} shards",
             "connect": "connect, h2c PutRecord 1 KiB, close x 8",
             "poll": f"PutRecord to tight GetRecords, {SHARDS} shards",
             "beside": f"PutRecord beside {SHARDS} drains",
             "fanout": f"PutRecord to {CONSUMERS} x SubscribeToShard",
             "subscribers": "5,000 records/s to 200 x SubscribeToShard"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    def __init__(self, binary, folder, durability, more=()):
        self.port = free_port()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.log = open(folder.with_suffix(".log"), "wb")
        begun = time.monotonic()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MILLRACE_")} | dict(more)
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", folder,
             "--durability", durability], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            env=environment)
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - begun > 20:
                self.stop()
                sys.exit(f"bench: the broker did not start; see {self.log.name}")
            time.sleep(0.002)
        self.start_ms = (time.monotonic() - begun) * 1000
        self.idle_mb = self.memory("VmRSS")

    def ready(self):
        try:
            url = f"http://127.0.0.1:{self.port}/_millrace/health"
            return urllib.request.urlopen(url, timeout=2).status == 200
        except OSError:
            return False

    def memory(self, field):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def load(tool, *words):
    done = subprocess.run([tool, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, words))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def row(name, durability, result, rss):
    seconds = result["seconds"]
    records = result["records"]
    cpu = 1e6 * result["broker_cpu_s"] / records if records else 0
    print(f"{name:<40} {durability:<8} {result['requests'] / seconds:>9.0f} {records / seconds:>10.0f} "
          f"{result['bytes'] / seconds / 1e6:>7.1f} {result['p50_us'] / 1000:>8.2f} {result['p99_us'] / 1000:>8.2f} "
          f"{cpu:>9.2f} {rss:>7.0f}", flush=True)
    if result["errors"]:
        print(f"  {result['errors']} errors, the first: {result['first_error']}", flush=True)


def disk_blocks(file):
    try:
        return file.stat().st_blocks
    except FileNotFoundError:  # trimmed meanwhile
        return 0


def steady(build, folder, durability, seconds):
    """Whether throughput stays: the last tenth as fast as the first, but for a tenth."""
    tool = build / "millrace_load"
    with tempfile.TemporaryDirectory() as scratch:
        clock = Clock(Path(scratch))
        broker = Broker(build / "millrace", folder, durability,
                        {**clock.env, "MILLRACE_RETENTION_SWEEP_INTERVAL": "1s"})
        over = threading.Event()

        def days_pass():
            begun = time.monotonic()
            while not over.wait(0.5):
                clock.step(24 * (time.monotonic() - begun) / (seconds / 5))

        thread = threading.Thread(target=days_pass)
        thread.start()
        try:
            load(tool, "create", broker.port, "bench", SHARDS)
            rates = []
            for tenth in range(10):
                result = load(tool, "put", broker.port, "bench", 64, max(1, seconds // 10 - 1), broker.process.pid)
                row(f"put, tenth {tenth + 1}", durability, result, broker.memory("VmRSS"))
                rates.append(0 if result["errors"] else result["records"] / result["seconds"])
                used = sum(disk_blocks(f) for f in folder.rglob("*")) * 512
                print(f"  {used / 1e9:.2f} GB on disk, {len(list(folder.glob('shards/*/*/*.log')))} segments", flush=True)
        finally:
            over.set()
            thread.join()
            broker.stop()
            shutil.rmtree(folder, ignore_errors=True)
    print(f"  {durability}: the last tenth {rates[-1] / max(1, rates[0]):.3f} of the first", flush=True)
    return rates[-1] >= 0.9 * rates[0] > 0


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("name", nargs="?", choices=[*WORKLOADS, "all", "steady", "micro"], default="all")
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=3, help="counted seconds of each write load")
    parser.add_argument("--durability", nargs="*", default=["power", "process"])
    options, rest = parser.parse_known_args()
    build = options.build.resolve()
    if options.name == "micro":
        os.execv(build / "micro_bench", ["micro_bench", *rest])
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")

    folder = build.parent / "bench"
    folder.mkdir(exist_ok=True)
    tool = build / "millrace_load"
    print(f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}; load and broker share the cores")
    probe = load(tool, "sync", folder, 1)
    print(f"disk: 4 KiB write + fdatasync p50 {probe['p50_us'] / 1000:.2f} ms, p99 {probe['p99_us'] / 1000:.2f} ms\n")
    print(f"{'workload':<40} {'mode':<8} {'req/s':>9} {'records/s':>10} {'MB/s':>7} {'p50 ms':>8} {'p99 ms':>8} "
          f"{'cpu us/rec':>9} {'RSS MB':>7}")
    failed = False
    if options.name == "steady":
        return 0 if all([steady(build, folder / d, d, options.seconds) for d in options.durability]) else 1
    for durability in options.durability:
        broker = Broker(build / "millrace", folder / durability, durability)
        try:
            pid = broker.process.pid
            load(tool, "create", broker.port, "bench", SHARDS)
            load(tool, "create", broker.port, "many", 8)
            for name, connections in (("put", 64), ("batch", 8), ("drain", SHARDS), ("beside", SHARDS), ("connect", 8),
                                      ("poll", SHARDS), ("fanout", CONSUMERS), ("subscribers", 200)):
                # A drain needs something to read.
                if options.name not in ("all", name) and not (options.name in ("drain", "beside") and name == "batch"):
                    continue
                seconds = 15 if name == "drain" else options.seconds
                stream = "many" if name == "subscribers" else "bench"
                result = load(tool, name, broker.port, stream, connections, seconds, pid)
                row(WORKLOADS[name], durability, result, broker.memory("VmRSS"))
                failed = failed or result["errors"] > 0 or result["records"] == 0
            print(f"  {durability}: ready in {broker.start_ms:.0f} ms, {broker.idle_mb:.1f} MB idle, "
                  f"{broker.memory('VmHWM'):.0f} MB at most", flush=True)
        finally:
            broker.stop()
            shutil.rmtree(folder / durability, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
