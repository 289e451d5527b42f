"""``sm-imgcheck convert``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli import _options as common
from sm_imgcheck.cli._choices import choices
from sm_imgcheck.cli._places import folder, suffix_of
from sm_imgcheck.escape import for_terminal
from sm_imgcheck.stores import plain

if TYPE_CHECKING:
    from sm_imgcheck.engine.job import Sink

__all__ = ["convert"]


def convert(
    paths: common.Paths,
    *,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="A folder: photos/a/cat.jpg becomes OUT/a/cat.npy when the PATH is photos. For one candidate also "
            "the file itself (its suffix says the kind), or - for standard output.",
        ),
    ],
    spec: common.SpecName = "./sm-imgcheck.yaml",
    form: common.As = None,
    fail_on: common.FailOn = "never",
    select: common.Select = None,
    ignore: common.Ignore = None,
    assume: common.Assume = None,
    allow_guess: common.AllowGuess = False,
    force: common.Force = False,
    report: common.Format = None,
    stdin_filename: common.StdinFilename = "stdin",
    jobs: common.Jobs = None,
    shard: common.Shard = "",
    resume: common.Resume = False,
    manifest: common.Manifest = "",
    quiet: common.Quiet = False,
    no_color: common.NoColor = False,
) -> None:
    """Write the tensors that the model takes.

    One for each image or tensor. The steps are those that the plan command shows. Each result is held against the
    spec again before it is written. A file is written whole or not at all; one that is there already and equal is
    left alone.
    """
    from sm_imgcheck.engine.jobs import number

    out = plain(out)
    processes = number(1 if out == "-" else jobs, paths)
    from sm_imgcheck.cli import _session
    from sm_imgcheck.model import Options

    options = Options(
        want_array=True,
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
        shard=shard,
        resume=resume,
        manifest=manifest,
        force=force,
    )
    counts = _session.report_on(
        asked,
        sink=_sink(out, form, paths, force=force),
        leave_out="" if out == "-" else out,
        out=sys.stderr if out == "-" else None,
    )
    level: Any = fail_on
    raise typer.Exit(counts.exit_code(level))


def _sink(out: str, form: str | None, paths: list[str], *, force: bool) -> Sink:
    """Where the tensors go: a folder, one file, or standard output."""
    import os

    from sm_imgcheck.engine.outputs import Outputs, Stream

    if out == "-":
        if sys.stdout.isatty() and form != "json":
            raise typer.BadParameter("-o - would fill the terminal with bytes: redirect it, or name a file")
        return Stream(form=form or "npy", file=sys.stdout.buffer)
    suffix = suffix_of(out)
    if suffix not in choices("tensors"):
        return Outputs(folder=folder("-o", out), form=form or "npy", force=force)
    shown = for_terminal(out)
    if len(paths) > 1 or paths[0].startswith("@") or os.path.isdir(plain(paths[0])):  # noqa: PTH112 - as the user typed it
        raise typer.BadParameter(f"-o {shown} is one file, and there may be several candidates: name a folder")
    if form and form != suffix:
        raise typer.BadParameter(f"-o {shown} and --as {form} contradict each other")
    parent, name = os.path.split(out)
    return Outputs(folder=parent, file=name, form=suffix, force=force)
