"""A container of your own: ``/ping`` and ``/invocations`` on port 8080, as SageMaker calls them.

Source: docs.aws.amazon.com, "Custom Inference Code with Hosting Services".
"""

from sm_imgcheck.stacks._handlers import ACCEPTS

__all__ = ["HANDLER", "IMPORTS"]

IMPORTS = ("import io", "import json", "from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer")

HANDLER = (
    ACCEPTS
    + '''


def predict(tensor):
    """Call your model here; what is returned is sent as JSON."""
    raise NotImplementedError(f"no model is loaded; a tensor of shape {tensor.shape} came in")


class Invocations(BaseHTTPRequestHandler):
    """SageMaker's two routes."""

    limit = 26_214_400  # bytes of a request body; what SageMaker documents for real-time endpoints

    def do_GET(self):
        """``/ping``: the container is up."""
        self._answer(200 if self.path == "/ping" else 404, {})

    def do_POST(self):
        """``/invocations``: one request, one answer."""
        size = int(self.headers.get("Content-Length", 0))
        if self.path != "/invocations" or size > self.limit:
            return self._answer(404 if size <= self.limit else 413, {})
        try:
            tensor = to_tensor(self.rfile.read(size), self.headers.get("Content-Type", ""))
        except Exception as error:
            return self._answer(400, {"error": str(error)})
        return self._answer(200, predict(tensor))

    def _answer(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Invocations).serve_forever()'''
)
