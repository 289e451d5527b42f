"""``application/x-npz``: NumPy's archive with the array ``arr_0``, not compressed. For handlers of one's own."""

from __future__ import annotations

from sm_imgcheck.core.errors import CandidateError, PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io import numpy_files
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import npz
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, npy, pack_records

__all__ = ["ENVELOPE", "parse"]

CONTENT_TYPE = "application/x-npz"

AROUND = (30 + 9 + 20) + (46 + 9) + 22
"""Bytes of the archive around its only entry, ``arr_0.npy``: the entry's header with its name and a ZIP64 field, the
line in the directory, the directory's end (PKWARE APPNOTE 4.3.7, 4.3.12 and 4.3.16)."""


def build(array: np.ndarray, spec: Spec) -> Payload:
    """The same bytes for the same array at any time. Raises PayloadError."""
    content_type = "tensor/npz" if spec.payload.get("stack") == "djl-serving" else CONTENT_TYPE
    return pack_records(npz.encode(check_values(array, "npz")), "npz", content_type, spec)


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The only array of the archive, or ``arr_0``. Raises PayloadError before it unpacks a bomb, and for a pickle."""
    try:
        try:
            return numpy_files.read_npz(body, "")[0]
        except CandidateError as problem:
            if problem.code != "SRC153":
                raise
            return numpy_files.read_npz(body, "arr_0")[0]
    except CandidateError as problem:
        raise PayloadError(f"body: {problem}") from None


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:
    """Exact below 4 GiB, where the archive's directory grows."""
    inside, _ = npy.size(shape, dtype, spec)
    return (inside + AROUND, True) if inside < 0xFFFFFFFF else (inside + AROUND + 128, False)


ENVELOPE = TensorEnvelope(
    rank=1,
    summary="application/x-npz: NumPy archive with one array",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
