"""Request bodies of many candidates: several in one body where that is allowed, one body at a time in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from sm_imgcheck.core.errors import ImgcheckError, OutputError, PayloadError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.media_types import suffix_of
from sm_imgcheck.core.types import Candidate, Options, Payload, Result
from sm_imgcheck.features.requests import RequestTarget, too_large
from sm_imgcheck.features.requests import batch as joining
from sm_imgcheck.features.requests.batch import BodyPart, part_of
from sm_imgcheck.report.payload import BodyRow
from sm_imgcheck.run.inputs.collisions import OutputRegistry, clash
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.tensors import OutputRefused, Outputs
from sm_imgcheck.run.work import resolve_input

__all__ = ["BodyWriter", "BuiltBody", "Tell", "bodies", "single"]

Tell = Callable[[Item, Exception], str]
"""Told of a candidate that could not be served, and of the cause; answers with the clause for its result."""


@frozen
class BuiltBody:
    """One body, or why there is none, and where it belongs."""

    body: BodyRow
    item: Item
    """Its place among the outputs."""
    made_of: tuple[Item, ...]


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What will be one body."""

    items: list[Item] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    parts: list[BodyPart] = field(default_factory=list)
    predictions: joining.Predictions = field(default_factory=dict)
    number: int = 0
    """Of the bodies that hold several candidates, counted from 1."""


def bodies(items: Iterable[Item], route: RequestTarget, options: Options, *, tell: Tell) -> Iterator[BuiltBody]:
    """Yield the bodies as they are made. A candidate that cannot be used comes alone, with the reason.

    A bug at one candidate is told, and the run goes on.
    """
    route_one = replace(route, spec=joining.one_by_one(route.spec))
    joins, batch = joining.joins(route), _Batch()
    for item in items:
        result, part = _prepare_part(item, route_one, options, tell)
        if part is None:
            yield BuiltBody(
                body=BodyRow(results=(result,), refused=result.skipped or result.bug), item=item, made_of=(item,)
            )
            continue
        if batch.parts and not (joins and joining.has_room(batch.parts, part, route)):
            yield _build_body(batch, route)
        batch.items.append(item)
        batch.results.append(result)
        batch.parts.append(part)
    if batch.parts:
        yield _build_body(batch, route)


def single(made: Iterable[BuiltBody], place: str) -> Iterator[BuiltBody]:
    """The same, the one body last. Raises OutputError where there is a second: then none is written, no part is sent.

    place: what takes one body, as ``-o`` names it.
    """
    body: BuiltBody | None = None
    for one in made:
        if one.body.payload is None:
            yield one
        elif body is None:
            body = one
        else:
            raise OutputError(
                f"there is more than one body, and -o {for_terminal(place)} takes one: name a folder. "
                f"{for_terminal(one.item.path)} is in the second: the batch, the form or a limit allows no more in one"
            )
    if body is not None:
        yield body


def _prepare_part(item: Item, route: RequestTarget, options: Options, tell: Tell) -> tuple[Result, BodyPart | None]:
    try:
        result, part = part_of(resolve_input(item), route, options)
    except (ImgcheckError, BrokenPipeError):
        raise
    except Exception as bug:  # noqa: BLE001 - as in ``work``: the other candidates are none the worse for it
        return Result(candidate=Candidate(path=item.path, kind="unknown"), bug=tell(item, bug)), None
    return result.with_path(item.path), part


def _build_body(batch: _Batch, route: RequestTarget) -> BuiltBody:
    """The body of the batch, which is empty afterwards."""
    items, results, parts = tuple(batch.items), tuple(batch.results), batch.parts
    batch.items, batch.results, batch.parts = [], [], []
    item = items[0]
    if len(items) > 1:
        batch.number += 1
        item = Item(path=item.path, output=("batch" if batch.number == 1 else f"batch-{batch.number}",))
    return BuiltBody(body=_body(results, parts, route, batch.predictions), item=item, made_of=items)


def _body(
    results: tuple[Result, ...], parts: list[BodyPart], route: RequestTarget, predictions: joining.Predictions
) -> BodyRow:
    try:
        payload = joining.build(parts, route, predictions)
    except PayloadError as error:
        size = error.size if isinstance(error, joining.BodyTooLarge) else 0
        return BodyRow(results=results, refused=str(error), findings=too_large(route, size))
    tensor = joining.shape_of(parts, route)
    return BodyRow(
        results=results, payload=payload, tensor=tensor, findings=payload.findings + too_large(route, len(payload.body))
    )


@dataclass(slots=True, kw_only=True)
class BodyWriter:
    """An output folder, one file of it, or standard output."""

    outputs: Outputs
    stream: BinaryIO | None = None
    """Standard output, which takes one body."""
    infix: str = ""
    """Between name and suffix, where the folder may be the candidate's own."""
    manifest: bool = False
    """Whether the bodies are listed in ``manifest.json`` at the end."""
    written: list[str] = field(default_factory=list)
    claims: OutputRegistry = field(default_factory=OutputRegistry)

    def put(self, made: BuiltBody) -> str | None:
        """Write a body and return where; None where there is none. Raises OutputError."""
        payload = made.body.payload
        if payload is None:
            return None
        place = self._stream(payload.body) if self.stream else self._file(made, payload)
        if self.manifest or not self.written:
            self.written.append(place)  # without a manifest the first one is enough: memory stays bounded
        return place

    def finish(self) -> None:
        """Write the list of the bodies, where one is wanted."""
        if self.manifest and self.written and not self.stream:
            from sm_imgcheck.features.requests.snippets import manifest

            names = [os.path.relpath(place, self.outputs.folder or ".").replace(os.sep, "/") for place in self.written]
            item = Item(path="the manifest", output=("manifest",), stdin=True)
            replace(self.outputs, file="").put(item, (manifest(names),), "json")

    def _stream(self, body: bytes) -> str:
        assert self.stream is not None
        self.stream.write(body)
        self.stream.flush()
        return "-"

    def _file(self, made: BuiltBody, payload: Payload) -> str:
        item = replace(made.item, output=(*made.item.output[:-1], made.item.output[-1] + self.infix))
        suffix = suffix_of(payload.content_type)
        if refused := clash(self.claims, self.outputs.place(item, suffix), item.path):
            raise OutputRefused(refused)
        return self.outputs.put(item, (payload.body,), suffix, made.made_of).place
