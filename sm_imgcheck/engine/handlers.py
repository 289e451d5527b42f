"""A user's own handler over many candidates, in one child as long as it lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sm_imgcheck.engine.items import Item
from sm_imgcheck.engine.job import Done, Job, attempt, handed
from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.handler import Handler, Runner, handled
from sm_imgcheck.model import Options, Result, Spec
from sm_imgcheck.processing import process

__all__ = ["looked_at", "run_handler"]


def run_handler(items: Iterable[Item], handler: Handler, job: Job) -> Iterator[Done]:
    """Yield what the handler made of each candidate, held against the spec.

    Raises ImgcheckError where the handler cannot be called at all. Nothing that the handler has started is left when
    the run ends, however it ends.
    """
    with Runner(handler, job.spec.payload.get("stack", "")) as runner:
        for item in items:
            yield attempt(job, item, lambda one: looked_at(handed(one), runner, job.spec, job.options))


def looked_at(what: Any, runner: Runner, spec: Spec, options: Options) -> Result:
    """What the handler makes of one candidate, a path or bytes, held against the spec."""
    candidate, source = handled(what, runner, spec)
    try:
        return process(candidate, spec, replace(options, source=source))
    except ImgcheckError as error:
        if source is None or candidate.handled is None:
            raise
        # The handler may read what is refused here, such as half an image: its tensor is checked all the same.
        why = ("HND130", f"how the tensor was made is not looked for: {error}", "", "")
        told = replace(candidate.handled, flaws=(*candidate.handled.flaws, why))
        return process(replace(candidate, handled=told), spec, options)
