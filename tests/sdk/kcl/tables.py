"""The DynamoDB that a KCL keeps its leases in, for a test: moto's, in memory, on the port of argv[1]. A call at a
time, for its conditions are checked before they are acted upon."""

import sys
import threading

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

dynamodb = DomainDispatcherApplication(create_backend_app)
one_call = threading.Lock()


def tables(environ, start_response):
    with one_call:
        return list(dynamodb(environ, start_response))


run_simple("127.0.0.1", int(sys.argv[1]), tables, threaded=True, request_handler=MotoRequestHandler)
