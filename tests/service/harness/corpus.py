"""Runs the rows of tests/corpus (its README says how they are written) against a server, in either
encoding, and reports every row that was not answered as it says."""

import base64
import json
import pathlib
import re
import time

from . import codec, sequence
from .fanout import INITIAL, parse_frame
from .http import AUTHORIZATION, Caller, Headers, Wire, call
from .model import check_event
from .process import ACCOUNT, REGION

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "corpus"
SHARED = json.loads((FOLDER / "shared.json").read_text())
MARKS = {"A", "C", "D", "P"}  # the evidence, as tests/corpus/README.md tells


def files():
    """operation -> its document."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("[A-Z]*.json"))}


def repeat(value, variables):
    text, count = value
    return resolve(text, variables) * count


def sequence_number(value, variables):
    """Another number made of one: fields set (`index`: 7) or moved (`+time`: 1)."""
    found = sequence.parse(resolve(value["of"], variables))
    fields = {"created": found.created, "index": found.index, "time": found.time, "shard": found.shard}
    for name, change in value.items():
        if name.startswith("+"):
            fields[name[1:]] += change
        elif name != "of":
            fields[name] = change
    return sequence.build(**fields)


# {"$name": argument}: a value too long, or not known, when the row is written.
MADE = {
    "repeat": repeat,
    "blob": lambda n, _: base64.b64encode(b"x" * n).decode(),
    "list": lambda v, variables: [resolve(v[0], variables) for _ in range(v[1])],
    "tags": lambda v, _: {f"{v[0]}{i}": "" for i in range(v[1])},
    "keys": lambda v, _: [f"{v[0]}{i}" for i in range(v[1])],
    "now": lambda seconds, variables: round(time.time() + variables["moved"] + seconds, 3),
    "sum": lambda v, variables: str(sum(int(resolve(x, variables)) for x in v)),
    "number": sequence_number,
    "float": lambda v, variables: float(resolve(v, variables)),
}
KINDS = {
    "any": lambda v, now: True,
    "text": lambda v, now: isinstance(v, str) and v != "",
    "count": lambda v, now: isinstance(v, int) and v >= 0,
    "now": lambda v, now: abs(v - now) < 300 and round(v, 3) == v,
    "second": lambda v, now: abs(v - now) < 300 and v == int(v),
    "number": lambda v, now: sequence.parse(v) is not None,
    "iterator": lambda v, now: isinstance(v, str) and 1 <= len(v) <= 512,
}


def resolve(value, variables):
    """A value of a row as it is sent: ${names} replaced and {"$…"} made."""
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda m: str(variables[m[1]]), value)
    if isinstance(value, list):
        return [resolve(v, variables) for v in value]
    if isinstance(value, dict):
        name = next(iter(value), "")
        if len(value) == 1 and name[1:] in MADE:
            return MADE[name[1:]](value[name], variables)
        return {resolve(k, variables): resolve(v, variables) for k, v in value.items()}
    return value


def differences(wanted, found, variables, path=""):
    """One sentence for each place in which an answer is not what a row wants; captures on the way."""
    if isinstance(wanted, str) and wanted.startswith("?"):
        kind, _, name = wanted[1:].partition("=")
        if not KINDS[kind](found, time.time() + variables["moved"]):
            yield f"{path}: {found!r} is not {wanted}"
        if name:
            variables[name] = found
    elif isinstance(wanted, dict) and isinstance(found, dict) and next(iter(wanted), "")[1:] not in MADE:
        keys = wanted.keys() - {"?more"}
        for key in keys - found.keys():
            yield f"{path}.{key} is absent"
        for key in found.keys() - keys if "?more" not in wanted else ():
            yield f"{path}.{key} is {found[key]!r}, wanted none"
        for key in wanted:
            if key in found:
                yield from differences(wanted[key], found[key], variables, f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list):
        more = bool(wanted) and wanted[-1] == "?more"
        wanted = wanted[:-1] if more else wanted
        if len(found) < len(wanted) or len(found) > len(wanted) and not more:
            yield f"{path} has {len(found)} entries, wanted {len(wanted)}: {found!r}"[:400]
        for i, (a, b) in enumerate(zip(wanted, found)):
            yield from differences(a, b, variables, f"{path}[{i}]")
    else:
        value = resolve(wanted, variables)
        if value != found or isinstance(value, bool) != isinstance(found, bool):
            yield f"{path}: {found!r}, wanted {value!r}"[:700]


def refusal(wanted, variables):
    """(type, compiled text) of an error written `Type: text`; in the text ${*} stands for anything."""
    kind, _, text = resolve(wanted.replace("${*}", "\0"), variables).partition(": ")
    return kind, re.compile(".*".join(map(re.escape, text.split("\0"))), re.DOTALL)


class Speaker:
    """Calls of one account in one encoding. Every answer is judged by the model."""

    def __init__(self, server, account, protocol):
        self.server, self.protocol, self.caller = server, protocol, Caller(server)
        self.authorization = AUTHORIZATION.replace(ACCOUNT, account, 1)

    def __call__(self, operation, body):
        """(status, document)"""
        data = codec.encode(self.protocol, operation, body)
        if operation == "SubscribeToShard":
            return self.subscribe(data)
        reply = self.caller(operation, data, kind=codec.TYPES[self.protocol], Authorization=self.authorization)
        return reply.status, codec.decode(self.protocol, operation, reply)

    def subscribe(self, data):
        """Of a subscription, its first event."""
        with Wire(self.server) as wire:
            wire.send(call("SubscribeToShard", data, kind=codec.TYPES[self.protocol],
                           Authorization=self.authorization))
            if b"vnd.amazon.eventstream" not in (head := wire._until(b"\r\n\r\n")):
                wire.buffer = head + b"\r\n\r\n" + wire.buffer
                reply = wire.receive()
                return reply.status, codec.decode(self.protocol, "SubscribeToShard", reply)
            assert Headers(head.decode().split("\r\n")[1:])["Content-Type"] == "application/vnd.amazon.eventstream"
            data = b""
            while not data.startswith(INITIAL) or not (frame := parse_frame(data[len(INITIAL):])):
                data += wire._exactly(int(wire._until(b"\r\n"), 16))
                assert wire._exactly(2) == b"\r\n"
            headers, payload, _ = frame
            assert headers[":message-type"] == "event", (headers, payload)
            event = json.loads(payload)
            check_event(event)
            return 200, event


class Scene:
    """Rows that share a server, an account of their own, and what the rows before them made."""

    def __init__(self, operation, scene, protocol, account, server):
        self.operation, self.scene, self.protocol = operation, scene, protocol
        other = str(int(account) + 500_000_000_000)
        arn = f"arn:aws:kinesis:{REGION}:{account}:stream/"
        self.server, self.clock = server, server.clock
        self.variables = {"A": account, "B": other, "R": REGION, "Op": operation, "arn": arn,
                          "arnB": arn.replace(account, other),
                          "moved": self.clock.moved if self.clock else 0}
        self.speakers = {"A": Speaker(server, account, protocol), "B": Speaker(server, other, protocol)}
        self.failures, self.claims = [], 0

    def run(self):
        for name, value in self.scene.get("let", {}).items():
            self.variables[name] = resolve(value, self.variables)
        for fixture in self.scene.get("fixtures", ()):
            for row in SHARED["fixtures"][fixture]:
                self.row(row)
        for row in expand(self.scene):
            self.row(row)
        return self.failures

    def row(self, row):
        if row[0] == "clock":
            self.clock.advance(row[1])
            self.variables["moved"] = self.clock.moved
            return
        if row[0] == "restart":
            self.server.args = row[1:]
            self.server.restart()
            for speaker in self.speakers.values():
                speaker.caller = Caller(self.server)
            return
        mark, said, body, wanted, *more = row
        more = more[0] if more else {}
        if self.protocol not in more.get("only", self.protocol):
            return
        step = mark == "do"
        assert step or mark in MARKS, row
        self.claims += not step
        operation = said if step else self.operation
        base = {} if step or isinstance(body, str) else self.scene.get("base", {})
        sent = body
        try:
            if not isinstance(body, str):
                sent = resolve({k: v for k, v in {**base, **body}.items() if v != "-"}, self.variables)
            problems = list(self.problems(operation, sent, wanted, more))
        except Exception as error:  # noqa: BLE001 - the other rows shall still be heard
            problems = [f"{type(error).__name__}: {error}"]
        if problems:
            self.failures.append(f"[{mark}] {said} {str(sent)[:300]}\n      " + "\n      ".join(problems))

    def problems(self, operation, body, wanted, more):
        status, found = self.speakers[more.get("as", "A")](operation, body)
        if wanted is None:  # whatever it is
            return
        if not isinstance(wanted, str):
            if status != 200:
                yield f"refused: {status} {found}"
            else:
                yield from differences(wanted, found if found is not None else {}, self.variables)
            return
        kind, text = refusal(wanted, self.variables)
        if status != more.get("status", 400):
            yield f"status {status} {str(found)[:500]}, wanted {wanted}"[:1000]
            return
        said = found.get("Message" if kind == "SerializationException" else "message", "")
        if found["__type"] != kind or not text.fullmatch(said):
            yield f"{found['__type']}: {said}\n      wanted {kind}: {text.pattern}"[:1500]


def expand(scene):
    """The rows with the shared groups they name put in."""
    for row in scene["rows"]:
        if isinstance(row, str):
            yield from SHARED["groups"][row]
        else:
            yield row
