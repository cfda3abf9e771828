"""One writer's books about one shard: what was sent, what was acknowledged, and whether the shard tells the same."""

import base64

from .http import Caller
from .model import check_answer


class Ledger:
    def __init__(self, server, stream, make=True):
        self.server, self.stream, self._of = server, stream, None
        self.sent, self.acknowledged = 0, {}  # count -> sequence number
        if make:
            assert self.caller("CreateStream", {"StreamName": stream, "ShardCount": 1}).status == 200

    def caller(self, operation, body):
        if self._of is not self.server.process:  # started anew
            self._of, self._caller = self.server.process, Caller(self.server)
        return self._caller(operation, body)

    @staticmethod
    def _data(count, size):
        return base64.b64encode(count.to_bytes(8, "big") + bytes([count % 251]) * (size - 8)).decode()

    def put(self, size=20_000):
        """True: acknowledged. False: refused, with the one answer there is for that."""
        count, self.sent = self.sent, self.sent + 1
        reply = self.caller("PutRecord", {"StreamName": self.stream, "PartitionKey": "k",
                                          "Data": self._data(count, size)})
        if reply.status == 200:
            self._took(count, reply.json["SequenceNumber"])
            return True
        check_answer("PutRecord", reply.status, reply.json)
        assert (reply.status, reply.json["__type"]) == (500, "InternalFailure"), reply
        return False

    def put_batch(self, records=20, size=20_000):
        """How many of them were acknowledged. Those refused say so, each for itself."""
        first, self.sent = self.sent, self.sent + records
        reply = self.caller("PutRecords", {"StreamName": self.stream, "Records": [
            {"PartitionKey": "k", "Data": self._data(first + i, size)} for i in range(records)]})
        assert reply.status == 200, reply
        check_answer("PutRecords", reply.status, reply.json)
        taken = 0
        for i, answer in enumerate(reply.json["Records"]):
            if "SequenceNumber" in answer:
                self._took(first + i, answer["SequenceNumber"])
                taken += 1
            else:
                assert answer == {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal service failure."}, answer
        assert reply.json["FailedRecordCount"] == records - taken
        return taken

    def _took(self, count, number):
        assert all(int(number) > int(other) for other in list(self.acknowledged.values())[-1:]), "numbers grow"
        self.acknowledged[count] = number

    def read(self, kind="TRIM_HORIZON", **more):
        at = self.caller("GetShardIterator", {"StreamName": self.stream, "ShardId": "shardId-000000000000",
                                              "ShardIteratorType": kind, **more})
        assert at.status == 200, at
        at, found = at.json["ShardIterator"], []
        while True:
            answer = self.caller("GetRecords", {"ShardIterator": at})
            assert answer.status == 200, answer
            found += answer.json["Records"]
            if not answer.json["Records"] and answer.json["MillisBehindLatest"] == 0:
                return found
            at = answer.json["NextShardIterator"]

    def check(self, expired=0):
        """Nothing acknowledged is missing, but for the first `expired`; what is there was sent, once, in order."""
        records, found = self.read(), {}
        for record in records:
            data = base64.b64decode(record["Data"])
            count = int.from_bytes(data[:8], "big")
            assert count < self.sent and data[8:] == bytes([count % 251]) * (len(data) - 8), "invented or altered"
            assert count not in found, "doubled"
            found[count] = record["SequenceNumber"]
        assert list(found) == sorted(found) and list(found.values()) == sorted(found.values(), key=int)
        due = dict(list(self.acknowledged.items())[expired:])
        missing = {count: number for count, number in due.items() if found.get(count) != number}
        assert not missing, f"{len(missing)} of {len(due)} acknowledged records are lost: {list(missing.items())[:3]}"
        assert not set(list(self.acknowledged)[:expired]) & set(found), "expired, and there"
        return records
