"""Find two dtypes of unknown roles in a sentence: a failed conversion, or a difference."""

from __future__ import annotations

import re

from sm_imgcheck.rules.endpoint_errors.tokens import Value

__all__ = ["find_casts", "find_different_dtypes"]

_DTYPE_WORD = (
    r"(?:torch\.|tf\.|np\.|numpy\.|jnp\.|DT_)?"
    r"(?:u?int(?:8|16|32|64)|b?float(?:16|32|64)?|fp(?:16|32|64)|double|half|byte|string)"
)
_CAST = re.compile(
    rf"(?i)(?:can ?not|can't|could not|unable to|failed to)(?: \w+)?,? (?:convert|cast)(?:ed)?\b(?P<between> between)?"
    rf"[^\n]{{0,140}}?(?<![\w.])(?P<got>{_DTYPE_WORD}|-?\d+\.\d+)(?![\w])[^\n]{{0,160}}?"
    rf"(?:\bto\b|\band\b)[^\n]{{0,140}}?(?<![\w.])(?P<expected>{_DTYPE_WORD})\b"
)
_DIFFERENT = re.compile(
    rf"(?i)\b(?:same|different|equal|mismatched|matching) (?:d?types?|data ?types?|dtype)[^\n]{{0,80}}?(?<![\w.])"
    rf"(?P<got>{_DTYPE_WORD})\b[^\n]{{1,40}}?(?<![\w.])(?P<expected>{_DTYPE_WORD})\b"
    rf"|\bd?type mismatch[^\n]{{0,80}}?(?<![\w.])(?P<got2>{_DTYPE_WORD})\b[^\n]{{1,40}}?"
    rf"(?<![\w.])(?P<expected2>{_DTYPE_WORD})\b"
)


def find_casts(sentence: str) -> list[tuple[Value, Value]]:
    """Return the dtypes of a conversion that failed."""
    return [
        (_dtype_value(match, "got"), _dtype_value(match, "expected", "pair" if match["between"] else "dtype"))
        for match in _CAST.finditer(sentence)
    ]


def find_different_dtypes(sentence: str) -> list[tuple[Value, Value]]:
    """Return two dtypes that are not the same, of unknown roles."""
    return [
        (_dtype_value(match, "got" + end, "pair"), _dtype_value(match, "expected" + end, "pair"))
        for match in _DIFFERENT.finditer(sentence)
        for end in ("", "2")
        if match["got" + end]
    ]


def _dtype_value(match: re.Match[str], group: str, kind: str = "dtype") -> Value:
    """Return a dtype; a number such as 127.5 is a float32."""
    text = "float32" if re.fullmatch(r"-?\d+\.\d+", match[group]) else match[group]
    return Value(kind, text, match.start(group), match.end(group))
