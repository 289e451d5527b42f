"""Envelopes: the forms of a request body, one file each; a new file adds an envelope.

The file's name with hyphens is the envelope's (``instances_b64`` is ``instances-b64``). The module defines
``ENVELOPE``: a ``TensorEnvelope`` or an ``ImageEnvelope``. The spec language reads it, so a module imports NumPy,
orjson and other libraries where it uses them (``sm_imgcheck.io.lazy_imports``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from math import prod
from reprlib import Repr

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.plugins import Registry
from sm_imgcheck.core.types import Dim, Header, Payload, Spec
from sm_imgcheck.io.lazy_imports import np

__all__ = [
    "ENVELOPES",
    "ImageEnvelope",
    "TensorEnvelope",
    "check_values",
    "format_value",
    "infer_shape",
    "pack_records",
    "plain_dtype",
    "values_of",
]


@frozen
class TensorEnvelope:
    """A form of body that is the tensor itself: ``parse`` returns the array that ``build`` received, bit for bit."""

    rank: int
    """Position in lists, and in the choice where the stack accepts every envelope."""
    content_type: str
    """Content type of the header unless the spec names one."""
    build: Callable[[np.ndarray, Spec], Payload]
    """``build(array, spec)``: the body. Raises PayloadError for NaN, or a dtype that the form cannot hold."""
    parse: Callable[[bytes, str, Spec], np.ndarray]
    """``parse(body, content_type, spec)``: the array. The spec has what the bytes lack, such as the dtype of JSON
    numbers. Raises PayloadError; the length of the body bounds time and memory, not what it declares."""
    size: Callable[[tuple[int, ...], str, Spec], tuple[int, bool]]
    """``size(shape, dtype, spec)``: bytes of the body without encoding it, and whether that is exact or an upper
    bound."""
    batches: bool = True
    """Whether one body may hold several images."""
    summary: str = ""
    """Content type and content, for editors."""


@frozen
class ImageEnvelope:
    """A form of body that carries encoded images."""

    rank: int
    """Position in lists, and in the choice where the stack accepts every envelope."""
    content_type: str
    """Content type of the header unless the spec names one."""
    build_image: Callable[[bytes, Header, Spec], Payload]
    """``build_image(body, header, spec)``: from the bytes of an image file and their Header. Raises PayloadError."""
    build_images: Callable[[Sequence[tuple[bytes, Header]], Spec], Payload] | None = None
    """The same of several images, each its bytes and Header; None: a body holds one image."""
    changes: Callable[[Header, Spec], tuple[str, ...]]
    """``changes(header, spec)``: the reasons to encode the image again, as clauses; empty: its bytes are sent
    unchanged."""
    summary: str = ""
    """Content type and content, for editors."""

    @property
    def batches(self) -> bool:
        """Whether one body may hold several images."""
        return self.build_images is not None


ENVELOPES: Registry[TensorEnvelope | ImageEnvelope] = Registry(__name__, "ENVELOPE")


DTYPES = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
DTYPES |= {"float16", "float32", "float64"}
_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring = 2, 3, 3, 60


def check_values(array: object, envelope: str) -> np.ndarray:
    """The array in C order and this machine's byte order. Raises PayloadError for what no body should carry."""
    data = np.asarray(array)
    if data.dtype.name not in DTYPES:
        what = "Python objects" if data.dtype.hasobject else data.dtype.name
        raise PayloadError(f"{envelope} cannot hold {what}; cast the tensor to float32 or another plain number type")
    values = np.ascontiguousarray(data, data.dtype.newbyteorder("=")).reshape(data.shape)
    if not _finite(values):
        bad = values.size - np.count_nonzero(np.isfinite(values))
        raise PayloadError(f"{bad} of {values.size} values are NaN or infinite; no request is built of them")
    return values


def _finite(values: np.ndarray) -> bool:
    """Whether no value is NaN or infinite, in two thirds of the time of ``isfinite`` where BLAS supports the dtype."""
    if values.dtype.kind != "f":
        return True
    if values.dtype.itemsize > 2:
        line = values.reshape(-1)
        with np.errstate(all="ignore"):
            squares = np.dot(line, line)
        if np.isfinite(squares):  # no terms cancel in a sum of squares; an overflow decides neither way
            return True
    return bool(np.isfinite(values).all())


def plain_dtype(name: str, envelope: str) -> np.dtype:
    """The dtype of the values in a binary body. Raises PayloadError for one that NumPy cannot name."""
    if name not in DTYPES:
        raise PayloadError(f"{envelope} cannot hold {name}")
    return np.dtype(name)


def values_of(values: np.ndarray) -> memoryview:
    """The bytes of an array in C order, little-endian; a view where it is so already."""
    plain = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return plain.reshape(-1).view(np.uint8).data


def pack_records(chunks: Iterable[bytes | memoryview], envelope: str, content_type: str, spec: Spec) -> Payload:
    """The pieces of a body as one, under the spec's content type where it names one.

    Pieces that are made one by one are freed one by one: `b"".join` would hold all of them, and touch twice the pages.
    """
    if isinstance(chunks, Sequence):
        body = b"".join(chunks)
    else:
        out = BytesIO()
        out.writelines(chunks)
        body = out.getvalue()
    return Payload(body=body, content_type=spec.payload.get("content_type") or content_type, envelope=envelope)


def infer_shape(dims: Sequence[Dim], count: int) -> tuple[int, ...]:
    """The only shape of ``count`` values that matches the contract. Raises PayloadError for several or none."""
    fixed = prod(dim.fixed for dim in dims if dim.fixed is not None)
    free = [dim for dim in dims if dim.fixed is None]
    model_shape = "[" + ", ".join(map(str, dims)) + "]"
    if len(free) > 1:
        raise PayloadError(f"shape: the body has none, and the spec has several variable axes: {model_shape}")
    length = count // fixed
    if length * fixed != count or not (free[0].allows(length) if free else length == 1):
        raise PayloadError(f"the body holds {count} values, which do not fill the spec's {model_shape}")
    return tuple(length if dim.fixed is None else dim.fixed for dim in dims)


def format_value(value: object) -> str:
    """A short, printable form of a value in a body, however deep or long it is."""
    return _SHORT.repr(value).encode("ascii", "backslashreplace").decode()
