"""CSV as ``numpy.genfromtxt(StringIO(text), dtype=None, delimiter=",")`` reads it, within bounds.

Source: numpy/lib/_npyio_impl.py (genfromtxt) and numpy/lib/_iotools.py (StringConverter); a test compares with NumPy
itself, which takes 4 s for the 150,528 columns of a 224x224x3 image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import isfinite

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import CSV_COSTS, too_costly
from sm_imgcheck.rules.payload_request import PAY102
from sm_imgcheck.rules.payload_values import PAY108
from sm_imgcheck.serving.stacks import ParseLimitExceeded, refuse

__all__ = ["read_csv"]

MAX_CSV_BYTES = 16 << 20
"""Each number is a Python text of 50 bytes before it becomes an array, and is parsed in Python."""


def read_csv(body: bytes) -> np.ndarray:
    """The array: one line gives one axis, one number none. Columns that differ in type make a structured array.

    Raises RequestRejection with NumPy's message, ParseLimitExceeded.
    """
    if len(body) > MAX_CSV_BYTES:
        raise ParseLimitExceeded(f"a CSV body of {len(body):,} bytes is not parsed; {MAX_CSV_BYTES:,} are")
    if message := too_costly(body, CSV_COSTS):
        raise ParseLimitExceeded(f"the CSV body is not parsed: {message}")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        refuse(str(problem), PAY102, f"content type: got text/csv, but the body is not UTF-8 text: {problem}")
    # Only LF ends a line; a comment, spaces and CR at its ends are dropped, tabs are not.
    lines = [line.partition("#")[0].strip(" \r\n") for line in text.split("\n")]
    rows = [line.split(",") for line in lines if line]
    _check_widths(rows)
    columns = [_column(cells) for cells in zip(*rows, strict=True)]
    return _squeeze(_table(columns))


def _check_widths(rows: list[list[str]]) -> None:
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            text = f"Some errors were detected !\n    Line #{number} (got {len(row)} columns instead of {len(rows[0])})"
            message = f"line {number} has {len(row)} columns, the first has {len(rows[0])}"
            refuse(text, PAY108, message, expected=str(len(rows[0])), actual=str(len(row)))


def _boolean(cell: str) -> bool:
    upper = cell.upper()
    if upper not in ("TRUE", "FALSE"):
        raise ValueError(cell)
    return upper == "TRUE"


def _integer(cell: str) -> int:
    value = int(cell)
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError(cell)
    return value


@frozen
class _Kind:
    """A type that a column may have."""

    dtype: str
    convert: Callable[[str], object]
    missing: object
    """Value of an empty cell."""


_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F.]{1,40}(?:[pP][+-]?[0-9]{1,4})?")
"""What C reads as a long double and Python as no float; a warning of overflow belongs to the whole process."""


def _long_double(cell: str) -> object:
    # NumPy reads blanks as 0, and no text at all as missing.
    is_plain = bool(cell) and (not cell.strip() or _HEXADECIMAL.fullmatch(cell.strip()))
    if not is_plain and not isfinite(number := float(cell)):
        return np.longdouble(number)
    return np.longdouble(cell)


_BOOLEAN = _Kind(dtype="bool", convert=_boolean, missing=False)
_TEXT = _Kind(dtype="str", convert=str, missing="")
_KINDS = (
    _BOOLEAN,
    _Kind(dtype="int64", convert=_integer, missing=-1),
    _Kind(dtype="float64", convert=float, missing=float("nan")),
    _Kind(dtype="complex128", convert=complex, missing=complex(float("nan"), 0)),
    _Kind(dtype="longdouble", convert=_long_double, missing=float("nan")),  # which reads hexadecimal numbers
)
"""In the order in which NumPy tries them; a column has the first that converts all its cells, else text."""


@frozen
class _Column:
    """The values of a column."""

    kind: _Kind
    values: tuple[object, ...]
    typed: bool
    """False: no cell has decided the type, since one is empty and none is a number."""


def _column(cells: Sequence[str]) -> _Column:
    for kind in _KINDS:
        with suppress(ValueError, OverflowError):
            values = tuple(_cell(cell, kind) for cell in cells)
            empty = any(not cell.strip() for cell in cells)
            return _Column(kind=kind, values=values, typed=kind is not _BOOLEAN or not empty)
    return _Column(kind=_TEXT, values=tuple(cells), typed=True)


def _cell(cell: str, kind: _Kind) -> object:
    try:
        return kind.convert(cell)
    except ValueError:
        if cell.strip():
            raise
        return kind.missing


def _table(columns: list[_Column]) -> np.ndarray:
    """One dtype where the typed columns agree, else one field a column; no columns make no fields."""
    types = {column.kind.dtype for column in columns if column.typed}
    if len(types) == 1:
        dtype = types.pop()
        if dtype == "str":
            _check_texts([str(value) for column in columns for value in column.values])
        return np.array([column.values for column in columns], dtype=dtype).T
    fields = [(f"f{number}", _field(column)) for number, column in enumerate(columns)]
    return np.array(list(zip(*(column.values for column in columns), strict=True)), dtype=fields)


def _field(column: _Column) -> str:
    if column.kind is _TEXT:
        _check_texts([str(value) for value in column.values])
        return f"U{max(len(str(value)) for value in column.values)}"
    return column.kind.dtype


def _check_texts(values: list[str]) -> None:
    longest = max(map(len, values))
    if longest * len(values) * 4 > MAX_CSV_BYTES * 16:
        raise ParseLimitExceeded(f"a text of {longest:,} characters among the columns is not parsed")


def _squeeze(table: np.ndarray) -> np.ndarray:
    """Without axes of length 1, in C order."""
    return np.ascontiguousarray(table).reshape([length for length in table.shape if length != 1])
