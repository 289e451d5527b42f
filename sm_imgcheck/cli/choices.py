"""What an option may be: the modules of a folder, or a fixed few words."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import islice
from pkgutil import iter_modules
from typing import Any

import typer

__all__ = ["choices", "constants", "one_of", "text_option"]


def choices(folder: str) -> tuple[str, ...]:
    """Names of the modules in a folder of the package; none is imported: see ``sm_imgcheck.core.plugins``."""
    return tuple(sorted(found.name for found in iter_modules([_path(folder)]) if found.name[0] != "_"))


def constants(file: str, names: tuple[str, ...]) -> dict[str, str]:
    """The texts of one-line constants of a file of the package, without quotes; the file is not imported."""
    with open(_path(file), encoding="utf-8") as lines:  # noqa: PTH123
        pairs = (line.rstrip().partition(" = ") for line in lines)
        found = ((name, value.strip('"')) for name, _, value in pairs if name in names)
        return dict(islice(found, len(names)))


def _path(name: str) -> str:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib costs more
    return os.path.join(here, *name.split("/"))  # noqa: PTH118


def text_option(text: str, metavar: str = "TEXT") -> Any:
    """An option that takes a text and is empty by default."""
    return typer.Option(help=text, metavar=metavar, show_default=False)


def one_of(*allowed: str) -> Callable[[str | None], str | None]:
    """Make a callback that refuses every other value, and names the nearest."""

    def check(value: str | None) -> str | None:
        if value is None or value in allowed:
            return value
        from difflib import get_close_matches

        near = get_close_matches(value.lower(), allowed, 1)
        raise typer.BadParameter(
            f"{value!r} is not one of {', '.join(allowed)}{f'; did you mean {near[0]}?' if near else ''}"
        )

    return check


def said(context: typer.Context, option: typer.CallbackParam, value: str) -> str:
    """Refuse an empty text: ``"$SHARD"``, where that is not set, would stand for all of it on every machine."""
    source = context.get_parameter_source(option.name or "")
    if not value and source is not None and source.name == "COMMANDLINE":
        raise typer.BadParameter("it is empty: leave the option out, or say what is meant")
    return value
