"""``sm-imgcheck merge``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.core.escape import for_terminal

if TYPE_CHECKING:
    from sm_imgcheck.run.outputs.manifest import MergeResult

__all__ = ["merge"]

_COUNTED = 16
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
        typer.Option("--output", "--out", "-o", metavar="FILE", help="File to write. Default: standard output."),
    ] = "-",
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace the file, and merge what does not go together: other specs or versions, inputs that are in "
            "two parts (the first counts), shards that are missing.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Join the manifests of the shards of a run.

    The lines come in the order of their paths. For shards of a run over one folder they are those of a run over all of
    it, byte for byte. Any number of lines needs little memory.
    """
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.io.stores import strip_file_scheme
    from sm_imgcheck.run.outputs.manifest import ManifestWriter, MergeResult, merge_lines

    def tell(what: str) -> None:
        if not force:
            raise ImgcheckError(what)
        typer.echo(f"warning: {what}", err=True)

    found = MergeResult(report=tell)
    if out == "-":
        for line in merge_lines(parts, found):
            sys.stdout.write(f"{line}\n")
        _warn_about_empty(parts, found)
        return
    lines = ManifestWriter(strip_file_scheme(out), force=force, resumes=False)
    try:
        for line in merge_lines(parts, found):
            lines.add(line)
        lines.finish()
    except BaseException:
        lines.drop()
        raise
    _warn_about_empty(parts, found)
    if not quiet:
        count = f"{len(parts)} part{'s' if len(parts) > 1 else ''}"
        each = f" ({' + '.join(f'{number:,}' for number in found.counts)})" if 1 < len(parts) <= _COUNTED else ""
        typer.echo(f"{found.inputs:,} inputs of {count}{each} are in {for_terminal(out)}", err=True)


def _warn_about_empty(parts: list[str], found: MergeResult) -> None:
    """A part that was cut looks like one of a shard without candidates."""
    for part, number in zip(parts, found.counts, strict=True):
        if not number:
            typer.echo(f"warning: {for_terminal(part)} is empty: merged as a shard without candidates", err=True)
