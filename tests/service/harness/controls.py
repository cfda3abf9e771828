"""What a broker with --test-controls lets a test do to it."""

import json

from .http import Wire, request


class Controls:
    def __init__(self, server, timeout=30):
        self.server, self.timeout = server, timeout

    def ask(self, body=None, *, method=None, kind="application/json"):
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        method = method or ("GET" if body is None else "POST")
        with Wire(self.server, self.timeout) as wire:
            return wire.ask(request(body or b"", method=method, path="/_millrace/clock",
                                    headers={"Content-Type": kind}))

    def clock(self, **order):
        """Reads the clock, or moves it: what it says then."""
        reply = self.ask(order or None)
        assert reply.status == 200, reply
        assert reply.headers["Content-Type"] == "application/json"
        assert list(reply.json) == ["now", "frozen", "ahead"]
        return reply.json
