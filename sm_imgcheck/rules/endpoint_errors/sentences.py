"""The sentence of a match: one reader for the layers that search a thing near its state, and for the context."""

from __future__ import annotations

import re

__all__ = ["EXCEPTION", "sentence_after", "sentences_before"]

EXCEPTION = r"(?<![\w.])(?:[\w.]{0,80}(?:Error|Exception)|[\w.]{1,80}\.(?:error|[A-Z]\w{1,40})):\ "
"""The name of an exception before its message, in a verbose expression."""

_END = re.compile(
    rf"""(?x)[.!?][ ]|(?P<clause>;[ ])
    |(?P<string>[.!?]?["'](?:[}}\]]|[,:]?[ ]?["']|[,:][ ][{{\[]))
    |(?!\A)(?={EXCEPTION})|(?=[ ][A-Z][a-z]{{1,20}}ing\b)"""
)
"""The end of a sentence, also of a string in JSON, or before an exception or a sentence such as "Ignoring"."""


_KINDS = {"clause", "string"}


def sentences_before(text: str, count: int = 1, *, without: str = "") -> str:
    """Return the end of a text that belongs to the sentence which follows it, and to ``count - 1`` sentences before.

    without: ``clause`` if a semicolon ends no sentence, ``string`` if a string in JSON ends none.
    """
    ends = [match.end() for match in _END.finditer(text) if match.lastgroup in (None, *_KINDS - {without})]
    return text[ends[-count] :] if len(ends) >= count else text


def sentence_after(text: str, *, without: str = "") -> str:
    """Return the start of a text up to the end of its sentence."""
    starts = (match.start() for match in _END.finditer(text) if match.lastgroup in (None, *_KINDS - {without}))
    return text[: next(starts, len(text))]
