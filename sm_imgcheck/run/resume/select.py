"""Which candidates of a listing an earlier run has done already, as its journal proves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from sm_imgcheck.core.errors import StoreError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import file_of, is_remote, store
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.packs import PackWriter, digest_of, has_output
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.index import ResumeState
from sm_imgcheck.run.resume.journal import Record
from sm_imgcheck.run.work import Outcome

__all__ = ["resume_candidates"]

_WITHOUT = 65_536
"""Candidates that cannot be converted and are waited with for a pack to get full."""


@frozen
class _Match:
    """A candidate, and what is known of it."""

    item: Item
    sha256: str = ""
    converted: bool = True
    """Whether it has a tensor; of one that is not known: as a rule."""
    current: bool = False
    """The record is of this very file, and was made by what makes them now."""


def resume_candidates(
    items: Iterable[Item], known: ResumeState, sink: Outputs, packs: PackWriter | None
) -> Iterator[Item | Outcome]:
    """The candidates, those that are up to date as they were done: their outputs are in place, or in a pack that is."""
    if is_remote(sink.folder):
        known.list_there(sink.folder)
    found = (_look_up(item, known, sink) for item in items)
    for group, whole in _by_packs(found, packs) if packs is not None else (([one], False) for one in found):
        for one in group:
            yield _reuse(one, known, sink, whole=whole) or one.item


def _look_up(item: Item, known: ResumeState, sink: Outputs) -> _Match:
    if item.refused:
        return _Match(item=item, converted=False)
    output = sink.name(item)
    found = known.record(item.path)
    if found is None:
        return _Match(item=_allow_replacement(item, output, known))
    record, fresh = found
    stem = "/".join(item.output) + "."
    if record.output.startswith(stem) and "/" not in record.output[len(stem) :]:
        item = replace(item, replaces=record.output)
    else:
        item = _allow_replacement(item, output, known)
    current = fresh and record.output in {"", output} and _unchanged(item, record)
    return _Match(item=item, sha256=record.sha256, converted=bool(record.output), current=current)


def _allow_replacement(item: Item, output: str, known: ResumeState) -> Item:
    """With the right to replace what an earlier run wrote, of whichever candidate."""
    return replace(item, replaces=output) if known.owns(output) else item


def _unchanged(item: Item, record: Record) -> bool:
    """Whether the file is the one that the record is of: by its state, and where that differs by its content."""
    if item.problem or item.stdin or not record.tag:
        return False
    place = file_of(item.path)[0]
    kind = store(place)
    with suppress(StoreError, ValueError):
        state = item.seen or kind.stat(place)
        if state is None or state.size != record.size:
            return False
        return state.tag == record.tag or sha256(kind.read(place, MAX_FILE_BYTES)).hexdigest() == record.sha256
    return False


def _reuse(one: _Match, known: ResumeState, sink: Outputs, *, whole: bool) -> Outcome | None:
    """What the earlier run has done, where nothing of it is missing; whole: the tensor is in a pack in its place."""
    found = known.record(one.item.path) if one.current else None
    if found is None:
        return None
    record = found[0]
    if one.converted and not whole and not _is_there(record, known, sink):
        return None
    with suppress(ValueError, RecursionError):
        return record.done(one.item, sink.place(one.item))
    return None


def _is_there(record: Record, known: ResumeState, sink: Outputs) -> bool:
    if is_remote(sink.folder):
        return known.is_there(record.output, record.output_size)
    return has_output(sink, record.output, record.output_size)


def _by_packs(found: Iterable[_Match], packs: PackWriter) -> Iterator[tuple[list[_Match], bool]]:
    """The candidates of one pack after the other, and whether an earlier run has made this very pack."""
    group: list[_Match] = []
    number = rows = 0
    for one in found:
        group.append(one)
        rows += one.converted
        if rows == packs.packing.size or len(group) == packs.packing.size + _WITHOUT:
            yield group, _is_whole(group, packs, number, rows)
            group, number, rows = [], number + 1, 0
    padded = packs.kind.BATCH and packs.packing.remainder == "pad"
    yield group, bool(rows) and _is_whole(group, packs, number, packs.packing.size if padded else rows)


def _is_whole(group: list[_Match], packs: PackWriter, number: int, rows: int) -> bool:
    members = ((one.item.path, one.sha256) for one in group if one.converted)
    return all(one.current for one in group if one.converted) and packs.holds(number, digest_of(members, rows))
