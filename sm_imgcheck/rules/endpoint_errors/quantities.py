"""Find a limit on bytes in any wording: "exceeds the 10 MB limit", "too large (max 15MB)"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sm_imgcheck.rules.endpoint_errors.sentences import sentences_before

__all__ = ["find_byte_limits"]

_BYTES = re.compile(
    r"(?i)(?<![\w.])\d{1,12}(?:\.\d{1,3})? ?(?:[km]i?b|bytes|megabytes|kilobytes)\b|(?<![\w.])[1-5] ?gi?b\b"
)
"""An amount that a limit on a request may have: asynchronous endpoints accept 1 GB, S3 objects in one PUT 5 GB."""
_LIMIT = re.compile(
    r"(?i)exceed|too (?:large|big)|larger than|bigger than|greater than|over the|\blimit\b|at most|no more than"
    r"|\bor (?:less|smaller)\b|must be (?:under|below|less|smaller|between)"
)
_SUBJECT = re.compile(
    r"(?i)\b(?:image|file|upload|photo|picture|payload|body|request|content|attachment|part|message|data)s?\b"
)
_OTHER = re.compile(
    r"(?i)memory|cuda|gpu|alloc|disk|cache|log file|rotat|queue|token|shm|buffer pool|checkpoint|grpc|model size"
    r"|written|\bgit"
)
_AROUND = 80
_TRIES = 64


def find_byte_limits(text: str) -> Iterator[tuple[int, int]]:
    """Yield the span of each limit on the bytes of an image, a file or a request that was exceeded."""
    for number, match in enumerate(_BYTES.finditer(text)):
        if number == _TRIES:
            return
        start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND // 2
        around = sentences_before(text[start : match.start()], 2, strings=False) + text[match.start() : end]
        if _LIMIT.search(around) and _SUBJECT.search(around) and _ERROR.search(around) and not _OTHER.search(around):
            yield match.span()


_ERROR = re.compile(
    r"(?i)bad.?request|error|exception|detail|message|exceed|too (?:large|big)|reject|refus|larger than|bigger than"
    r"|\bmust\b[^;]{0,60}\b(?:got|received|found|was) \d{1,12}(?:\.\d{1,3})? ?(?:[km]i?b|bytes|megabytes|kilobytes)\b"
)
