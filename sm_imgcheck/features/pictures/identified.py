"""Draw an identified tensor as it was created."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Decode, Facts, Origin, Result
from sm_imgcheck.features.pictures.panels import (
    SPREAD,
    SheetLine,
    drawable,
    panel,
    panels_of_source,
    stretch_mapping,
    which_image,
)
from sm_imgcheck.features.pictures.sheet import sheet
from sm_imgcheck.ops.compare import said
from sm_imgcheck.ops.traits import traits
from sm_imgcheck.pipeline.invert import TensorInterpretation

__all__ = ["draw_identified"]


@np.errstate(all="ignore")  # numbers beyond all measure are drawn as such
def draw_identified(result: Result, *, name: str = "") -> bytes:
    """Draw a tensor as it was made, beside its source where that is given, as the bytes of a PNG.

    result: of ``identify_tensor`` without a spec, its arrays kept; name: what the user calls it. Raises ImgcheckError
    where there is nothing to draw.
    """
    array = result.candidate.data
    facts = drawable(result.facts, array, name or result.path)
    origins = result.origins or ()
    nearest = origins[0].facts if origins and not origins[0].exact else facts
    order, how = _order(nearest)
    reading = TensorInterpretation(layout=facts.layout, order=order, values=nearest.values or stretch_mapping(facts))
    image, also = which_image(facts, origins)
    heading = "As it was made" if nearest.values else SPREAD
    drawn = panel(heading, array, reading, (f"read as {order}{how}", *also), image=image)
    title = (for_terminal(name or result.path), phrases.facts(facts))
    return sheet(
        (*panels_of_source(result.candidate.source, Decode()), drawn), title=title, notes=tuple(_notes(origins))
    )


def _order(facts: Facts) -> tuple[str, str]:
    """The channel order, and how it is known where it is not seen: by the colors, or not at all."""
    if f"channel_order={facts.channel_order}" not in facts.assumed:
        return facts.channel_order, ""
    if facts.likely_order:
        return facts.likely_order, f", likely by its colors ({facts.order_probability:.0%})"
    return facts.channel_order, ", which is assumed"


def _notes(origins: tuple[Origin, ...]) -> Iterator[SheetLine]:
    if origins:
        sure = "Made by" if origins[0].exact else "No known pipeline matches; nearest"
        left = f"{origins[0].mean_difference:.2g} gray levels on average"
        ways = [traits(origin.steps, origin.before) for origin in origins]
        yield SheetLine(text=f"{sure}: {said(ways)} (difference {left})")
