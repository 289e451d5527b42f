"""What the table of the language is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["MAX_SIDE", "Key"]

Kind = Literal[
    "axes",
    "choice",
    "dtype",
    "entries",
    "flag",
    "mapping",
    "number",
    "numbers",
    "pair",
    "size",
    "steps",
    "text",
    "whole",
    "wholes",
]

MAX_SIDE = 65_535
"""Pixels; the longest side that a JPEG can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the language."""

    name: str
    kind: Kind
    doc: str
    """One line for editors, ``spec init`` and the manual."""
    example: Any
    """A value."""
    default: Any = None
    """What it is when nothing is said; None: see ``rule``."""
    rule: str = ""
    """How the default follows from other keys; empty where there is a constant one, or none."""
    choices: tuple[str, ...] = ()
    low: float | None = None
    """The least number allowed; for lists, of each entry."""
    high: float | None = None
    above: float | None = None
    """Numbers must be greater than this."""
    keys: tuple[Key, ...] = ()
    """Of a mapping, or of each entry of a list of mappings."""
    required: bool = False
    shorthand: str = ""
    """A word that may stand in the place of the mapping: ``resize: none`` is ``resize: {mode: none}``."""
    also: tuple[str, ...] = ()
    """What other tools call it, to guess what an unknown key was meant to be."""
