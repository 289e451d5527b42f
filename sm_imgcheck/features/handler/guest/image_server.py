"""The image of the request behind a URL on this machine, for programs that download what the request names."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["image_name", "image_type", "image_url"]

_HOST = "127.0.0.1"
_SIGNATURES = {b"\x89PNG": "png", b"GIF8": "gif", b"BM": "bmp", b"II*\0": "tiff", b"MM\0*": "tiff", b"RIFF": "webp"}
_images: dict[str, bytes] = {}
_ports: list[int] = []


def image_name(image: bytes) -> str:
    """A file name with the suffix of the image's format, ``jpg`` for any other."""
    return f"image.{next((name for start, name in _SIGNATURES.items() if image.startswith(start)), 'jpg')}"


def image_type(image: bytes) -> str:
    """The media type of the image's format, ``image/jpeg`` for any other."""
    return f"image/{image_name(image).rpartition('.')[2].replace('jpg', 'jpeg')}"


def image_url(image: bytes) -> str:
    """A URL that returns the image while this process runs."""
    if not _ports:
        server = ThreadingHTTPServer((_HOST, 0), _ImageRequest)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _ports.append(server.server_port)
        for name in ("no_proxy", "NO_PROXY"):  # a proxy cannot reach this process
            os.environ[name] = ",".join(filter(None, [os.environ.get(name), _HOST]))
    path = f"/{image_name(image)}"
    _images[path] = image
    return f"http://{_HOST}:{_ports[0]}{path}"


class _ImageRequest(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send the image, or 404; of HEAD, the headers alone."""
        body = _images.get(self.path.partition("?")[0])
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", image_type(body or b""))
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    do_HEAD = do_GET  # noqa: N815 - the name that the base class calls

    def log_message(self, *_: object) -> None:
        """Discard the line: standard error is the user's."""
