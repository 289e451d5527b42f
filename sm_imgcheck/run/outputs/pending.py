"""Outcomes whose tensors wait for a pack: a tensor is reported as written when its pack is in place."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.run.work import Outcome

if TYPE_CHECKING:
    from sm_imgcheck.run.outputs.packs import PackWriter

__all__ = ["PendingOutcomes"]

_MOST = 65_536
"""Outcomes without a tensor that are held between those of one pack; of more, the first are passed on early."""


class PendingOutcomes:
    """The outcomes of a run in listing order, each held until its pack is in place."""

    def __init__(self, packs: PackWriter | None) -> None:
        """``packs``: None if each tensor has its own file; then no outcome waits."""
        self.prepared = 0
        """Tensors that were made and are in no pack; known once ``rest`` is exhausted."""
        self._packs = packs
        self._held: deque[tuple[int, Outcome]] = deque()
        self._packed = 0

    def add(self, outcome: Outcome) -> Iterator[Outcome]:
        """Add one more outcome; yield those that are next in order and whose pack, if any, is complete."""
        number = -1  # of its pack
        if self._packs is not None and outcome.row is not None:
            number = self._packed // self._packs.packing.size
            self._packed += 1
        self._held.append((number, outcome))
        while self._held and (self._in_place(self._held[0][0]) or self._too_many()):
            yield self._held.popleft()[1]

    def rest(self) -> Iterator[Outcome]:
        """The outcomes that are left when a run is over; those of a pack that was not written name no output."""
        while self._held:
            number, outcome = self._held.popleft()
            if self._in_place(number):
                yield outcome
                continue
            self.prepared += 1
            skipped = f"the run ended before {outcome.output} was complete"
            result = replace_fields(outcome.result, emitted=None, skipped=skipped)
            yield replace_fields(outcome, result=result, output="", row=None)

    def _in_place(self, number: int) -> bool:
        return self._packs is None or number < self._packs.number

    def _too_many(self) -> bool:
        return self._packs is not None and len(self._held) > self._packs.packing.size + _MOST
