"""What is wrong between what came and what was wanted: shapes, ranks, dtypes and sizes that an error names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from sm_imgcheck.core.channels import COUNTS

__all__ = ["COMPARISONS", "dtype_name"]

Shape = list[int | None]
"""Lengths; None: any, or not said."""

Verdict = tuple[tuple[str, ...], Mapping[str, str]]
"""Ids of causes, the one that hides the others first, and the named groups as a sentence shows them."""

_LENGTH = r"-?\d+|\?|[A-Za-z]\w{0,20}"
_INDEX = r"(?i)index: ?(\d) Got: ?(\d{1,9}) Expected: ?(\d{1,9})"
_DTYPES = {
    "uint8": "byte bytetensor unsignedchar uint8 u8 ubyte quint8",
    "int8": "char chartensor signedchar int8 i8",
    "int16": "short shorttensor int16 i16",
    "uint16": "uint16 u16",
    "int32": "int inttensor int32 i32",
    "int64": "long longint longtensor int64 i64",
    "float16": "half halftensor float16 fp16 f16",
    "bfloat16": "bfloat16 bf16",
    "float32": "float floattensor float32 fp32 f32 single",
    "float64": "double doubletensor float64 fp64 f64",
    "bool": "bool booltensor",
    "bytes": "bytes string str object",
}
_NAMES = {word: name for name, words in _DTYPES.items() for word in words.split()}


def dtype_name(word: str) -> str:
    """NumPy's name for ``torch.cuda.DoubleTensor``, ``tensor(float)``, ``TYPE_FP32``, ``unsigned char``; else empty."""
    word = re.sub(r"(?i)tensor\((\w{1,20})\)|torch\.(?:cuda\.)?|c10::|tf\.|np\.|numpy\.|(?:type|dt)_", r"\1", word)
    return _NAMES.get(re.sub(r"[^a-z0-9]", "", word.lower()), "")


def _shape(text: str) -> Shape:
    if re.fullmatch(r"\W?[\d?-]{1,12}(?:[xX][\d?-]{1,12})+\W?", text):
        text = re.sub("[xX]", ",", text)
    return [int(word) if word.isdigit() else None for word in re.findall(_LENGTH, text)[:9]]


def _shapes(values: Mapping[str, str]) -> Verdict:
    want = _shape(values["want"])
    shown = {key: "[" + ", ".join(re.findall(_LENGTH, values[key])) + "]" for key in ("got", "want")}
    if len(want) == 4 and _axis(want):
        shown["spec"] = _spelled(want)
    return _differences(_shape(values["got"]), want), shown


def _spelled(want: Shape) -> str:
    """As a spec writes it: ``[N, 3, 640, W]``."""
    names = "NCHW" if _axis(want) == 1 else "NHWC"
    return (
        "[" + ", ".join(name if length is None else str(length) for length, name in zip(want, names, strict=True)) + "]"
    )


def _differences(got: Shape, want: Shape) -> tuple[str, ...]:
    """Causes, the one that hides the others first. Nothing for shapes that are no picture's."""
    if len(want) == 2 and len(got) == 4:
        return ("features-wanted",)
    if len(want) <= 2 or not (_pictorial(want) or _pictorial(got)):
        return ()
    if len(want) == len(got) and len(got) in (3, 4):
        return _four([None, *got][-4:], [None, *want][-4:])
    if len(got) == len(want) + 1:
        return ("batch-twice",)
    if len(got) == len(want) - 1:
        return _one_less(got, want)
    return ("gray",) if len(got) == 2 and len(want) == 4 else ()


def _pictorial(shape: Shape) -> bool:
    return len(shape) == 4 or (len(shape) in (3, 5) and any(shape[axis] in COUNTS for axis in (0, 1, -1)))


def _axis(shape: Shape, likely: int | None = None) -> int | None:
    """Of four axes the one that holds the channels: 1 or 3."""
    fits = [axis for axis in (1, 3) if shape[axis] in COUNTS]
    return likely if likely in fits else (fits[0] if fits else None)


