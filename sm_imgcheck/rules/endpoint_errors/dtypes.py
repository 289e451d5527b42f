"""Compare the actual and expected dtypes that an error names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.rules.endpoint_errors.shapes import Verdict

__all__ = ["compare_dtype_names", "compare_dtype_pair", "compare_dtypes", "dtype_name", "numpy_type", "opencv_depth"]

_DTYPES = {
    "uint8": "byte bytetensor unsignedchar uint8 u8 ubyte quint8 cv8u",
    "int8": "char chartensor signedchar int8 i8",
    "int16": "short shorttensor int16 i16",
    "uint16": "uint16 u16",
    "int32": "int inttensor int32 i32",
    "int64": "long longint longtensor int64 i64",
    "float16": "half halftensor float16 fp16 f16",
    "bfloat16": "bfloat16 bf16",
    "float32": "float floatingpoint floatingtype floattensor float32 fp32 f32 single cv32f",
    "float64": "double doubletensor float64 fp64 f64 cv64f",
    "uint32": "uint32 u32",
    "uint64": "uint64 u64",
    "integer": "integer",
    "bool": "bool booltensor",
    "bytes": "bytes string str object",
}
_NAMES = {word: name for name, words in _DTYPES.items() for word in words.split()}


def dtype_name(word: str) -> str:
    """Return NumPy's name of ``torch.DoubleTensor``, ``tensor(float)``, ``TYPE_FP32``, ``u8``; else empty."""
    word = re.sub(
        r"(?i)tensor\((\w{1,20})\)|torch\.(?:cuda\.)?|c10::|tf\.|np\.|numpy\.|(?:type|dt)_|ktflite", r"\1", word
    )
    return _NAMES.get(re.sub(r"[^a-z0-9]", "", word.lower()), "")


def compare_dtypes(values: Mapping[str, str]) -> Verdict:
    """Compare the dtypes ``got`` and ``expected`` in any library's notation."""
    return compare_dtype_names(dtype_name(values["got"]), dtype_name(values["expected"]))


def compare_dtype_pair(values: Mapping[str, str]) -> Verdict:
    """Compare two dtypes of a message that does not reliably state which is the actual one: weights are float32."""
    pair = [dtype_name(values["got"]), dtype_name(values["expected"])]
    pair.sort(key=_WEIGHT_ORDER.index)
    return compare_dtype_names(*pair)


_WEIGHT_ORDER = (*(name for name in _DTYPES if not name.startswith("float")), "float64", "float16", "float32", "")
"""Dtypes from the least to the most likely dtype of weights: the first of two is the actual dtype."""


def compare_dtype_names(got: str, expected: str) -> Verdict:
    """Compare two dtypes by NumPy's names; empty: unknown."""
    floats, small = ("float16", "bfloat16", "float32", "float64"), ("uint8", "int8")
    causes: tuple[str, ...] = ()
    if got == "float64" and expected in floats:
        causes = ("float64",)
    elif got in small and expected in floats:
        causes = ("uint8",)
    elif expected == "integer":
        causes = ("float-for-integer",) if got in floats else ()
    elif got in floats and expected in (*small, "int16", "uint16"):
        causes = ("float-for-integer",)
    elif "bytes" in (got, expected) and got != expected:
        causes = ("bytes-tensor",) if expected == "bytes" else ("text-for-numbers",)
    elif got and expected and got != expected:
        causes = ("other-dtype",)
    return causes, {"got": got, "expected": expected}


def opencv_depth(values: Mapping[str, str]) -> Verdict:
    """Return the cause of an array of OpenCV's depth ``got``: ``CV_64F``, ``CV_16U``, ``CV_32S``."""
    depth = values.get("got", "").upper()
    labels = {"got": depth}
    if depth == "CV_64F":
        return ("float64",), {"got": "float64", "expected": "uint8 or float32"}
    return ("bit-depth",) if depth in ("", "CV_16U") else ("unsupported-dtype",), labels if depth else {}


def numpy_type(values: Mapping[str, str]) -> Verdict:
    """Return the cause of an array of NumPy's type number ``got``: 17 is object."""
    if values["got"] == "17":
        return ("objects",), {"got": "object"}
    return ("unsupported-dtype",), {"got": _TYPE_NUMBERS.get(values["got"], "this dtype")}


_TYPE_NUMBERS = {"0": "bool", "6": "uint32", "7": "int64", "8": "uint64", "9": "int64", "23": "float16"}
"""NumPy's type numbers that OpenCV does not support."""
