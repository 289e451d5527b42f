"""Candidates with their headers and facts."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types.finding import Finding
from sm_imgcheck.core.types.orientation import Orientation
from sm_imgcheck.core.types.request import HandlerRun, Request
from sm_imgcheck.core.types.spec import Affine, Step

__all__ = [
    "Candidate",
    "Channel",
    "Facts",
    "Golden",
    "Header",
    "Kind",
    "Origin",
    "Plan",
    "SourceComparison",
]

Kind = Literal["image", "tensor", "request", "probe", "unknown"]


@frozen
class Header:
    """The declarations of an image file, and the observations of a complete read."""

    format: str
    """Format by the bytes, never by the name: ``JPEG``, ``PNG``, ``WEBP`` ... (Pillow's names)."""
    mode: str
    """Mode of the decoded pixels: L, LA, RGB, RGBA, CMYK (a palette is expanded)."""
    height: int
    """Rows as stored, in pixels, before any orientation is applied."""
    width: int
    """Columns as stored, in pixels."""
    bits: int = 8
    """Bits per sample: 1, 2, 4, 8, 10, 12, 16 or 32."""
    orientation: Orientation = Orientation()
    """What each library applies to the stored pixels."""
    frames: int = 1
    """Images in the file: 1, or those of an animation or a document."""
    icc: str = ""
    """Description of the embedded profile; empty: none."""
    wide_gamut: bool = False
    """Whether the embedded profile is not an sRGB one."""
    coding: str = ""
    """Coding of a JPEG: baseline, progressive, arithmetic ...; empty for other formats."""
    subsampling: str = ""
    """Chroma subsampling of a JPEG: 4:2:0 ...; empty for other formats."""
    trailing_bytes: int = 0
    """Bytes after the end of the image."""
    exif_problem: str = ""
    """Reason for unreadable EXIF data; empty without such data."""
    icc_problem: str = ""
    """Reason for an unreadable embedded profile; empty without such a profile."""
    warnings: tuple[str, ...] = ()
    """Warnings of a decoder that delivered pixels."""
    unlike_opencv: tuple[str, ...] = ()
    """What OpenCV rejects or reads unlike Pillow."""
    is_blended: bool | None = None
    """GIF and TIFF with alpha: whether OpenCV changes the colors of transparent pixels; None: unknown."""
    refused: str = ""
    """The message with which Pillow rejected a file that another decoder read."""
    truncated: bool = False
    """The file ends before its pixels do."""
    rows_lost: float = 0.0
    """Share of the rows that the decoder could not fill, 0..1."""


@frozen
class Channel:
    """The values of one stored channel of a tensor."""

    low: float
    """The smallest value."""
    high: float
    """The largest value."""
    step: float = 0.0
    """Spacing of the values where all values are on an even grid, as mapped gray levels are; 0 where they are not."""
    levels: int = 0
    """Steps from ``low`` to ``high``, at most 255: with fewer, black may be that many steps below ``low``."""


@frozen
class Facts:
    """What is known of an array. Everything is concrete; what cannot be known is None or ``?``."""

    shape: tuple[int, ...]
    """Length of each axis, in the order of ``layout``."""
    layout: str
    """One letter per axis, ``?`` for an axis that no reading explains."""
    dtype: str
    """Element type: NumPy name in native byte order; ``object`` and others too."""
    channel_order: str
    """RGB, BGR, GRAY, RGBA, BGRA or ``?``."""
    byte_order: Literal["native", "swapped"] = "native"
    """Whether the bytes of a value are in the order of this machine."""
    fortran: bool = False
    """The first axis changes fastest in memory."""
    low: float | None = None
    """For an image: the lower end of the domain of its values. For a tensor: the smallest value; below zero also in
    uint8 that holds only integers from -3 to 3, wrapped around."""
    high: float | None = None
    """For an image: the upper end of that domain. For a tensor: the largest value."""
    domain: bool = False
    """Whether ``low`` and ``high`` are a domain rather than an observation."""
    values: Affine | None = None
    """The value mapping where it is known, from 0..255 to what is stored."""
    recipe: str = ""
    """Name of the value mapping, such as ``/255`` or ``ImageNet mean and std``."""
    scaling: str = ""
    """For a tensor of floats: the scaling of each image by its own values; empty: unknown."""
    nans: int = 0
    """Values that are NaN."""
    infinities: int = 0
    """Values that are infinite."""
    constant: bool = False
    """Every value is the same."""
    constant_channels: tuple[int, ...] = ()
    """For a tensor: the stored channels, counted from 0, that hold one value each, while others hold an image."""
    precision: str = ""
    """For a tensor of floats with a lower precision than its dtype: ``float16``, ``bfloat16`` or ``N decimals``."""
    whole: bool = False
    """Every value is an integer gray level, mapped by ``values``."""
    channels: tuple[Channel, ...] = ()
    """For a tensor without a named value mapping: its stored channels one by one."""
    likely_order: str = ""
    """RGB or BGR, from the colors of three channels alone; empty where the colors do not distinguish them."""
    order_probability: float = 0.0
    """Probability of ``likely_order``, 0.5..1; 0 without one."""
    value_order: str = ""
    """The axes in the order of the values: HWC or CHW by the similarity of 3 or 4 channels, any by a source image;
    empty where the order is unknown, or the layout was given."""
    value_shape: tuple[int, ...] = ()
    """Lengths of the axes in ``value_order``, where the tensor was reshaped from them: height and width swapped by
    the similarity of rows, four channels by a constant alpha, any by a source image."""
    value_order_probability: float = 0.0
    """Probability of ``value_order``, 0.5..1; 1.0 with a source image; 0 without an order."""
    assumed: tuple[str, ...] = ()
    """Facts from the spec, neither observed nor given by the caller, as ``key=value``."""

    @property
    def bounds(self) -> tuple[float, float]:
        """``low`` and ``high``; those of pixels where they are not known."""
        return 0.0 if self.low is None else self.low, 255.0 if self.high is None else self.high

    def length(self, axis: str) -> int | None:
        """Length of axis ``N``, ``H``, ``W`` or ``C``; None where the layout has none."""
        return self.shape[self.layout.index(axis)] if axis in self.layout else None


@frozen
class Plan:
    """The ordered steps from the facts of a candidate to the contract."""

    steps: tuple[Step, ...]
    """Operations in the order of execution; empty: the candidate needs none."""
    before: Facts
    """Facts of the array that the first step is applied to."""
    after: tuple[Facts, ...]
    """What is known after each step, one entry per step."""


@frozen
class Origin:
    """A pipeline that explains a tensor from a given image, or the nearest one."""

    steps: tuple[Step, ...]
    """Steps of a plan from the file's bytes (``decode``) to the tensor."""
    facts: Facts
    """Facts of the tensor, shown by the steps: layout, channel order, value mapping and name are observed, not assumed.
    """
    mean_difference: float
    """Between what the steps make and the tensor, in gray levels."""
    max_difference: float
    """The largest difference, in gray levels."""
    exact: bool = True
    """The steps and the tensor's dtype explain every value. False: the image is the source, but a step is different,
    such as an unknown kernel or crop, or pixels that were changed."""
    image: int = 0
    """The image of the batch that shows the source, counted from 0."""
    before: Facts | None = None
    """Channel order of the decoded array; None: assumed RGB."""


@frozen
class SourceComparison:
    """The source image of a tensor, and the spec's result for it."""

    source: str
    """The image, as messages call it."""
    header: Header
    """Header of the image."""
    plan: Plan | None = None
    """Plan from the image to the model's tensor; None where the spec rejects the image, or without a spec."""
    refused: str = ""
    """Why the spec refuses it."""
    uncompared: str = ""
    """Reason for a missing comparison of the tensor with the image; empty: they were compared."""
    resemblance: float | None = None
    """Where no known pipeline explains the tensor: correlation of the details of both, 0..1, for any values; 0: the
    tensor has almost no details, unlike the spec's image."""
    unsearched: str = ""
    """The work after which the search for a pipeline stopped, and what it did not try; empty: it was complete."""
    agreement: str = ""
    """Where no known pipeline explains the tensor: what it has in common with the image, in words; empty: unknown."""
    change: str = ""
    """Where no known pipeline explains the tensor: the change of the spec's result that explains most of the
    difference, in words; empty: unknown."""
    is_edited: bool = False
    """Whether that is the spec's result in most pixels."""
    region_differs: bool = False
    """Whether that is a part of the image which is clearly another than the spec's."""
    mean_difference: float | None = None
    """Difference between the spec's pixels and those of the tensor's nearest origin, before values are mapped, in gray
    levels; None without an origin, and for different sizes."""
    max_difference: float | None = None
    """The largest difference, in gray levels."""


@frozen
class Golden:
    """The comparison of a golden tensor with the spec's result for its probe image."""

    place: str
    """Place of the probe in the spec: ``golden[0]``."""
    image: str
    """Path of the probe image."""
    tolerance: float
    """Largest difference that matches, in gray levels."""
    made: Facts | None = None
    """Facts of the tensor that the spec produces from the image."""
    mean_difference: float | None = None
    """Mean difference of the two tensors, in gray levels; None: they were not compared, for they differ in size."""
    max_difference: float | None = None
    """The largest difference, in gray levels."""
    stage: str = ""
    """The first stage of the pipeline that differs, such as ``resize``; ``arithmetic``: all steps are the spec's, and
    are rounded otherwise; empty: none does, or none is known."""
    found: tuple[str, ...] = ()
    """The step of the golden tensor's pipeline at that stage: several where they are indistinguishable."""
    expected: str = ""
    """The spec's step at that stage."""
    later: tuple[str, ...] = ()
    """The later stages that differ too. Where the channel order differs, mean and std have a different order too."""
    exact: bool = True
    """The pipeline explains the golden tensor completely. False: it is the nearest known pipeline, which without a
    ``stage`` is the spec's pipeline."""


@frozen
class Candidate:
    """One thing to check, as read."""

    path: str
    """Name from the user; not escaped: bytes that are not UTF-8 are escaped where they are printed."""
    kind: Kind
    """probe: the golden tensor of a probe image, compared with the spec's result."""
    facts: Facts | None = None
    unflattened: Facts | None = None
    """Flattened tensors whose layout is assumed only: the facts of the array in the shape of that layout."""
    header: Header | None = None
    """Images only."""
    request: Request | None = None
    """Request bodies only."""
    problem: Finding | None = None
    """Why it cannot be used; None: it can."""
    unsupported_suffix: bool = False
    """Listed from a folder, with the suffix of an unsupported image format: folders of photographs contain some."""
    from_memory: bool = False
    """An image without a file: encoded here, so that the suffix of its path is not compared with its format."""
    trailing_bytes: int = 0
    """Tensors only: how many follow the last value."""
    origins: tuple[Origin, ...] | None = None
    """For tensors with a source image: the pipelines that explain them, the nearest first; several explain it equally
    well; empty: none does. None: not searched."""
    ideal: SourceComparison | None = None
    """Tensors whose source image is at hand only."""
    handled: HandlerRun | None = None
    """For the output of a user's handler: the function and the result of the call."""
    golden: Golden | None = None
    """Probes only."""
    data: Any = field(default=None, repr=False, compare=False)
    """The bytes of an image file, or the array of a tensor; dropped from results."""
    pixels: Any = field(default=None, repr=False, compare=False)
    """For an image that was decoded to be checked: the array of its ``decode`` step; dropped from results."""
    preview: Any = field(default=None, repr=False, compare=False)
    """For a JPEG that was checked without its ``pixels``: those at an eighth of its size; dropped from results."""
    source: Candidate | None = field(default=None, repr=False, compare=False)
    """The source image of a tensor, with its bytes; dropped from results."""

    def without_arrays(self) -> Candidate:
        """The same candidate without bytes, arrays and pixels."""
        return replace_fields(self, data=None, pixels=None, preview=None, source=None)
