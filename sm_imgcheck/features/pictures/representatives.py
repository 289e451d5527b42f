"""Which candidates of a run have pictures on a page: the first of each group of findings."""

from __future__ import annotations

from collections import defaultdict

from sm_imgcheck.core.types import Result

__all__ = ["Representatives"]

_GROUPS = 24
"""Groups of each severity that have a representative."""


class Representatives:
    """Selects the first candidate of each group of findings, in bounded memory."""

    def __init__(self) -> None:
        self._last: object = None
        """The findings of the last candidate; images with equal headers share a tuple of findings."""
        self._groups: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)

    def add(self, result: Result) -> bool:
        """Return whether a result is the first of a group.

        Each worker selects from its part of a run, in the order of the listing, and the process that reports selects
        from all results. The first of all is also the first of its part, so that the pages of any number of workers
        are the same.
        """
        if result.findings is self._last:
            return False
        self._last = result.findings
        is_first = False
        for finding in result.findings:
            groups, group = self._groups[finding.severity], result.group_of(finding)
            if group not in groups and len(groups) < _GROUPS:
                groups.add(group)
                is_first = True
        return is_first
