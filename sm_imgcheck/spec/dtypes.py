"""Element types: one canonical name for what each framework calls its own way."""

from __future__ import annotations

import re

__all__ = ["DTYPES", "canonical"]

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
_PREFIX = re.compile(
    r"(?:type_|dt_|torch\.|np\.|numpy\.|tf\.(?:dtypes\.)?|jnp\.|ml_dtypes\.|tensor\("
    r"|<class '(?:numpy|ml_dtypes)\.|dtype\(')"
)
_SUFFIX = re.compile(r"(?:\)|'>|'\))$")
_SIZED = re.compile(r"(uint|int|u|i|fp|float|f|bfloat|bf)(8|16|32|64)")
_STEMS = {"u": "uint", "i": "int", "fp": "float", "f": "float", "bf": "bfloat"}
_WORDS = {
    # A bare `float` is 64 bits in NumPy and 32 in the frameworks, so it counts only where its owner is named.
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
    """The canonical name for any spelling in use, upper or lower case; None for one that names no number type."""
    word = text.strip().lower()
    bare = _SUFFIX.sub("", word[match.end() :]) if (match := _PREFIX.match(word)) else word
    named = _WORDS.get(word) or _WORDS.get(bare)
    if named is not None:
        return named
    sized = _SIZED.fullmatch(bare)
    name = _STEMS.get(sized[1], sized[1]) + sized[2] if sized else ""
    return name if name in DTYPES else None
