"""``sm-imgcheck merge``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.core.escape import for_terminal

if TYPE_CHECKING:
    from sm_imgcheck.run.outputs.manifest import MergeResult

__all__ = ["merge"]

_MAX_COUNTED = 16
"""Parts whose numbers of inputs are named: only there it shows that one was cut at the end of a line."""
RANK = 10
SUMMARY = "Join the manifests of the shards of a run."


def merge(
    parts: Annotated[
        list[str], typer.Argument(metavar="PART...", help="Manifests, one of each shard.", show_default=False)
    ],
    *,
    out: Annotated[
        str,
        typer.Option("--output", "--out", "-o", metavar="FILE", help="File to write; - for standard output."),
    ] = "-",
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace the file, and merge incompatible parts: different specs or versions, inputs in "
            "two parts (the first counts), missing shards.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Join the manifests of the shards of a run.

    The lines are in the order of their paths. For shards of a run over one folder they equal those of a run over all of
    it, byte for byte. Any number of lines needs little memory.
    """
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.io.stores import strip_file_scheme
    from sm_imgcheck.run.outputs.manifest import ManifestWriter, MergeResult, merge_lines

    def report_problem(what: str) -> None:
        if not force:
            raise ImgcheckError(what)
        typer.echo(f"warning: {what}", err=True)

    result = MergeResult(report=report_problem)
    if out == "-":
        for line in merge_lines(parts, result):
            sys.stdout.write(f"{line}\n")
        _warn_about_empty(parts, result)
        return
    lines = ManifestWriter(strip_file_scheme(out), force=force, resumes=False)
    try:
        for line in merge_lines(parts, result):
            lines.add(line)
        lines.finish()
    except BaseException:
        lines.drop()
        raise
    _warn_about_empty(parts, result)
    if not quiet:
        count = f"{len(parts)} part{'s' if len(parts) > 1 else ''}"
        each = f" ({' + '.join(f'{number:,}' for number in result.counts)})" if 1 < len(parts) <= _MAX_COUNTED else ""
        typer.echo(f"{result.inputs:,} inputs of {count}{each} are in {for_terminal(out)}", err=True)


def _warn_about_empty(parts: list[str], result: MergeResult) -> None:
    """A part that was cut looks like one of a shard without candidates."""
    for part, number in zip(parts, result.counts, strict=True):
        if not number:
            typer.echo(f"warning: {for_terminal(part)} is empty: merged as a shard without candidates", err=True)
