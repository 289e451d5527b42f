"""``.npy`` and ``.npz`` as ``numpy.load(..., allow_pickle=True)`` and ``scipy.sparse.load_npz`` take them.

All dtypes except Python objects, versions 1.0 to 3.0, as many axes as this NumPy supports; no pickle is loaded.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from math import prod
from typing import NoReturn

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding
from sm_imgcheck.io.images.content import describe_content
from sm_imgcheck.io.images.quiet import quietly
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.numpy_files import MAX_DIRECTORY_BYTES, MAX_HEADER_BYTES, NPY_MAGIC
from sm_imgcheck.rules.payload_request import PAY102, PAY103, PAY112, PAY116
from sm_imgcheck.rules.payload_values import PAY115
from sm_imgcheck.serving.stacks import ParseLimitExceeded, RequestRejection, refuse
from sm_imgcheck.serving.stacks._pickles import describe_pickle

__all__ = ["LoadedObject", "load", "load_sparse"]

_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")


@frozen
class LoadedObject:
    """The object that the container loads instead of a numeric array."""

    kind: str
    """Type, such as ``list``, ``NpzFile`` or ``numpy.ndarray of f4``; empty: unknown."""
    what: str
    findings: tuple[Finding, ...] = ()
    dtype: str = ""
    """dtype of an object array."""


def load(body: bytes) -> np.ndarray | LoadedObject:
    """The array, or what it is instead. Raises RequestRejection with NumPy's message."""
    if not body:
        refuse("No data left in file", PAY102, "the body is empty", expected=".npy bytes", actual="0 bytes")
    if body.startswith(_ZIPS):
        _open_zip(body)
        message = "the body is a zip archive (.npz), of which predict gets a file object; send one array with np.save"
        finding = PAY103.finding(message, expected=".npy bytes", actual="an .npz archive")
        return LoadedObject(kind="NpzFile", what="an NpzFile, the archive itself", findings=(finding,))
    if body.startswith(NPY_MAGIC):
        return _npy_array(body)
    if (kind := describe_pickle(body)) is None:
        _refuse_unknown(body)
    what = f"an object from a pickle ({kind or 'unknown type'})"
    return LoadedObject(kind=kind, what=what, findings=(_pickle(kind),))


def _refuse_unknown(body: bytes) -> NoReturn:
    message = f"body: got {describe_content(body)}, expected .npy"
    text = "Failed to interpret file <_io.BytesIO object at"
    refuse(text, PAY102, message, expected="\\x93NUMPY ...", actual=body[:8].hex(" "))


def _pickle(kind: str) -> Finding:
    return PAY112.finding(
        f"the body is a pickle{f' ({kind})' if kind else ''}, or an .npy of Python objects, which contains one: the "
        "container loads it, and a pickle can run any code there; send numbers (np.asarray(x, dtype=...)), and remove "
        "allow_pickle=True from the container's decoder",
        expected="an array of numbers",
        actual="a pickle",
    )


def _npy_array(body: bytes) -> np.ndarray | LoadedObject:
    """``np.load`` leaves what follows the values unread."""
    shape, fortran, dtype, start = _quiet_header(body)
    if dtype.hasobject:
        what = f"an object array {shape} from a pickle"
        return LoadedObject(kind="numpy.ndarray of O", what=what, findings=(_pickle("object array"),), dtype="object")
    if dtype.subdtype is not None:
        message = f".npy dtype: got {dtype}, an array in each element, which NumPy writes and does not read"
        refuse("Failed to read all data for array.", PAY116, message)
    size = prod(shape) * dtype.itemsize
    if size > len(body) - start:
        text = f"EOF: reading array data, expected {size} bytes got {len(body) - start}"
        message = f".npy body: got {len(body) - start} bytes of values, expected {size} ({list(shape)[:10]} {dtype})"
        refuse(text, PAY115, message, expected=str(size), actual=str(len(body) - start))
    return np.ndarray(shape, dtype, buffer=body, offset=start, order="F" if fortran else "C")


