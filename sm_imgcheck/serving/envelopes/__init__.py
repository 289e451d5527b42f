"""Envelopes: the forms of a request body, one file each; adding one is adding a file.

The file's name with hyphens is the envelope's (``instances_b64`` is ``instances-b64``). A module offers

* ``CONTENT_TYPE``: what the header says unless the spec says otherwise;
* ``LOSSLESS``: whether the body is the tensor itself, and ``parse`` gives back the very array;
* ``BATCHES``: whether one body may hold several images.

One that carries the tensor (``LOSSLESS``) offers

* ``build(array, spec) -> Payload``: the body. Raises PayloadError (NaN, a dtype that the form cannot hold);
* ``parse(body, content_type, spec) -> array``: the spec tells what the bytes do not, such as the dtype of JSON numbers.
  Raises PayloadError; time and memory are bounded by the length of the body whatever it claims;
* ``size(shape, dtype, spec) -> (bytes, exact)``: how long the body will be, known without encoding; where it is not
  exact, at most that.

One that carries the encoded picture offers

* ``build_image(body, header, spec) -> Payload``: from the bytes of an image file and their Header. Raises PayloadError;
* ``build_images(pictures, spec) -> Payload``, where it ``BATCHES``: the same of several, each its bytes and Header;
* ``changes(header, spec) -> clauses``: why the picture has to be encoded anew; empty: its bytes go out as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from io import BytesIO
from math import prod
from reprlib import Repr
from types import ModuleType
from typing import Any

import numpy as np

from sm_imgcheck.core import plugins
from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Dim, Payload, Spec

__all__ = ["checked", "envelope", "envelopes", "filled", "packed", "plain_dtype", "shown", "values_of"]


def envelopes() -> tuple[str, ...]:
    """The names of all envelopes."""
    return tuple(name.replace("_", "-") for name in plugins.names(sys.modules[__name__]))


def envelope(name: str) -> ModuleType:
    """The module of an envelope. Raises ModuleNotFoundError."""
    return plugins.load(sys.modules[__name__], name.replace("-", "_"))


CARRIED = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
CARRIED |= {"float16", "float32", "float64"}
_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring = 2, 3, 3, 60


def checked(array: Any, envelope: str) -> np.ndarray[Any, Any]:
    """The array in C order and this machine's byte order. Raises PayloadError for what no body should carry."""
    data = np.asarray(array)
    if data.dtype.name not in CARRIED:
        what = "Python objects" if data.dtype.hasobject else data.dtype.name
        raise PayloadError(f"{envelope} cannot hold {what}; cast the tensor to float32 or another plain number type")
    values = np.ascontiguousarray(data, data.dtype.newbyteorder("=")).reshape(data.shape)
    if not _finite(values):
        bad = values.size - np.count_nonzero(np.isfinite(values))
        raise PayloadError(f"{bad} of {values.size} values are NaN or infinite; no request is built of them")
    return values


def _finite(values: np.ndarray[Any, Any]) -> bool:
    """Whether no value is NaN or infinite, in two thirds of the time of ``isfinite`` where BLAS knows the dtype."""
    if values.dtype.kind != "f":
        return True
    if values.dtype.itemsize > 2:
        line = values.reshape(-1)
        with np.errstate(all="ignore"):
            squares = np.dot(line, line)
        if np.isfinite(squares):  # nothing cancels in a sum of squares; one that overflows says nothing
            return True
    return bool(np.isfinite(values).all())


def plain_dtype(name: str, envelope: str) -> np.dtype[Any]:
    """The dtype of the values in a binary body. Raises PayloadError for one that NumPy cannot name."""
    if name not in CARRIED:
        raise PayloadError(f"{envelope} cannot hold {name}")
    return np.dtype(name)


def values_of(values: np.ndarray[Any, Any]) -> memoryview:
    """The bytes of an array in C order, little-endian; a view where it is so already."""
    plain = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return plain.reshape(-1).view(np.uint8).data


def packed(chunks: Iterable[bytes | memoryview], envelope: str, content_type: str, spec: Spec) -> Payload:
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


def filled(dims: Sequence[Dim], count: int) -> tuple[int, ...]:
    """The one shape of ``count`` values that keeps the contract. Raises PayloadError where several or none would."""
    known = prod(dim.fixed for dim in dims if dim.fixed is not None)
    free = [dim for dim in dims if dim.fixed is None]
    wanted = "[" + ", ".join(map(str, dims)) + "]"
    if len(free) > 1:
        raise PayloadError(f"the body does not say its shape, and the spec leaves several axes of {wanted} open")
    length = count // known
    if length * known != count or not (free[0].allows(length) if free else length == 1):
        raise PayloadError(f"the body holds {count} values, which do not fill the spec's {wanted}")
    return tuple(length if dim.fixed is None else dim.fixed for dim in dims)


def shown(value: Any) -> str:
    """A short, printable word for what stands in a body, however deep or long it is."""
    return _SHORT.repr(value).encode("ascii", "backslashreplace").decode()
