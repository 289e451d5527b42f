"""A user's own handler over many candidates, in one child as long as it lives."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.types import Options, Result, Spec
from sm_imgcheck.features import golden
from sm_imgcheck.features.handler import Handler, HandlerRunner, call_handler, review_result
from sm_imgcheck.features.identify.source import trace_origins
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.rules.handler import HND130
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import Outcome, RunJob, process_custom_item, resolve_input

__all__ = ["process_with_handler", "run_golden_tensors", "run_handler"]


def run_handler(items: Iterable[Item], handler: Handler, job: RunJob) -> Generator[Outcome, None, None]:
    """Yield what the handler made of each candidate, held against the spec.

    Raises ImgcheckError where the handler cannot be called at all. Nothing that the handler has started is left when
    the run ends, however it ends.
    """
    with HandlerRunner(handler, job.spec) as runner:
        for item in items:
            yield process_custom_item(
                job, item, lambda one: process_with_handler(resolve_input(one), runner, job.spec, job.options)
            )


def process_with_handler(what: Any, runner: HandlerRunner, spec: Spec, options: Options) -> Result:
    """What the handler makes of one candidate, a path or bytes, held against the spec."""
    candidate, source = call_handler(what, runner, spec)
    try:
        return review_result(process(candidate, spec, replace(options, source=source), trace=trace_origins))
    except ImgcheckError as error:
        if source is None or candidate.handled is None:
            raise
        # The handler may read what is refused here, such as half an image: its tensor is checked all the same.
        why = HND130.finding(f"how the tensor was made is not looked for: {error}")
        told = replace(candidate.handled, findings=(*candidate.handled.findings, why))
        return review_result(process(replace(candidate, handled=told), spec, options))


def run_golden_tensors(job: RunJob) -> Generator[Outcome, None, None]:
    """Yield what each golden tensor shows of the spec, in the order of the spec."""
    for number, probe in enumerate(job.spec.golden):
        unread = is_remote(probe["tensor"]) and not job.allow_remote
        item = Item(path=probe["tensor"], output=(), problem="is a remote place" if unread else "")
        yield process_custom_item(job, item, partial(_judged, job, number))


def _judged(job: RunJob, number: int, _: Item) -> Result:
    return golden.check_golden(job.spec, number, job.options, allow_remote=job.allow_remote)
