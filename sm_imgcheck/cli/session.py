"""A run from the words of a command line to its report: shared by ``validate`` and ``convert``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, TextIO

import typer

from sm_imgcheck.cli import Terminated, check_signals
from sm_imgcheck.cli.configuration import exclude_patterns, spec_name
from sm_imgcheck.cli.options import DEFAULT_SPEC, AssumptionOptions, ReportOptions, RunOptions
from sm_imgcheck.cli.printing import ReportWriter
from sm_imgcheck.cli.progress import RunProgress
from sm_imgcheck.cli.report_content import complete_counts, report_content, suppress
from sm_imgcheck.cli.run_errors import RunErrors
from sm_imgcheck.core import gc_policy, phrases
from sm_imgcheck.core.errors import ImgcheckError, OutputError
from sm_imgcheck.core.escape import argument, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.media_types import INPUT_SUFFIXES
from sm_imgcheck.core.types import FailOn, Options, Report, Result, Spec
from sm_imgcheck.io.stores import is_remote, strip_file_scheme
from sm_imgcheck.pipeline.read import WITH_TRACEBACK
from sm_imgcheck.run import run
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import ELSEWHERE, Shard, filter_shard, list_candidates
from sm_imgcheck.run.outputs.pending import PendingOutcomes
from sm_imgcheck.run.work import Outcome, RunJob, Sink
from sm_imgcheck.spec import load

if TYPE_CHECKING:
    from sm_imgcheck.features.handler import Handler
    from sm_imgcheck.run.outputs.packs import PackOptions
    from sm_imgcheck.run.resume.recorder import RunRecorder
    from sm_imgcheck.run.suppress import BaselineRecorder, Suppressor

__all__ = ["Invocation", "code_command", "convert_command", "load_spec", "report_on", "spec_name", "warn_about"]

_MANY = 20
"""Paths that a command to be pasted repeats; more than these were written by a shell's pattern."""


@frozen
class Invocation:
    """A run of ``validate`` or ``convert`` as the command line asks for it."""

    paths: list[str]
    spec: str
    options: Options
    assumptions: AssumptionOptions = AssumptionOptions()
    run: RunOptions = RunOptions()
    report: ReportOptions = ReportOptions()
    jobs: int = 1
    """Processes; 1: this one; 0: as the engine sees fit."""
    fail_on: FailOn = "error"
    """Which findings make the exit code 1."""
    golden: bool = False
    """Check the spec against its golden tensors; there are no paths."""
    handler: Handler | None = None
    """The user's own code, which gets each candidate as a request: what it makes of it is checked."""
    packing: PackOptions | None = None
    statistics: bool = False
    """Report statistics of the files too."""
    suppressor: Suppressor | None = None
    """Suppresses known and ignored findings."""
    recorder: BaselineRecorder | None = None
    """Takes the findings for a new baseline."""

    @property
    def raise_bugs(self) -> bool:
        """Whether a bug shows its traceback and ends the run."""
        return bool(os.environ.get(WITH_TRACEBACK))

    @property
    def shard(self) -> Shard:
        """The part of the listing that is to be done. Raises ImgcheckError for what is no shard."""
        return Shard.parse(self.run.shard) if self.run.shard else Shard()

    @property
    def engine(self) -> str:
        """The engine's name; empty: by the number of jobs."""
        return "here" if self.raise_bugs else self.run.engine or ""


def load_spec(name: str, paths: Sequence[str] = (), *, warn: bool = True) -> Spec:
    """The spec that ``-s`` names. Raises SpecError, or ImgcheckError where none was named and none is there.

    paths: those of the command line, among which a spec without ``-s`` may be. warn: print its lint warnings on
    standard error; a command that loads the spec again does so without.
    """
    name = spec_name(name, paths)
    if name == DEFAULT_SPEC and not os.path.exists(name):  # noqa: PTH110 - the name stays as it is shown
        meant = next((path for path in paths if path in load.presets() or path.endswith((".yaml", ".yml"))), "")
        if meant:
            raise ImgcheckError(f"no spec: {for_terminal(meant)} is a PATH here; pass it as -s {argument(meant)}")
        raise ImgcheckError(
            f"no spec: there is no {name}; pass a spec or a preset with -s (sm-imgcheck spec list), or write one "
            "(sm-imgcheck spec init)"
        )
    spec = load.load(name)
    if warn:
        warn_about(spec, name)
    return spec


def warn_about(spec: Spec, name: str) -> None:
    """Print the lint warnings of a spec on standard error, with ``-q`` too: they put every result into doubt."""
    from sm_imgcheck.spec.lint import lint

    for doubt in lint(spec):
        typer.echo(f"warning: {for_terminal(name)}: {doubt}", err=True)


