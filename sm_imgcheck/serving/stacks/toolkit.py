"""What SageMaker's inference toolkit decodes, and with it the containers that are built on it.

Source: aws/sagemaker-inference-toolkit, decoder.py, errors.py; measured with 1.10.1.
"""

from __future__ import annotations

from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY103
from sm_imgcheck.serving.stacks import (
    DEFAULT_BODY_LIMIT,
    Stack,
    check_limit,
    describe_dtype_shape,
    reject_content_type,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._csv import read_csv
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._json import as_array, nan_notice, parse
from sm_imgcheck.serving.stacks._npy import LoadedObject, load, load_sparse

__all__ = ["CONTENT_TYPES", "STACK", "UNKNOWN_TYPE_TEXT", "decode"]

UNKNOWN_TYPE_TEXT = (
    "Content type {} is not supported by this framework.\n\nPlease implement input_fn to to deserialize the request "
    "data or an output_fn to serialize the response. For more information, see the SageMaker Python SDK README."
)


def decode(body: bytes, content_type: str, types: tuple[str, ...]) -> np.ndarray | LoadedObject:
    """The array, or what it is instead. Raises RequestRejection with the exception's text."""
    if content_type not in types:
        raise reject_content_type(content_type, types, UNKNOWN_TYPE_TEXT.format(content_type or None))
    if content_type == "application/x-npy":
        return load(body)
    if content_type == "application/x-npz":
        kind = f"{load_sparse(body)}_matrix"
        return LoadedObject(kind=kind, what=f"a scipy {kind.removesuffix('_matrix')} matrix")
    if content_type == "text/csv":
        return read_csv(body)
    return as_array(parse(body))


CONTENT_TYPES = ("application/x-npy", "application/json", "text/csv", "application/x-npz")
BODY_LIMIT, LIMIT_SETTING = DEFAULT_BODY_LIMIT, "SAGEMAKER_MAX_PAYLOAD_IN_MB"


@wrap_rejections(500)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What ``predict_fn`` gets from the default ``input_fn``: the array that NumPy reads, without checks."""
    del spec  # no signature is known there
    check_limit(body, BODY_LIMIT, LIMIT_SETTING)
    content = decode(body, content_type, CONTENT_TYPES)
    if isinstance(content, LoadedObject):
        return DecodedRequest(
            form="object", what=content.what, findings=content.findings or (_no_tensor(content.what),)
        )
    if content.dtype.kind == "V":
        what = f"an array of {content.dtype}, no number type"
        if content.dtype.names is not None:
            what = f"a structured array of {content.size} rows and {len(content.dtype.names)} columns"
        return DecodedRequest(form="object", data=content, what=what, findings=(_no_tensor(what),))
    if content.dtype.kind in "OU" and not content.ndim:
        what = f"a 0-d {'object' if content.dtype.kind == 'O' else 'text'} array"
        return DecodedRequest(form="object", data=content, what=what, findings=(_no_tensor(what),))
    findings = nan_notice(content) if content_type == "application/json" else ()
    return DecodedRequest(form="array", data=content, what=describe_dtype_shape(content), findings=findings)


def _no_tensor(what: str) -> Finding:
    message = f"predict gets {what}, not a tensor: send the bare nested list, without a key around it, or .npy"
    return PAY103.finding(message, expected="a bare nested list", actual=what)


_HANDLER = (
    ACCEPTS
    + '''


def input_fn(request_body, content_type, context=None):
    """What the inference toolkit calls with each request; ``predict_fn`` gets what it returns."""
    return to_tensor(request_body, content_type)'''
)

STACK = Stack(
    rank=0,
    summary="containers built on SageMaker's inference toolkit",
    receive=receive,
    content_types=CONTENT_TYPES,
    envelopes=("npy", "array", "csv"),
    body_limit=BODY_LIMIT,
    limit_setting=LIMIT_SETTING,
    handler_imports=(
        "import io",
        "import math",
    ),
    handler=_HANDLER,
)
