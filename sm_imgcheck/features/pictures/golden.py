"""Draw golden tensors: what the spec makes, the golden tensor, and their difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.layouts import is_layout
from sm_imgcheck.core.types import Result, Spec
from sm_imgcheck.features.golden import difference
from sm_imgcheck.features.pictures.panels import Panel, SheetLine, against, contracts, notes_on, panel
from sm_imgcheck.features.pictures.sheet import LARGEST, sheet
from sm_imgcheck.pipeline.invert import to_screen

__all__ = ["draw_golden"]


@np.errstate(all="ignore")
def draw_golden(results: Sequence[Result], spec: Spec, *, title: str = "") -> bytes:
    """Draw the first golden tensor that differs from what the spec makes, else the first, as the bytes of a PNG.

    results: of ``check_golden``, their arrays kept. Raises ImgcheckError where none of them can be used.
    """
    result = _most_telling(results, spec)
    golden, facts, plan = result.golden, result.facts, result.plan
    assert golden is not None
    assert facts is not None
    assert plan is not None
    made = contracts(spec.contract, plan.after[-1].layout, plan.after[-1].channel_order)
    theirs = contracts(spec.contract, facts.layout, facts.channel_order) if is_layout(facts.layout) else None
    panels = []
    if made is not None and result.array is not None:
        panels.append(panel("What the spec makes", result.array, made, (f"of {golden.image}",)))
    if theirs is not None and facts.channel_order != "?":
        panels.append(panel("The golden tensor", result.candidate.data, theirs, (f"read as {theirs.order}",)))
    if (levels := difference(result, spec)) is not None:
        panels.append(_apart(levels, spec.contract.channel_order))
    notes = tuple(notes_on(rules.run(result.candidate, spec), ""))
    head = f"{result.path}, {golden.place}"
    return sheet(panels, title=(head, against(spec, title)), notes=notes or (SheetLine(text="No difference."),))


def _most_telling(results: Sequence[Result], spec: Spec) -> Result:
    """The first result with findings, selected or not, else the first. Raises ImgcheckError where none can be drawn."""
    usable = [result for result in results if result.candidate.problem is None]
    if not usable:
        problem = results[-1].candidate.problem if results else None
        raise ImgcheckError(
            f"no image to draw of the golden tensors: {problem.message if problem else 'golden lists no probes'}"
        )
    return next((result for result in usable if rules.run(result.candidate, spec)), usable[0])


def _apart(difference: np.ndarray, order: str) -> Panel:
    """How far two tensors are apart, black to white; of a large one the largest difference in each block is kept."""
    apart = np.abs(difference)
    if apart.shape[-1] != len("RGB"):
        apart, order = apart.max(axis=-1, keepdims=True), "GRAY"
    block = -(-max(apart.shape[:2]) // LARGEST)
    for axis in (0, 1):
        apart = np.maximum.reduceat(apart, np.arange(0, apart.shape[axis], block), axis=axis)
    most = float(apart.max())
    scaled = np.rint(apart * (255 / most if most else 0)).astype(np.uint8)
    lines = (f"brightest: {most:.4g} gray levels (drawn times {255 / most:.3g})",) if most else ("none at all",)
    mean = f"{float(np.abs(difference).mean(dtype=np.float64)):.4g} gray levels on average"
    return Panel(pixels=to_screen(scaled, order), heading="The difference", lines=(*lines, mean))
