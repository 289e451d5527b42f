"""What a run keeps of its work, so that it can be cut short at any moment and go on: around the engine, on both sides.

Before it, candidates that the journal proves up to date take their place among the others as they are. Behind it, what
is done is noted in the journal, packed where that is asked for, and listed in the manifest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from shutil import rmtree

from sm_imgcheck.engine.items import Item
from sm_imgcheck.engine.job import Done, Job
from sm_imgcheck.engine.journal import Journal
from sm_imgcheck.engine.known import Known
from sm_imgcheck.engine.lock import Lock
from sm_imgcheck.engine.manifest import Lines, line_of
from sm_imgcheck.engine.origin import Origin
from sm_imgcheck.engine.outputs import Outputs
from sm_imgcheck.engine.packs import Packs
from sm_imgcheck.engine.resuming import resumed
from sm_imgcheck.engine.shard import Shard
from sm_imgcheck.errors import ImgcheckError

__all__ = ["Keeping"]


@dataclass(slots=True, kw_only=True)
class Keeping:
    """What is kept of one run."""

    job: Job
    """As it is worked on."""
    origin: Origin
    shard: Shard
    sink: Outputs | None = None
    """Where the tensors go first."""
    journal: Journal | None = None
    known: Known | None = None
    """What earlier runs have done; None: everything is done anew."""
    packs: Packs | None = None
    manifest: Lines | None = None
    lock: Lock | None = None
    """Held while the run lasts: no other writes there."""
    kept: int = 0
    """Candidates that were up to date."""

    def before(self, items: Iterable[Item]) -> Iterator[Item | Done]:
        """The candidates, those that are up to date as they were done."""
        if self.known is None or self.sink is None:
            return iter(items)
        return resumed(items, self.known, self.sink, self.packs)

    def behind(self, records: Generator[Done, None, None]) -> Generator[Done, None, None]:
        """The records; each is noted, and packed, before it is passed on. Raises OutputError."""
        noted = self._noted(records)
        with closing(self.packs.packed(noted) if self.packs is not None else noted) as placed:
            try:
                for done in placed:
                    if self.manifest is not None:
                        self.manifest.add(line_of(done, self.origin, self.shard))
                    yield done
                self._finish()
            except BaseException:
                self._give_up()
                raise
            finally:
                self.let_go()

    def let_go(self) -> None:
        """Leave the place to other runs."""
        if self.lock is not None:
            self.lock.let_go()

    def _noted(self, records: Generator[Done, None, None]) -> Generator[Done, None, None]:
        with closing(records):
            for done in records:
                self.kept += done.kept
                if self.journal is not None and not done.kept:
                    self._remove_older(done)
                    self.journal.note(done)
                yield done

    def _finish(self) -> None:
        if self.manifest is not None:
            self.manifest.finish()
        if self.journal is not None:
            self.journal.finish()
        if self.sink is not None and self.sink.aside:
            rmtree(self.sink.aside, ignore_errors=True)

    def _give_up(self) -> None:
        """What is done need not be done again; what is begun is not left behind."""
        with suppress(ImgcheckError):
            if self.journal is not None:
                self.journal.flush()
        for lines in (self.manifest, self.packs.index if self.packs is not None else None):
            if lines is not None:
                lines.drop()

    def _remove_older(self, done: Done) -> None:
        """An output of an earlier run that is none of this one: of another form, or of what can't be converted now."""
        old = done.item.replaces
        if self.sink is not None and old and done.output != old and not done.refused and not done.result.bug:
            self.sink.remove(old)
