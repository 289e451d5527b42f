"""``sm-imgcheck plan``."""

from __future__ import annotations

from typing import Annotated

import typer

from sm_imgcheck.cli import USAGE_EXITS
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import group_options
from sm_imgcheck.cli.output_paths import Picture, put

__all__ = ["EXITS", "plan"]

RANK = 4
SUMMARY = "Show the steps to the tensor that the model expects."
EXITS = f"Exit codes: 0 a plan exists; 1 no valid steps exist, or the file is damaged; 2 {USAGE_EXITS}"


@group_options
def plan(
    path: Annotated[str, typer.Argument(metavar="PATH", help="An image or a tensor; - for standard input.")],
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    assumptions: common.AssumptionOptions,
    report: common.ReportOptions,
    picture: Picture = None,
    force: common.Force = False,
) -> None:
    """Show the steps to the tensor that the model expects.

    Traces shape, layout, dtype, channel order and range after each step, with its reason and its loss. Writes no file
    except --picture.
    """
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.cli.specs import load_spec
    from sm_imgcheck.pipeline.process import process
    from sm_imgcheck.report.plan import PlanContent
    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.work import resolve_input

    options = check_options(assumptions, keep_arrays=picture is not None)
    spec_value = load_spec(spec)
    item = Item(path="stdin", output=(), stdin=True) if path == "-" else Item(path=path, output=())
    result = process(resolve_input(item), spec_value, options).with_path(item.path)
    print_report(PlanContent(spec_value, spec), report, [result])
    if picture is not None:
        from sm_imgcheck.features.pictures.candidate import draw_candidate

        put(picture, draw_candidate(result, spec_value, options, name=item.path, title=spec), [item.path], force=force)
    raise typer.Exit(result.plan is None)
