"""Request bodies of many candidates: several in one body where that is allowed, one body at a time in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from sm_imgcheck.engine.items import Item
from sm_imgcheck.engine.job import handed
from sm_imgcheck.errors import ImgcheckError, PayloadError
from sm_imgcheck.model import Options, Result
from sm_imgcheck.request import joining
from sm_imgcheck.request.joining import Part
from sm_imgcheck.request.limits import too_large
from sm_imgcheck.request.parts import part_of
from sm_imgcheck.request.route import Route
from sm_imgcheck.request.told import Body
from sm_imgcheck.value import Value

__all__ = ["Made", "Tell", "bodies"]

Tell = Callable[[Item, Exception], str]
"""Told of a candidate that could not be served, and of the cause; answers with the clause for its result."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Made(Value):
    """One body, or why there is none, and where it belongs."""

    body: Body
    item: Item
    """Its place among the outputs."""
    made_of: tuple[Item, ...]


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What will be one body."""

    items: list[Item] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    number: int = 0
    """Of the bodies that hold several candidates, counted from 1."""


def bodies(items: Iterable[Item], route: Route, options: Options, *, tell: Tell) -> Iterator[Made]:
    """Yield the bodies as they are made. A candidate that cannot be used comes alone, with the reason.

    A bug at one candidate is told, and the run goes on.
    """
    route_one = replace(route, spec=joining.one_by_one(route.spec))
    joins, batch = joining.joins(route), _Batch()
    for item in items:
        result, part = _looked_at(item, route_one, options, tell)
        if part is None:
            yield Made(body=Body(results=(result,), refused=result.skipped or result.bug), item=item, made_of=(item,))
            continue
        if batch.parts and not (joins and joining.has_room(batch.parts, part, route)):
            yield _built(batch, route)
        batch.items.append(item)
        batch.results.append(result)
        batch.parts.append(part)
    if batch.parts:
        yield _built(batch, route)


def _looked_at(item: Item, route: Route, options: Options, tell: Tell) -> tuple[Result, Part | None]:
    try:
        result, part = part_of(handed(item), route, options)
    except (ImgcheckError, BrokenPipeError):
        raise
    except Exception as bug:  # noqa: BLE001 - as in ``work``: the other candidates are none the worse for it
        return Result(path=item.path, kind="unknown", bug=tell(item, bug)), None
    return replace(result, path=item.path), part


def _built(batch: _Batch, route: Route) -> Made:
    """The body of the batch, which is empty afterwards."""
    items, results, parts = tuple(batch.items), tuple(batch.results), batch.parts
    batch.items, batch.results, batch.parts = [], [], []
    item = items[0]
    if len(items) > 1:
        batch.number += 1
        item = Item(path=item.path, output=("batch" if batch.number == 1 else f"batch-{batch.number}",))
    return Made(body=_body(results, parts, route), item=item, made_of=items)


def _body(results: tuple[Result, ...], parts: list[Part], route: Route) -> Body:
    try:
        payload = joining.build(parts, route)
    except PayloadError as error:
        size = error.size if isinstance(error, joining.TooLarge) else 0
        return Body(results=results, refused=str(error), findings=too_large(route, size))
    tensor = joining.shape_of(parts, route)
    return Body(results=results, payload=payload, tensor=tensor, findings=too_large(route, len(payload.body)))