def convert_command(invocation: Invocation) -> tuple[str, str]:
    """The command that writes the corrected tensors of the same candidates, and its option for the output.

    What a source image shows of a tensor only ``validate`` can fix: ``convert`` would take its channels and values to
    be as they look.
    """
    paths = invocation.paths if len(invocation.paths) <= _MANY else []
    named = [f"./{path}" if path.startswith("-") and path != "-" else path for path in paths]
    source = invocation.options.source
    words = ["sm-imgcheck", "convert" if source is None else "validate"]
    words += [*map(argument, named), *(["PATH..."] if not paths else [])]
    words += [] if invocation.spec == DEFAULT_SPEC else ["-s", argument(invocation.spec)]
    for key, value in invocation.options.assume.items():
        words += ["--assume", argument(f"{key}={value}")]
    words += ["--allow-guess"] if invocation.options.allow_guess else []
    words += ["--allow-remote"] if invocation.assumptions.allow_remote else []
    words += [] if source is None else ["--source", argument(str(source))]
    return " ".join(words), "-o out" if source is None else "--emit out"


def code_command(invocation: Invocation) -> tuple[str, str]:
    """The command that writes a handler that would have been right, without an option for its output."""
    from sm_imgcheck.features.codegen import stack_names

    stack = load_spec(invocation.spec, warn=False).payload.get("stack", "")
    words = [] if invocation.spec == DEFAULT_SPEC else ["-s", argument(invocation.spec)]
    words += ["--for", argument(stack)] if stack in stack_names() else []
    return " ".join(["sm-imgcheck", "code", *words]), ""


def report_on(
    invocation: Invocation,
    *,
    sink: Sink | None = None,
    leave_out: str = "",
    command: tuple[str, str] = ("", ""),
    out: TextIO | None = None,
    results: list[Result] | None = None,
) -> Report:
    """Check every candidate, print the report as it comes, return the counts.

    When the run is cut short, by Ctrl-C or by an output that cannot be written, the report is closed all the same:
    what is printed stays whole. Then the cause goes on its way. Raises ImgcheckError at the end, too, where the job
    could not be done for some candidate. results: gets the results where ``Options.keep_arrays``, to be drawn.
    """
    gc_policy.enable_for_run()
    out = out or sys.stdout
    spec = _loaded(invocation)
    content = report_content(invocation, spec, command, writes=sink is not None)
    writer = ReportWriter(content, invocation.report, out, inputs=[*invocation.paths, invocation.spec])
    job, keep = _job(invocation, spec, sink)
    listing = _listing(invocation, leave_out)
    troubles, pending, stopped = RunErrors(), PendingOutcomes(None if keep is None else keep.packs), None
    watch = _watch(invocation, listing, quiet=writer.form == "jsonl" and out.isatty())
    report = Report(spec_name=spec.name, spec_sha256=spec.sha256)

    def take(done: Outcome) -> None:
        nonlocal report
        done = suppress(invocation, done)
        content.measure(done.result, done.size, done.seconds)
        texts = writer.render(done.result)  # first: after a signal, what is counted and printed are alike
        report = report.plus(done.result, wanted=sink is not None and done.result.kind != "probe")
        writer.write(texts)

    writer.open()
    try:
        with closing(watch), closing(_outcomes(invocation, listing, job, keep)) as outcomes:
            check_signals()
            for done in outcomes:
                watch.note(done)
                troubles.note(done)
                if results is not None and invocation.options.keep_arrays and not done.kept:
                    results.append(done.result)
                for ready in pending.add(done):
                    take(ready)
                check_signals()
    except OSError:  # of printing: the executor turns its own into results
        raise
    except BaseException as error:  # noqa: BLE001 - raised again below
        stopped = error
    for done in pending.rest():
        take(done)
    report = complete_counts(report, invocation, listing, finished=stopped is None)
    writer.close(report, only_machines=not report.candidates)
    if stopped is not None:
        resumable = keep is not None and sink is not None
        _say_where_it_stopped(stopped, report, pending.prepared, written=sink is not None, resumable=resumable)
        raise stopped
    if keep is not None and keep.kept and not invocation.report.quiet:
        typer.echo(f"{keep.kept:,} of {report.candidates:,} were up to date and are kept", err=True)
    if not report.candidates:
        _tell_nothing(invocation, listing)
    watch.sum_up(report)
    troubles.sum_up()
    return report


def _job(invocation: Invocation, spec: Spec, sink: Sink | None) -> tuple[RunJob, RunRecorder | None]:
    """The job of every worker, and its recorder, which a run of a few named files has only where one is asked for."""
    job = RunJob(
        spec=spec,
        options=invocation.options,
        sink=sink,
        allow_remote=invocation.assumptions.allow_remote,
        raise_bugs=invocation.raise_bugs,
    )
    shard, packing, manifest = invocation.shard, invocation.packing, invocation.run.manifest
    many = invocation.run.resume or packing is not None or shard.of > 1 or any(map(_is_many, invocation.paths))
    if not many and not manifest:
        return job, None
    from sm_imgcheck.run.resume.recorder import RecorderOptions, open_recorder

    wanted = RecorderOptions(
        shard=shard,
        manifest=manifest,
        journaled=many,
        packing=packing,
        resume=invocation.run.resume,
        force=invocation.run.force,
    )
    keep = open_recorder(job, wanted)
    return (job if keep is None else keep.job), keep


