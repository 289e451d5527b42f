"""Which candidates of a listing an earlier run has done already, as its journal proves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from sm_imgcheck.core.digests import sha256_of
from sm_imgcheck.core.errors import StoreError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import file_of, is_remote, store
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.packs import PackWriter, digest_of
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
    """Whether it has a tensor; unknown candidates usually have."""
    current: bool = False
    """The record is of this file, and was made with the current fingerprint."""


def resume_candidates(
    items: Iterable[Item], state: ResumeState, sink: Outputs, packs: PackWriter | None
) -> Iterator[Item | Outcome]:
    """Yield the candidates, with the records of those that are up to date and have their outputs."""
    if is_remote(sink.folder):
        state.list_there(sink.folder)
    record_ = (_look_up(item, state, sink) for item in items)
    for group, complete in _by_packs(record_, packs) if packs is not None else (([match], False) for match in record_):
        for match in group:
            yield _reuse(match, state, sink, complete=complete) or match.item


def _look_up(item: Item, state: ResumeState, sink: Outputs) -> _Match:
    if item.refused:
        return _Match(item=item, converted=False)
    output = sink.name(item)
    record_ = state.record(item.path)
    if record_ is None:
        return _Match(item=_allow_replacement(item, output, state))
    record, fresh = record_
    stem = "/".join(item.output) + "."
    if record.output.startswith(stem) and "/" not in record.output[len(stem) :]:
        item = replace(item, replaces=record.output)
    else:
        item = _allow_replacement(item, output, state)
    current = fresh and record.output in {"", output} and _is_unchanged(item, record)
    return _Match(item=item, sha256=record.sha256, converted=bool(record.output), current=current)


def _allow_replacement(item: Item, output: str, state: ResumeState) -> Item:
    """With the right to replace what an earlier run wrote, of whichever candidate."""
    return replace(item, replaces=output) if state.owns(output) else item


def _is_unchanged(item: Item, record: Record) -> bool:
    """Return whether the file is unchanged since the record: by its state, and where that differs by its content."""
    if item.problem or item.stdin or not record.tag:
        return False
    place = file_of(item.path)[0]
    kind = store(place)
    with suppress(StoreError, ValueError):
        state = item.state or kind.stat(place)
        if state is None or state.size != record.size:
            return False
        return state.tag == record.tag or sha256_of(kind.read(place, MAX_FILE_BYTES)) == record.sha256
    return False


def _reuse(match: _Match, state: ResumeState, sink: Outputs, *, complete: bool) -> Outcome | None:
    """Return the record of an earlier run, if its outputs exist; complete: the tensor is in a complete pack."""
    record_ = state.record(match.item.path) if match.current else None
    if record_ is None:
        return None
    record = record_[0]
    if match.converted and not complete and not _exists(record, state, sink):
        return None
    with suppress(ValueError, RecursionError):
        return record.to_outcome(match.item, sink.place(match.item))
    return None


def _exists(record: Record, state: ResumeState, sink: Outputs) -> bool:
    if is_remote(sink.folder):
        return state.exists(record.output, record.output_size)
    return sink.holds(record.output, record.output_size, record.output_time)


def _by_packs(record_: Iterable[_Match], packs: PackWriter) -> Iterator[tuple[list[_Match], bool]]:
    """Yield the candidates pack by pack, and whether an earlier run has built exactly this pack."""
    group: list[_Match] = []
    number = rows = 0
    for match in record_:
        group.append(match)
        rows += match.converted
        if rows == packs.packing.size or len(group) == packs.packing.size + _WITHOUT:
            yield group, _is_complete(group, packs, number, rows)
            group, number, rows = [], number + 1, 0
    is_padded = packs.kind.BATCH and packs.packing.remainder == "pad"
    yield group, bool(rows) and _is_complete(group, packs, number, packs.packing.size if is_padded else rows)


def _is_complete(group: list[_Match], packs: PackWriter, number: int, rows: int) -> bool:
    members = ((match.item.path, match.sha256) for match in group if match.converted)
    return all(match.current for match in group if match.converted) and packs.holds(number, digest_of(members, rows))
