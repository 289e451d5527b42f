"""What the reports of ``validate``, ``convert`` and ``handler`` show of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sm_imgcheck.cli.configuration import spec_name
from sm_imgcheck.core.types import Report, Spec
from sm_imgcheck.io.stores import file_of, is_remote
from sm_imgcheck.report import Run
from sm_imgcheck.report.check import CheckContent
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.work import Outcome, RunJob

if TYPE_CHECKING:
    from sm_imgcheck.cli.session import Invocation
    from sm_imgcheck.features.pictures.thumbnails import Thumbnail

__all__ = ["complete_counts", "report_content", "suppress"]


def report_content(invocation: Invocation, spec: Spec, command: tuple[str, str], *, writes: bool) -> CheckContent:
    """What the reports of the run show."""
    draw = partial(_thumbnails, invocation, spec)
    content = CheckContent(_run(invocation, spec, command), writes=writes, draw=draw)
    if invocation.statistics:
        content.enable_statistics()
    return content


def _run(invocation: Invocation, spec: Spec, command: tuple[str, str]) -> Run:
    return Run(
        spec_name=spec.name,
        spec_sha256=spec.sha256,
        contract=spec.contract,
        title=spec_name(invocation.spec, invocation.paths),
        command=command[0],
        output=command[1],
        partial=bool(invocation.options.select or invocation.options.ignore),
        fail_on=invocation.fail_on,
        as_request=invocation.options.as_request,
        statistics=invocation.statistics,
    )


def _thumbnails(invocation: Invocation, spec: Spec, path: str) -> Sequence[Thumbnail]:
    """Small pictures of a candidate, which is read again; none of what cannot be read twice, or would be slow."""
    if invocation.handler is not None or invocation.golden or is_remote(path) or not os.path.isfile(file_of(path)[0]):  # noqa: PTH113
        return ()
    from sm_imgcheck.features.pictures.thumbnails import draw_thumbnails
    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.work import process_item

    options = replace(invocation.options, keep_arrays=True, want_array=False, as_sent=False, as_request=False)
    job = RunJob(spec=spec, options=options)
    return draw_thumbnails(process_item(job, Item(path=path, output=())).result, spec, options)


def suppress(invocation: Invocation, done: Outcome) -> Outcome:
    """The outcome without its known and ignored findings; the others are recorded for a new baseline."""
    if invocation.suppressor is not None:
        done = replace(done, result=invocation.suppressor.apply(done.result))
    if invocation.recorder is not None:
        invocation.recorder.add(done.result)
    return done


def complete_counts(report: Report, invocation: Invocation, listing: Listing, *, finished: bool) -> Report:
    """The counts of a run with its skipped files; of a finished run also the vanished findings of the baseline."""
    baseline = None if invocation.suppressor is None else invocation.suppressor.baseline
    return replace(
        report,
        vanished=baseline.fixed_findings() if baseline is not None and finished else (),
        skipped_inputs=dict(listing.passed_over),
        skipped_suffixes=dict(listing.suffixes),
    )