def _quiet_header(body: bytes) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """As ``_header``, without NumPy's warnings."""

    def read() -> tuple[tuple[int, ...], bool, np.dtype, int] | Exception:
        try:
            return _header(body)
        except (RequestRejection, ParseLimitExceeded) as no:
            return no

    array, _ = quietly(read)
    if isinstance(array, Exception):
        raise array
    header: tuple[tuple[int, ...], bool, np.dtype, int] = array
    return header


def _header(body: bytes) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, Fortran order, dtype, offset of the values. Raises RequestRejection."""
    file = BytesIO(body[: MAX_HEADER_BYTES + 64])
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0), (3, 0)):
            text = f"we only support format version (1,0), (2,0), and (3,0), not {version}"
            refuse(text, PAY116, f".npy format version: got {version[0]}.{version[1]}, expected 1.0 to 3.0")
        _check_header_length(body, version)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file, max_header_size=MAX_HEADER_BYTES)  # 3.0 differs in non-ASCII names alone
        if any(isinstance(length, bool) or length < 0 for length in shape) or prod(shape) >= 1 << 60:
            refuse("", PAY116, f".npy body: got the shape {str(shape)[:80]}, which no array can have")
        np.empty((0, *shape[1:]) if shape else (), dtype)  # more axes than this NumPy has
    except (RequestRejection, ParseLimitExceeded):
        raise
    except Exception as problem:  # noqa: BLE001 - NumPy's parsing of a header as Python raises any error
        message = "corrupt .npy header: expected {'descr', 'fortran_order', 'shape'}, as numpy.save writes them"
        refuse(str(problem)[:200], PAY116, message)
    return shape, fortran, dtype, file.tell()


def _check_header_length(body: bytes, version: tuple[int, int]) -> None:
    if version[0] > 1 and int.from_bytes(body[8:12], "little") > MAX_HEADER_BYTES:
        raise ParseLimitExceeded("an .npy header of more than 10,000 bytes is not parsed")


def _open_zip(body: bytes) -> zipfile.ZipFile:
    """The archive. Raises RequestRejection."""
    tail = body.rfind(b"PK\x05\x06")
    if tail >= 0 and int.from_bytes(body[tail + 12 : tail + 16], "little") > MAX_DIRECTORY_BYTES:
        raise ParseLimitExceeded("an archive with a directory of more than 1 MiB is not parsed")
    try:
        return zipfile.ZipFile(BytesIO(body))
    except Exception as problem:  # noqa: BLE001 - zipfile raises whatever its parsing runs into
        refuse(str(problem)[:80], PAY116, "corrupt archive: expected the zip file that numpy.savez writes")


def load_sparse(body: bytes) -> str:
    """The kind of scipy's sparse matrix, such as ``csr``. Raises RequestRejection with scipy's message."""
    if not body:
        refuse("No data left in file", PAY102, "the body is empty", expected=".npz bytes", actual="0 bytes")
    if not body.startswith(_ZIPS):
        message = f"body: got {describe_content(body)}, expected .npz"
        refuse("", PAY102, message, expected="PK ...", is_measured=False)
    kind = _sparse_format(_open_zip(body))
    if not kind:
        message = "body: got an ordinary .npz, expected a sparse matrix of scipy; send one array as .npy"
        text = "does not contain a sparse array or matrix"
        refuse(text, PAY103, message, expected="scipy.sparse.save_npz", actual="np.savez")
    return kind


def _sparse_format(archive: zipfile.ZipFile) -> str:
    """The text in the member ``format``; empty: missing."""
    try:
        with archive.open("format.npy") as file:
            text = file.read(MAX_HEADER_BYTES)[-40:].replace(b"\0", b"")
    except Exception:  # noqa: BLE001 - zipfile raises whatever its parsing runs into
        return ""
    return next((kind for kind in ("csr", "csc", "coo", "bsr", "dia") if text.endswith(kind.encode())), "")
