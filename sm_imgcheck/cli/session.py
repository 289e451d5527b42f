"""A run from the words of a command line to its report: shared by ``validate`` and ``convert``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, TextIO

import typer

from sm_imgcheck.cli.configuration import exclude_patterns
from sm_imgcheck.cli.invocation import Invocation
from sm_imgcheck.cli.printing import ReportWriter
from sm_imgcheck.cli.progress import RunProgress
from sm_imgcheck.cli.report_content import complete_counts, report_content, suppress
from sm_imgcheck.cli.run_errors import RunErrors, report_empty_run, report_interruption
from sm_imgcheck.cli.signals import DelayedSignals, check_signals
from sm_imgcheck.cli.specs import SpecTable, load_spec, read_spec_table
from sm_imgcheck.core import gc_policy
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.media_types import INPUT_SUFFIXES
from sm_imgcheck.core.types import Report, Result, Spec
from sm_imgcheck.io.stores import is_remote, same, strip_file_scheme
from sm_imgcheck.run.engine import run
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import filter_shard, list_candidates
from sm_imgcheck.run.outputs.pending import PendingOutcomes
from sm_imgcheck.run.work import Outcome, RunJob

if TYPE_CHECKING:
    from sm_imgcheck.report.check import CheckContent
    from sm_imgcheck.run.outputs.sink import Sink
    from sm_imgcheck.run.resume.recorder import RunRecorder

__all__ = ["report_on"]


def report_on(
    invocation: Invocation,
    *,
    sink: Sink | None = None,
    excluded_folder: str = "",
    command: tuple[str, str] = ("", ""),
    out: TextIO | None = None,
    results: list[Result] | None = None,
) -> Report:
    """Check every candidate, print the report row by row, return the counts.

    After an interruption, by Ctrl-C or by an output that cannot be written, the report is closed too: the printed part
    stays valid. Then the cause is raised again. Raises ImgcheckError at the end, too, where the job could not be done
    for some candidate. results: gets the results where ``Options.keep_arrays``, to be drawn.
    """
    gc_policy.enable_for_run()
    out = out or sys.stdout
    table = None if invocation.golden or invocation.handler else read_spec_table(invocation.spec, invocation.paths)
    spec = _load_spec(invocation) if table is None else table.specs[0]
    content = report_content(invocation, spec, table, command, writes=sink is not None)
    inputs = [*invocation.paths, invocation.spec, *invocation.known_findings]
    writer = ReportWriter(content, invocation.report, out, inputs=inputs, outputs=invocation.output_files)
    in_place = any(same(path, excluded_folder) for path in invocation.paths)
    job, keep = _job(invocation, spec, table, sink, content, in_place=in_place)
    listing = _listing(invocation, excluded_folder, keep)
    watch = _watch(invocation, listing, quiet=writer.form == "jsonl" and out.isatty())
    pending = PendingOutcomes(None if keep is None else keep.packs)
    reporter = _OutcomeReporter(
        invocation, content, writer, watch, pending=pending, results=results, writes=sink is not None
    )
    writer.open()
    with closing(watch):
        cause = reporter.add_all(_outcomes(invocation, listing, table, job, keep))
    report = complete_counts(reporter.report, invocation, listing, is_complete=cause is None)
    writer.close(report, only_machines=not report.candidates)
    if cause is not None:
        resumable = keep is not None and sink is not None
        report_interruption(cause, report, pending.prepared, has_outputs=sink is not None, resumable=resumable)
        raise cause
    if keep is not None and keep.kept and not invocation.report.quiet:
        typer.echo(f"{keep.kept:,} of {report.candidates:,} were up to date and are kept", err=True)
    if not report.candidates:
        report_empty_run(invocation, listing)
    watch.sum_up(report)
    reporter.errors.sum_up()
    return report


class _OutcomeReporter:
    """Counts the outcomes of a run, and prints each in every format.

    results: gets the results with arrays, to be drawn. writes: the run writes outputs.
    """

    def __init__(
        self,
        invocation: Invocation,
        content: CheckContent,
        writer: ReportWriter[Result],
        watch: RunProgress,
        *,
        pending: PendingOutcomes,
        results: list[Result] | None,
        writes: bool,
    ) -> None:
        self.report = Report()
        self.errors = RunErrors()
        self._specs = tuple(content.run.specs)
        self._invocation, self._content, self._writer, self._writes = invocation, content, writer, writes
        self._watch, self._pending, self._results = watch, pending, results

    def add_all(self, outcomes: Generator[Outcome, None, None]) -> BaseException | None:
        """Report the outcomes to their end, and return what interrupted them."""
        cause: BaseException | None = None
        try:
            with closing(outcomes):
                check_signals()
                for outcome in outcomes:
                    self._note(outcome)
                    for ready in self._pending.add(outcome):
                        self._add(ready)
                    check_signals()
        except OSError:  # errors of printing: the executor converts its errors into results
            raise
        except BaseException as error:  # noqa: BLE001 - the caller raises it again
            cause = error
        for outcome in self._pending.rest():
            self._add(outcome)
        return cause

    def _note(self, outcome: Outcome) -> None:
        self._watch.note(outcome)
        self.errors.note(outcome)
        if self._results is not None and self._invocation.options.keep_arrays and not outcome.kept:
            self._results.append(outcome.result)

    def _add(self, outcome: Outcome) -> None:
        outcome = suppress(self._invocation, outcome)
        result = outcome.result
        if self._specs:
            result = replace_fields(result, spec=self._specs[outcome.item.spec])
        with DelayedSignals():  # what is counted, printed and in each file is the same
            self._content.measure(
                result, size=outcome.size, seconds=outcome.seconds, levels=outcome.levels, thumbnails=outcome.thumbnails
            )
            self._writer.add(result)
            self.report = self.report.plus(result, tensor_expected=self._writes and result.kind != "probe")
        self._writer.flush()


def _job(
    invocation: Invocation,
    spec: Spec,
    table: SpecTable | None,
    sink: Sink | None,
    content: CheckContent,
    *,
    in_place: bool,
) -> tuple[RunJob, RunRecorder | None]:
    """Return the job of every worker, and its recorder, which a run of a few named files has only on request.

    in_place: the output folder is an input folder too.
    """
    illustrator = None
    if content.is_illustrated and not invocation.golden:
        from sm_imgcheck.run.illustrate import Illustrator

        illustrator = Illustrator(invocation.suppressor)
    sample_levels = content.statistics is not None and invocation.handler is None
    job = RunJob(
        spec=spec,
        specs=() if table is None else table.specs,
        specs_sha256="" if table is None else table.sha256,
        options=invocation.options,
        sink=sink,
        allow_remote=invocation.assumptions.allow_remote,
        raise_bugs=invocation.raise_bugs,
        illustrator=illustrator,
        sample_levels=sample_levels,
    )
    shard, packing, manifest = invocation.shard, invocation.packing, invocation.run.manifest
    has_many = invocation.run.resume or packing is not None or shard.total > 1 or any(map(_is_many, invocation.paths))
    if not has_many and not manifest:
        return job, None
    from sm_imgcheck.run.resume.recorder import RecorderOptions, open_recorder

    options = RecorderOptions(
        shard=shard,
        manifest=manifest,
        journaled=has_many,
        packing=packing,
        resume=invocation.run.resume,
        force=invocation.run.force,
        in_place=in_place,
    )
    keep = open_recorder(job, options)
    return (job if keep is None else keep.job), keep


def _outcomes(
    invocation: Invocation, listing: Listing, table: SpecTable | None, job: RunJob, keep: RunRecorder | None
) -> Generator[Outcome, None, None]:
    """The run: over the golden tensors, or over the paths, through the handler where there is one."""
    items = filter_shard(list_candidates(invocation.paths, listing), invocation.shard, listing.passed_over)
    items = items if table is None else table.assign(items)
    if invocation.golden:
        from sm_imgcheck.run.sources import run_golden_tensors

        outcomes = run_golden_tensors(job)
    elif invocation.handler is None:
        outcomes = run(items, job, jobs=invocation.jobs, engine=invocation.engine, keep=keep)
    else:
        from sm_imgcheck.run.sources import run_handler

        outcomes = run_handler(items, invocation.handler, job)
    return outcomes


def _load_spec(invocation: Invocation) -> Spec:
    """Return the spec, which has golden tensors where they are required."""
    spec = load_spec(invocation.spec, invocation.paths)
    if invocation.golden and not spec.golden:
        name = for_terminal(invocation.spec)
        raise ImgcheckError(f"{name}: golden: got no entry, expected {{image: x.jpg, tensor: x.npy}}")
    return spec


def _listing(invocation: Invocation, excluded_folder: str, keep: RunRecorder | None) -> Listing:
    return Listing(
        passed_over=Counter(),
        stdin_name=invocation.run.stdin_filename,
        excluded_folder=excluded_folder,
        is_output=None if keep is None or keep.outputs is None else keep.outputs.owns,
        allow_remote=invocation.assumptions.allow_remote,
        any_suffix=invocation.options.content_type is not None,
        exclude=exclude_patterns(invocation.run.exclude),
    )


def _watch(invocation: Invocation, listing: Listing, *, quiet: bool) -> RunProgress:
    return RunProgress(quiet=quiet or invocation.report.quiet, expected=count_candidates(invocation, listing))


def count_candidates(invocation: Invocation, listing: Listing) -> Iterator[object] | None:
    """Yield the candidates again, for counting, where that is cheap and possible twice."""
    if any(path == "-" or path.startswith("@") or is_remote(path) for path in invocation.paths):
        return None
    return filter_shard(list_candidates(invocation.paths, listing.with_new_counts()), invocation.shard, Counter())


def _is_many(path: str) -> bool:
    """Return whether a path has any number of candidates: a list, a folder, here or in a store."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
    is_file = suffix in INPUT_SUFFIXES
    return path.startswith("@") or (not is_file if is_remote(path) else os.path.isdir(strip_file_scheme(path)))  # noqa: PTH112
