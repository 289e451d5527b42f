"""Base64 in a body: what is wrong with it, and what it holds."""

from __future__ import annotations

import binascii
from base64 import b64decode
from contextlib import suppress

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Finding
from sm_imgcheck.io.images.header import image_format, name_content
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.numpy_files import NPY_MAGIC, read_npy
from sm_imgcheck.io.tensors import CSV_COSTS, too_costly
from sm_imgcheck.rules.payload_request import PAY102, PAY103, PAY110, PAY112, PAY116
from sm_imgcheck.rules.payload_values import PAY108, PAY115
from sm_imgcheck.serving.stacks import Refusal, TooMuch
from sm_imgcheck.serving.stacks._json import leaves

__all__ = ["PICKLE", "Pickled", "decoded", "load", "load_sparse", "looks_encoded", "read_csv", "texts"]

_STARTS = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "Qk", "SUkq", "TU0A", "data:image/")
"""Of base64 of JPEG, PNG, GIF, WebP, BMP and TIFF, and of a data URL."""
_MANY = 1000
"""Texts of a body that are looked at."""


def texts(document: Json) -> list[str]:
    """The texts of a document, the first thousand of them."""
    found: list[str] = []
    for leaf in leaves(document):
        if isinstance(leaf, str):
            found.append(leaf)
            if len(found) == _MANY:
                break
    return found


def looks_encoded(text: str) -> bool:
    """Whether a text is base64 of a picture or of much else."""
    head = text[:256].strip()
    return head.startswith(_STARTS) or (len(head) >= 64 and head.isascii() and not set(head) - _ALPHABET)


_ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n")


def decoded(text: str, *, data_url: bool = False) -> tuple[bytes, Finding | None]:
    """The bytes that a base64 text stands for, and what is wrong with it, of which the first is told.

    data_url: whether the reader takes the prefix of a data URL off.
    """
    finding = None
    if text.startswith("data:"):
        if not data_url:
            finding = _base64_finding("has the prefix of a data URL: leave out all up to the comma", text[:40])
        text = text.partition(",")[2]
    bare = "".join(text.split())
    if "-" in bare or "_" in bare:
        finding = finding or _base64_finding(
            "is written in the URL-safe alphabet: use + and /, not - and _ (base64.b64encode)", "- _"
        )
        bare = bare.replace("-", "+").replace("_", "/")
    if len(bare.rstrip("=")) % 4 and len(bare) % 4:
        finding = finding or _base64_finding(
            "is not padded: its length is no multiple of 4, as = at the end would make it", "no padding"
        )
        bare = bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % 4)
    try:
        body = b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return b"", finding or _base64_finding(f"is no base64: {text[:40]!r}", text[:40])
    return body, finding or _content(body)


def _content(body: bytes) -> Finding | None:
    """What is wrong with decoded bytes that are no image."""
    if image_format(body):
        return None
    return PAY110.finding(
        f"the base64 text decodes to what {name_content(body)[1]}",
        expected="an encoded image",
        actual=body[:8].hex(" "),
    )


def _base64_finding(what: str, actual: str) -> Finding:
    return PAY110.finding(f"the base64 text {what}", expected="standard base64", actual=actual)


MAX_CSV_BYTES = 16 << 20
"""Each number is a Python text of 50 bytes before it becomes an array, and is looked at in Python."""


def read_csv(body: bytes) -> np.ndarray | str:
    """A line gives one axis, more lines two: bool, int64, float64 or text. Where columns differ in type: what it is.

    Raises Refusal with NumPy's words.
    """
    if len(body) > MAX_CSV_BYTES:
        raise TooMuch(f"a CSV body of {len(body):,} bytes is not looked into; {MAX_CSV_BYTES:,} are")
    if why := too_costly(body, CSV_COSTS):
        raise TooMuch(f"the CSV body is not looked into: {why}")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Refusal(
            str(problem), PAY102.finding(f"the content type says CSV, but the body is no text: {problem}")
        ) from None
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    rows = [line.split(",") for line in lines if line]
    _check_widths(rows)
    kinds = _kinds(rows)
    if len(set(kinds)) > 1:
        return f"a structured array of {len(rows)} rows and {len(kinds)} columns that differ in type"
    return _csv_array(rows, kinds[0] if kinds else float)


def _check_widths(rows: list[list[str]]) -> None:
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            text = f"Some errors were detected !\n    Line #{number} (got {len(row)} columns instead of {len(rows[0])})"
            why = f"line {number} has {len(row)} columns, the first has {len(rows[0])}"
            raise Refusal(text, PAY108.finding(why, expected=str(len(rows[0])), actual=str(len(row))))


