"""A body by its content type alone: its content without knowledge of the server."""

from __future__ import annotations

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.images.content import describe_content, image_format
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY102, PAY103, PAY110, PAY111
from sm_imgcheck.rules.payload_values import PAY107, PAY108, PAY109
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope
from sm_imgcheck.serving.stacks import (
    ParseLimitExceeded,
    RequestRejection,
    Stack,
    describe_dtype_shape,
    reject_content_type,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._base64 import decode_base64, looks_encoded, texts
from sm_imgcheck.serving.stacks._forms import decode_data_url, decode_form, decode_keyed, free_key
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._json import as_array, as_utf8, parse
from sm_imgcheck.serving.stacks._npy import LoadedObject, load

__all__ = ["STACK", "read"]


def read(body: bytes, content_type: str, spec: Spec) -> DecodedRequest:
    """What the body holds by its content type, or by the spec's envelope.

    Raises RequestRejection, ParseLimitExceeded.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/x-image":
        return _image(body, content_type)
    if kind == "application/x-npy":
        return _npy(body)
    if kind == "multipart/form-data":
        return decode_form(body, content_type, spec)
    if body.startswith(b"data:image/") and "json" not in kind:
        return decode_data_url(body)
    return _by_envelope(body, content_type, spec)


def _by_envelope(body: bytes, content_type: str, spec: Spec) -> DecodedRequest:
    """What the body holds by the spec's envelope, or by the envelope that its first bytes suggest."""
    kind = content_type.partition(";")[0].strip().lower()
    is_json = "json" in kind and not kind.startswith("application/vnd.sagemaker-triton.binary")
    body = as_utf8(body) if is_json else body
    name = spec.payload.get("envelope") or _guess(body, kind)
    if name in ("json", "json-b64"):
        return decode_keyed(parse(body, detect=True), spec)
    if not name and is_json and (key := free_key(document := parse(body, detect=True))):
        return decode_keyed(document, spec, "" if spec.payload.get("key") == key else key)
    if name and name.endswith("b64"):
        return _decode_images(parse(body, detect=True))
    form = ENVELOPES[name] if name else None
    if not isinstance(form, TensorEnvelope):
        raise ParseLimitExceeded(_unknown(content_type, name))
    return _parse_envelope(body, content_type, form, name, spec)


def _unknown(content_type: str, name: str) -> str:
    """Why a body is not examined, and what would be."""
    what = f"a body of the type {content_type!r} is not examined"
    if name == "image":
        return f"{what}: the spec's envelope is image, which is sent under an image type such as image/jpeg"
    return f"{what}: name its envelope in the spec (payload.envelope)"


def _image(body: bytes, content_type: str) -> DecodedRequest:
    if not image_format(body):
        why = f"body: got {describe_content(body)}, expected an image ({content_type})"
        raise RequestRejection(
            "", PAY102.finding(why, expected="an encoded image", actual=body[:8].hex(" ")), is_measured=False
        )
    return DecodedRequest(form="image", data=body, what="an encoded image")


def _npy(body: bytes) -> DecodedRequest:
    array = load(body)
    if isinstance(array, LoadedObject):
        return DecodedRequest(form="object", what=array.what, findings=array.findings)
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array))


_BY_TYPE = {"text/csv": "csv", "application/jsonlines": "jsonlines", "application/jsons": "jsonlines"}


def _guess(body: bytes, kind: str) -> str:
    """The envelope that a body without image in the spec is in; empty where it is not known."""
    if kind.startswith("application/vnd.sagemaker-triton.binary"):
        return "triton-binary"
    if "json" not in kind or kind in _BY_TYPE:
        return _BY_TYPE.get(kind, "")
    head = body.lstrip()[:4096]
    if not head.startswith(b"{"):
        return "array"
    if b'"datatype"' in body:
        return "kserve-v2"
    return "instances" if b'"instances"' in head else "inputs" if b'"inputs"' in head else ""


def _parse_envelope(body: bytes, content_type: str, form: TensorEnvelope, name: str, spec: Spec) -> DecodedRequest:
    try:
        array = form.parse(body, content_type, spec)
    except PayloadError as problem:
        return DecodedRequest(
            form="object", what="no tensor", findings=(_envelope_finding(str(problem), body, name, spec),)
        )
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array))


