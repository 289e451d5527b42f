"""``sm-imgcheck plan``."""

from __future__ import annotations

from typing import Annotated

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.option_groups import grouped, one_of
from sm_imgcheck.cli.output_paths import Picture, put

__all__ = ["plan"]

RANK = 4
SUMMARY = "Show the steps to the model's tensor."


@grouped
def plan(
    path: Annotated[str, typer.Argument(metavar="PATH", help="An image or a tensor; - for standard input.")],
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    assumptions: common.AssumptionOptions,
    form: Annotated[
        str, typer.Option("--format", metavar="[text|json]", help="How to print.", callback=one_of("text", "json"))
    ] = "text",
    picture: Picture = None,
    force: common.Force = False,
) -> None:
    """Show the steps to the model's tensor.

    From what is there to what the model takes: a trace of shape, layout, dtype, channel order and range after each
    step, with its loss and why it is taken. Nothing is written, but for a --picture. Exit code 1: no lawful steps lead
    there, or the file is damaged.
    """
    from sm_imgcheck.cli.session import load_spec
    from sm_imgcheck.pipeline.process import process
    from sm_imgcheck.report import plan as _trace
    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.work import resolve_input

    options = common.check_options(assumptions, keep_arrays=picture is not None)
    found = load_spec(spec)
    item = Item(path="stdin", output=(), stdin=True) if path == "-" else Item(path=path, output=())
    result = process(resolve_input(item), found, options).with_path(item.path)
    typer.echo(_trace.as_json(result, found) if form == "json" else _trace.as_text(result, found, spec), nl=False)
    if picture is not None:
        from sm_imgcheck.features.pictures import draw_candidate

        put(picture, draw_candidate(result, found, options, name=item.path, title=spec), [item.path], force=force)
    raise typer.Exit(result.plan is None)
