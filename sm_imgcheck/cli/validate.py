"""``sm-imgcheck validate``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sm_imgcheck.cli import _options as common

__all__ = ["validate"]


def validate(
    paths: common.Paths,
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
            help="Each PATH is a request body under this header; it is judged as the spec's payload.stack takes it.",
            show_default=False,
        ),
    ] = None,
    fail_on: common.FailOn = "error",
    select: common.Select = None,
    ignore: common.Ignore = None,
    assume: common.Assume = None,
    allow_guess: common.AllowGuess = False,
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
    With --content-type every PATH is a request body.
    """
    _refuse_contradictions(content_type, emits=emit is not None, form=form, resume=resume, headers_only=headers_only)
    from sm_imgcheck.engine.jobs import number

    processes = number(jobs, paths, engine)
    from sm_imgcheck.cli import _places, _session
    from sm_imgcheck.engine.outputs import Outputs
    from sm_imgcheck.model import Options
    from sm_imgcheck.stores import plain

    decoder: Any = decoded_by
    options = Options(
        want_array=emit is not None,
        headers_only=headers_only,
        decoded_by=decoder,
        content_type=content_type,
        as_sent=emit is None,
        assume=common.assumed(assume),
        allow_guess=allow_guess,
        select=common.codes(select),
        ignore=common.codes(ignore),
    )
    asked = _session.Asked(
        paths=paths,
        spec=spec,
        options=options,
        form=report,
        stdin_filename=stdin_filename,
        quiet=quiet,
        no_color=no_color,
        jobs=processes,
        engine=engine,
        shard=shard,
        resume=resume,
        manifest=manifest,
        force=force,
    )
    if emit is None:
        counts = _session.report_on(asked, command=_session.convert_command(asked))
    else:
        emit = _places.folder("--emit", plain(emit))
        sink = Outputs(folder=emit, form=form or "npy", force=force)
        counts = _session.report_on(asked, sink=sink, leave_out=emit)
    level: Any = fail_on
    raise typer.Exit(counts.exit_code(level))


def _refuse_contradictions(
    content_type: str | None, *, emits: bool, form: str | None, resume: bool, headers_only: bool
) -> None:
    """Raise BadParameter for options that go with --emit only, or never with it."""
    if content_type is not None and emits:
        raise typer.BadParameter("--content-type judges request bodies, of which no tensor is made: leave --emit out")
    if form and not emits:
        raise typer.BadParameter("--as says what --emit writes: name a folder with --emit")
    if resume and not emits:
        raise typer.BadParameter("--resume goes on with what --emit writes: name a folder with --emit")
    if headers_only and emits:
        raise typer.BadParameter("--headers-only decodes nothing, so there is nothing to --emit")
