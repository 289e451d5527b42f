"""Suggestions for an unknown word: the nearest of the known words."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["nearest", "nearest_word"]


def nearest(word: str, words: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return a clause with the nearest of ``words``, such as ``; did you mean RGB?``; empty where none is near.

    cutoff: the lowest similarity, of ``difflib.SequenceMatcher``, from 0 to 1.
    """
    close = nearest_word(word, words, cutoff=cutoff)
    return f"; did you mean {close}?" if close else ""


def nearest_word(word: str, words: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the nearest of ``words``, in any case; empty where none is near."""
    from difflib import get_close_matches  # 4 ms to import

    by_fold = {candidate.casefold(): candidate for candidate in words}
    close = get_close_matches(word.casefold()[:80], by_fold, n=1, cutoff=cutoff)
    return by_fold[close[0]] if close else ""
