"""The panels that illustrations are made of, and what is written above and below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sm_imgcheck.core import phrases
from sm_imgcheck.core.channels import GRAY
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.layouts import is_layout, size
from sm_imgcheck.core.recipes import name_of
from sm_imgcheck.core.types import Affine, Candidate, Contract, Decode, Facts, Finding, Header, Origin, Spec
from sm_imgcheck.core.types.finding import SEVERITY_ORDER
from sm_imgcheck.core.value_mapping import contract_mapping
from sm_imgcheck.ops.kernels.color import color, orient
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.invert import RecoveredImage, TensorInterpretation, recover_image

__all__ = [
    "SPREAD",
    "Panel",
    "SheetLine",
    "against",
    "contracts",
    "default_decode",
    "drawable",
    "notes_on",
    "panel",
    "panels_of_source",
    "source_of",
    "source_panel",
    "stretch_mapping",
    "which_image",
]

SPREAD = "Its smallest value black, its largest white"
"""The heading of a tensor of whose values nothing is known."""
_NOTES = 8
"""Findings that are named below a picture."""
_LARGEST = 2048  # rows or columns of a source that are looked at


@frozen
class Panel:
    """One picture with its caption."""

    pixels: np.ndarray
    """HxWx3 uint8, RGB, of any size."""
    heading: str
    lines: tuple[str, ...] = ()


@frozen
class SheetLine:
    """A line below the panels."""

    text: str
    tone: str = ""
    """A severity, or none."""


def against(spec: Spec, title: str) -> str:
    """What a picture is held against; ``title`` is what the user calls the spec."""
    return f"against {for_terminal(title or spec.name)}: {phrases.contract(spec.contract)}"


def drawable(facts: Facts | None, array: np.ndarray | None, name: str) -> Facts:
    """The facts of an array that can be drawn. Raises ImgcheckError for what is no picture."""
    if facts is None or array is None:
        raise ImgcheckError(f"no image to draw of {for_terminal(name)}: it holds no array")
    if facts.low is None or not is_layout(facts.layout) or facts.channel_order == "?":
        raise ImgcheckError(f"no image to draw of {for_terminal(name)}: {phrases.facts(facts)} is none")
    return facts


def which_image(facts: Facts, origins: Sequence[Origin]) -> tuple[int, tuple[str, ...]]:
    """Which image of a tensor is drawn, counted from 0, and where it has several, how that is said."""
    images, image = facts.length("N") or 1, origins[0].image if origins else 0
    return image, (f"image {image + 1} of {images}",) if images > 1 else ()


def panels_of_source(source: Candidate | None, decode: Decode) -> Iterator[Panel]:
    """The image of which a tensor is said to be made; none where there is none, or only its header can be read."""
    image = None if source is None else source_of(source, decode)
    if image is not None and image.header is not None and image.pixels is not None:
        yield source_panel(image.pixels, image.header)


def source_of(source: Candidate, decode: Decode, *, gray: bool = False) -> Candidate:
    """The image of which a tensor is said to be made, with its pixels; decoded of the bytes that were read."""
    return read.image_candidate(source.data, source.path, decode, headers_only=False, gray=gray)


def stretch_mapping(facts: Facts) -> Affine:
    """The mapping under which the values that are there fill 0..255."""
    low, high = facts.low or 0.0, facts.high or 0.0
    low, high = (low, high) if low < high else (low, low + 1)  # also among NaN
    channels = facts.length("C") or 1
    return Affine(scale=((high - low) / 255,) * channels, offset=(low,) * channels)


def source_panel(pixels: np.ndarray, header: Header) -> Panel:
    """The image file as a person sees it: upright, in color, on white where it is transparent."""
    step = -(-max(pixels.shape[:2]) // _LARGEST)
    upright = orient(_rgb(pixels[::step, ::step], header, alpha="composite"), orientation=header.orientation)
    turned = ("rotated by EXIF orientation",) if header.orientation != 1 else ()
    return Panel(pixels=upright, heading="The source", lines=(phrases.header(header), *turned))


def _rgb(pixels: np.ndarray, header: Header, *, alpha: str = "drop") -> np.ndarray:
    mode = {1: "L", 2: "LA", 3: "RGB"}.get(pixels.shape[-1], header.mode)
    return color(pixels, mode=mode, to="RGB", alpha=alpha, bit_depth="scale")


def default_decode(pixels: np.ndarray, header: Header, facts: Facts) -> np.ndarray:
    """What a handler gets that decodes and does nothing else, as ``facts`` say."""
    image = _rgb(pixels, header)
    if facts.channel_order == "BGR":  # OpenCV, which turns the image upright too
        return orient(image, orientation=header.orientation)[..., ::-1]
    return image


def contracts(contract: Contract, layout: str, order: str) -> TensorInterpretation | None:
    """How the model reads the numbers of an array; None where it has no numbers for so many channels."""
    channels = 1 if order == GRAY else len(order)
    values = contract_mapping(contract, channels)
    if values is None:
        return None
    order = contract.channel_order if channels == contract.channels else order
    return TensorInterpretation(layout=layout, order=order, values=values, quantize=contract.quantize)


def panel(
    heading: str, array: np.ndarray, reading: TensorInterpretation, said: tuple[str, ...], *, image: int = 0
) -> Panel:
    """A tensor, of a batch one image, under one reading, with what is to be said of it."""
    found = recover_image(array, reading, image=image)
    height, width = (array.shape[reading.layout.index(axis)] for axis in "HW")
    values = name_of(reading.values) + (", quantized" if reading.quantize is not None else "")
    lines = (f"{size(height, width)}, {', '.join(said)}", values, *_troubles(found))
    return Panel(pixels=found.pixels, heading=heading, lines=lines)


def _troubles(found: RecoveredImage) -> Iterator[str]:
    if found.nans:
        yield f"magenta: {_share(found.nans)} of the values are not a number"
    if found.beyond:
        yield f"{_share(found.beyond)} of the values are outside gray levels 0..255 (clipped)"


def _share(part: float) -> str:
    return f"{part:.1%}" if part >= 0.001 else "under 0.1%"


def notes_on(findings: Sequence[Finding], skipped: str) -> Iterator[SheetLine]:
    """The findings below the picture, the worst first, and why no tensor can be made."""
    ranked = sorted(findings, key=lambda finding: SEVERITY_ORDER[finding.severity])
    yield from map(_note, ranked[:_NOTES])
    if len(ranked) > _NOTES:
        yield SheetLine(text=f"and {len(ranked) - _NOTES} more", tone="notice")
    if skipped:
        yield SheetLine(text=f"No tensor can be made: {skipped}", tone="error")


def _note(finding: Finding) -> SheetLine:
    sure = "" if finding.certainty == "certain" else f" (likely: {finding.probability:.0%})"
    return SheetLine(text=f"{finding.code} {finding.name}: {finding.message}{sure}", tone=finding.severity)
