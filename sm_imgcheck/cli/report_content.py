"""What the reports of ``validate``, ``convert`` and ``handler`` show of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_imgcheck.cli.configuration import spec_name
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Report, Spec
from sm_imgcheck.report import Run
from sm_imgcheck.report.check import CheckContent
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.work import Outcome

if TYPE_CHECKING:
    from sm_imgcheck.cli.invocation import Invocation
    from sm_imgcheck.cli.specs import SpecTable

__all__ = ["complete_counts", "report_content", "suppress"]


def report_content(
    invocation: Invocation, spec: Spec, table: SpecTable | None, command: tuple[str, str], *, writes: bool
) -> CheckContent:
    """What the reports of the run show."""
    content = CheckContent(_run(invocation, spec, table, command), writes=writes)
    if invocation.statistics:
        content.enable_statistics()
    return content


def _run(invocation: Invocation, spec: Spec, table: SpecTable | None, command: tuple[str, str]) -> Run:
    return Run(
        spec=spec if table is None else table,
        contract=spec.contract,
        title=spec_name(invocation.spec, invocation.paths) if table is None else "",
        specs={} if table is None else dict(zip(table.names, table.specs, strict=True)),
        command=command[0],
        output=command[1],
        partial=bool(invocation.options.select or invocation.options.ignore),
        fail_on=invocation.fail_on,
        as_request=invocation.options.as_request,
        statistics=invocation.statistics,
    )


def suppress(invocation: Invocation, outcome: Outcome) -> Outcome:
    """The outcome without its known and ignored findings; the others are recorded for a new baseline."""
    if invocation.suppressor is not None:
        outcome = replace_fields(outcome, result=invocation.suppressor.apply(outcome.result))
    if invocation.recorder is not None:
        invocation.recorder.add(outcome.result)
    return outcome


def complete_counts(report: Report, invocation: Invocation, listing: Listing, *, is_complete: bool) -> Report:
    """The counts of a run with its skipped files; of a complete run also the vanished findings of the baseline."""
    baseline = None if invocation.suppressor is None else invocation.suppressor.baseline
    return replace_fields(
        report,
        vanished=baseline.fixed_findings() if baseline is not None and is_complete else (),
        skipped_inputs=dict(listing.passed_over),
        skipped_suffixes=dict(listing.suffixes),
    )
