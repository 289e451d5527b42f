"""``--picture``: where it goes, and what of it is refused before anything is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.core.escape import for_terminal

if TYPE_CHECKING:
    from sm_imgcheck.cli.session import Asked
    from sm_imgcheck.core.types import Candidate, Options, Spec

__all__ = ["Picture", "check_one", "checked", "draw", "put"]


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
        help="Draw it: the source, what the model sees of the tensor, and how the tensor was made.",
        callback=checked,
        show_default=False,
    ),
]


def check_one(paths: list[str], *, golden: bool) -> None:
    """Raise BadParameter unless there is one thing to draw: one candidate in a file, or what golden tensors show."""
    if golden and not paths:
        return
    if golden or len(paths) != 1:
        raise typer.BadParameter("--picture draws one candidate, or the golden tensors alone: name one PATH")
    if paths[0] == "-" or paths[0].startswith("@") or os.path.isdir(paths[0]):  # noqa: PTH112 - as the user typed it
        raise typer.BadParameter(f"--picture draws one candidate: {for_terminal(paths[0])} is no file")


def draw(asked: Asked, target: str, *, force: bool) -> None:
    """Draw the one candidate of a run, or the golden tensors. Raises ImgcheckError where there is nothing to draw."""
    from sm_imgcheck.cli.session import load_spec

    spec = load_spec(asked.spec, warn=False)
    if asked.golden:
        from sm_imgcheck.features.pictures import of_golden

        made_of = [probe[key] for probe in spec.golden for key in ("image", "tensor")]
        put(target, of_golden(spec, title=asked.spec, allow_remote=asked.allow_remote), made_of, force=force)
        return
    from sm_imgcheck.features.pictures import of_candidate

    what, options = _made(asked, spec) if asked.handler is not None else (asked.paths[0], asked.options)
    png = of_candidate(what, spec, options, name=asked.paths[0], title=asked.spec)
    put(target, png, [*asked.paths, asked.options.source], force=force)


def _made(asked: Asked, spec: Spec) -> tuple[Candidate, Options]:
    """What the user's handler makes of the candidate: it is called once more."""
    from sm_imgcheck.features.handler import Runner, handled

    assert asked.handler is not None
    with Runner(asked.handler, spec.payload.get("stack", "")) as runner:
        candidate, source = handled(asked.paths[0], runner, spec)
    return candidate, replace(asked.options, content_type=None, source=source)


def put(target: str, png: bytes, made_of: Sequence[str | bytes | None], *, force: bool) -> None:
    """Write a picture whole or not at all. Raises OutputError, also for a file of which it was made.

    made_of: paths; what is none of a file is passed over.
    """
    from sm_imgcheck.core.errors import OutputError
    from sm_imgcheck.io.stores import file_of, store, strip_file_scheme

    place = strip_file_scheme(target)
    for path in (one for one in made_of if isinstance(one, str)):
        with suppress(OSError, ValueError):  # one of them is not there, or has no lawful name
            if os.path.samefile(file_of(path)[0], place):  # noqa: PTH121 - as the user typed it
                raise OutputError(f"{for_terminal(target)} is what the picture is drawn of: name another file")
    store(place).write(place, (png,), force=force)