def _envelope_finding(problem: str, body: bytes, name: str, spec: Spec) -> Finding:
    """What is wrong with a body that is not in its envelope: the particular where it shows."""
    rule = PAY108 if "ragged" in problem else PAY103
    if name in ("array", "instances", "inputs", "kserve-v2", "jsonlines"):
        document = parse(body, detect=True) if name != "jsonlines" else None
        if any(looks_encoded(text) for text in texts(document)):
            return PAY111.finding(
                "values: got base64 text, expected numbers", expected=spec.contract.dtype, actual="base64"
            )
        if np.dtype(spec.contract.dtype if spec.contract.dtype != "bfloat16" else "float32").kind in "iu":
            rule = PAY107 if f"expected {spec.contract.dtype}" in problem else rule
        elif isinstance(document, list) and not np.isfinite(_numbers(document)).all():
            rule = PAY109
    return rule.finding(f"as {name}: {problem}", expected=name)


def _numbers(document: Json) -> np.ndarray:
    try:
        array = as_array(document)
    except RequestRejection:
        return np.zeros(1)
    return array if array.dtype.kind in "fiub" else np.zeros(1)


def _decode_images(document: Json) -> DecodedRequest:
    """Base64 images at any place of the document."""
    images = [decode_base64(text) for text in texts(document) if looks_encoded(text) or len(texts(document)) == 1]
    findings = tuple(finding for _, finding in images if finding is not None)
    if not images:
        findings = (PAY110.finding("body: got no base64 text, expected an image as base64", expected="base64"),)
    image = images[0][0] if len(images) == 1 and not findings else None
    return DecodedRequest(
        form="image" if image else "object", data=image, what=f"{len(images)} encoded images", findings=findings
    )


@wrap_rejections(415)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the body holds by the content type and the envelope of the spec."""
    model_type = spec.payload.get("content_type")
    if model_type and content_type != model_type:
        refusal = reject_content_type(content_type, (model_type,), "")
        refusal.measured = False
        raise refusal
    try:
        return read(body, content_type, spec)
    except RequestRejection as no:  # the response of the code is unknown
        return DecodedRequest(form="object", what="no tensor", findings=(no.finding,))


_HANDLER = (
    ACCEPTS
    + '''


def predict(tensor):
    """Call your model here; what is returned is sent as JSON."""
    raise NotImplementedError(f"no model is loaded; got a tensor of shape {tensor.shape}")


class Invocations(BaseHTTPRequestHandler):
    """SageMaker's two routes."""

    limit = 26_214_400  # bytes of a request body; what SageMaker documents for real-time endpoints
    timeout = 60  # seconds to wait for a body; SageMaker waits as long for the response

    def do_GET(self):
        """``/ping``: the container is up."""
        self._respond(200 if self.path == "/ping" else 404, {})

    def do_POST(self):
        """``/invocations``: image request, image response."""
        size = self.headers.get("Content-Length", "")
        if self.path != "/invocations":
            return self._respond(404, {})
        if not (size.isascii() and size.isdigit()):
            return self._respond(411, {"error": "Content-Length: send the number of bytes"})
        if len(size) > 20 or int(size) > self.limit:
            return self._respond(413, {"error": f"more than {self.limit} bytes"})
        try:
            tensor = to_tensor(self.rfile.read(int(size)), self.headers.get("Content-Type", ""))
        except Exception as error:
            return self._respond(400, {"error": str(error)})
        try:
            response = json.dumps(predict(tensor))
        except Exception as error:
            return self._respond(500, {"error": str(error)})
        return self._send(200, response.encode())

    def _respond(self, status, response):
        self._send(status, json.dumps(response).encode())

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Invocations).serve_forever()'''
)

STACK = Stack(
    rank=8,
    summary="a handler or container that you write",
    receive=receive,
    handler_imports=(
        "import io",
        "import math",
        "import json",
        "from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer",
    ),
    handler=_HANDLER,
)
