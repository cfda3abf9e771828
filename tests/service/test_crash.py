"""The promise of the whole: while clients write, read, subscribe, reshard, create, delete and change
settings, the server is killed with SIGKILL again and again. In the end

- every acknowledged record is there once, at its number, unchanged, and so is what any reader ever saw;
- the records of a key are in the order they were sent, across all generations of shards;
- nothing is there that was not sent, and nothing of a deleted stream in its successor;
- every acknowledged change of streams, shards, tags and retention holds, and the open shards partition
  the hash space.

What was sent and not acknowledged may be there, once, or not.

    pytest tests/service/test_crash.py --seed 7 [--long]
"""

import pytest

from harness.storm import Storm

KILLS, KILLS_LONG = 30, 200


@pytest.mark.parametrize("durability", ["power", "process"])
def test_what_was_acknowledged_survives_sigkill(make_server, seed, long, durability):
    server = make_server("--durability", durability).start()
    storm = Storm(server, seed)

    def interrupt():
        server.kill()
        server.start()

    storm.run(KILLS_LONG if long else KILLS, interrupt)
    for work in ("reshard", "manage", "recycle", "retain", "subscribe"):
        assert storm.tally[work] > 3, storm.tally
    server.start()
    storm.check()
