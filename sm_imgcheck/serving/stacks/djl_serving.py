"""DJL Serving's Python engine: what ``Input.get_data`` returns for a body, by its content type.

Source: deepjavalibrary/djl-serving, engines/python/setup/djl_python/inputs.py (read, not run).
"""

from __future__ import annotations

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.io.images.content import image_format
from sm_imgcheck.io.numpy_files import read_npz
from sm_imgcheck.rules.payload_request import PAY103, PAY120
from sm_imgcheck.serving.stacks import (
    RequestRejection,
    Stack,
    check_limit,
    describe_dtype_shape,
    refuse,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._images import convert_image
from sm_imgcheck.serving.stacks._json import BYTE_ORDER_MARK, parse
from sm_imgcheck.serving.stacks.custom import read

__all__ = ["STACK"]


BODY_LIMIT, LIMIT_SETTING = 64 << 20, "SERVING_MAX_REQUEST_SIZE"
"""ConfigManager.java, DEF_MAX_REQUEST_SIZE."""


@wrap_rejections(424)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the handler gets: a PIL image, an array of an .npz, the JSON document, a text, or the bytes."""
    check_limit(body, BODY_LIMIT, LIMIT_SETTING, is_measured=False)
    if content_type == "tensor/npz":
        return _npz(body)
    if content_type.startswith("image/"):
        return _image(body, content_type)
    if content_type.startswith("application/json"):
        return _json(body, spec)
    kind = "the NDList" if content_type == "tensor/ndlist" else "the bytes"
    kind = "a text" if content_type.startswith("text/") else kind
    said = content_type or "no content type"
    message = f"the handler gets {kind} of the body under {said}; what it does with the body is not checked"
    return DecodedRequest(form="object", what=kind, findings=(PAY120.finding(message, actual=content_type or "none"),))


def _image(body: bytes, content_type: str) -> DecodedRequest:
    """``Image.open`` reads the header alone: damage behind it is for the handler, and the checks of the image."""
    if not image_format(body):
        convert_image(body, content_type)
        return DecodedRequest(form="object", what="a PIL image, not converted")
    return DecodedRequest(form="image", data=body, what="a PIL image, not converted")


def _npz(body: bytes) -> DecodedRequest:
    try:
        array, _ = read_npz(body, "")
    except CandidateError as problem:
        if problem.code == "SRC153":  # none, or several
            return DecodedRequest(form="object", what="a list of the arrays of the archive")
        refuse("", PAY103, f"body: {problem}", expected="an .npz of one array", is_measured=False)
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array))


def _json(body: bytes, spec: Spec) -> DecodedRequest:
    try:
        if body.startswith(BYTE_ORDER_MARK):
            parse(body)  # raises: the engine decodes the text first
        return read(body, "application/json", spec)
    except RequestRejection as no:  # json.loads raises; what a handler does with the document is unknown
        return DecodedRequest(form="object", what="no tensor", findings=(no.finding,))


_HANDLER = (
    ACCEPTS
    + '''


def predict(tensor):
    """Call your model here; what is returned is sent as JSON."""
    raise NotImplementedError(f"no model is loaded; got a tensor of shape {tensor.shape}")


def handle(inputs):
    """What the Python engine calls with each request, and once without one when the model is loaded."""
    if inputs.is_empty():
        return None
    content_type = inputs.get_property("Content-Type") or ""
    return Output().add_as_json(predict(to_tensor(bytes(inputs.get_as_bytes()), content_type)))'''
)

STACK = Stack(
    rank=13,
    summary="DJL Serving's Python engine",
    receive=receive,
    body_limit=BODY_LIMIT,
    limit_setting=LIMIT_SETTING,
    envelopes=("npz", "image", "json", "json-b64", "array", "inputs", "instances"),
    handler_imports=("import io", "import math", "from djl_python import Output"),
    handler=_HANDLER,
)
