"""``sm-imgcheck payload``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli import options as requests
from sm_imgcheck.cli.choices import one_of

if TYPE_CHECKING:
    from sm_imgcheck.cli.payload_session import Asked
    from sm_imgcheck.core.types import Report
    from sm_imgcheck.features.requests import Route
    from sm_imgcheck.run.outputs.bodies import Bodies, Made

__all__ = ["payload"]

RANK = 2
SUMMARY = "Write request bodies, and the commands that send them."


def payload(
    paths: common.Paths,
    *,
    spec: common.SpecName = "./sm-imgcheck.yaml",
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="BODY",
            help="A file for the body (a name with a suffix), a folder for one body or several, or - for standard "
            "output. Default: cat.jpg becomes cat.body.npy, or what its form is called, in the current folder.",
        ),
    ] = "",
    form: requests.Envelope = None,
    content_type: requests.ContentType = "",
    sizes: Annotated[
        bool,
        typer.Option("--sizes", help="Only list how large each form would be, and what fits."),
    ] = False,
    fail_on: common.FailOn = "never",
    assume: common.Assume = None,
    allow_guess: common.AllowGuess = False,
    allow_remote: common.AllowRemote = False,
    force: common.Force = False,
    report: Annotated[
        str, typer.Option("--format", metavar="[text|json]", help="How to report.", callback=one_of("text", "json"))
    ] = "text",
    stdin_filename: common.StdinFilename = "stdin",
    quiet: common.Quiet = False,
) -> None:
    """Write request bodies, and the commands that send them.

    Each candidate is checked and mended as by convert, and encoded as the spec's payload says. Several become one body
    where the model's batch, the form and the limits allow. Nothing is written of a body that is over a limit.
    """
    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.core.types import Options

    asked = payload_session.Asked(
        paths=paths,
        spec=spec,
        options=Options(headers_only=sizes, assume=common.assumed(assume), allow_guess=allow_guess),
        form=form or "",
        content_type=content_type,
        stdin_filename=stdin_filename,
        allow_remote=allow_remote,
        leave_out="" if out in {"", "-"} else out,
    )
    if sizes:
        raise typer.Exit(_list_sizes(asked, report))
    raise typer.Exit(_write(asked, out, report, fail_on, force=force, quiet=quiet))


def _write(asked: Asked, out: str, report: str, fail_on: Any, *, force: bool, quiet: bool) -> int:
    from dataclasses import replace

    from sm_imgcheck.cli import payload_session

    way = payload_session.settled(asked)
    sink = _sink(out, way, force=force)
    teller = _teller(report)(way, folder=sink.outputs.folder)
    stream = sys.stderr if out == "-" else sys.stdout
    silent = quiet and report == "text"

    def use(made: Made) -> str | None:
        place = sink.put(made)
        _print(teller.row(replace(made.body, place=place or "")), stream, silent=silent)
        return place

    def close(counts: Report) -> None:
        sink.finish()
        _print(teller.close(counts), stream, silent=silent)

    return payload_session.each(asked, way, use, close).exit_code(fail_on)


def _teller(report: str) -> Any:
    if report == "json":
        from sm_imgcheck.report.payload import as_json

        return as_json
    from sm_imgcheck.report.payload import as_text

    return as_text


def _list_sizes(asked: Asked, report: str) -> int:
    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.features.requests.sizes import sizes
    from sm_imgcheck.report import sizes as told_sizes
    from sm_imgcheck.run.loads import loads

    way = payload_session.settled(asked)
    found = loads(payload_session.candidates(asked), way, asked.options)
    for path, why in found.failed:
        typer.echo(f"{for_terminal(path)}: no body: {for_terminal(why)}", err=True)
    if found.largest is not None:
        tell = told_sizes.sizes_as_json if report == "json" else told_sizes.sizes_as_text
        typer.echo(tell(way, found.largest, tuple(sizes(way, found.largest)), shapes=found.shapes), nl=False)
    elif not found.failed:
        raise payload_session.nothing(asked)
    return int(bool(found.failed))


def _sink(out: str, way: Route, *, force: bool) -> Bodies:
    """Where bodies go: a folder, one file, or standard output."""
    import os

    from sm_imgcheck.run.outputs.bodies import Bodies
    from sm_imgcheck.run.outputs.tensors import Outputs

    if out == "-" and sys.stdout.isatty():
        raise typer.BadParameter("-o - would fill the terminal with bytes: redirect it, or name a file")
    folder, name = out, ""
    if out != "-" and "." in os.path.basename(out) and not os.path.isdir(out):  # noqa: PTH112, PTH119 - as it was typed
        folder, name = os.path.split(out)
    return Bodies(
        outputs=Outputs(folder=folder, form="", file=name, force=force),
        stream=sys.stdout.buffer if out == "-" else None,
        infix="" if out else ".body",
        manifest=way.endpoint == "batch",
    )


def _print(text: str, stream: Any, *, silent: bool) -> None:
    if not silent:
        stream.write(text)
        stream.flush()