def _kinds(rows: list[list[str]]) -> list[type]:
    """The narrowest type for each column: bool, int, float, str."""
    if not rows:
        return []
    ranks = [0] * len(rows[0])
    for row in rows:
        for at, word in enumerate(row):
            ranks[at] = max(ranks[at], _rank(word.strip()))
    return [(bool, bool, int, float, str)[rank] for rank in ranks]


def _rank(word: str) -> int:
    if not word:
        return 0
    if word.upper() in ("TRUE", "FALSE"):
        return 1
    for kind, rank in ((int, 2 if len(word) < 19 else 3), (float, 3)):
        with suppress(ValueError):
            kind(word)
            return rank
    return 4


def _csv_array(rows: list[list[str]], kind: type) -> np.ndarray:
    if kind is str:
        longest = max(len(word) for row in rows for word in row)
        if longest * len(rows) * len(rows[0]) * 4 > MAX_CSV_BYTES * 16:
            raise TooMuch(f"a text of {longest:,} characters among the columns is not looked into")
        found = np.array([[word.strip() for word in row] for row in rows])
    elif kind is bool:
        found = np.array([[word.strip().upper() == "TRUE" for word in row] for row in rows])
    else:  # what is missing is -1 among whole numbers and NaN among others
        gap: float = -1 if kind is int else float("nan")
        found = np.array([[kind(word.strip()) if word.strip() else gap for word in row] for row in rows], dtype=kind)
    return found[0] if len(rows) == 1 else found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found


PICKLE = PAY112.finding(
    "the body is a pickle, or an .npy of Python objects, which is one: the container loads it, and it can run any "
    "code there; send numbers (np.asarray(x, dtype=...)), never objects",
    expected="an array of numbers",
    actual="a pickle",
)


class Pickled(Exception):
    """The container would load a pickle here; nothing is loaded."""


def load(body: bytes) -> np.ndarray:
    """The array. Raises Pickled, or Refusal with NumPy's words."""
    if not body:
        raise Refusal(
            "No data left in file", PAY102.finding("the body is empty", expected=".npy bytes", actual="0 bytes")
        )
    if body.startswith(NPY_MAGIC):
        return _npy_array(body)
    if body.startswith(b"PK\x03\x04"):
        why = "the body is a zip archive (.npz), of which predict gets a file object; send one array with np.save"
        raise Refusal("", PAY103.finding(why, expected=".npy bytes", actual="an .npz archive"), measured=False)
    if _looks_pickled(body):
        raise Pickled
    what = name_content(body)[1] if not (form := image_format(body)) else f"is a {form} image"
    raise Refusal(
        "Failed to interpret file <_io.BytesIO object at",
        PAY102.finding(
            f"the content type says .npy, but the body {what}", expected="\\x93NUMPY ...", actual=body[:8].hex(" ")
        ),
    )


def _npy_array(body: bytes) -> np.ndarray:
    try:
        return read_npy(body)[0]  # np.load leaves what follows unread
    except CandidateError as problem:
        if problem.code == "SRC151":
            raise Pickled from None
        short = problem.code == "SRC152"
        text = "EOF: reading array data, expected" if short else ""
        rule = PAY115 if short else PAY116
        raise Refusal(text, rule.finding(f".npy body: {problem.problem}"), measured=short) from None


def _looks_pickled(body: bytes) -> bool:
    """A pickle of protocol 2 or later begins so and ends in a full stop; earlier ones are text that nobody sends."""
    return body[:1] == b"\x80" and body[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and body.rstrip()[-1:] == b"."


def load_sparse(body: bytes) -> str:
    """The kind of scipy's sparse matrix in an archive, such as ``csr``. Raises Refusal with scipy's words."""
    if not body.startswith(b"PK\x03\x04"):
        what = name_content(body)[1] if not (form := image_format(body)) else f"is a {form} image"
        raise Refusal(
            "", PAY102.finding(f"the content type says .npz, but the body {what}", expected="PK ..."), measured=False
        )
    if b"format.npy" in body:
        return next((kind for kind in ("csr", "csc", "coo", "bsr", "dia") if kind.encode() in body), "csr")
    why = "this type takes scipy's sparse matrices only, and the body is an ordinary .npz; send one array as .npy"
    raise Refusal(
        "does not contain a sparse array or matrix",
        PAY103.finding(why, expected="scipy.sparse.save_npz", actual="np.savez"),
    )
