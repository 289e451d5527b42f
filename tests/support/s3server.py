"""S3 as moto serves it, on this machine, with a door that can be slow, shut, or fail a few times."""

import os
import re
import threading
import time
from contextlib import contextmanager
from http import HTTPStatus

AS_NOBODY = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "us-east-1"}


class Door:
    """A WSGI application in front of moto's. Reset it before each use."""

    def __init__(self, inner):
        self.inner = inner
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        self.delay = 0.0
        """Delay of each response in seconds."""
        self.answers = []
        """For the next requests that ``matching`` finds: a status to respond with, or None for the normal response."""
        self.matching = ""
        self.log = []
        """Method and address of each request."""
        self.busy = self.busiest = 0
        """Requests at one time: now, and at most."""

    def __call__(self, environ, start_response):
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        with self.lock:
            self.log.append(request)
            self.busy += 1
            self.busiest = max(self.busy, self.busiest)
            answer = self.answers.pop(0) if self.answers and re.search(self.matching, request) else None
        try:
            time.sleep(self.delay)
            if answer is not None:
                return refuse(answer, start_response, silent=environ["REQUEST_METHOD"] == "HEAD")
            return self.inner(environ, start_response)
        finally:
            with self.lock:
                self.busy -= 1


def refuse(answer, start_response, *, silent):
    """The message of S3, with a mark that reverses the direction of writing."""
    status, code = answer
    body = b"" if silent else f"<Error><Code>{code}</Code><Message>\u202eas asked</Message></Error>".encode()
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]


@contextmanager
def serving():
    """The address of the server, and its door."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept, as S3 keeps them

        def log_request(self, *_):
            pass

    door = Door(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, door, threaded=True, request_handler=Silent)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", door
    finally:
        server.shutdown()
        server.server_close()


def environment(address):
    """The usual variables by which every S3 client finds the server, and an invalid account."""
    nowhere = os.devnull
    files = {"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere, "AWS_EC2_METADATA_DISABLED": "true"}
    return AS_NOBODY | files | {"AWS_ENDPOINT_URL": address}
