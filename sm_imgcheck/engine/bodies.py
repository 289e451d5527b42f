"""Request bodies of many candidates: several in one body where that is allowed, one body at a time in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sm_imgcheck.engine.listing import Item
from sm_imgcheck.engine.run import look, read
from sm_imgcheck.errors import PayloadError
from sm_imgcheck.model import Options, Payload, Result
from sm_imgcheck.processing import process
from sm_imgcheck.request import joining
from sm_imgcheck.request.joining import Part
from sm_imgcheck.request.route import Route
from sm_imgcheck.value import Value

__all__ = ["Made", "bodies"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Made(Value):
    """One body, or why there is none."""

    results: tuple[Result, ...]
    """Of the candidates in it; their arrays are let go."""
    made_of: tuple[Item, ...]
    item: Item
    """Where it belongs among the outputs."""
    payload: Payload | None = None
    refused: str = ""
    """Why there is no body."""
    tensor: tuple[tuple[int, ...], str] | None = None
    """Shape and dtype of what the body carries; None: encoded pictures."""


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What will be one body."""

    items: list[Item] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    number: int = 0
    """Of the bodies that hold several candidates, counted from 1."""


def bodies(items: Iterable[Item], route: Route, options: Options) -> Iterator[Made]:
    """Yield the bodies as they are made. A candidate that cannot be used comes alone, with the reason."""
    route_one = replace(route, spec=joining.one_by_one(route.spec))
    joins, batch = joining.joins(route), _Batch()
    for item in items:
        result, part = _looked_at(item, route_one, options)
        if part is None:
            yield Made(results=(result,), item=item, made_of=(item,), refused=result.skipped)
            continue
        if batch.parts and not (joins and joining.has_room(batch.parts, part, route)):
            yield _built(batch, route)
        batch.items.append(item)
        batch.results.append(result)
        batch.parts.append(part)
    if batch.parts:
        yield _built(batch, route)


def _looked_at(item: Item, route: Route, options: Options) -> tuple[Result, Part | None]:
    """The candidate's result and what it brings into a body; None where the result says why it brings nothing."""
    if hasattr(route.form, "build_image"):
        return _picture(item, route, options)
    result = look(item, route.spec, replace(options, want_array=True))
    part = None if result.array is None else Part(array=result.array)
    return replace(result, array=None), part


def _picture(item: Item, route: Route, options: Options) -> tuple[Result, Part | None]:
    """The encoded picture. What the spec's policy refuses is no obstacle: the picture is encoded anew."""
    candidate = read(item, route.spec, options)
    result = replace(process(candidate, route.spec, options), path=item.path)
    if candidate.problem is not None:
        return result, None
    if candidate.header is None:
        takes = f"the envelope {route.envelope} takes an encoded image, and it is a {candidate.kind}"
        return replace(result, skipped=takes), None
    return result, Part(picture=(candidate.data, candidate.header))


def _built(batch: _Batch, route: Route) -> Made:
    """The body of the batch, which is empty afterwards."""
    items, results, parts = tuple(batch.items), tuple(batch.results), batch.parts
    batch.items, batch.results, batch.parts = [], [], []
    item = items[0]
    if len(items) > 1:
        batch.number += 1
        item = Item(path=item.path, output=("batch" if batch.number == 1 else f"batch-{batch.number}",))
    try:
        payload = joining.build(parts, route)
    except PayloadError as error:
        return Made(results=results, item=item, made_of=items, refused=str(error))
    return Made(results=results, item=item, made_of=items, payload=payload, tensor=joining.shape_of(parts, route))
