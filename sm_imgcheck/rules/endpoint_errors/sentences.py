"""The sentence of a match: one reader for the layers that search a thing near its state, and for the context."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["EXCEPTION", "sentence_after", "sentences_before"]

EXCEPTION = r"(?<![\w.])(?:[\w.]{0,80}(?:Error|Exception)|[\w.]{1,80}\.(?:error|[A-Z]\w{1,40})):\ "
"""The name of an exception before its message, in a verbose expression."""

_WORK = "|".join(
    f"{verb}ing"
    for verb in (
        *(
            "Abort",
            "Clos",
            "Continu",
            "Creat",
            "Default",
            "Disabl",
            "Download",
            "Dropp",
            "Exit",
            "Fall",
            "Ignor",
            "Load",
        ),
        *(
            "Proceed",
            "Remov",
            "Restart",
            "Retry",
            "Revert",
            "Shutt",
            "Skipp",
            "Stopp",
            "Switch",
            "Terminat",
            "Try",
            "Us",
        ),
    )
)
"""Verbs of a program's next step, with a capital letter: the sentence before them may lack its period."""

_END = re.compile(
    rf"""(?x)(?P<abbreviation>(?<!\w)(?i:[a-z]\.[a-z]|vs|cf|incl|resp)\.[ ]|(?<!\w)(?i:no|max|min|approx)\.[ ](?=\d))
    |[.!?][ ]|(?P<clause>;[ ])
    |(?P<string>[.!?]?["'](?:[}}\]]|[,:]?[ ]?["']|[,:][ ][{{\[]))
    |(?!\A)(?={EXCEPTION})|(?=[ ](?:{_WORK})\b)"""
)
"""The end of a sentence, also of a string in JSON, or before an exception or a sentence such as "Ignoring".

An abbreviation ends none.
"""


def sentences_before(text: str, count: int = 1, *, clauses: bool = True, strings: bool = True) -> str:
    """Return the end of a text that belongs to the sentence which follows it, and to ``count - 1`` sentences before.

    clauses: whether a semicolon ends a sentence. strings: whether the end of a string in JSON does.
    """
    ends = [match.end() for match in _ends(text, clauses=clauses, strings=strings)]
    return text[ends[-count] :] if len(ends) >= count else text


def sentence_after(text: str, *, clauses: bool = True, strings: bool = True) -> str:
    """Return the start of a text up to the end of its sentence."""
    first = next(_ends(text, clauses=clauses, strings=strings), None)
    return text if first is None else text[: first.start()]


def _ends(text: str, *, clauses: bool, strings: bool) -> Iterator[re.Match[str]]:
    kinds = {None, "clause" if clauses else None, "string" if strings else None}
    return (match for match in _END.finditer(text) if match.lastgroup in kinds)
