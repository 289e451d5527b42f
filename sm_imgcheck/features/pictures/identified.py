"""Draw an identified tensor as created."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Decode, Facts, Origin, Result
from sm_imgcheck.features.pictures.panels import (
    AS_CREATED,
    FULL_RANGE,
    SheetLine,
    drawable_facts,
    panel,
    panels_of_source,
    select_image,
    stretch_mapping,
)
from sm_imgcheck.features.pictures.sheet import sheet
from sm_imgcheck.ops.compare import said
from sm_imgcheck.ops.traits import traits
from sm_imgcheck.pipeline.invert import TensorInterpretation

__all__ = ["draw_identified"]


@np.errstate(all="ignore")  # values that overflow are drawn as clipped or NaN
def draw_identified(result: Result, *, name: str = "") -> bytes:
    """Draw a tensor as created, next to its source if that is given, as the bytes of a PNG.

    result: of ``identify_tensor`` without a spec, its arrays kept; name: what the user calls it. Raises ImgcheckError
    if the tensor has no image.
    """
    array = result.candidate.data
    facts = drawable_facts(result.facts, array, name or result.path)
    origins = result.origins or ()
    nearest = origins[0].facts if origins and not origins[0].exact else facts
    order, evidence = _order(nearest)
    reading = TensorInterpretation(layout=facts.layout, order=order, values=nearest.values or stretch_mapping(facts))
    image, position = select_image(facts, origins)
    heading = AS_CREATED if nearest.values else FULL_RANGE
    tensor_panel = panel(heading, array, reading, (f"read as {order}{evidence}", *position), image=image)
    title = (for_terminal(name or result.path), phrases.facts(facts))
    return sheet(
        (*panels_of_source(result.candidate.source, Decode()), tensor_panel), title=title, notes=tuple(_notes(origins))
    )


def _order(facts: Facts) -> tuple[str, str]:
    """The channel order, and its evidence unless it was observed: the colors, or an assumption."""
    if f"channel_order={facts.channel_order}" not in facts.assumed:
        return facts.channel_order, ""
    if facts.likely_order:
        return facts.likely_order, f", likely by its colors ({phrases.percentage(facts.order_probability)})"
    return facts.channel_order, ", which is assumed"


def _notes(origins: tuple[Origin, ...]) -> Iterator[SheetLine]:
    if origins:
        label = "Created by" if origins[0].exact else "No known pipeline matches; nearest"
        residual = f"{origins[0].mean_difference:.2g} gray levels"
        pipelines = [traits(origin.steps, origin.before) for origin in origins]
        yield SheetLine(text=f"{label}: {said(pipelines)} (mean difference {residual})")
