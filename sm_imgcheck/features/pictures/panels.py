"""The panels of a drawing, their captions, and the lines above and below them."""

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
    "AS_CREATED",
    "FULL_RANGE",
    "Panel",
    "SheetLine",
    "decode_source",
    "default_decode",
    "drawable_facts",
    "model_interpretation",
    "notes_on",
    "panel",
    "panels_of_source",
    "select_image",
    "source_panel",
    "spec_summary",
    "stretch_mapping",
]

AS_CREATED = "As created"
"""The heading of a tensor under its identified or likely preprocessing."""
FULL_RANGE = "Minimum black, maximum white"
"""The heading of a tensor with an unknown value range."""
_NOTES = 8
"""Maximum number of findings below a picture."""
_LARGEST = 2048  # rows or columns of a source that are drawn


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


def spec_summary(spec: Spec, title: str) -> str:
    """The spec of a drawing, and its requirements; ``title`` is what the user calls the spec."""
    return f"against {for_terminal(title or spec.name)}: {phrases.contract(spec.contract)}"


def drawable_facts(facts: Facts | None, array: np.ndarray | None, name: str) -> Facts:
    """Return the facts of an array. Raises ImgcheckError if the array is not an image."""
    if facts is None or array is None:
        raise ImgcheckError(f"no image to draw of {for_terminal(name)}: it holds no array")
    if facts.low is None or not is_layout(facts.layout) or facts.channel_order == "?":
        raise ImgcheckError(f"no image to draw of {for_terminal(name)}: {phrases.facts(facts)} is not an image")
    return facts


def select_image(facts: Facts, origins: Sequence[Origin]) -> tuple[int, tuple[str, ...]]:
    """Select the image of a batch: its index from 0, and a caption if the batch has several images."""
    images, image = facts.length("N") or 1, origins[0].image if origins else 0
    return image, (f"image {image + 1} of {images}",) if images > 1 else ()


def panels_of_source(source: Candidate | None, decode: Decode) -> Iterator[Panel]:
    """Draw the source image of a tensor; no panel if it has no source, or only the header can be read."""
    image = None if source is None else decode_source(source, decode)
    if image is not None and image.header is not None and image.pixels is not None:
        yield source_panel(image.pixels, image.header)


def decode_source(source: Candidate, decode: Decode, *, gray: bool = False) -> Candidate:
    """Decode the source image of a tensor from its stored bytes."""
    return read.image_candidate(source.data, source.path, decode, depth="pixels", gray=gray)


def stretch_mapping(facts: Facts) -> Affine:
    """The mapping that stretches the values of a tensor to 0..255."""
    low, high = facts.low or 0.0, facts.high or 0.0
    low, high = (low, high) if low < high else (low, low + 1)  # also among NaN
    channels = facts.length("C") or 1
    return Affine(scale=((high - low) / 255,) * channels, offset=(low,) * channels)


def source_panel(pixels: np.ndarray, header: Header) -> Panel:
    """Draw an image file as a viewer shows it: EXIF orientation applied, in color, transparency on white."""
    step = -(-max(pixels.shape[:2]) // _LARGEST)
    image = orient(_rgb(pixels[::step, ::step], header, alpha="composite"), orientation=header.orientation.pillow)
    rotation = ("rotated by its orientation tag",) if header.orientation.pillow != 1 else ()
    return Panel(pixels=image, heading="The source", lines=(phrases.header(header), *rotation))


def _rgb(pixels: np.ndarray, header: Header, *, alpha: str = "drop") -> np.ndarray:
    mode = {1: "L", 2: "LA", 3: "RGB"}.get(pixels.shape[-1], header.mode)
    return color(pixels, mode=mode, to="RGB", alpha=alpha, bit_depth="scale")


def default_decode(pixels: np.ndarray, header: Header, facts: Facts) -> np.ndarray:
    """The pixels of a handler that only decodes, in the channel order of ``facts``."""
    image = _rgb(pixels, header)
    if facts.channel_order == "BGR":  # OpenCV also applies the EXIF orientation
        return orient(image, orientation=header.orientation.opencv)[..., ::-1]
    return image


def model_interpretation(contract: Contract, layout: str, order: str) -> TensorInterpretation | None:
    """The model's interpretation of an array; None if the spec has no value range for this channel count."""
    channels = 1 if order == GRAY else len(order)
    values = contract_mapping(contract, channels)
    if values is None:
        return None
    order = contract.channel_order if channels == contract.channels else order
    return TensorInterpretation(layout=layout, order=order, values=values, quantize=contract.quantize)


def panel(
    heading: str, array: np.ndarray, reading: TensorInterpretation, details: tuple[str, ...], *, image: int = 0
) -> Panel:
    """Draw a tensor, or an image of a batch, under an interpretation. details: the end of the first caption line."""
    drawing = recover_image(array, reading, image=image)
    height, width = (array.shape[reading.layout.index(axis)] for axis in "HW")
    values = name_of(reading.values) + (", quantized" if reading.quantize is not None else "")
    lines = (f"{size(height, width)}, {', '.join(details)}", values, *_value_notes(drawing))
    return Panel(pixels=drawing.pixels, heading=heading, lines=lines)


def _value_notes(image: RecoveredImage) -> Iterator[str]:
    if image.nans:
        yield f"magenta: {_share(image.nans)} of the values are NaN"
    if image.beyond:
        yield f"{_share(image.beyond)} of the values are outside gray levels 0..255 (clipped)"


def _share(part: float) -> str:
    return f"{part * 100:.1f} %" if part >= 0.001 else "under 0.1 %"


def notes_on(findings: Sequence[Finding], skipped: str) -> Iterator[SheetLine]:
    """The findings below a picture, by decreasing severity, and the reason that no tensor can be created."""
    by_severity = sorted(findings, key=lambda finding: SEVERITY_ORDER[finding.severity])
    yield from map(_note, by_severity[:_NOTES])
    if len(by_severity) > _NOTES:
        yield SheetLine(text=f"and {len(by_severity) - _NOTES} more", tone="notice")
    if skipped:
        yield SheetLine(text=f"No tensor can be made: {skipped}", tone="error")


def _note(finding: Finding) -> SheetLine:
    return SheetLine(text=f"{finding.code} {finding.name}: {finding.message}", tone=finding.severity)
