"""Kinds of outputs by their names."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["EMBEDDING_WORDS", "mentions"]

EMBEDDING_WORDS = ("embed", "feature", "pool", "hidden", "cls_token", "descriptor")
"""Parts of the names of embeddings."""


def mentions(name: str, words: Sequence[str]) -> bool:
    """Whether the name contains one of ``words``, which are in lowercase."""
    text = name.lower()
    return any(word in text for word in words)
