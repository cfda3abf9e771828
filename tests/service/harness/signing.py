"""Requests signed by botocore, as bytes to be sent as they are or tampered with."""

import datetime
import hashlib
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from .http import JSON, TARGET, request
from .process import REGION


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


class Signed:
    """One request: its headers, path and body may be changed after it was signed."""

    def __init__(self, operation, body=b"{}", *, name="AKIDFIRST", secret="first", token=None, region=REGION,
                 service="kinesis", when=None, method="POST", path="/", headers=None, expires=None, kind=JSON):
        url = "http://localhost:4567" + path
        headers = {"Host": "localhost:4567", "Content-Type": kind, **(headers or {})}
        if operation:
            headers["X-Amz-Target"] = TARGET + operation
        credentials = botocore.credentials.Credentials(name, secret, token)
        if expires:
            # It would make parameters of a body that it is given.
            signer = botocore.auth.SigV4QueryAuth(credentials, service, region, expires=expires)
            signer.payload = lambda _: hashlib.sha256(body).hexdigest()
        else:
            signer = botocore.auth.SigV4Auth(credentials, service, region)
        made = botocore.awsrequest.AWSRequest(method=method, url=url, headers=headers, data=None if expires else body)
        with mock.patch("botocore.auth.get_current_datetime", lambda: when or now()):
            signer.add_auth(made)
        self.method, self.body = method, body
        self.path = made.url.removeprefix("http://localhost:4567")
        self.headers = {name: str(value) for name, value in made.headers.items()}

    def bytes(self):
        return request(self.body, method=self.method, path=self.path, headers=self.headers)
