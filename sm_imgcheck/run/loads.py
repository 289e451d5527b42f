"""What the bodies of candidates would carry, from their headers alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sm_imgcheck.core.types import Candidate, Options, Plan
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.features.requests import batch as joining
from sm_imgcheck.features.requests.sizes import Load
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import resolve_input
from sm_imgcheck.serving.envelopes._image import changes

__all__ = ["Loads", "loads"]


@dataclass(slots=True, kw_only=True)
class Loads:
    """The sum over the candidates."""

    largest: Load | None = None
    """Of the candidates whose tensors have the most values: all of one shape together, as far as the batch allows."""
    shapes: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Candidates of which there is no tensor, each with the reason."""


def loads(items: Iterable[Item], route: RequestTarget, options: Options) -> Loads:
    """Look at every candidate; nothing is decoded."""
    single, found, by_shape = joining.one_by_one(route.spec), Loads(), dict[tuple[int, ...], Load]()
    for item in items:
        result = process(resolve_input(item), single, replace(options, keep_arrays=True))
        if result.plan is None:
            found.failed.append((item.path, result.skipped))
            continue
        load = _load(result.candidate, result.plan, route)
        known = by_shape.get(load.shape)
        by_shape[load.shape] = _both(known, load) if known else load
    found.shapes = len(by_shape)
    if by_shape:
        found.largest = _joined(by_shape[max(by_shape, key=_count)], route)
    return found


def _load(candidate: Candidate, plan: Plan, route: RequestTarget) -> Load:
    facts = plan.after[-1] if plan.after else plan.before
    if candidate.header is None:
        return Load(shape=facts.shape, dtype=facts.dtype, changes="there is no image file")
    reasons = changes(candidate.header, route.spec)
    reason = f"re-encoded: {reasons[0]}" if reasons else ""
    return Load(shape=facts.shape, dtype=facts.dtype, picture=len(candidate.data), changes=reason)


def _both(one: Load, other: Load) -> Load:
    return replace(
        one,
        images=one.images + other.images,
        picture=one.picture + other.picture,
        changes=one.changes or other.changes,
    )


def _joined(load: Load, route: RequestTarget) -> Load:
    """All of one shape in one body; where the model takes no batch, one of them."""
    batch = route.spec.contract.dim("N")
    if batch is None or batch.high == 1 or load.images == 1:
        return replace(load, images=1, picture=load.picture // load.images)
    images = load.images if batch.high is None else min(load.images, batch.high)
    at = route.spec.contract.layout.index("N")
    shape = (*load.shape[:at], load.shape[at] * images, *load.shape[at + 1 :])
    return replace(load, shape=shape, images=images, picture=load.picture * images // load.images)


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count
