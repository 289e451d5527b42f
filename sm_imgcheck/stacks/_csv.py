"""CSV bodies as ``numpy.genfromtxt(..., delimiter=",", dtype=None)`` takes them, in bounded time and memory."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from sm_imgcheck.parse_cost import CSV_COSTS, too_costly
from sm_imgcheck.stacks._refusal import Refusal, TooMuch

__all__ = ["read_csv"]

MAX_CSV_BYTES = 16 << 20
"""Each number is a Python text of 50 bytes before it becomes an array, and is looked at in Python."""


def read_csv(body: bytes) -> np.ndarray[Any, Any] | str:
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
            str(problem), "PAY102", f"the content type says CSV, but the body is no text: {problem}"
        ) from None
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    rows = [line.split(",") for line in lines if line]
    _check_widths(rows)
    kinds = _kinds(rows)
    if len(set(kinds)) > 1:
        return f"a structured array of {len(rows)} rows and {len(kinds)} columns that differ in type"
    return _array(rows, kinds[0] if kinds else float)


def _check_widths(rows: list[list[str]]) -> None:
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            text = f"Some errors were detected !\n    Line #{number} (got {len(row)} columns instead of {len(rows[0])})"
            why = f"line {number} has {len(row)} columns, the first has {len(rows[0])}"
            raise Refusal(text, "PAY108", why, expected=str(len(rows[0])), actual=str(len(row)))


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


def _array(rows: list[list[str]], kind: type) -> np.ndarray[Any, Any]:
    if kind is str:
        longest = max(len(word) for row in rows for word in row)
        if longest * len(rows) * len(rows[0]) * 4 > MAX_CSV_BYTES * 16:
            raise TooMuch(f"a text of {longest:,} characters among the columns is not looked into")
        found = np.array([[word.strip() for word in row] for row in rows])
    elif kind is bool:
        found = np.array([[word.strip().upper() == "TRUE" for word in row] for row in rows])
    else:  # what is missing is -1 among whole numbers and NaN among others
        gap: Any = -1 if kind is int else float("nan")
        found = np.array([[kind(word.strip()) if word.strip() else gap for word in row] for row in rows], dtype=kind)
    return found[0] if len(rows) == 1 else found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