def _four(got: Shape, want: Shape) -> tuple[str, ...]:
    wanted = _axis(want)
    seen = _axis(got, wanted)
    found = []
    if wanted is not None and seen is not None and seen != wanted:
        found.append("layout")
        got = [got[0], got[3], got[1], got[2]] if wanted == 1 else [got[0], got[2], got[3], got[1]]
    if wanted is not None and _differ(got[wanted], want[wanted]):
        found += _channels_differ(got[wanted], want[wanted])
    if _differ(got[0], want[0]):
        found.append("batch-size")
    rows, columns = (2, 3) if wanted == 1 or (wanted is None and _differ(got[3], want[3])) else (1, 2)
    if _differ(got[rows], want[rows]) or _differ(got[columns], want[columns]):
        turned = got[rows] == want[columns] and got[columns] == want[rows] and None not in (got[rows], got[columns])
        found.append("sides-swapped" if turned else "wrong-size")
    return tuple(found)


def _one_less(got: Shape, want: Shape) -> tuple[str, ...]:
    if len(want) == 3:  # a model whose input has no batch axis
        sides = want[:2] if want[2] in COUNTS else want[1:]
        return ("gray",) if _fits(got, sides) else ()
    wanted = _axis(want)
    bare = [length for axis, length in enumerate(want) if axis != wanted]
    if wanted is not None and got[-1] not in COUNTS and got[0] in (None, 1) and _fits(got, bare):
        return ("gray",)
    # Keras takes the first axis for the batch: what it shows then is one row of the picture.
    rest = () if got[0] is None else _four([None, *got], want)
    return ("no-batch", *(cause for cause in rest if cause != "batch-size"))


def _fits(got: Shape, want: Shape) -> bool:
    return not any(_differ(one, other) for one, other in zip(got, want, strict=True))


def _differ(got: int | None, want: int | None) -> bool:
    return got is not None and want is not None and got != want


def _channels_differ(got: int | None, want: int | None) -> list[str]:
    if want not in COUNTS or got is None:
        return []
    if got == 1 or want == 1:
        return ["gray" if got == 1 else "color-for-gray" if got in (3, 4) else "layout"]
    return ["alpha" if got == 4 else "layout" if got > 4 else "channels"]


def _counted(channels: int) -> str:
    return f"{channels} channel{'s' * (channels != 1)}"


def _channels(values: Mapping[str, str]) -> Verdict:
    """``got`` channels against ``want``; with the ``shape`` that came, the layout can be told."""
    want, shape = int(values["want"]), _shape(values.get("shape", ""))
    shown = {"got": _counted(int(values["got"])), "want": str(want)}
    if "shape" in values:
        shown = {"got": values["shape"], "want": _counted(want)}
    if want not in COUNTS:
        return (), shown
    if len(shape) == 4 and shape[1] not in COUNTS and shape[3] in COUNTS:
        return ("layout", *_channels_differ(shape[3], want)) if shape[3] != want else ("layout",), shown
    if len(shape) == 3 and shape[0] not in COUNTS and shape[2] in COUNTS:
        return ("layout",), shown
    return tuple(_channels_differ(int(values["got"]), want)), shown


def _axis_value(values: Mapping[str, str]) -> Verdict:
    """One axis of the shape that came has another length than the layer takes."""
    got, want, axis = _shape(values["shape"]), int(values["want"]), int(values["axis"])
    shown = {"got": values["shape"], "want": f"{want} on axis {axis}"}
    if len(got) == 4 and axis in (-1, 3, -3, 1):
        place = axis % 4
        return _four(got, [None if index != place else want for index in range(4)]), shown
    return ("matrix-size",) if len(got) == 2 and want > 4 else (), {"got": str(got[-1]), "want": str(want)}


