"""Real HTTP servers on this machine, for tests of requests and responses."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ReceivedRequests:
    """The requests that a server received."""

    url: str
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


Answer = Callable[[BaseHTTPRequestHandler], None]


def respond(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Send this response to every request; ``content_type="text/plain"`` is a header."""

    def give(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return give


@contextmanager
def serving(give: Answer, *, read: bool = True) -> Iterator[ReceivedRequests]:
    """A server that listens while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.paths.append(self.path)
            seen.headers.append(dict(self.headers))
            if read:
                seen.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            try:
                give(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_POST

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen = ReceivedRequests(url=f"http://127.0.0.1:{server.server_port}/invocations")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
