"""SageMaker PyTorch containers: ``input_fn`` of ``code/inference.py``.

Source: aws/sagemaker-pytorch-inference-toolkit, default_pytorch_inference_handler.py. Measured:
sagemaker-pytorch-inference 2.0.25 with TorchServe 0.12.0 and torch 2.13.0.
"""

from __future__ import annotations

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY103
from sm_imgcheck.rules.payload_values import PAY113
from sm_imgcheck.serving.stacks import (
    DEFAULT_BODY_LIMIT,
    RequestRejection,
    Stack,
    check_limit,
    describe_dtype_shape,
    refuse,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._json import nan_notice
from sm_imgcheck.serving.stacks._npy import LoadedObject
from sm_imgcheck.serving.stacks.toolkit import CONTENT_TYPES, decode

__all__ = ["STACK"]

BODY_LIMIT, LIMIT_SETTING = DEFAULT_BODY_LIMIT, "TS_MAX_REQUEST_SIZE"
_DTYPES = "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8"


@wrap_rejections(500)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What ``predict_fn`` gets from the default ``input_fn``: .npy with its dtype, JSON and CSV as float32."""
    del spec  # no signature is known there
    check_limit(body, BODY_LIMIT, LIMIT_SETTING)
    content = decode(body, content_type, CONTENT_TYPES)
    if isinstance(content, LoadedObject):
        return _object_form(content)
    if content_type != "application/x-npy" and not content.ndim and content.dtype.kind in "iu":
        return _random_values(int(content))
    tensor = _tensor(content) if content_type == "application/x-npy" else _float_tensor(content)
    findings = nan_notice(content) if content_type == "application/json" else ()
    return DecodedRequest(form="array", data=tensor, what=describe_dtype_shape(tensor), findings=findings)


def _object_form(content: LoadedObject) -> DecodedRequest:
    """A pickled array of numbers becomes a tensor; of any other object none is made."""
    kind = content.kind.removeprefix("numpy.ndarray of ").lstrip("<>=|")
    if not content.kind or (content.kind.startswith("numpy.ndarray") and kind[:1] in "biufc"):
        return DecodedRequest(form="object", what=content.what, findings=content.findings)
    if kind[:1] in "OSUVmM" and content.kind.startswith("numpy.ndarray"):
        names = {"O": "object_", "S": "bytes_", "U": "str_", "V": "void", "m": "timedelta64", "M": "datetime64"}
        raise RequestRejection(_cannot(names[kind[:1]]), content.findings[0])
    message = f"the body becomes {content.what}, of which no tensor is made; send .npy"
    finding = content.findings[0] if content.findings else PAY103.finding(message, actual=content.what)
    raise RequestRejection(f"expected np.ndarray (got {content.kind})", finding)


def _random_values(count: int) -> DecodedRequest:
    """A bare integer, which ``torch.FloatTensor`` reads as a size."""
    if count < 0:
        message = f"the body is the bare number {count}, which the default input_fn reads as the size of a tensor"
        text = f"Trying to create tensor with negative dimension {count}"
        refuse(text, PAY103, message, expected="a bare nested list", actual="a number", is_measured=False)
    message = (
        f"the body is the bare number {count}, which the default input_fn reads as a size: predict gets {count} "
        "uninitialized numbers; write the list of values"
    )
    finding = PAY103.finding(message, expected="a bare nested list", actual="a number")
    return DecodedRequest(form="object", what=f"float32 ({count},) of uninitialized memory", findings=(finding,))


_TORCH_DTYPES = frozenset((*_DTYPES.split(", "), "bool"))


def _tensor(array: np.ndarray) -> np.ndarray:
    """As ``torch.from_numpy``. Raises RequestRejection."""
    if array.dtype.name not in _TORCH_DTYPES:
        raise _value_rejection(array)
    if not array.dtype.isnative:
        text = (
            "given numpy array has byte order different from the native byte order. "
            "Conversion between byte orders is currently not supported."
        )
        message = 'the .npy is big-endian; save array.astype(array.dtype.newbyteorder("="))'
        raise RequestRejection(text, PAY113.finding(message, expected="little-endian", actual=array.dtype.str))
    return array


def _float_tensor(array: np.ndarray) -> np.ndarray:
    """As ``torch.FloatTensor``: float32 for any number. Raises RequestRejection."""
    if array.dtype.kind not in "fiub":
        raise _value_rejection(array)
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _value_rejection(array: np.ndarray) -> RequestRejection:
    name = array.dtype.type.__name__
    if array.dtype.kind == "V":
        message = "the columns differ in type: write every value with a decimal point, or send .npy"
        return RequestRejection(_cannot(name), PAY103.finding(message, expected="numbers of one type"))
    message = "body: got text, nulls or an object with keys, expected a nested list of numbers for the default input_fn"
    return RequestRejection(
        _cannot(name), PAY103.finding(message, expected="a bare nested list", actual=f"an array of {name}")
    )


def _cannot(name: str) -> str:
    return f"can't convert np.ndarray of type numpy.{name}. The only supported types are: {_DTYPES}, and bool."


_HANDLER = (
    ACCEPTS
    + '''


def input_fn(request_body, content_type, context=None):
    """What SageMaker's PyTorch container calls with each request; ``predict_fn`` gets what it returns."""
    return torch.from_numpy(to_tensor(request_body, content_type))'''
)

STACK = Stack(
    rank=1,
    summary="SageMaker PyTorch containers",
    receive=receive,
    content_types=CONTENT_TYPES,
    envelopes=("npy", "array", "csv"),
    body_limit=BODY_LIMIT,
    limit_setting=LIMIT_SETTING,
    handler_imports=("import io", "import math", "import torch"),
    handler=_HANDLER,
)
