"""Dtypes: their canonical names, and the names of each framework."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["DTYPES", "any_case", "canonical", "spellings"]

DTYPES = (
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
)

# TYPE_FP32: Triton; DT_FLOAT: TensorFlow; tensor(float): ONNX Runtime; torch.float32; np.float32.
_PREFIXES = (
    *("type_", "dt_", "torch.", "np.", "numpy.", "tf.dtypes.", "tf.", "jnp.", "ml_dtypes.", "tensor("),
    *("<class 'numpy.", "<class 'ml_dtypes.", "dtype('"),
)
_SUFFIXES = (")", "'>", "')")
_PREFIX = re.compile("|".join(map(re.escape, _PREFIXES)))
_SUFFIX = re.compile(f"(?:{'|'.join(map(re.escape, _SUFFIXES))})$")
_NAME_AND_BITS = re.compile(r"(uint|int|u|i|fp|float|f|bfloat|bf)(8|16|32|64)")
_STEMS = {"u": "uint", "i": "int", "fp": "float", "f": "float", "bf": "bfloat"}
_WORDS = {
    # A bare `float` is 64 bits in NumPy and 32 in the frameworks, so it needs the prefix of a framework.
    "dt_float": "float32",
    "tensor(float)": "float32",
    "torch.float": "float32",
    "torch.int": "int32",
    "torch.long": "int64",
    "half": "float16",
    "single": "float32",
    "double": "float64",
    # array-protocol strings, as in the header of an .npy file
    **{f"{order}f{size}": f"float{8 * size}" for order in ("", "<") for size in (2, 4, 8)},
    **{f"{order}{kind}1": f"{name}8" for order in ("", "|") for kind, name in (("u", "uint"), ("i", "int"))},
}


def canonical(text: str) -> str | None:
    """Return the canonical name for any spelling, in upper or lower case; None unless it is a dtype of numbers."""
    word = text.strip().lower()
    bare = _SUFFIX.sub("", word[match.end() :]) if (match := _PREFIX.match(word)) else word
    name_of_word = _WORDS.get(word) or _WORDS.get(bare)
    if name_of_word is not None:
        return name_of_word
    match_sized = _NAME_AND_BITS.fullmatch(bare)
    name = _STEMS.get(match_sized[1], match_sized[1]) + match_sized[2] if match_sized else ""
    return name if name in DTYPES else None


def any_case(word: str) -> str:
    """Return a regular expression, valid in Python and JavaScript, for a word in upper, lower or mixed case."""
    return "".join(
        f"[{char.lower()}{char.upper()}]" if char.isalpha() else re.sub(r"([.()|*+?^$\[\]{}\\])", r"\\\1", char)
        for char in word
    )


def spellings(name: str) -> str:
    """Return a regular expression, valid in Python and JavaScript, for every spelling of a dtype that is accepted."""
    stems = [name, *(name.replace(stem, short, 1) for short, stem in _STEMS.items() if re.match(rf"{stem}\d", name))]
    words = [word for word, dtype in _WORDS.items() if dtype == name]
    bare = _alternatives([*stems, *words])
    return rf"\s*({_alternatives(_PREFIXES)}{bare}{_alternatives(_SUFFIXES)}?|{bare})\s*"


def _alternatives(words: Iterable[str]) -> str:
    return f"({'|'.join(map(any_case, words))})"
