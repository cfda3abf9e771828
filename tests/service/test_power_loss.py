"""The promise of `durability = power`: the power goes at random moments, under the load of test_crash, and takes
whatever was not synced. The same holds after it as after a SIGKILL. That the cut takes anything at all is shown
with `durability = process`, which promises less.

    pytest tests/service/test_power_loss.py --seed 7 [--long]
"""

import pytest

from harness.power import disks
from harness.storm import STORM, Client, Refused, Storm, payload

CUTS, CUTS_LONG = 10, 100

# Small enough for everything to be recycled between two cuts.
SMALL = ("--journal-file-size", "16MiB", "--journal-files", "2")


@pytest.fixture(params=disks(), ids=lambda kind: kind.__name__)
def disk(request, tmp_path):
    disk = request.param(tmp_path)
    yield disk
    disk.close()


def test_what_was_acknowledged_survives_power_loss(disk, make_server, seed, long):
    server = make_server("--durability", "power", *SMALL, data_dir=disk.path, env=disk.env).start()
    storm = Storm(server, seed)

    def interrupt():
        disk.cut(server)
        server.start()

    storm.run(CUTS_LONG if long else CUTS, interrupt)
    disk.cut(server)
    server.start()
    storm.check()


@pytest.mark.parametrize("durability", ["power", "process"])
def test_the_cut_takes_what_is_not_synced(disk, make_server, durability):
    server = make_server("--durability", durability, data_dir=disk.path, env=disk.env).start()
    client = Client(server)
    client("CreateStream", {**STORM, "ShardCount": 1})
    sent = [client("PutRecord", {**STORM, "PartitionKey": "k", "Data": payload("k", i)})["SequenceNumber"]
            for i in range(100)]
    disk.cut(server)
    server.start()
    try:
        found = [r["SequenceNumber"] for r in Client(server).read_all("storm", 0)]
    except Refused as refused:
        assert refused.error == "ResourceNotFoundException", refused
        found = []
    assert (found == sent) == (durability == "power"), len(found)


def test_the_first_command_finds_the_keys_durable(disk, make_server):
    server = make_server("--durability", "power", data_dir=disk.path, env=disk.env).start()
    client = Client(server)
    client("CreateStream", {**STORM, "ShardCount": 1})
    client("StartStreamEncryption", {**STORM, "EncryptionType": "KMS", "KeyId": "alias/a"})
    sent = client("PutRecord", {**STORM, "PartitionKey": "k", "Data": payload("k", 0)})["SequenceNumber"]
    where = {**STORM, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = client("GetShardIterator", where)["ShardIterator"]
    disk.cut(server)
    server.start()
    records = Client(server)("GetRecords", {"ShardIterator": iterator})["Records"]
    assert [record["SequenceNumber"] for record in records] == [sent]
