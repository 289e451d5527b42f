"""Which candidate an output is made of: two that would be written to one place are told apart from one given twice."""

from __future__ import annotations

import sys

from sm_imgcheck.escape import for_terminal

__all__ = ["Claims", "clash"]


class Claims:
    """The outputs of a run so far."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def claim(self, target: str, path: str) -> str:
        """Whose output it is: the candidate that claimed it first."""
        return self._owners.setdefault(_as_the_disk_sees_it(target), path)


def clash(claims: Claims, target: str, path: str) -> str:
    """Claim an output for a candidate; why it cannot have it, or nothing."""
    owner = claims.claim(target, path)
    if owner == path:
        return ""
    return (
        f"{for_terminal(owner)} and {for_terminal(path)} would both be written to {for_terminal(target)}: "
        "rename one, or convert them in two runs into two folders"
    )


def _as_the_disk_sees_it(path: str) -> str:
    """One key for names that are one file: macOS and Windows do not tell Cat from cat."""
    if sys.platform not in {"darwin", "win32"}:
        return path
    from unicodedata import normalize

    return normalize("NFC", path).casefold()
