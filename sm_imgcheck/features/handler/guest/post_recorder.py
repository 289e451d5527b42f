"""A local server that replaces TensorFlow Serving and records the first body."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

__all__ = ["PostRecorder"]

_MOST = 512 << 20  # bytes of one request
_RESPONSE = b'{"predictions": [[0.0]]}'


class PostRecorder:
    """Listens inside the ``with`` block; ``body`` is the first body that was posted, None: no POST yet."""

    def __init__(self) -> None:
        self.body: bytes | None = None
        catcher = self

        class Recorder(BaseHTTPRequestHandler):
            timeout = 30

            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MOST))
                catcher.body = body if catcher.body is None and body else catcher.body
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(_RESPONSE)))
                self.end_headers()
                self.wfile.write(_RESPONSE)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Recorder)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/v1/models/model:predict"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> PostRecorder:  # noqa: PYI034 - Python has no Self before 3.11
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
