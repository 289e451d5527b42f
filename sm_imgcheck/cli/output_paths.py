"""Output paths: the folder, file or standard output that ``-o``, ``--emit`` and ``--picture`` name."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli.option_groups import choices
from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import file_of, is_remote, scheme_of, store, strip_file_scheme

if TYPE_CHECKING:
    from sm_imgcheck.cli.session import Invocation
    from sm_imgcheck.core.types import Result

__all__ = ["Picture", "check_one", "checked", "draw", "folder", "put", "suffix_of", "write_text_output"]


def suffix_of(text: str) -> str:
    """The suffix that says that a file is meant, in lower case; empty for a folder.

    ``out/``, a folder that is there, and numbers behind a dot (``2024.05``) name a folder.
    """
    if is_remote(text) and "/" not in text.partition("://")[2].rstrip("/"):  # s3://data.example.com is a bucket
        return ""
    stem, _, suffix = os.path.basename(text).rpartition(".")  # noqa: PTH119 - Path would tidy it
    is_file = stem.strip(".") and any(char.isalpha() for char in suffix) and not os.path.isdir(text)  # noqa: PTH112
    return suffix.lower() if is_file else ""


def folder(option: str, text: str) -> str:
    """The folder that an option names. Raises BadParameter for what looks like anything else."""
    shown = for_terminal(text)
    if not text:
        raise typer.BadParameter(f"{option} names nothing: name a folder")
    if scheme_of(text) == "s3" and not text.partition("://")[2].partition("/")[0]:
        raise typer.BadParameter(f"{option} {shown} names no bucket: s3://BUCKET/PREFIX")
    if text == "-":
        raise typer.BadParameter(f"{option} takes a folder; convert -o - writes one tensor to standard output")
    if suffix := suffix_of(text):
        known = ", ".join(choices("io/tensors"))
        what = "names a file" if suffix in choices("io/tensors") else f".{suffix} is no kind of tensor file ({known})"
        raise typer.BadParameter(f"{option} {shown}: {what}; if it is to be a folder, say {shown}/")
    return text


def write_text_output(text: str, out: str | None, *, force: bool, source: str = "") -> None:
    """Print a text, or write it to the file that -o names (``-``: standard output).

    A pipe or a file gets UTF-8, as Python and YAML take it, whatever the encoding of the terminal is.
    source: a file that is never replaced, with --force neither. Raises OutputError.
    """
    if out is None or out == "-":
        typer.echo(text if sys.stdout.isatty() else text.encode(), nl=False)
        return
    if not out:
        raise typer.BadParameter("-o names nothing: name a file, or - for standard output")
    out = strip_file_scheme(out)
    _refuse_input(out, (source,), f"{for_terminal(out)} is the spec itself: name another file")
    store(out).write(out, (text.encode(),), force=force)


def checked(name: str | None) -> str | None:
    """The file that ``--picture`` names. Raises BadParameter for what is no PNG file."""
    if name is None or (name.lower().endswith(".png") and os.path.basename(name)[:-4].strip(".")):  # noqa: PTH119
        return name
    if not name or name == "-":
        raise typer.BadParameter("--picture takes a file such as out.png: standard output has the report")
    raise typer.BadParameter(
        f"--picture {for_terminal(name)}: pictures are written as PNG; name a file such as out.png"
    )


Picture = Annotated[
    str | None,
    typer.Option(
        "--picture",
        metavar="FILE.png",
        help="Draw a PNG: the source, what the model sees, and how the tensor was made.",
        callback=checked,
        show_default=False,
        rich_help_panel="Output",
    ),
]


def check_one(paths: list[str]) -> None:
    """Raise BadParameter unless the paths are one candidate in a file."""
    if len(paths) != 1:
        raise typer.BadParameter(f"--picture draws one candidate: got {len(paths)} PATHs, expected 1")
    if paths[0] == "-" or paths[0].startswith("@") or os.path.isdir(paths[0]):  # noqa: PTH112 - as the user typed it
        raise typer.BadParameter(f"--picture draws one candidate: {for_terminal(paths[0])} is no file")


def draw(invocation: Invocation, results: Sequence[Result], target: str) -> None:
    """Draw the one candidate of a run, or the golden tensors. Raises ImgcheckError where there is nothing to draw.

    results: those of the run, their arrays kept.
    """
    from sm_imgcheck.cli.session import load_spec

    spec, force = load_spec(invocation.spec, warn=False), invocation.run.force
    if invocation.golden:
        from sm_imgcheck.features.pictures import draw_golden

        source = [probe[key] for probe in spec.golden for key in ("image", "tensor")]
        put(target, draw_golden(results, spec, title=invocation.spec), source, force=force)
        return
    from sm_imgcheck.features.pictures import draw_candidate
    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.work import RunJob, process_item

    path, options = invocation.paths[0], invocation.options
    # A result that an earlier run has left has no arrays: that candidate is read now.
    job = RunJob(spec=spec, options=options, raise_bugs=True)
    result = results[0] if len(results) == 1 else process_item(job, Item(path=path, output=())).result
    png = draw_candidate(result, spec, options, name=path, title=invocation.spec)
    put(target, png, [path, options.source], force=force)


def put(target: str, png: bytes, source: Sequence[str | bytes | None], *, force: bool) -> None:
    """Write a picture whole or not at all. Raises OutputError, also for a file of which it was made.

    source: paths; what is none of a file is passed over.
    """
    place = strip_file_scheme(target)
    _refuse_input(place, source, f"{for_terminal(target)} is what the picture is drawn of: name another file")
    store(place).write(place, (png,), force=force)


def _refuse_input(place: str, source: Sequence[str | bytes | None], message: str) -> None:
    """Raise OutputError where one of the paths is the very file that would be written."""
    for path in (one for one in source if isinstance(one, str)):
        with suppress(OSError, ValueError):  # one of them is not there, or has no lawful name
            if os.path.samefile(file_of(path)[0], place):  # noqa: PTH121 - as the user typed it
                raise OutputError(message)
