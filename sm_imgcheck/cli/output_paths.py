"""Output paths: the folder, file or standard output that ``-o``, ``--emit`` and ``--picture`` name."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli.option_signatures import choices
from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import file_of, is_remote, output_state, scheme_of, store, strip_file_scheme

if TYPE_CHECKING:
    from sm_imgcheck.cli.invocation import Invocation
    from sm_imgcheck.core.types import Result

__all__ = [
    "Picture",
    "check_one",
    "check_picture_name",
    "draw",
    "folder",
    "put",
    "refuse_existing",
    "suffix_of",
    "write_text_output",
]


def suffix_of(text: str) -> str:
    """Return the suffix that identifies a file name, in lower case; empty for a folder.

    ``out/``, an existing folder, and names with numbers after a dot (``2024.05``) are folders.
    """
    if is_remote(text) and "/" not in text.partition("://")[2].rstrip("/"):  # s3://data.example.com is a bucket
        return ""
    stem, _, suffix = os.path.basename(text).rpartition(".")  # noqa: PTH119 - Path would tidy it
    is_file = stem.strip(".") and any(char.isalpha() for char in suffix) and not os.path.isdir(text)  # noqa: PTH112
    return suffix.lower() if is_file else ""


def folder(option: str, text: str) -> str:
    """The folder that an option names. Raises BadParameter for what looks like anything else."""
    name = for_terminal(text)
    if not text:
        raise typer.BadParameter(f"{option} is empty: name a folder")
    if scheme_of(text) == "s3" and not text.partition("://")[2].partition("/")[0]:
        raise typer.BadParameter(f"{option} {name} names no bucket: s3://BUCKET/PREFIX")
    if text == "-":
        raise typer.BadParameter(f"{option} requires a folder; convert -o - writes one tensor to standard output")
    if suffix := suffix_of(text):
        formats = ", ".join(choices("io/tensors"))
        what = "names a file" if suffix in choices("io/tensors") else f".{suffix} is not a tensor format ({formats})"
        raise typer.BadParameter(f"{option} {name}: {what}; for a folder, write {name}/")
    return text


def write_text_output(text: str, out: str | None, *, force: bool, sources: Sequence[str] = ()) -> None:
    """Print a text, or write it to the file that -o names (``-``: standard output).

    A pipe or a file gets UTF-8, as Python and YAML require, for any encoding of the terminal.
    sources: files that are never replaced, with --force neither. Raises OutputError.
    """
    if out is None or out == "-":
        typer.echo(text if sys.stdout.isatty() else text.encode(), nl=False)
        return
    if not out:
        raise typer.BadParameter("-o is empty: name a file, or - for standard output")
    out = strip_file_scheme(out)
    _refuse_input(out, sources, f"{for_terminal(out)} is an input: name another file")
    store(out).write(out, (text.encode(),), force=force)


def check_picture_name(name: str | None) -> str | None:
    """Return the file that ``--picture`` names. Raises BadParameter for names of other formats."""
    if name is None or (name.lower().endswith(".png") and os.path.basename(name)[:-4].strip(".")):  # noqa: PTH119
        return name
    if not name or name == "-":
        raise typer.BadParameter("--picture requires a file such as out.png: standard output has the report")
    raise typer.BadParameter(f"--picture {for_terminal(name)}: the preview is a PNG file; name a file such as out.png")


Picture = Annotated[
    str | None,
    typer.Option(
        "--picture",
        metavar="FILE.png",
        help="Draw the compared images in a PNG: the source, what the model sees and what it expects.",
        callback=check_picture_name,
        show_default=False,
        rich_help_panel="Output",
    ),
]


def check_one(paths: list[str]) -> None:
    """Raise BadParameter unless the paths are one candidate in a file."""
    if len(paths) != 1:
        raise typer.BadParameter(f"--picture draws one candidate: got {len(paths)} PATHs, expected 1")
    if paths[0] == "-" or paths[0].startswith("@") or os.path.isdir(paths[0]):  # noqa: PTH112 - as the user typed it
        raise typer.BadParameter(f"--picture draws one candidate: {for_terminal(paths[0])} is not a file")


def draw(invocation: Invocation, results: Sequence[Result], target: str) -> None:
    """Draw the one candidate of a run, or the golden tensors. Raises ImgcheckError without a candidate to draw.

    results: those of the run, with their arrays.
    """
    from sm_imgcheck.cli.specs import load_spec

    spec, force = load_spec(invocation.spec, invocation.paths, warn=False), invocation.run.force
    if invocation.golden:
        from sm_imgcheck.features.pictures.golden import draw_golden

        source = [probe[key] for probe in spec.golden for key in ("image", "tensor")]
        put(target, draw_golden(results, spec, title=invocation.spec), source, force=force)
        return
    from sm_imgcheck.features.pictures.candidate import draw_candidate
    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.work import RunJob, process_item

    path, options = invocation.paths[0], invocation.options
    # A result that an earlier run has left has no arrays: that candidate is read now.
    job = RunJob(spec=spec, options=options, raise_bugs=True)
    result = results[0] if len(results) == 1 else process_item(job, Item(path=path, output=())).result
    png = draw_candidate(result, spec, options, name=path, title=invocation.spec)
    put(target, png, [path, options.source], force=force)


def put(target: str, png: bytes, source: Sequence[str | bytes | None], *, force: bool) -> None:
    """Write an image atomically. Raises OutputError, also for a file that it was made from.

    source: paths; those that are not files are ignored.
    """
    place = strip_file_scheme(target)
    _refuse_input(place, source, f"{for_terminal(target)} is the input of the preview: name another file")
    store(place).write(place, (png,), force=force)


def refuse_existing(targets: Sequence[str | None], *, force: bool) -> None:
    """Raise OutputError for a file that could not be written after a long search: it exists, or its folder does not.

    targets: file names; None, empty names and ``-`` are ignored.
    """
    for target in targets:
        if not target or target == "-":
            continue
        place, name = strip_file_scheme(target), for_terminal(target)
        if not force and output_state(place) is not None:
            raise OutputError(f"{name} exists: --force replaces it")
        if is_remote(place):
            continue
        if os.path.isdir(place):  # noqa: PTH112 - as the user typed it
            raise OutputError(f"{name}: got a folder, expected a file name")
        if not os.path.isdir(os.path.dirname(place) or "."):  # noqa: PTH112, PTH120
            raise OutputError(f"{name} cannot be written: its folder does not exist")


def _refuse_input(place: str, source: Sequence[str | bytes | None], message: str) -> None:
    """Raise OutputError where one of the paths is the file that would be written."""
    for path in (entry for entry in source if isinstance(entry, str)):
        with suppress(OSError, ValueError):  # a file does not exist, or its name is invalid
            if os.path.samefile(file_of(path)[0], place):  # noqa: PTH121 - as the user typed it
                raise OutputError(message)
