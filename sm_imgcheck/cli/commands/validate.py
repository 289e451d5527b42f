"""``sm-imgcheck validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli import output_paths
from sm_imgcheck.cli.handler_options import HandlerOptions, handler_of
from sm_imgcheck.cli.option_groups import choices, grouped, one_of
from sm_imgcheck.cli.output_paths import Picture, check_one, draw
from sm_imgcheck.core.frozen import changed, frozen

if TYPE_CHECKING:
    from sm_imgcheck.cli.session import Invocation
    from sm_imgcheck.core.types import Options, Result
    from sm_imgcheck.run.outputs.tensors import Outputs

__all__ = ["validate"]

RANK = 0
SUMMARY = "Report every mismatch with the spec."


@frozen
class ValidateOptions:
    """What a candidate is, and what is compared."""

    emit: Annotated[str | None, typer.Option(metavar="DIR", help="Write the corrected tensors there too.")] = None
    tensor_format: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="[" + "|".join(choices("io/tensors")) + "]",
            help="The kind of file that a tensor is written to. Default: npy, or what the suffix of -o says.",
            callback=one_of(*choices("io/tensors")),
            show_default=False,
        ),
    ] = None
    decoded_by: Annotated[
        str,
        typer.Option(
            "--decoded-by",
            metavar="[pillow|opencv]",
            help="Whose plain decode an image is compared as: Pillow's (RGB, EXIF ignored), OpenCV's (BGR, EXIF "
            "applied).",
            callback=one_of("pillow", "opencv"),
        ),
    ] = "pillow"
    headers_only: Annotated[
        bool,
        typer.Option(
            "--headers-only", help="Decode nothing: only what the files say of themselves. Damage goes unseen."
        ),
    ] = False
    content_type: Annotated[
        str | None,
        typer.Option(
            "--content-type",
            metavar="TYPE",
            help="Each PATH is a request body under this header; it is judged as the spec's payload.stack takes it. "
            "With --handler: the type that each request has. Default: what the image is.",
            show_default=False,
        ),
    ] = None
    source: common.Source = None
    golden: Annotated[
        bool, typer.Option("--golden", help="Hold the spec against its own golden tensors; a PATH may be left out.")
    ] = False
    picture: Picture = None


@grouped
def validate(
    paths: common.OptionalPaths = None,
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    checks: ValidateOptions,
    handler: HandlerOptions,
    fail_on: common.FailOn = "error",
    selection: common.SelectionOptions,
    assumptions: common.AssumptionOptions,
    run: common.RunOptions,
) -> None:
    """Report every mismatch with the spec.

    Checks images and tensors. An image is compared as a handler would naively decode it: uint8, height x width x 3,
    values 0..255. Each finding says whether convert mends it, and the report ends with the command that does.
    With --content-type every PATH is a request body. With --golden the spec itself is checked: what its plan makes of
    each probe image is compared with the tensor that it must become, and the first stage that differs is named.
    With --handler every PATH is sent to your own code, and the tensor that it makes is checked. That runs your code
    with your rights: the limits of time and memory, and the AWS credentials that it does not get, are no sandbox.
    """
    from sm_imgcheck.run.cpus import number

    paths = paths or []
    jobs = number(run.jobs, paths, run.engine) if handler.handler is None else 1
    from sm_imgcheck.cli import session

    if checks.picture is not None:  # what is drawn does not travel between processes
        run, jobs = changed(run, engine="here"), 1
    invocation = session.Invocation(
        paths=paths,
        spec=spec,
        options=_check_options(checks, selection, assumptions),
        assumptions=assumptions,
        run=run,
        jobs=jobs,
        golden=checks.golden,
        handler=handler_of(handler, checks.content_type),
    )
    _agree(invocation, checks)
    if checks.picture is not None:
        check_one(paths, golden=checks.golden)
    results: list[Result] = []
    sink = None if checks.emit is None else _outputs(checks, force=run.force)
    counts = session.report_on(
        invocation,
        sink=sink,
        leave_out="" if sink is None else sink.folder,
        command=("", "") if sink is not None else session.fix_command(invocation),
        results=results,
    )
    if checks.picture is not None:
        draw(invocation, results, checks.picture)
    level: Any = fail_on
    raise typer.Exit(counts.exit_code(level))


def _check_options(
    checks: ValidateOptions, selection: common.SelectionOptions, assumptions: common.AssumptionOptions
) -> Options:
    return common.check_options(
        assumptions,
        selection,
        want_array=checks.emit is not None,
        headers_only=checks.headers_only,
        decoded_by=checks.decoded_by,
        content_type=checks.content_type,
        as_sent=checks.emit is None,
        source=checks.source,
        keep_arrays=checks.picture is not None,
    )


def _agree(invocation: Invocation, checks: ValidateOptions) -> None:
    """Raise BadParameter for options that do not go together."""
    emit, handler = checks.emit, invocation.handler
    if checks.content_type is not None and emit is not None:
        raise typer.BadParameter("--content-type judges request bodies, of which no tensor is made: leave --emit out")
    if checks.tensor_format and emit is None:
        raise typer.BadParameter("--as says what --emit writes: name a folder with --emit")
    if emit is not None and checks.headers_only:
        raise typer.BadParameter("--headers-only decodes nothing, so there is nothing to --emit")
    if invocation.run.resume and emit is None:
        raise typer.BadParameter("--resume goes on with what --emit writes: name a folder with --emit")
    if handler is not None and (emit is not None or checks.headers_only or checks.golden or invocation.run.manifest):
        raise typer.BadParameter("--handler goes with neither --emit, --headers-only, --golden nor --manifest")
    if checks.source is not None and (handler is not None or checks.headers_only):
        raise typer.BadParameter("--source is the image of a tensor: with --handler it is the PATH that is sent")
    if checks.source is not None:
        from sm_imgcheck.features.identify.source import check_source

        check_source(checks.source)  # an image has no use for it, and would not report that it is missing
    if not invocation.paths and not checks.golden:
        raise typer.BadParameter("name a PATH to be checked; --golden alone goes without")


def _outputs(checks: ValidateOptions, *, force: bool) -> Outputs:
    """Where ``--emit`` writes."""
    from sm_imgcheck.io.stores import strip_file_scheme
    from sm_imgcheck.run.outputs.tensors import Outputs

    folder = output_paths.folder("--emit", strip_file_scheme(checks.emit or ""))
    return Outputs(folder=folder, form=checks.tensor_format or "npy", force=force)
