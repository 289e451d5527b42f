"""A user's handler over many candidates, in one child process until it exits."""

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
    """Yield the handler's result for each candidate, compared with the spec.

    Raises ImgcheckError where the handler cannot be called at all. All processes of the handler end with the run.
    """
    with HandlerRunner(handler, job.spec) as runner:
        for item in items:
            yield process_custom_item(job, item, partial(_call, runner, job.spec))


def _call(runner: HandlerRunner, spec: Spec, item: Item, options: Options) -> Result:
    return process_with_handler(resolve_input(item), runner, spec, options)


def process_with_handler(what: Any, runner: HandlerRunner, spec: Spec, options: Options) -> Result:
    """Return the handler's result for one candidate, a path or bytes, compared with the spec."""
    candidate, source = call_handler(what, runner, spec)
    try:
        return review_result(process(candidate, spec, replace(options, source=source), trace=trace_origins))
    except ImgcheckError as error:
        if source is None or candidate.handled is None:
            raise
        # The handler may read a file that is rejected here, such as half an image: its tensor is checked too.
        why = HND130.finding(f"the source of the tensor is not searched: {error}")
        handled = replace(candidate.handled, findings=(*candidate.handled.findings, why))
        return review_result(process(replace(candidate, handled=handled), spec, options))


def run_golden_tensors(job: RunJob) -> Generator[Outcome, None, None]:
    """Yield what each golden tensor shows of the spec, in the order of the spec."""
    for number, probe in enumerate(job.spec.golden):
        is_skipped = is_remote(probe["tensor"]) and not job.allow_remote
        item = Item(path=probe["tensor"], output=(), problem="is a remote location" if is_skipped else "")
        yield process_custom_item(job, item, partial(_check_probe, job, number))


def _check_probe(job: RunJob, number: int, _: Item, options: Options) -> Result:
    return golden.check_golden(job.spec, number, options, allow_remote=job.allow_remote)
