"""``sm-imgcheck identify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import group_options
from sm_imgcheck.cli.output_paths import Picture, put

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Result

__all__ = ["EXITS", "identify"]

RANK = 6
SUMMARY = "Identify the preprocessing that produced a tensor."

EXITS = (
    "Exit codes: 0 identified; 1 the tensor is not an image, no known pipeline makes it from --source, or it "
    "does not match the spec; 2 not possible (usage, invalid spec, invalid source image)."
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

    From the values alone: dtype, layout, the value mapping that their spacing shows, and the likely channel order. With
    --source, the image that it was made from: the complete pipeline, from the decoder to the last cast, with the
    remaining difference in gray levels; alternatives that the image cannot distinguish are listed. With -s: the
    findings, the plan from the tensor, and the plan from the image.
    """
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.cli.specs import load_spec
    from sm_imgcheck.features.identify.tensor import identify_tensor
    from sm_imgcheck.report.identify import IdentifyContent
    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.work import resolve_input

    options = check_options(assumptions, source=source, keep_arrays=picture is not None)
    expected = None if spec is None else load_spec(spec)
    item = Item(path="stdin", output=(), stdin=True) if tensor == "-" else Item(path=tensor, output=())
    result = identify_tensor(resolve_input(item), expected, options).with_path(item.path)
    print_report(IdentifyContent(expected, spec or ""), report, [result])
    if picture is not None:
        from sm_imgcheck.features.pictures.candidate import draw_candidate
        from sm_imgcheck.features.pictures.identified import draw_identified

        if expected is None:
            png = draw_identified(result, name=item.path)
        else:
            png = draw_candidate(result, expected, options, name=item.path, title=spec or "")
        put(picture, png, [item.path, source], force=force)
    raise typer.Exit(_has_failed(result, has_source=source is not None))


def _has_failed(result: Result, *, has_source: bool) -> bool:
    """Return whether the exit code is 1: an error, no image in the tensor, or a source that does not explain it."""
    facts = result.facts
    if facts is None or "?" in facts.layout or facts.constant or facts.nans or facts.infinities:
        return True
    if facts.low is None:  # no values, or only NaN and infinity
        return True
    is_unexplained = has_source and not any(origin.exact for origin in result.origins or ())
    return is_unexplained or any(finding.severity == "error" for finding in result.findings)
