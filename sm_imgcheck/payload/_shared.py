"""What all envelopes share: what may go out, and under which name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sm_imgcheck.errors import PayloadError
from sm_imgcheck.model import Payload, Spec

__all__ = ["checked", "packed", "shown", "spec_shape"]

CARRIED = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
CARRIED |= {"float16", "float32", "float64", "bool"}


def checked(array: Any, envelope: str) -> np.ndarray[Any, Any]:
    """The array in C order and this machine's byte order. Raises PayloadError for what no body should carry."""
    data = np.asarray(array)
    if data.dtype.name not in CARRIED:
        what = "Python objects" if data.dtype.hasobject else data.dtype.name
        raise PayloadError(f"{envelope} cannot hold {what}; cast the tensor to float32 or another plain number type")
    if data.dtype.kind == "f" and not (finite := np.isfinite(data)).all():
        bad = data.size - np.count_nonzero(finite)
        raise PayloadError(f"{bad} of {data.size} values are NaN or infinite; no request is built of them")
    return np.ascontiguousarray(data, data.dtype.newbyteorder("=")).reshape(data.shape)


def packed(chunks: Iterable[bytes | memoryview], envelope: str, content_type: str, spec: Spec) -> Payload:
    """The pieces of a body as one, under the spec's content type where it names one."""
    body = b"".join(chunks)
    return Payload(body=body, content_type=spec.payload.get("content_type") or content_type, envelope=envelope)


def spec_shape(spec: Spec, count: int) -> tuple[int, ...]:
    """The shape of ``count`` values that keep the contract. Raises PayloadError where several or none would."""
    dims = spec.contract.shape
    known = int(np.prod([dim.fixed for dim in dims if dim.fixed is not None], dtype=object))
    free = [index for index, dim in enumerate(dims) if dim.fixed is None]
    wanted = "[" + ", ".join(map(str, dims)) + "]"
    if len(free) > 1:
        raise PayloadError(f"the body does not say its shape, and the spec's {wanted} leaves {len(free)} axes open")
    length = count // known
    if length * known != count or not all(dims[index].allows(length) for index in free) or (not free and length != 1):
        raise PayloadError(f"holds {count} values, which do not fill the spec's {wanted}")
    return tuple(length if dim.fixed is None else dim.fixed for dim in dims)


def shown(value: Any) -> str:
    """A short, printable word for what stands in a body."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
