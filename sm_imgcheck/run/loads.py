"""What the bodies of candidates would carry, from their headers alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace

from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.core.types import Candidate, Options, Plan
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.features.requests import batch as joining
from sm_imgcheck.features.requests.sizes import BodyContent
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import resolve_input
from sm_imgcheck.serving.envelopes._image import changes

__all__ = ["RunStatistics", "loads"]


@mutable
class RunStatistics:
    """The sum over the candidates."""

    largest: BodyContent | None = None
    """Load of the candidates with the largest tensors: all of one shape together, as far as the batch allows."""
    shapes: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Candidates without a tensor, each with the reason."""


def loads(items: Iterable[Item], route: RequestTarget, options: Options) -> RunStatistics:
    """Read the header of every candidate; decode no pixels."""
    single, statistics, by_shape = joining.one_by_one(route.spec), RunStatistics(), dict[tuple[int, ...], BodyContent]()
    for item in items:
        result = process(resolve_input(item), single, replace(options, keep_arrays=True))
        if result.plan is None:
            statistics.failed.append((item.path, result.skipped))
            continue
        load = _load(result.candidate, result.plan, route)
        largest = by_shape.get(load.shape)
        by_shape[load.shape] = _both(largest, load) if largest else load
    statistics.shapes = len(by_shape)
    if by_shape:
        statistics.largest = _join(by_shape[max(by_shape, key=_count)], route)
    return statistics


def _load(candidate: Candidate, plan: Plan, route: RequestTarget) -> BodyContent:
    facts = plan.after[-1] if plan.after else plan.before
    if candidate.header is None:
        return BodyContent(shape=facts.shape, dtype=facts.dtype, changes="no image file")
    reasons = changes(candidate.header, route.spec)
    reason = f"re-encoded: {reasons[0]}" if reasons else ""
    return BodyContent(shape=facts.shape, dtype=facts.dtype, file_bytes=len(candidate.data), changes=reason)


def _both(first: BodyContent, second: BodyContent) -> BodyContent:
    return replace(
        first,
        images=first.images + second.images,
        file_bytes=first.file_bytes + second.file_bytes,
        changes=first.changes or second.changes,
    )


def _join(load: BodyContent, route: RequestTarget) -> BodyContent:
    """Return all of one shape in one body; one of them where the model does not accept batches."""
    batch = route.spec.contract.dim("N")
    if batch is None or batch.high == 1 or load.images == 1:
        return replace(load, images=1, file_bytes=load.file_bytes // load.images)
    images = load.images if batch.high is None else min(load.images, batch.high)
    at = route.spec.contract.layout.index("N")
    shape = (*load.shape[:at], load.shape[at] * images, *load.shape[at + 1 :])
    return replace(load, shape=shape, images=images, file_bytes=load.file_bytes * images // load.images)


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count
