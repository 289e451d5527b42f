"""``sm-imgcheck validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli import handler_options
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.picture_options import Picture, check_one, draw

if TYPE_CHECKING:
    from sm_imgcheck.cli.session import Asked
    from sm_imgcheck.core.types import Report

__all__ = ["validate"]

RANK = 0
SUMMARY = "Report every mismatch with the spec."


def validate(
    paths: common.OptionalPaths = None,
    *,
    spec: common.SpecName = "./sm-imgcheck.yaml",
    emit: Annotated[str | None, typer.Option(metavar="DIR", help="Write the corrected tensors there too.")] = None,
    form: common.As = None,
    decoded_by: common.DecodedBy = "pillow",
    headers_only: common.HeadersOnly = False,
    content_type: Annotated[
        str | None,
        typer.Option(
            "--content-type",
            metavar="TYPE",
            help="Each PATH is a request body under this header; it is judged as the spec's payload.stack takes it. "
            "With --handler: the type that each request has. Default: what the image is.",
            show_default=False,
        ),
    ] = None,
    source: common.Source = None,
    golden: Annotated[
        bool, typer.Option("--golden", help="Hold the spec against its own golden tensors; a PATH may be left out.")
    ] = False,
    picture: Picture = None,
    handler: handler_options.File = None,
    function: handler_options.Function = None,
    python: handler_options.Python = None,
    timeout: handler_options.Timeout = 60.0,
    memory: handler_options.Memory = None,
    fail_on: common.FailOn = "error",
    select: common.Select = None,
    ignore: common.Ignore = None,
    assume: common.Assume = None,
    allow_guess: common.AllowGuess = False,
    allow_remote: common.AllowRemote = False,
    force: common.Force = False,
    report: common.Format = None,
    stdin_filename: common.StdinFilename = "stdin",
    jobs: common.Jobs = None,
    engine: common.Engine = None,
    shard: common.Shard = "",
    resume: common.Resume = False,
    manifest: common.Manifest = "",
    quiet: common.Quiet = False,
    no_color: common.NoColor = False,
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

    processes = number(jobs, paths or [], engine) if handler is None else 1
    from sm_imgcheck.cli import session
    from sm_imgcheck.core.types import Options

    decoder: Any = decoded_by
    options = Options(
        want_array=emit is not None,
        headers_only=headers_only,
        decoded_by=decoder,
        content_type=content_type,
        as_sent=emit is None,
        assume=common.assumed(assume),
        source=source,
        allow_guess=allow_guess,
        select=common.codes(select),
        ignore=common.codes(ignore),
    )
    asked = session.Asked(
        paths=paths or [],
        spec=spec,
        options=options,
        form=report,
        stdin_filename=stdin_filename,
        allow_remote=allow_remote,
        quiet=quiet,
        no_color=no_color,
        golden=golden,
        handler=handler_options.asked(handler, content_type, function, python, timeout=timeout, memory=memory),
        jobs=processes,
        engine=engine,
        shard=shard,
        resume=resume,
        manifest=manifest,
        force=force,
    )
    _agree(asked, emit, form)
    if picture is not None:
        check_one(asked.paths, golden=golden)
    counts = _reported(asked, emit, form or "npy")
    if picture is not None:
        draw(asked, picture, force=force)
    level: Any = fail_on
    raise typer.Exit(counts.exit_code(level))


def _agree(asked: Asked, emit: str | None, form: str | None) -> None:
    """Raise BadParameter for options that do not go together."""
    if asked.options.content_type is not None and emit is not None:
        raise typer.BadParameter("--content-type judges request bodies, of which no tensor is made: leave --emit out")
    if form and emit is None:
        raise typer.BadParameter("--as says what --emit writes: name a folder with --emit")
    if emit is not None and asked.options.headers_only:
        raise typer.BadParameter("--headers-only decodes nothing, so there is nothing to --emit")
    if asked.resume and emit is None:
        raise typer.BadParameter("--resume goes on with what --emit writes: name a folder with --emit")
    if asked.handler is not None and (emit is not None or asked.options.headers_only or asked.golden or asked.manifest):
        raise typer.BadParameter("--handler goes with neither --emit, --headers-only, --golden nor --manifest")
    if asked.options.source is not None and (asked.handler is not None or asked.options.headers_only):
        raise typer.BadParameter("--source is the image of a tensor: with --handler it is the PATH that is sent")
    if not asked.paths and not asked.golden:
        raise typer.BadParameter("name a PATH to be checked; --golden alone goes without")


def _reported(asked: Asked, emit: str | None, form: str) -> Report:
    """The counts of the run, with its report printed and the tensors that are asked for written."""
    from sm_imgcheck.cli import output_paths, session

    if emit is None:
        mending = session.convert_command if asked.handler is None else session.code_command
        return session.report_on(asked, command=mending(asked))
    from sm_imgcheck.io.stores import plain
    from sm_imgcheck.run.outputs.tensors import Outputs

    emit = output_paths.folder("--emit", plain(emit))
    sink = Outputs(folder=emit, form=form, force=asked.force)
    return session.report_on(asked, sink=sink, leave_out=emit)
