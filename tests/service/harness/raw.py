"""Operations and members that the installed botocore may not know yet: JSON over one connection, every
answer judged by the model."""

import http.client
import json

from . import http as wire
from .model import check_answer, check_headers
from .process import ACCOUNT


class Refusal(Exception):
    def __init__(self, error, message):
        super().__init__(f"{error}: {message}")
        self.error, self.message = error, message


class Raw:
    """Raw(server).create_channel-like calls by operation name: raw("ListChannels", MaxResults=1)."""

    def __init__(self, server, account=ACCOUNT):
        self.caller = wire.Caller(server)
        self.authorization = wire.AUTHORIZATION.replace(ACCOUNT, account, 1)

    def __call__(self, operation, **body):
        reply = self.caller(operation, body, Authorization=self.authorization)
        check_headers(reply.headers)
        document = json.loads(reply.body) if reply.body else None
        check_answer(operation, reply.status, document)
        if reply.status != http.client.OK:
            assert reply.status == http.client.BAD_REQUEST, reply
            raise Refusal(document["__type"], document["message"])
        return document

    def refuses(self, operation, body, error, message):
        """The call must be refused by exactly this type and text."""
        try:
            answer = self(operation, **body)
        except Refusal as refusal:
            assert (refusal.error, refusal.message) == (error, message)
            return
        raise AssertionError(f"{operation} was answered: {answer}")