def _outcomes(
    invocation: Invocation, listing: Listing, job: RunJob, keep: RunRecorder | None
) -> Generator[Outcome, None, None]:
    """The run: over the golden tensors, or over the paths, through the handler where there is one."""
    items = filter_shard(list_candidates(invocation.paths, listing), invocation.shard, listing.passed_over)
    if invocation.golden:
        from sm_imgcheck.run.sources import run_golden_tensors

        outcomes = run_golden_tensors(job)
    elif invocation.handler is None:
        outcomes = run(items, job, jobs=invocation.jobs, engine=invocation.engine, keep=keep)
    else:
        from sm_imgcheck.run.sources import run_handler

        outcomes = run_handler(items, invocation.handler, job)
    return outcomes


def _loaded(invocation: Invocation) -> Spec:
    """The spec, which has golden tensors where they are asked for."""
    spec = load_spec(invocation.spec, invocation.paths)
    if invocation.golden and not spec.golden:
        shown = for_terminal(invocation.spec)
        raise ImgcheckError(f"{shown}: golden lists no probes: {{image: probe.jpg, tensor: probe.npy}}")
    return spec


def _listing(invocation: Invocation, leave_out: str) -> Listing:
    return Listing(
        passed_over=Counter(),
        stdin_name=invocation.run.stdin_filename,
        leave_out=leave_out,
        allow_remote=invocation.assumptions.allow_remote,
        any_suffix=invocation.options.content_type is not None,
        exclude=exclude_patterns(invocation.run.exclude),
    )


def _watch(invocation: Invocation, listing: Listing, *, quiet: bool) -> RunProgress:
    return RunProgress(quiet=quiet or invocation.report.quiet, to_come=count_candidates(invocation, listing))


def count_candidates(invocation: Invocation, how: Listing) -> Iterator[object] | None:
    """The candidates once more, to be counted, where that costs little and can be done twice."""
    if any(path == "-" or path.startswith("@") or is_remote(path) for path in invocation.paths):
        return None
    return filter_shard(list_candidates(invocation.paths, how.uncounted()), invocation.shard, Counter())


def _is_many(path: str) -> bool:
    """Whether a path stands for any number of candidates: a list, a folder, here or in a store."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
    is_file = suffix in INPUT_SUFFIXES
    return path.startswith("@") or (not is_file if is_remote(path) else os.path.isdir(strip_file_scheme(path)))  # noqa: PTH112


def _tell_nothing(invocation: Invocation, listing: Listing) -> None:
    """Raise ImgcheckError where a run had no candidate, unless they are all in other shards."""
    if not listing.passed_over[ELSEWHERE]:
        raise ImgcheckError(explain_empty_run(invocation.paths, listing))
    if not invocation.report.quiet:
        others = f"{listing.passed_over[ELSEWHERE]:,} in other shards"
        typer.echo(f"no candidates in shard {invocation.run.shard} ({others})", err=True)


def explain_empty_run(paths: list[str], how: Listing) -> str:
    """Why a run had no candidate: the likeliest cause, and what was passed over."""
    said = f"no candidates in {', '.join(map(for_terminal, paths))}"
    if how.passed_over["output folder"]:
        return f"{said}: {for_terminal(how.leave_out)} is the output folder, which is not searched; pass another"
    passed = phrases.skipped(how.passed_over, how.suffixes)
    return f"{said}{f' (skipped: {passed})' if passed else ''}"


def _say_where_it_stopped(
    stopped: BaseException, report: Report, prepared: int, *, written: bool, resumable: bool
) -> None:
    asked_to = " by Ctrl-C" if isinstance(stopped, KeyboardInterrupt) else ""
    asked_to = f" by {stopped.name}" if isinstance(stopped, Terminated) else asked_to
    done = f"{report.candidates:,} candidate{'s' if report.candidates > 1 else ''}" if report.candidates else "nothing"
    done += f" ({prepared:,} prepared, not yet in an output file)" if prepared else ""
    kept = _kept_by(stopped, report, written=written, resumable=resumable)
    if report.candidates or asked_to:
        typer.echo(f"stopped{asked_to} after {done}{kept}", err=True)


def _kept_by(stopped: BaseException, report: Report, *, written: bool, resumable: bool) -> str:
    """What a run that was cut short leaves, and how to go on with it; nothing where only the error knows how."""
    if isinstance(stopped, OutputError) and not stopped.resumable:
        return ""
    if resumable:
        fixed = "" if not isinstance(stopped, Exception) else "when the error below is fixed, "
        return f"; outputs written so far are kept: {fixed}run the same command with --resume to continue"
    return (
        "; outputs written so far are kept; run the same command again to continue"
        if written and report.candidates
        else ""
    )
