"""``sm-imgcheck validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import CHECK_EXITS, output_paths
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import choices, group_options, one_of
from sm_imgcheck.core.frozen import frozen, replace_fields

if TYPE_CHECKING:
    from sm_imgcheck.cli.invocation import Invocation
    from sm_imgcheck.core.types import Result
    from sm_imgcheck.run.outputs.tensors import Outputs
    from sm_imgcheck.run.suppress import BaselineRecorder, Suppressor

__all__ = ["validate"]

RANK = 0
EXITS = CHECK_EXITS
SUMMARY = "Report every mismatch with the spec."


@frozen
class CandidateOptions:
    """How a PATH is read."""

    PANEL = "Input"

    content_type: Annotated[
        str | None,
        typer.Option(
            "--content-type",
            metavar="TYPE",
            help="Each PATH is a request body with this content type; it is checked as the spec's payload.stack "
            "decodes it.",
            show_default=False,
        ),
    ] = None
    source: common.Source = None
    decoded_by: Annotated[
        str,
        typer.Option(
            "--decoded-by",
            metavar="[pillow|opencv]",
            help="Decoder whose default output an image is checked as: pillow (RGB, EXIF ignored) or opencv (BGR, EXIF "
            "applied).",
            callback=one_of("pillow", "opencv"),
        ),
    ] = "pillow"
    as_request: Annotated[
        bool,
        typer.Option(
            "--as-request",
            help="Check each image as the file that is sent or converted: damage, the decode policy of the spec, and "
            "whether convert accepts it. Mismatches that convert fixes are not reported.",
        ),
    ] = False
    headers_only: Annotated[
        bool,
        typer.Option("--headers-only", help="Read image headers only; damaged pixel data is not detected."),
    ] = False


@frozen
class BaselineOptions:
    """Known findings of an existing project."""

    PANEL = "Checks"

    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="FILE",
            help="Known findings: only new ones fail; those that disappeared are listed.",
            show_default=False,
        ),
    ] = None
    write_baseline: Annotated[
        str | None,
        typer.Option(
            "--write-baseline",
            metavar="FILE",
            help="Write the errors and warnings of this run as known findings, and exit with 0.",
            show_default=False,
        ),
    ] = None


@frozen
class EmitOptions:
    """Outputs other than the report."""

    PANEL = "Output"

    emit: Annotated[
        str | None, typer.Option("--emit", metavar="DIR", help="Also write the corrected tensors to this folder.")
    ] = None
    tensor_format: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="[" + "|".join(choices("io/tensors")) + "]",
            help="File format of --emit. Default: npy.",
            callback=one_of(*choices("io/tensors")),
            show_default=False,
        ),
    ] = None
    picture: output_paths.Picture = None


@group_options
def validate(
    paths: common.Paths,
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    candidate: CandidateOptions,
    assumptions: common.AssumptionOptions,
    selection: common.SelectionOptions,
    fail_on: common.FailOn = "error",
    statistics: Annotated[
        bool,
        typer.Option(
            "--statistics",
            help="Also report counts by format, mode, size, orientation and subsampling, distributions, and the "
            "slowest and largest files.",
            rich_help_panel="Output",
        ),
    ] = False,
    baseline: BaselineOptions,
    emit_options: EmitOptions,
    report: common.ReportOptions,
    run: common.RunOptions,
) -> None:
    """Report every mismatch with the spec.

    Checks images, tensors and, with --content-type, request bodies. An image is checked as decoded: uint8, height x
    width x 3, values 0..255. Each finding shows whether convert fixes it, and the report ends with the command that
    does.
    """
    from sm_imgcheck.run.cpus import number

    jobs = number(run.jobs, paths, run.engine, any_suffix=candidate.content_type is not None)
    from sm_imgcheck.cli.invocation import Invocation
    from sm_imgcheck.cli.next_command import convert_command
    from sm_imgcheck.cli.session import report_on

    if emit_options.picture is not None:  # what is drawn does not travel between processes
        run, jobs = replace_fields(run, engine="here"), 1
    invocation = Invocation(
        paths=paths,
        spec=spec,
        options=check_options(
            assumptions,
            selection,
            want_array=emit_options.emit is not None,
            headers_only=candidate.headers_only,
            decoded_by=candidate.decoded_by,
            content_type=candidate.content_type,
            as_sent=emit_options.emit is None,
            as_request=candidate.as_request,
            source=candidate.source,
            keep_arrays=emit_options.picture is not None,
        ),
        assumptions=assumptions,
        run=run,
        report=report,
        fail_on=fail_on,
        statistics=statistics,
        suppressor=_suppressor(baseline.baseline if baseline.write_baseline is None else None),
        recorder=None if baseline.write_baseline is None else _recorder(baseline.write_baseline),
        jobs=jobs,
    )
    _check_combination(invocation, emit_options)
    results: list[Result] = []
    sink = None if emit_options.emit is None else _outputs(emit_options, force=run.force)
    counts = report_on(
        invocation,
        sink=sink,
        excluded_folder="" if sink is None else sink.folder,
        command=("", "") if sink is not None else convert_command(invocation),
        results=results,
    )
    if emit_options.picture is not None:
        output_paths.draw(invocation, results, emit_options.picture)
    if invocation.recorder is not None:
        _write_baseline(invocation.recorder)
        raise typer.Exit
    raise typer.Exit(counts.exit_code(fail_on))


def _suppressor(baseline: str | None) -> Suppressor | None:
    """Return the suppressor of a baseline and of the ignored findings; None without either."""
    from sm_imgcheck.cli.configuration import find_configuration

    ignores = find_configuration().ignores()
    if baseline is None and not ignores:
        return None
    from sm_imgcheck.run.suppress import Baseline, Suppressor

    return Suppressor(None if baseline is None else Baseline(baseline), ignores)


def _recorder(file: str) -> BaselineRecorder:
    from sm_imgcheck.run.suppress import BaselineRecorder

    return BaselineRecorder(file)


def _write_baseline(recorder: BaselineRecorder) -> None:
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.core.phrases import count
    from sm_imgcheck.run.suppress import write_baseline

    write_baseline(recorder)
    number = sum(map(len, recorder.known.values()))
    files = count(len(recorder.known), "file")
    typer.echo(f"{for_terminal(recorder.file)}: {count(number, 'known finding')} in {files}", err=True)


def _check_combination(invocation: Invocation, emit_options: EmitOptions) -> None:
    """Raise BadParameter for options that contradict each other."""
    emit, options = emit_options.emit, invocation.options
    if options.content_type is not None and options.as_request:
        raise typer.BadParameter("--as-request checks image files, and --content-type request bodies: omit one of them")
    if options.content_type is not None and emit is not None:
        raise typer.BadParameter("--content-type checks request bodies, of which no tensor is made: omit --emit")
    if emit_options.tensor_format and emit is None:
        raise typer.BadParameter("--as is the file format of --emit: pass --emit DIR too")
    if emit is not None and options.headers_only:
        raise typer.BadParameter("--headers-only does not decode pixels, and --emit requires them: omit one of them")
    if invocation.run.resume and emit is None:
        raise typer.BadParameter("--resume continues what --emit writes: pass --emit DIR too")
    if options.source is not None and options.headers_only:
        raise typer.BadParameter("--source compares pixels, and --headers-only decodes none: omit one of them")
    if isinstance(options.source, str):
        from sm_imgcheck.features.identify.source import check_source

        check_source(options.source)  # an image has no use for it, and would not report that it is missing
    if emit_options.picture is not None:
        output_paths.check_one(invocation.paths)


def _outputs(emit_options: EmitOptions, *, force: bool) -> Outputs:
    """Where ``--emit`` writes."""
    from sm_imgcheck.io.stores import strip_file_scheme
    from sm_imgcheck.run.outputs.tensors import Outputs

    folder = output_paths.folder("--emit", strip_file_scheme(emit_options.emit or ""))
    return Outputs(folder=folder, form=emit_options.tensor_format or "npy", force=force)
