"""The words of a text, to reject keywords without a search through it."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["Vocabulary"]


class Vocabulary:
    """The distinct words of a text: rejects keywords of patterns without a search through a long text."""

    def __init__(self, lower: str) -> None:
        """Read a text in lower case."""
        self.words = frozenset(re.findall(r"\w+", lower))
        self.joined = "\n".join(self.words)

    def may_contain(self, keyword: str) -> bool:
        """Return False if the text cannot contain the keyword: its inner words are whole words of the text."""
        first, *others = _words(keyword)
        return (
            all(word in self.words for word in others[:-1])
            and first in self.joined
            and (not others or others[-1] in self.joined)
        )


@cache
def _words(keyword: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", keyword)) or ("",)
