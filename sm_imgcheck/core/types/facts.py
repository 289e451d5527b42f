"""What is there: a candidate, its header, its facts."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types.finding import Finding
from sm_imgcheck.core.types.request import HandlerRun, Request
from sm_imgcheck.core.types.spec import Affine, Step

__all__ = [
    "Candidate",
    "Channel",
    "Facts",
    "Golden",
    "Header",
    "Origin",
    "Plan",
    "SourceComparison",
]


@frozen
class Header:
    """What an image file says of itself, and what reading it to the end has shown."""

    format: str
    """By the bytes, never by the name: ``JPEG``, ``PNG``, ``WEBP`` ... (Pillow's names)."""
    mode: str
    """Of the decoded pixels: L, LA, RGB, RGBA, CMYK (a palette is expanded)."""
    height: int
    width: int
    """As stored, before any orientation is applied."""
    bits: int = 8
    """Per sample: 1, 2, 4, 8, 10, 12, 16 or 32."""
    orientation: int = 1
    """EXIF tag 0x0112; 1 where it is absent or out of range."""
    frames: int = 1
    icc: str = ""
    """Description of the embedded profile; empty: none."""
    wide_gamut: bool = False
    """The profile is not an sRGB one."""
    coding: str = ""
    """JPEG only: baseline, progressive, arithmetic ..."""
    subsampling: str = ""
    """JPEG only: 4:2:0 ..."""
    trailing_bytes: int = 0
    """After the end of the image."""
    exif_problem: str = ""
    icc_problem: str = ""
    warnings: tuple[str, ...] = ()
    """What a decoder said while it still delivered pixels."""
    refused: str = ""
    """What Pillow said when it refused a file that was then read some other way."""
    truncated: bool = False
    rows_lost: float = 0.0
    """Share of the rows that the decoder could not fill, 0..1."""


@frozen
class Channel:
    """The values of one stored channel of a tensor."""

    low: float
    high: float
    """The smallest and the largest of them."""
    step: float = 0.0
    """Their spacing where all of them stand on an even grid, as gray levels do that a line has mapped; 0: they do not.
    """
    levels: int = 0
    """Steps from ``low`` to ``high``, at most 255: where it is less, black may lie that much below ``low``."""


@frozen
class Facts:
    """What is known of an array. Everything is concrete; what cannot be known is None or ``?``."""

    shape: tuple[int, ...]
    layout: str
    """One letter per axis, ``?`` for an axis that no reading explains."""
    dtype: str
    """NumPy name in native byte order; ``object`` and others too."""
    channel_order: str
    """RGB, BGR, GRAY, RGBA, BGRA or ``?``."""
    byte_order: Literal["native", "swapped"] = "native"
    fortran: bool = False
    low: float | None = None
    high: float | None = None
    """Of an image: the domain that its values may take. Of a tensor: the smallest and largest value seen."""
    domain: bool = False
    """Whether ``low`` and ``high`` are a domain rather than an observation."""
    values: Affine | None = None
    """The value mapping where it is known, from 0..255 to what is stored."""
    recipe: str = ""
    """Name of that mapping in the field's words, such as ``/255`` or ``ImageNet mean and std``."""
    scaling: str = ""
    """Of a tensor of floats: what each image was scaled by, where that comes from the image itself; empty: unknown."""
    nans: int = 0
    infinities: int = 0
    constant: bool = False
    """Every value is the same."""
    constant_channels: tuple[int, ...] = ()
    """Of a tensor: the stored channels, counted from 0, that hold one value each, while others hold a picture."""
    precision: str = ""
    """Of a tensor of floats whose values show a lower precision than their dtype: ``float16``, ``bfloat16`` or
    ``N decimals``."""
    whole: bool = False
    """Every value is the image of a whole gray level under ``values``."""
    channels: tuple[Channel, ...] = ()
    """Of a tensor whose value mapping no name explains: its stored channels one by one."""
    likely_order: str = ""
    """RGB or BGR, by the colors of three channels alone; empty where they say nothing."""
    order_probability: float = 0.0
    """Of ``likely_order``, 0.5..1; 0 where there is none."""
    value_order: str = ""
    """HWC or CHW: how the values of 3 or 4 channels follow each other, by their likeness or by a source image; empty
    where nothing shows it, or the layout was given."""
    value_order_probability: float = 0.0
    """Of ``value_order``, 0.5..1; 1.0 where a source image shows it; 0 where there is none."""
    assumed: tuple[str, ...] = ()
    """What was taken from the spec rather than seen or vouched for, as ``key=value``."""

    @property
    def bounds(self) -> tuple[float, float]:
        """``low`` and ``high``; those of pixels where they are not known."""
        return 0.0 if self.low is None else self.low, 255.0 if self.high is None else self.high

    def length(self, axis: str) -> int | None:
        """Length of axis ``N``, ``H``, ``W`` or ``C``; None where the layout has none."""
        return self.shape[self.layout.index(axis)] if axis in self.layout else None


@frozen
class Plan:
    """The ordered steps from what is there to what is wanted."""

    steps: tuple[Step, ...]
    before: Facts
    after: tuple[Facts, ...]
    """What is known after each step, one entry per step."""


@frozen
class Origin:
    """One way in which a tensor can have been made of a given image, or the nearest that there is to one."""

    steps: tuple[Step, ...]
    """From the file's bytes (``decode``) to the tensor, as a plan would carry them out."""
    facts: Facts
    """Of the tensor, as the steps show them: layout, channel order, value mapping and name are seen, not assumed."""
    mean_difference: float
    """Between what the steps make and the tensor, in gray levels."""
    max_difference: float
    """In gray levels."""
    exact: bool = True
    """Nothing is left that arithmetic and the tensor's dtype do not explain. False: the image is this one, but some
    step is another than these, such as an unknown kernel or crop, or pixels that were changed."""
    image: int = 0
    """Which image of a batch was made of it, counted from 0."""
    before: Facts | None = None
    """Of the array that the decoder hands over; None: taken to be RGB."""


@frozen
class SourceComparison:
    """The image that a tensor is said to be made of, and what the spec makes of it."""

    source: str
    """The image, as messages call it."""
    header: Header
    plan: Plan | None = None
    """From the image to the model's tensor; None: the spec refuses the image, or there is no spec."""
    refused: str = ""
    """Why the spec refuses it."""
    uncompared: str = ""
    """Why nothing can be said of whether the tensor shows the image; empty: they were compared."""
    resemblance: float | None = None
    """Where no known pipeline explains the tensor: correlation of the details of both, 0..1, whatever the values."""
    mean_difference: float | None = None
    """Between the spec's pixels and those of the tensor's nearest origin, before any value is mapped, in gray levels;
    None: there is no origin, or the sizes differ."""
    max_difference: float | None = None
    """In gray levels."""


@frozen
class Golden:
    """How a golden tensor compares with what the spec makes of its probe image."""

    place: str
    """In the spec: ``golden[0]``."""
    image: str
    """Path of the probe image."""
    tolerance: float
    """In gray levels."""
    made: Facts | None = None
    """Of the tensor that the spec makes of the image."""
    mean_difference: float | None = None
    """In gray levels; None: they were not compared, for they differ in size."""
    max_difference: float | None = None
    """In gray levels."""
    stage: str = ""
    """The first stage of the pipeline that differs, such as ``resize``; ``arithmetic``: all steps are the spec's, and
    are rounded otherwise; empty: none does, or none is known."""
    found: tuple[str, ...] = ()
    """What the golden tensor's pipeline does there: several where nothing tells them apart."""
    wanted: str = ""
    """What the spec does there."""
    later: tuple[str, ...] = ()
    """The stages after it that differ too. Where the order of the channels does, mean and std stand in another too."""
    exact: bool = True
    """The pipeline that was found explains the golden tensor wholly. False: it is nearest known pipeline, which
    without a ``stage`` is the spec's own."""


@frozen
class Candidate:
    """One thing to check, as read."""

    path: str
    """As the user named it; printable (bytes that are not UTF-8 are escaped by whoever prints)."""
    kind: Literal["image", "tensor", "request", "probe", "unknown"]
    """probe: the golden tensor of a probe image, which the spec is held against."""
    facts: Facts | None = None
    unflattened: Facts | None = None
    """Flattened tensors whose layout is assumed only: the facts of the array in the shape of that layout."""
    header: Header | None = None
    """Images only."""
    request: Request | None = None
    """Request bodies only."""
    problem: Finding | None = None
    """Why it cannot be used; None: it can."""
    trailing_bytes: int = 0
    """Tensors only: how many follow the last value."""
    origins: tuple[Origin, ...] | None = None
    """Tensors whose source image is at hand only: the ways in which they can have been made of it, the nearest first;
    several explain it equally well; empty: none does. None: not asked."""
    ideal: SourceComparison | None = None
    """Tensors whose source image is at hand only."""
    handled: HandlerRun | None = None
    """Of what a user's own handler made of a request: which function, how."""
    golden: Golden | None = None
    """Probes only."""
    data: Any = field(default=None, repr=False, compare=False)
    """The bytes of an image file, or the array of a tensor; dropped from results."""
    pixels: Any = field(default=None, repr=False, compare=False)
    """Of an image that was decoded to be checked: the array of its ``decode`` step; dropped from results."""
    source: Candidate | None = field(default=None, repr=False, compare=False)
    """The image that a tensor is said to be made of, with its bytes; dropped from results."""

    def without_arrays(self) -> Candidate:
        """The same candidate without bytes, arrays and pixels."""
        return replace_fields(self, data=None, pixels=None, source=None)
