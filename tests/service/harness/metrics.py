"""GET /_millrace/metrics, as a test reads it."""

import re

from .http import get


class Metrics:
    """The text format, parsed strictly: {name: {frozenset(labels): value}}."""

    SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
    LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.samples, self.types = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in self.types, name
                self.types[name] = kind
            elif line and not line.startswith("#"):
                name, labels, value = self.SAMPLE.fullmatch(line).groups()
                key = frozenset(self.LABEL.findall(labels or ""))
                series = self.samples.setdefault(name, {})
                assert key not in series, line
                series[key] = float(value)

    def total(self, pattern, **labels):
        """The sum over the series whose name matches the whole pattern and that carry the labels."""
        wanted = set(labels.items())
        found = [v for name, series in self.samples.items() if re.fullmatch(pattern, name)
                 for key, v in series.items() if wanted <= key]
        assert found, f"no series {pattern} {labels}"
        return sum(found)


def metrics(server):
    """What the server says of itself now; the connection that asks is one of those it counts."""
    reply = get(server, "/_millrace/metrics")
    assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/plain")
    return Metrics(reply.body.decode())
