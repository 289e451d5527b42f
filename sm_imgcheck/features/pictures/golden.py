"""A golden tensor beside what the spec makes of its probe image."""

from __future__ import annotations

from typing import Any

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.layouts import known
from sm_imgcheck.core.types import Spec
from sm_imgcheck.features.golden import Comparison, compare
from sm_imgcheck.features.pictures.panels import against, contracts, notes_on, panel
from sm_imgcheck.features.pictures.sheet import LARGEST, Note, Panel, sheet, shown

__all__ = ["of_golden"]


@np.errstate(all="ignore")
def of_golden(spec: Spec, *, title: str = "", allow_remote: bool = False) -> bytes:
    """Draw the first golden tensor that differs from what the spec makes, else the first, as the bytes of a PNG.

    Raises ImgcheckError where none of them can be used.
    """
    found = _telling(spec, allow_remote=allow_remote)
    golden, facts, plan = found.candidate.golden, found.candidate.facts, found.plan
    assert golden is not None
    assert facts is not None
    assert plan is not None
    made = contracts(spec.contract, plan.after[-1].layout, plan.after[-1].channel_order)
    theirs = contracts(spec.contract, facts.layout, facts.channel_order) if known(facts.layout) else None
    panels = []
    if made is not None and found.made is not None:
        panels.append(panel("What the spec makes", found.made, made, (f"of {golden.image}",)))
    if theirs is not None and facts.channel_order != "?":
        panels.append(panel("The golden tensor", found.candidate.data, theirs, (f"read as {theirs.order}",)))
    if found.difference is not None:
        panels.append(_apart(found.difference, spec.contract.channel_order))
    notes = tuple(notes_on(rules.run(found.candidate, spec), ""))
    head = f"{found.candidate.path}, {golden.place}"
    return sheet(panels, title=(head, against(spec, title)), notes=notes or (Note(text="They are alike."),))


def _telling(spec: Spec, *, allow_remote: bool) -> Comparison:
    """The first comparison with findings, else the first. Raises ImgcheckError where there is none to be drawn."""
    first, problem = None, "golden lists no probes"
    for number in range(len(spec.golden)):
        found = compare(spec, number, allow_remote=allow_remote)
        if found.candidate.problem is not None:
            problem = found.candidate.problem.message
            continue
        first = first or found
        if rules.run(found.candidate, spec):
            return found
    if first is None:
        raise ImgcheckError(f"no picture of the golden tensors: {problem}")
    return first


def _apart(difference: np.ndarray[Any, Any], order: str) -> Panel:
    """How far two tensors are apart, black to white; of a large one the largest difference in each block is kept."""
    apart = np.abs(difference)
    if apart.shape[-1] != len("RGB"):
        apart, order = apart.max(axis=-1, keepdims=True), "GRAY"
    block = -(-max(apart.shape[:2]) // LARGEST)
    for axis in (0, 1):
        apart = np.maximum.reduceat(apart, np.arange(0, apart.shape[axis], block), axis=axis)
    most = float(apart.max())
    scaled = np.rint(apart * (255 / most if most else 0)).astype(np.uint8)
    lines = (f"brightest: {most:.4g} grey levels (drawn times {255 / most:.3g})",) if most else ("none at all",)
    mean = f"{float(np.abs(difference).mean(dtype=np.float64)):.4g} grey levels on average"
    return Panel(pixels=shown(scaled, order), heading="The difference", lines=(*lines, mean))
