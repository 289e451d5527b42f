"""A container of your own: ``/ping`` and ``/invocations`` on port 8080, as SageMaker calls them.

Source: docs.aws.amazon.com, "Custom Inference Code with Hosting Services".
"""

from __future__ import annotations

from sm_imgcheck.model import Received, Refused, Spec
from sm_imgcheck.serving import STACKS
from sm_imgcheck.stacks._handlers import ACCEPTS
from sm_imgcheck.stacks._plain import read
from sm_imgcheck.stacks._refusal import Refusal, answering, unsupported

__all__ = ["BODY_LIMIT", "CONTENT_TYPES", "ENVELOPES", "HANDLER", "IMPORTS", "LIMIT_SETTING", "receive"]

CONTENT_TYPES = STACKS["custom"].types
"""Whatever your code takes."""
ENVELOPES = STACKS["custom"].envelopes
BODY_LIMIT, LIMIT_SETTING = STACKS["custom"].body_limit, STACKS["custom"].limit_setting


@answering(415)
def receive(body: bytes, content_type: str, spec: Spec) -> Received | Refused:
    """What the spec says of the request is all that is known: its content type and its envelope."""
    wanted = spec.payload.get("content_type")
    if wanted and content_type != wanted:
        refusal = unsupported(content_type, (wanted,), "")
        refusal.measured = False
        raise refusal
    try:
        return read(body, content_type, spec)
    except Refusal as no:  # how your code would answer is not known
        return Received(form="object", what="no tensor", flaws=((no.cause, no.why, no.expected, no.actual),))


IMPORTS = (
    "import io",
    "import math",
    "import json",
    "from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer",
)

HANDLER = (
    ACCEPTS
    + '''


def predict(tensor):
    """Call your model here; what is returned is sent as JSON."""
    raise NotImplementedError(f"no model is loaded; a tensor of shape {tensor.shape} came in")


class Invocations(BaseHTTPRequestHandler):
    """SageMaker's two routes."""

    limit = 26_214_400  # bytes of a request body; what SageMaker documents for real-time endpoints
    timeout = 60  # seconds to wait for a body; SageMaker waits as long for the answer

    def do_GET(self):
        """``/ping``: the container is up."""
        self._answer(200 if self.path == "/ping" else 404, {})

    def do_POST(self):
        """``/invocations``: one request, one answer."""
        size = self.headers.get("Content-Length", "")
        if self.path != "/invocations":
            return self._answer(404, {})
        if not (size.isascii() and size.isdigit()):
            return self._answer(411, {"error": "Content-Length: send the number of bytes"})
        if len(size) > 20 or int(size) > self.limit:
            return self._answer(413, {"error": f"more than {self.limit} bytes"})
        try:
            tensor = to_tensor(self.rfile.read(int(size)), self.headers.get("Content-Type", ""))
        except Exception as error:
            return self._answer(400, {"error": str(error)})
        try:
            answer = json.dumps(predict(tensor))
        except Exception as error:
            return self._answer(500, {"error": str(error)})
        return self._send(200, answer.encode())

    def _answer(self, status, answer):
        self._send(status, json.dumps(answer).encode())

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Invocations).serve_forever()'''
)
