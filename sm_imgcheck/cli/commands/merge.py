"""``sm-imgcheck merge``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

__all__ = ["merge"]

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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Join the manifests of the shards of a run.

    The lines come in the order of their paths. For shards of a run over one folder they are those of a run over all of
    it, byte for byte. Any number of lines needs little memory.
    """
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.io.stores import strip_file_scheme
    from sm_imgcheck.run.outputs.manifest import Lines, Merged, merged

    def tell(what: str) -> None:
        if not force:
            raise ImgcheckError(what)
        typer.echo(f"warning: {what}", err=True)

    found = Merged(tell=tell)
    if out == "-":
        for line in merged(parts, found):
            sys.stdout.write(f"{line}\n")
        return
    lines = Lines(strip_file_scheme(out), force=force, resumes=False)
    try:
        for line in merged(parts, found):
            lines.add(line)
        lines.finish()
    except BaseException:
        lines.drop()
        raise
    if not quiet:
        count = f"{len(parts)} part{'s' if len(parts) > 1 else ''}"
        typer.echo(f"{found.inputs:,} inputs of {count} are in {out}", err=True)
