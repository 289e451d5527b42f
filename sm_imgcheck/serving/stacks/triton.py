"""Triton: ``model.py`` of a Python backend that decodes images as BYTES and feeds the next model of an ensemble.

Source: triton-inference-server/python_backend, README, "Usage"; server, sagemaker_server.cc. Measured: Triton 2.51.0
with ``--allow-sagemaker``.
"""

from __future__ import annotations

import re

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.rules.payload_request import PAY101, PAY116
from sm_imgcheck.rules.payload_values import PAY115
from sm_imgcheck.serving.stacks import RequestRejection, Stack, refuse, wrap_rejections
from sm_imgcheck.serving.stacks._rapidjson import parse
from sm_imgcheck.serving.stacks._v2_contract import decode_raw
from sm_imgcheck.serving.stacks._v2_request import decode_v2

__all__ = ["STACK", "decode_typed", "decode_with_header"]

_BINARY = "application/vnd.sagemaker-triton.binary+json"
_PREFIX = f"{_BINARY};json-header-size="
_INTEGER = re.compile(r"[ \t]*([+-]?[0-9]{1,18})")
"""What ``atoi`` reads: ``115;x=1``, ``115abc`` and ``+115`` are 115; anything else is 0."""


@wrap_rejections(500, '{"error":"{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the model gets of a v2 request: name, datatype and shape are compared with the model's."""
    return decode_typed(body, content_type, _PREFIX, spec)


def decode_typed(body: bytes, content_type: str, prefix: str, spec: Spec) -> DecodedRequest:
    """What the model gets of a body whose content type, after ``prefix``, declares the length of its JSON."""
    length = len(body)
    if prefix in content_type:
        if not content_type.startswith(prefix):
            text = f"expect MIME type for binary data starts with '{prefix}', got: "
            refuse(
                text, PAY101, f"content type: got {content_type!r}, expected {prefix}N", status=400, is_measured=False
            )
        length = _header_length(content_type.removeprefix(prefix), len(body))
    return decode_with_header(body, length, spec, binary_type=prefix)


def _header_length(said: str, size: int) -> int:
    match = _INTEGER.match(said)
    length = int(match[1]) if match else 0
    if not 0 <= length <= size:
        text = f"inference header size should be in range (0, {size}), got: {said[:40]}"
        message = f"JSON header: got a declared size of {length} bytes, expected at most the body's {size}"
        refuse(text, PAY115, message, status=400, expected=str(size), actual=str(length))
    return length


def decode_with_header(body: bytes, length: int, spec: Spec, *, binary_type: str) -> DecodedRequest:
    """What the model gets of a body whose JSON has ``length`` bytes; 0: the raw request, without JSON.

    binary_type: content type or header, up to the length, that declares the binary form. Raises RequestRejection.
    """
    if not length:
        return decode_raw(body, spec)
    head = body[:length]
    try:
        return decode_v2(parse(head, exact=spec.contract.dtype == "float64"), body[length:], spec)
    except RequestRejection as no:
        lacks_header = no.finding.code == PAY116.code or (no.finding.code == PAY115.code and length == len(body))
        if not lacks_header or b"binary_data_size" not in head[:10_000]:
            raise
        size = max(head.find(b"}]}") + 3, 0) or "N"
        message = (
            "bytes follow the JSON, and the request does not declare the length of the JSON exactly: "
            f"expected {binary_type}{size}, without a space"
        )
        refuse(no.text, PAY101, message, status=no.status, expected=binary_type)


_HANDLER = '''class TritonPythonModel:
    """One encoded image an element of the BYTES input ``image``; the output has the name of the spec."""

    def execute(self, requests):
        """One response a request; an image that cannot be used fails its own request only."""
        return [self._respond(request) for request in requests]

    def _respond(self, request):
        bodies = pb_utils.get_input_tensor_by_name(request, "image").as_numpy().reshape(-1)
        try:
            tensors = [preprocess(bytes(body)) for body in bodies]
        except Exception as error:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error)))
        tensor = $join
        return pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor($name, tensor)])'''

STACK = Stack(
    rank=4,
    summary="Triton Inference Server",
    receive=receive,
    needs_name=True,
    envelopes=("triton-binary", "kserve-v2"),
    handler_imports=("import triton_python_backend_utils as pb_utils",),
    handler=_HANDLER,
)