def _indices(values: Mapping[str, str]) -> Verdict:
    """``index: 1 Got: 416 Expected: 3 index: 3 ...``: only the axes that differ are named."""
    got: Shape = [None] * 4
    want: Shape = [None] * 4
    for axis, came, wanted in re.findall(_INDEX, values["rows"]):
        if int(axis) > 3 or int(came) > 100_000:
            return (), {}
        got[int(axis)], want[int(axis)] = int(came), int(wanted)
    return _four(got, want), {"got": _listed(got), "want": _listed(want)}


def _listed(shape: Shape) -> str:
    return "[" + ", ".join("?" if length is None else str(length) for length in shape) + "]"


def _ranks(values: Mapping[str, str]) -> Verdict:
    got = int(values["got"]) if "got" in values else len(_shape(values["dims"]))
    want = int(values["want"])
    shown = {"got": values.get("shape", f"{got}"), "want": f"{want} axes"}
    if want == 4:
        return ("no-batch",) if got in (2, 3) else ("batch-twice",) if got == 5 else (), shown
    return ("features-wanted",) if want == 2 and got == 4 else (), shown


def _dtypes(values: Mapping[str, str]) -> Verdict:
    return _dtype_cause(dtype_name(values["got"]), dtype_name(values["want"]))


def _dtype_pair(values: Mapping[str, str]) -> Verdict:
    """Two dtypes of which the message does not rightly say which one came: a model's weights are float32."""
    pair = [dtype_name(values["got"]), dtype_name(values["want"])]
    pair.sort(key=_CAME_BEFORE.index)
    return _dtype_cause(*pair)


_CAME_BEFORE = (*(name for name in _DTYPES if not name.startswith("float")), "float64", "float16", "float32", "")
"""Of two dtypes the one that is no model's weights is the one that came."""


def _dtype_cause(got: str, want: str) -> Verdict:
    floats, small = ("float16", "bfloat16", "float32", "float64"), ("uint8", "int8")
    found: tuple[str, ...] = ()
    if got == "float64" and want in (*floats, *small):
        found = ("float64",)
    elif got in small and want in floats:
        found = ("uint8",)
    elif got in floats and want in (*small, "int16", "uint16"):
        found = ("float-for-integer",)
    elif "bytes" in (got, want) and got != want:
        found = ("bytes-tensor",) if want == "bytes" else ("text-for-numbers",)
    elif got != want and got in (*floats, *small, "int32", "int64") and want in (*floats, *small):
        found = ("other-dtype",)
    return found, {"got": got, "want": want}


def _bytes(values: Mapping[str, str]) -> Verdict:
    got, want = int(values["got"]), int(values["want"])
    if want <= 8 or got % 2:
        return ("encoded-bytes",), {}
    return ("bytes-ratio",) if any(got * few == want * many for few, many in _RATIOS) else ("bytes-count",), {}


_RATIOS = ((1, 2), (1, 4), (1, 8), (2, 1), (4, 1), (8, 1))


def _count(values: Mapping[str, str]) -> Verdict:
    """As many values as came against the shape that they are to fill."""
    got, want = int(values["got"]), _shape(values["want"])
    needed = prod(length or 1 for length in want)
    if 3 in want and got * 3 == needed:
        return ("gray",), {"got": f"{got} values"}
    return ("alpha",) if 3 in want and got * 3 == needed * 4 else (), {}


def _one_axis(values: Mapping[str, str]) -> Verdict:
    """One axis of four is named."""
    return _indices({"rows": f"index: {values['axis']} Got: {values['got']} Expected: {values['want']}"})


COMPARISONS = {
    "shapes": _shapes,
    "channels": _channels,
    "axis": _axis_value,
    "indices": _indices,
    "ranks": _ranks,
    "dtypes": _dtypes,
    "dtype-pair": _dtype_pair,
    "bytes": _bytes,
    "count": _count,
    "one-axis": _one_axis,
}
"""By the word that a pattern uses; each takes the named groups."""
