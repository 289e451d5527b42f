"""``sm-imgcheck identify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_groups import group_options
from sm_imgcheck.cli.output_paths import Picture, put

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Result

__all__ = ["EXITS", "identify"]

RANK = 6
SUMMARY = "Identify the preprocessing that produced a tensor."

EXITS = (
    "Exit codes: 0 told what it is; 1 there is no picture in it, nothing that is known makes it of --source, or it "
    "breaks the spec; 2 it could not be done (usage, a bad spec, a source that is no image)."
)


@group_options
def identify(
    tensor: Annotated[
        str,
        typer.Argument(
            metavar="TENSOR",
            help="A .npy, a .npz (FILE.npz::NAME for one array of several), a JSON tensor, or - for standard input.",
            show_default=False,
        ),
    ],
    *,
    source: common.Source = None,
    spec: Annotated[
        str | None,
        typer.Option(
            "--spec", "-s", metavar="SPEC", help="Also check it against this spec file or preset.", show_default=False
        ),
    ] = None,
    assumptions: common.AssumptionOptions,
    report: common.ReportOptions,
    picture: Picture = None,
    force: common.Force = False,
) -> None:
    """Identify the preprocessing that produced a tensor.

    By its numbers alone: dtype, layout, the value mapping that their spacing shows, and the likely channel order.
    With --source, the image that it was made of: the pipeline itself, from the decoder to the last cast, with what is
    left in gray levels; what the image cannot tell apart is named as such. With -s: the findings, the plan from the
    tensor, and the plan from the image.
    """
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.cli.session import load_spec
    from sm_imgcheck.features.identify import identify_tensor
    from sm_imgcheck.report.identify import IdentifyContent
    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.work import resolve_input

    options = check_options(assumptions, source=source, keep_arrays=picture is not None)
    wanted = None if spec is None else load_spec(spec)
    item = Item(path="stdin", output=(), stdin=True) if tensor == "-" else Item(path=tensor, output=())
    result = identify_tensor(resolve_input(item), wanted, options).with_path(item.path)
    print_report(IdentifyContent(wanted, spec or ""), report, [result])
    if picture is not None:
        from sm_imgcheck.features.pictures import draw_candidate, draw_identified

        if wanted is None:
            png = draw_identified(result, name=item.path)
        else:
            png = draw_candidate(result, wanted, options, name=item.path, title=spec or "")
        put(picture, png, [item.path, source], force=force)
    raise typer.Exit(_unsaid(result, asked=source is not None))


def _unsaid(result: Result, *, asked: bool) -> bool:
    """Whether something is wrong: an error, no picture, or a source that does not explain the tensor."""
    facts = result.facts
    if facts is None or "?" in facts.layout or facts.constant or facts.nans or facts.infinities:
        return True
    if facts.low is None:  # no values, or none that are numbers
        return True
    unexplained = asked and not any(origin.exact for origin in result.origins or ())
    return unexplained or any(finding.severity == "error" for finding in result.findings)
