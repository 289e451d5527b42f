"""``sm-imgcheck plan``."""

from __future__ import annotations

from typing import Annotated

import typer

from sm_imgcheck.cli import _options as common
from sm_imgcheck.cli._choices import one_of

__all__ = ["plan"]


def plan(
    path: Annotated[str, typer.Argument(metavar="PATH", help="An image or a tensor; - for standard input.")],
    *,
    spec: common.SpecName = "./sm-imgcheck.yaml",
    assume: common.Assume = None,
    allow_guess: common.AllowGuess = False,
    form: Annotated[
        str, typer.Option("--format", metavar="[text|json]", help="How to print.", callback=one_of("text", "json"))
    ] = "text",
) -> None:
    """Show the steps to the model's tensor.

    From what is there to what the model takes: a trace of shape, layout, dtype, channel order and range after each
    step, with its loss and why it is taken. Nothing is decoded or written. Exit code 1: no lawful steps lead there.
    """
    from sm_imgcheck.cli._session import load_spec
    from sm_imgcheck.engine.job import look
    from sm_imgcheck.engine.listing import Item
    from sm_imgcheck.model import Options
    from sm_imgcheck.report import _trace

    options = Options(headers_only=True, assume=common.assumed(assume), allow_guess=allow_guess)
    found = load_spec(spec)
    item = Item(path="stdin", output=(), stdin=True) if path == "-" else Item(path=path, output=())
    result = look(item, found, options)
    typer.echo(_trace.as_json(result, found) if form == "json" else _trace.as_text(result, found, spec), nl=False)
    raise typer.Exit(result.plan is None)
