"""Draw golden tensors: the tensor that the spec creates, the golden tensor, and their difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.layouts import is_layout
from sm_imgcheck.core.types import Result, Spec
from sm_imgcheck.features.golden import difference
from sm_imgcheck.features.pictures.panels import Panel, SheetLine, model_interpretation, notes_on, panel, spec_summary
from sm_imgcheck.features.pictures.sheet import LARGEST, sheet
from sm_imgcheck.pipeline.invert import to_screen

__all__ = ["draw_golden"]


@np.errstate(all="ignore")
def draw_golden(results: Sequence[Result], spec: Spec, *, title: str = "") -> bytes:
    """Draw the first golden tensor that differs from the spec's tensor, else the first, as the bytes of a PNG.

    results: of ``check_golden``, their arrays kept. Raises ImgcheckError where none of them can be used.
    """
    result = _select_result(results, spec)
    golden, facts, plan = result.golden, result.facts, result.plan
    assert golden is not None
    assert facts is not None
    assert plan is not None
    spec_reading = model_interpretation(spec.contract, plan.after[-1].layout, plan.after[-1].channel_order)
    golden_reading = None
    if is_layout(facts.layout) and facts.channel_order != "?":
        golden_reading = model_interpretation(spec.contract, facts.layout, facts.channel_order)
    panels = []
    if spec_reading is not None and result.array is not None:
        panels.append(panel("The spec's tensor", result.array, spec_reading, (f"from {golden.image}",)))
    if golden_reading is not None:
        details = (f"read as {golden_reading.order}",)
        panels.append(panel("The golden tensor", result.candidate.data, golden_reading, details))
    if (levels := difference(result, spec)) is not None:
        panels.append(_difference_panel(levels, spec.contract.channel_order))
    notes = tuple(notes_on(rules.run(result.candidate, spec), ""))
    head = f"{result.path}, {golden.place}"
    return sheet(panels, title=(head, spec_summary(spec, title)), notes=notes or (SheetLine(text="No difference."),))


def _select_result(results: Sequence[Result], spec: Spec) -> Result:
    """The first result with findings, selected or not, else the first. Raises ImgcheckError where none can be drawn."""
    usable = [result for result in results if result.candidate.problem is None]
    if not usable:
        problem = results[-1].candidate.problem if results else None
        raise ImgcheckError(
            f"no image to draw of the golden tensors: {problem.message if problem else 'golden: got no entry'}"
        )
    return next((result for result in usable if rules.run(result.candidate, spec)), usable[0])


def _difference_panel(difference: np.ndarray, order: str) -> Panel:
    """Draw absolute differences from black to white; a large array is reduced to the maximum of each block."""
    levels = np.abs(difference)
    if levels.shape[-1] != len("RGB"):
        levels, order = levels.max(axis=-1, keepdims=True), "GRAY"
    block = -(-max(levels.shape[:2]) // LARGEST)
    for axis in (0, 1):
        levels = np.maximum.reduceat(levels, np.arange(0, levels.shape[axis], block), axis=axis)
    highest = float(levels.max())
    pixels = np.rint(levels * (255 / highest if highest else 0)).astype(np.uint8)
    maximum = f"maximum: {highest:.4g} gray levels (drawn times {255 / highest:.3g})" if highest else "no difference"
    mean = f"mean: {float(np.abs(difference).mean(dtype=np.float64)):.4g} gray levels"
    return Panel(pixels=to_screen(pixels, order), heading="The difference", lines=(maximum, mean))
