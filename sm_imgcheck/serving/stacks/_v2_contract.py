"""A v2 tensor against the model's shape and bytes, as Triton's core checks it.

Source: triton-inference-server/core, infer_request.cc (Normalize, ValidateRequestInputs). Measured: Triton 2.51.0.
"""

from __future__ import annotations

from math import prod

from sm_imgcheck.core.layouts import lost_axis
from sm_imgcheck.core.types import DecodedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY103
from sm_imgcheck.rules.payload_values import PAY105, PAY115, PAY118
from sm_imgcheck.serving.open_inference import name_of
from sm_imgcheck.serving.stacks import describe_dtype_shape, refuse

__all__ = ["check_shape", "decode_raw", "from_bytes"]


def from_bytes(body: bytes, shape: tuple[int, ...], name: str, spec: Spec) -> np.ndarray:
    """The values of the binary form, 1-D; bfloat16 as uint16. Raises RequestRejection for another number of bytes."""
    dtype = np.dtype("uint16" if spec.contract.dtype == "bfloat16" else spec.contract.dtype)
    expected = prod(shape) * dtype.itemsize
    if len(body) != expected:
        text = f"input byte size mismatch for input '{name}' for model"
        message = f"{name_of(spec.contract.dtype)} {list(shape)} is {expected} bytes; got {len(body)}"
        refuse(text, PAY115, message, status=400, expected=str(expected), actual=str(len(body)))
    return np.frombuffer(body, dtype.newbyteorder("<"))


def check_shape(shape: tuple[int, ...], name: str, spec: Spec) -> None:
    """Raise RequestRejection for a shape that is not the model's."""
    contract = spec.contract
    batch = contract.dim("N") if contract.layout.startswith("N") else None
    lacks_batch = lost_axis(shape, contract) == "N"
    fits = len(shape) == len(contract.shape) and all(
        dim.allows(length) for dim, length in zip(contract.shape, shape, strict=True)
    )
    if fits:
        return
    expected = "[" + ",".join("-1" if dim.fixed is None else str(dim) for dim in contract.shape) + "]"
    text = f"unexpected shape for input '{name}' for model"
    if batch is not None and batch.high is not None and shape and shape[0] > batch.high:
        text = "inference request batch-size must be <= "
    if not shape:
        text = f"input '{name}' has no shape"
    if batch is not None and (lacks_batch or text.startswith("inference")):
        most = batch.high if batch.high is not None else "the model's max_batch_size"
        message = (
            f"missing batch dimension: got {list(shape)}, so {shape[0] if shape else 'no axis'} is the batch size"
            if lacks_batch
            else f"batch size: got {shape[0]}, expected at most {most}"
        )
        refuse(text, PAY105, message, status=400, expected=expected, actual=str(list(shape)))
    message = f"shape: got {list(shape)[:10]}, expected {expected}"
    refuse(text, PAY118, message, status=400, expected=expected, actual=str(list(shape)[:10]))


def decode_raw(body: bytes, spec: Spec) -> DecodedRequest:
    """What the model gets of a body without a JSON header: the bytes of its only input.

    The batch is 1; one other axis of any length is computed from the size. Raises RequestRejection.
    """
    contract, itemsize = spec.contract, np.dtype(spec.contract.dtype.replace("bfloat16", "uint16")).itemsize
    dims = [
        1 if axis == "N" and dim.fixed is None else dim.fixed
        for axis, dim in zip(contract.layout, contract.shape, strict=True)
    ]
    free = [at for at, length in enumerate(dims) if length is None]
    if len(free) > 1:
        text = "The shape of the raw input 'raw_input' can not be deduced because there are more than one"
        refuse(text, PAY103, "shape: unknown from the bytes alone: several axes vary", status=400, is_measured=False)
    size = prod(length for length in dims if length is not None) * itemsize
    shape = tuple(len(body) // max(size, 1) if length is None else length for length in dims)
    return _decoded_raw(body, shape, spec)


def _decoded_raw(body: bytes, shape: tuple[int, ...], spec: Spec) -> DecodedRequest:
    array = from_bytes(body, shape, "raw_input", spec).reshape(shape)
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array))
