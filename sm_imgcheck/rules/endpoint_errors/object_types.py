"""Compare the Python type of an argument with those that a function accepts: "expected ndarray, got <class 'str'>"."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from sm_imgcheck.rules.endpoint_errors.context import names_other_argument
from sm_imgcheck.rules.endpoint_errors.sentences import sentences_before

__all__ = ["find_object_types"]

_ACTUAL = re.compile(
    r"<(?:class|type) '(?P<name>[\w.]{1,80})'>"
    r"|(?i:(?:\bgot|\breceived|\bfound|\bbut is|\bgiven|\bprovided|, not)(?: an?| type| object of type)?:? '?"
    r"(?P<word>str|bytes|bytearray|list|dict|tuple|NoneType|(?:np\.|numpy\.)?ndarray|torch\.Tensor|PIL\.Image\.Image"
    r"|PngImageFile|JpegImageFile|BytesIO)\b)"
)
_TYPES = (
    ("no-picture-array", re.compile(r"(?i)\bPIL\b|\bPillow\b|\bImage\.Image\b|image file|image object")),
    ("not-a-tensor", re.compile(r"(?i)\w*Tensors?\b")),
    ("other-schema", re.compile(r"(?i)\b(?:dict|dictionary|mapping|DataFrame)\b")),
    ("no-array", re.compile(r"(?i)\bndarray\b|numpy(?: |-)?arrays?|numpy\.array|np\.array|\barray\b|\bMat\b")),
)
_REQUIREMENT = re.compile(
    r"(?i)expect|must be|should be|has to be|needs to be|have to be|required|supports?|supported|accept|only"
    r"|can (?:either )?be|invalid|unsupported|unrecognized|not recognized|incorrect|wrong|unknown|not in|is not"
    r"|to handle"
)
_IMAGE = re.compile(r"(?i)\b(?:image|images|img|picture|photo|pic|input|inputs|frame|argument|data)\b")
_AROUND = 160
_TRIES = 1024
"""Maximum number of types that are read, from the end: logs end with the error. Time: 0.1 s."""


def find_object_types(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the cause of each argument of another type than a function accepts, with its span."""
    for match in deque(_ACTUAL.finditer(text), maxlen=_TRIES):
        start = max(match.start() - _AROUND, 0)
        before = sentences_before(text[start : match.start()], 2, strings=False)
        sentence = before + text[match.start() : match.end() + 60]
        if not _REQUIREMENT.search(sentence) or names_other_argument(sentences_before(before, strings=False)):
            continue
        types = sentence.replace(match[0], "")
        cause = next((cause for cause, words in _TYPES if words.search(types)), "")
        if not cause and not _IMAGE.search(before):
            continue
        cause = cause or "no-picture-array"
        yield cause, start + len(text[start : match.start()]) - len(before), match.end()
