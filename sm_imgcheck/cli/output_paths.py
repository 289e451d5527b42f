"""What the words after ``-o`` and ``--emit`` name: a folder, a file, standard output."""

from __future__ import annotations

import os
import sys

import typer

from sm_imgcheck.cli.choices import choices
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import is_remote, scheme_of, store, strip_file_scheme

__all__ = ["folder", "hand_over", "suffix_of"]


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


def hand_over(text: str, out: str | None, *, force: bool) -> None:
    """Print a text, or write it to the file that -o names (``-``: standard output).

    A pipe or a file gets UTF-8, as Python and YAML take it, whatever the encoding of the terminal is.
    """
    if out is None or out == "-":
        typer.echo(text if sys.stdout.isatty() else text.encode(), nl=False)
        return
    if not out:
        raise typer.BadParameter("-o names nothing: name a file, or - for standard output")
    out = strip_file_scheme(out)
    store(out).write(out, (text.encode(),), force=force)
