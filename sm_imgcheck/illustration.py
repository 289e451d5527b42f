"""A candidate as a picture: what it was made of, what the model sees of it, and how it was made.

No number says at a glance that red and blue are exchanged, or that a picture was scaled twice. An eye does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sm_imgcheck import checks
from sm_imgcheck.drawing import LARGEST, Note, Panel, Reading, Undone, sheet, shown, undone
from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.escape import for_terminal
from sm_imgcheck.golden import Comparison, compare
from sm_imgcheck.layouts import describe, known, size
from sm_imgcheck.mapping import own, same
from sm_imgcheck.model import Affine, Candidate, Contract, Facts, Finding, Header, Options, Result, Spec
from sm_imgcheck.naming import name_of
from sm_imgcheck.pixels.colour import colour, orient
from sm_imgcheck.processing import judged, look_at
from sm_imgcheck.report import _words

__all__ = ["of_candidate", "of_golden"]

_NOTES = 8
"""Findings that are named below a picture."""
_LARGEST = 2048  # rows or columns of a source that are looked at
_WEIGHT = {"error": 0, "warning": 1, "notice": 2}


@np.errstate(all="ignore")  # numbers beyond all measure are drawn as such
def of_candidate(what: Any, spec: Spec, options: Options, *, name: str = "", title: str = "") -> bytes:
    """Draw an image, a tensor or a request body that holds one, as the bytes of a PNG.

    what: as for ``process``. name and title: what the user calls it, and the spec. Raises ImgcheckError where there is
    nothing to draw.
    """
    candidate = look_at(what, spec, replace(options, headers_only=False, as_sent=False))
    called = for_terminal(name or candidate.path)
    if candidate.problem is not None:
        raise ImgcheckError(f"no picture of {called}: it {candidate.problem[1]}")
    of_image = candidate.header is not None and candidate.pixels is not None
    result = judged(candidate, spec, replace(options, want_array=of_image, allow_guess=True))
    panels = tuple(_of_image(candidate, result, spec) if of_image else _of_tensor(candidate, result, spec))
    return sheet(panels, title=(called, _against(spec, title)), notes=tuple(_notes(result.findings, result.skipped)))


def _against(spec: Spec, title: str) -> str:
    return f"against {for_terminal(title or spec.name)}: {_words.contract(spec.contract)}"


@np.errstate(all="ignore")
def of_golden(spec: Spec, *, title: str = "") -> bytes:
    """Draw the first golden tensor that differs from what the spec makes, else the first, as the bytes of a PNG.

    Raises ImgcheckError where none of them can be used.
    """
    found = _telling(spec)
    golden, facts, plan = found.candidate.golden, found.candidate.facts, found.plan
    assert golden is not None
    assert facts is not None
    assert plan is not None
    made = _contracts(spec.contract, plan.after[-1].layout, plan.after[-1].channel_order)
    theirs = _contracts(spec.contract, facts.layout, facts.channel_order) if known(facts.layout) else None
    panels = []
    if made is not None and found.made is not None:
        panels.append(_panel("What the spec makes", found.made, made, (f"of {golden.image}",)))
    if theirs is not None and facts.channel_order != "?":
        panels.append(_panel("The golden tensor", found.candidate.data, theirs, (f"read as {theirs.order}",)))
    if found.difference is not None:
        panels.append(_apart(found.difference, spec.contract.channel_order))
    notes = tuple(_notes(checks.run(found.candidate, spec), ""))
    head = f"{found.candidate.path}, {golden.place}"
    return sheet(panels, title=(head, _against(spec, title)), notes=notes or (Note(text="They are alike."),))


def _telling(spec: Spec) -> Comparison:
    """The first comparison with findings, else the first. Raises ImgcheckError where there is none to be drawn."""
    first, problem = None, "golden lists no probes"
    for number in range(len(spec.golden)):
        found = compare(spec, number)
        if found.candidate.problem is not None:
            problem = found.candidate.problem[1]
            continue
        first = first or found
        if checks.run(found.candidate, spec):
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


def _of_image(candidate: Candidate, result: Result, spec: Spec) -> Iterator[Panel]:
    """The source, the tensor that the plan makes of it, and a plain decode as the model would see it."""
    header, facts, contract = candidate.header, candidate.facts, spec.contract
    assert header is not None
    assert facts is not None
    yield _source(candidate.pixels, header)
    if result.array is not None:
        wanted = _contracts(contract, contract.layout, contract.channel_order)
        assert wanted is not None
        yield _panel("What the model takes", result.array, wanted, ("made by the plan",))
    plain = _contracts(contract, facts.layout, facts.channel_order)
    if plain is not None:
        how = f"uint8 {facts.channel_order}, read as {plain.order}"
        yield _panel("What it sees of a plain decode", _plain(candidate.pixels, header, facts), plain, (how,))


def _of_tensor(candidate: Candidate, result: Result, spec: Spec) -> Iterator[Panel]:
    """What the model sees of a tensor, and where it was made in another way, how it was meant."""
    facts, array = candidate.facts, candidate.data
    if facts is None or array is None or not known(facts.layout) or 0 in facts.shape or facts.channel_order == "?":
        what = "it holds no array" if facts is None else f"{describe(facts.shape, facts.layout)} is no picture"
        raise ImgcheckError(f"no picture of {for_terminal(candidate.path)}: {what}")
    wanted, made = _contracts(spec.contract, facts.layout, facts.channel_order), _made(facts, result, spec.contract)
    of = facts.length("N") or 1
    also = (f"the first of {of} images",) if of > 1 else ()
    if wanted is not None:
        yield _panel("What the model sees", array, wanted, (f"read as {wanted.order}", *also))
    if made is not None and (wanted is None or not _alike(made, wanted)):
        yield _panel("As it was made", array, made, (f"read as {made.order}", *also))


def _source(pixels: np.ndarray[Any, Any], header: Header) -> Panel:
    """The image file as a person sees it: upright, in colour, on white where it is transparent."""
    step = -(-max(pixels.shape[:2]) // _LARGEST)
    upright = orient(_rgb(pixels[::step, ::step], header, alpha="composite"), orientation=header.orientation)
    turned = ("turned upright, as EXIF says",) if header.orientation != 1 else ()
    return Panel(pixels=upright, heading="The source", lines=(_words.header(header), *turned))


def _rgb(pixels: np.ndarray[Any, Any], header: Header, *, alpha: str = "drop") -> np.ndarray[Any, Any]:
    mode = {1: "L", 2: "LA", 3: "RGB"}.get(pixels.shape[-1], header.mode)
    return colour(pixels, mode=mode, to="RGB", alpha=alpha, bit_depth="scale")


def _plain(pixels: np.ndarray[Any, Any], header: Header, facts: Facts) -> np.ndarray[Any, Any]:
    """What a handler gets that decodes and does nothing else, as ``facts`` say."""
    image = _rgb(pixels, header)
    if facts.channel_order == "BGR":  # OpenCV, which turns the image upright too
        return orient(image, orientation=header.orientation)[..., ::-1]
    return image


def _contracts(contract: Contract, layout: str, order: str) -> Reading | None:
    """How the model reads the numbers of an array; None where it has no numbers for so many channels."""
    channels = 1 if order == "GRAY" else len(order)
    values = own(contract, channels)
    if values is None:
        return None
    order = contract.channel_order if channels == contract.channels else order
    return Reading(layout=layout, order=order, values=values, quantize=contract.quantize)


def _made(facts: Facts, result: Result, contract: Contract) -> Reading | None:
    """How the tensor was made, as far as it is known: its order, and its value mapping or the likeliest one."""
    values = facts.values or _guessed(result)
    quantize = None
    if values is None and contract.quantize is not None and facts.dtype == contract.dtype:
        values, quantize = own(contract, facts.length("C") or 1), contract.quantize
    if values is None:
        return None
    return Reading(layout=facts.layout, order=facts.channel_order, values=values, quantize=quantize)


def _guessed(result: Result) -> Affine | None:
    """The mapping that the plan would undo."""
    steps = result.plan.steps if result.plan is not None else ()
    params = next((step.params for step in steps if step.op == "to_pixels"), None)
    return None if params is None else Affine(scale=tuple(params["scale"]), offset=tuple(params["offset"]))


def _alike(one: Reading, other: Reading) -> bool:
    return one.order == other.order and one.quantize == other.quantize and same(one.values, other.values)


def _panel(heading: str, array: np.ndarray[Any, Any], reading: Reading, said: tuple[str, ...]) -> Panel:
    """A tensor under one reading, with what is to be said of it."""
    found = undone(array, reading)
    height, width = (array.shape[reading.layout.index(axis)] for axis in "HW")
    values = name_of(reading.values) + (", quantized" if reading.quantize is not None else "")
    lines = (f"{size(height, width)}, {', '.join(said)}", values, *_troubles(found))
    return Panel(pixels=found.pixels, heading=heading, lines=lines)


def _troubles(found: Undone) -> Iterator[str]:
    if found.nans:
        yield f"magenta: {_share(found.nans)} of the values are not a number"
    if found.beyond:
        yield f"{_share(found.beyond)} of the values stand for no grey level 0..255: clipped"


def _share(part: float) -> str:
    return f"{part:.1%}" if part >= 0.001 else "under 0.1%"


def _notes(findings: Sequence[Finding], skipped: str) -> Iterator[Note]:
    """The findings below the picture, the worst first, and why no tensor can be made."""
    ranked = sorted(findings, key=lambda finding: _WEIGHT[finding.severity])
    yield from map(_note, ranked[:_NOTES])
    if len(ranked) > _NOTES:
        yield Note(text=f"and {len(ranked) - _NOTES} more", tone="notice")
    if skipped:
        yield Note(text=f"No tensor can be made of it: {skipped}", tone="error")


def _note(finding: Finding) -> Note:
    sure = "" if finding.certainty == "certain" else f" (likely: {finding.probability:.0%})"
    return Note(text=f"{finding.code} {finding.name}: {finding.message}{sure}", tone=finding.severity)
