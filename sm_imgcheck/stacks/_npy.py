"""``.npy`` and ``.npz`` bodies as ``np.load(..., allow_pickle=True)`` takes them, except that no pickle is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np

from sm_imgcheck.arrayfile import NPY_MAGIC, read_npy
from sm_imgcheck.errors import CandidateError
from sm_imgcheck.model import Flaw
from sm_imgcheck.pixels.content import image_format, name_content
from sm_imgcheck.stacks._refusal import Refusal

__all__ = ["PICKLE", "Pickled", "load", "load_sparse"]

PICKLE: Flaw = (
    "PAY112",
    (
        "the body is a pickle, or an .npy of Python objects, which is one: the container loads it, and it can run any "
        "code there; send numbers (np.asarray(x, dtype=...)), never objects"
    ),
    "an array of numbers",
    "a pickle",
)


class Pickled(Exception):
    """The container would load a pickle here; nothing is loaded."""


def load(body: bytes) -> np.ndarray[Any, Any]:
    """The array. Raises Pickled, or Refusal with NumPy's words."""
    if not body:
        raise Refusal("No data left in file", "PAY102", "the body is empty", expected=".npy bytes", actual="0 bytes")
    if body.startswith(NPY_MAGIC):
        return _array(body)
    if body.startswith(b"PK\x03\x04"):
        why = "the body is a zip archive (.npz), of which predict gets a file object; send one array with np.save"
        raise Refusal("", "PAY103", why, expected=".npy bytes", actual="an .npz archive", measured=False)
    if _looks_pickled(body):
        raise Pickled
    what = name_content(body)[1] if not (form := image_format(body)) else f"is a {form} image"
    raise Refusal(
        "Failed to interpret file <_io.BytesIO object at",
        "PAY102",
        f"the content type says .npy, but the body {what}",
        expected="\\x93NUMPY ...",
        actual=body[:8].hex(" "),
    )


def _array(body: bytes) -> np.ndarray[Any, Any]:
    try:
        return read_npy(body)[0]  # np.load leaves what follows unread
    except CandidateError as problem:
        if problem.code == "SRC151":
            raise Pickled from None
        short = problem.code == "SRC152"
        text = "EOF: reading array data, expected" if short else ""
        code = "PAY115" if short else "PAY116"
        raise Refusal(text, code, f"the .npy body {problem.problem}", measured=short) from None


def _looks_pickled(body: bytes) -> bool:
    """A pickle of protocol 2 or later begins so and ends in a full stop; earlier ones are text that nobody sends."""
    return body[:1] == b"\x80" and body[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and body.rstrip()[-1:] == b"."


def load_sparse(body: bytes) -> str:
    """The kind of scipy's sparse matrix in an archive, such as ``csr``. Raises Refusal with scipy's words."""
    if not body.startswith(b"PK\x03\x04"):
        what = name_content(body)[1] if not (form := image_format(body)) else f"is a {form} image"
        raise Refusal(
            "", "PAY102", f"the content type says .npz, but the body {what}", expected="PK ...", measured=False
        )
    if b"format.npy" in body:
        return next((kind for kind in ("csr", "csc", "coo", "bsr", "dia") if kind.encode() in body), "csr")
    why = "this type takes scipy's sparse matrices only, and the body is an ordinary .npz; send one array as .npy"
    raise Refusal(
        "does not contain a sparse array or matrix", "PAY103", why, expected="scipy.sparse.save_npz", actual="np.savez"
    )
