"""The DynamoDB that a KCL keeps its leases in, for a test: moto's, in memory, on the port of argv[1], or on
one that is free if that is 0; it prints which. A call at a time, for its conditions are checked before they are acted
upon."""

import sys
import threading

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

dynamodb = DomainDispatcherApplication(create_backend_app)
one_call = threading.Lock()


def tables(environ, start_response):
    with one_call:
        return list(dynamodb(environ, start_response))


server = make_server("127.0.0.1", int(sys.argv[1]), tables, threaded=True, request_handler=MotoRequestHandler)
print(server.port, flush=True)
server.serve_forever()
