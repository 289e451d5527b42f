"""Request bodies of many candidates: several in one body where that is allowed, one body at a time in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from typing import BinaryIO

from sm_imgcheck.core.errors import ImgcheckError, OutputError, PayloadError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, mutable
from sm_imgcheck.core.media_types import suffix_of
from sm_imgcheck.core.types import Candidate, Options, Payload, Result
from sm_imgcheck.features.requests import RequestTarget, too_large
from sm_imgcheck.features.requests import batch as joining
from sm_imgcheck.features.requests.batch import BodyPart, part_of
from sm_imgcheck.report.payload import BodyRow
from sm_imgcheck.run import malloc
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.collisions import OutputRegistry, clash
from sm_imgcheck.run.outputs.tensors import OutputRefused, Outputs
from sm_imgcheck.run.work import resolve_input

__all__ = ["BodyWriter", "BuiltBody", "FailureCallback", "bodies", "single"]

FailureCallback = Callable[[Item, Exception], str]
"""A callback with a candidate that could not be sent, and the cause; returns the clause for its result."""


@frozen
class BuiltBody:
    """One body, or the reason why it is missing, and its name."""

    body: BodyRow
    item: Item
    """Its name among the outputs."""
    input_items: tuple[Item, ...]


@mutable
class _Batch:
    """What will be one body."""

    items: list[Item] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    parts: list[BodyPart] = field(default_factory=list)
    predictions: joining.Predictions = field(default_factory=dict)
    number: int = 0
    """Number of the body among bodies of several candidates, counted from 1."""


def bodies(
    items: Iterable[Item], route: RequestTarget, options: Options, *, on_failure: FailureCallback
) -> Iterator[BuiltBody]:
    """Yield the bodies one by one. A candidate that cannot be used is yielded alone, with the reason.

    A bug at one candidate is reported, and the run continues.
    """
    malloc.keep_freed_blocks()
    route_one = replace(route, spec=joining.one_by_one(route.spec))
    joins, batch = joining.joins(route), _Batch()
    for item in items:
        result, part = _prepare_part(item, route_one, options, on_failure)
        if part is None:
            yield BuiltBody(
                body=BodyRow(results=(result,), refused=result.skipped or result.bug), item=item, input_items=(item,)
            )
            continue
        if batch.parts and not (joins and joining.has_room(batch.parts, part, route)):
            yield _build_body(batch, route)
        batch.items.append(item)
        batch.results.append(result)
        batch.parts.append(part)
    if batch.parts:
        yield _build_body(batch, route)


def single(bodies_: Iterable[BuiltBody], place: str) -> Iterator[BuiltBody]:
    """Yield the same, the one body last. Raises OutputError for a second one: then no body is written or sent.

    target: the file for one body, as ``-o`` names it.
    """
    body: BuiltBody | None = None
    for built_body in bodies_:
        if built_body.body.payload is None:
            yield built_body
        elif body is None:
            body = built_body
        else:
            raise OutputError(
                f"more than one body, but -o {for_terminal(place)} is a single file: name a folder. "
                f"{for_terminal(built_body.item.path)} is in the second, because of the batch, the form or a limit"
            )
    if body is not None:
        yield body


def _prepare_part(
    item: Item, route: RequestTarget, options: Options, on_failure: FailureCallback
) -> tuple[Result, BodyPart | None]:
    try:
        result, part = part_of(resolve_input(item), route, options)
    except (ImgcheckError, BrokenPipeError):
        raise
    except Exception as bug:  # noqa: BLE001 - as in ``work``: the other candidates are none the worse for it
        return Result(candidate=Candidate(path=item.path, kind="unknown"), bug=on_failure(item, bug)), None
    return result.with_path(item.path), part


def _build_body(batch: _Batch, route: RequestTarget) -> BuiltBody:
    """The body of the batch, which is empty afterwards."""
    items, results, parts = tuple(batch.items), tuple(batch.results), batch.parts
    batch.items, batch.results, batch.parts = [], [], []
    item = items[0]
    if len(items) > 1:
        batch.number += 1
        item = Item(path=item.path, output=("batch" if batch.number == 1 else f"batch-{batch.number}",))
    return BuiltBody(body=_body(results, parts, route, batch.predictions), item=item, input_items=items)


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


@mutable
class BodyWriter:
    """An output folder, one file of it, or standard output."""

    outputs: Outputs
    stream: BinaryIO | None = None
    """Standard output, for one body."""
    infix: str = ""
    """Between name and suffix, where the folder may be the candidate's own."""
    manifest: bool = False
    """Whether the bodies are listed in ``manifest.json`` at the end."""
    written: list[str] = field(default_factory=list)
    claims: OutputRegistry = field(default_factory=OutputRegistry)

    def put(self, built: BuiltBody) -> str | None:
        """Write a body and return its location; None without a body. Raises OutputError."""
        payload = built.body.payload
        if payload is None:
            return None
        place = self._stream(payload.body) if self.stream else self._file(built, payload)
        if self.manifest or not self.written:
            self.written.append(place)  # without a manifest the first one is enough: memory stays bounded
        return place

    def finish(self) -> None:
        """Write the list of the bodies, if requested."""
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

    def _file(self, built: BuiltBody, payload: Payload) -> str:
        item = replace(built.item, output=(*built.item.output[:-1], built.item.output[-1] + self.infix))
        suffix = suffix_of(payload.content_type)
        if reason := clash(self.claims, self.outputs.place(item, suffix), item.path):
            raise OutputRefused(reason)
        return self.outputs.put(item, (payload.body,), suffix, built.input_items).place
