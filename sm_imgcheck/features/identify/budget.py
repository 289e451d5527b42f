"""The limit of a search's work, counted in values read and written: the same on every machine."""

from __future__ import annotations

from dataclasses import field

from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.ops.execute import ArrayCache

__all__ = ["Budget"]

_LIMIT = 6_000_000_000
"""Values that a search reads and writes at most: 8 to 9 seconds of a core of 3 GHz, with 1 second for the rest."""
_COMPARISON, _FRAMING, _SCAN = 8, 400_000, 32
"""Values of a resize that take the time of one compared value, of the cells of one framing, and of one value that is
searched for a mistake."""


@mutable
class Budget:
    """The work of one search, shared by all its parts."""

    limit: int = _LIMIT
    cache: ArrayCache = field(default_factory=lambda: ArrayCache({}))
    """Its arrays; counts the values that the steps read and write."""
    other: int = 0
    """Values of other work."""
    skipped: int = 0
    """Number of times that work was skipped because the budget was spent: 0 where the search is complete."""
    unsearched: list[str] = field(default_factory=list)
    """What was not searched, or not completely, once the budget was spent."""

    @property
    def spent(self) -> int:
        """Values read and written."""
        return self.cache.work + self.other

    @property
    def is_spent(self) -> bool:
        """Whether no more work may begin."""
        return self.spent > self.limit

    def stops(self) -> bool:
        """Whether the next piece of work is skipped, which counts it."""
        self.skipped += self.is_spent
        return self.is_spent

    def report(self) -> str:
        """What was not searched, in words; empty where the search is complete."""
        if not self.unsearched:
            return ""
        return f"search stopped after {self.spent / 1e9:.1f} billion values, not searched: {', '.join(self.unsearched)}"

    def frame(self, comparisons: int) -> None:
        """Count comparisons of framings by cells, before they are made together."""
        self.other += _FRAMING * comparisons

    def read(self, values: int) -> None:
        """Count one reading of this number of values, such as the search for keypoints."""
        self.other += values

    def scan(self, values: int) -> None:
        """Count the search of this number of values for one kind of mistake."""
        self.other += _SCAN * values

    def compare(self, values: int) -> None:
        """Count the comparison of this number of values."""
        self.other += _COMPARISON * values
