"""A spec: the contract, the decode policy, the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, TypedDict

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.digests import sha256_of_json
from sm_imgcheck.core.frozen import frozen

__all__ = [
    "DEFAULT_NAME",
    "Affine",
    "Contract",
    "Decode",
    "Dim",
    "Loss",
    "PayloadKeys",
    "Probe",
    "Quantize",
    "Spec",
    "Step",
    "Values",
]

Loss = Literal["none", "pixels", "guess"]

DEFAULT_NAME = "input"
"""Name of the model's input where the spec gives none."""


@frozen
class Dim:
    """How long one axis may be."""

    low: int = 1
    """Shortest length allowed."""
    high: int | None = None
    """Longest length allowed; None: no limit. ``low == high``: exactly that."""
    name: str = ""
    """The symbol that the spec wrote for it (``N``, ``H``), if any."""

    @property
    def fixed(self) -> int | None:
        """The one length allowed, or None where there is a choice."""
        return self.low if self.low == self.high else None

    def allows(self, length: int) -> bool:
        """Return whether an axis of this length matches the contract."""
        return self.low <= length and (self.high is None or length <= self.high)

    def __str__(self) -> str:
        if self.fixed is not None:
            return str(self.fixed)
        if self.high is None and self.low == 1:
            return self.name or "any"
        return f"{self.low}..{'' if self.high is None else self.high}"


@frozen
class Step:
    """One operation as data: ``op`` names a record of ``ops.records``, ``params`` are its keyword arguments."""

    op: str
    """Name of the operation, such as ``resize_pillow``."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments, JSON values. In a plan for any image a value may be ``{"header": KEY}``: read from the file at
    run time."""
    why: str = ""
    """A clause that names the difference that this step removes."""
    loss: Loss = "none"
    """none: exact; pixels: the spec requires a lossy step; guess: relies on an assumption."""


@frozen
class Affine:
    """A value mapping in canonical form, y = scale * x + offset, x in 0..255, one entry per stored channel."""

    scale: tuple[float, ...]
    """Factor of each stored channel."""
    offset: tuple[float, ...]
    """Value of black in each stored channel."""


@frozen
class Values:
    """How pixel values 0..255 become the model's numbers: the written form, executed in this order in float32.

    With ``mean`` None: [0, 1] is x / 255; [-1, 1] is x / 127.5 - 1; any other is low + x * (high - low) / 255.
    Otherwise: x (first divided by 255 where ``units`` is ``unit``), minus ``mean``, divided by ``std``.
    """

    low: float | None = None
    high: float | None = None
    units: Literal["unit", "byte"] = "unit"
    mean: tuple[float, ...] | None = None
    """In the order in which the channels are stored (the contract's), one entry per channel."""
    std: tuple[float, ...] | None = None


@frozen
class Quantize:
    """q = round(y / scale) + zero_point, clipped to the dtype."""

    scale: float
    zero_point: int
    rounding: Literal["half_even", "half_away"] = "half_even"


@frozen
class Contract:
    """The tensor that the model expects, as specified."""

    shape: tuple[Dim, ...]
    layout: str
    """One letter per axis from N, H, W, C, such as ``NHWC``."""
    dtype: str
    """NumPy name, or ``bfloat16``."""
    channel_order: str
    """RGB, BGR, GRAY, RGBA or BGRA."""
    values: Values
    quantize: Quantize | None = None
    expect_range: tuple[float, float] | None = None

    def dim(self, axis: str) -> Dim | None:
        """The axis ``N``, ``H``, ``W`` or ``C``; None where the layout has no such axis."""
        return self.shape[self.layout.index(axis)] if axis in self.layout else None

    @property
    def channels(self) -> int:
        """How many channels a pixel has."""
        return CHANNELS[self.channel_order]


@frozen
class Decode:
    """The spec's policy for decoding an image file."""

    library: Literal["pillow", "opencv", "tensorflow"] = "pillow"
    dct: Literal["accurate", "tensorflow"] = "accurate"
    exif: Literal["apply", "ignore", "reject"] = "apply"
    icc: Literal["ignore", "srgb", "reject"] = "ignore"
    cmyk: Literal["convert", "reject"] = "convert"
    gray: Literal["expand", "reject"] = "expand"
    to_gray: Literal["luma", "y_plane"] = "luma"
    alpha: Literal["drop", "composite", "reject"] = "drop"
    background: tuple[int, int, int] = (255, 255, 255)
    """RGB, 0..255; what a transparent pixel shows where ``alpha`` is ``composite``."""
    bit_depth: Literal["reject", "scale"] = "reject"
    truncated: Literal["reject", "allow"] = "reject"
    max_pixels: int = 178_956_970
    """Pillow's own limit for a decompression bomb: 0.5 GiB of 3-byte pixels."""


class PayloadKeys(TypedDict, total=False):
    """How requests are sent: the keys of ``payload`` that the spec gives."""

    stack: str
    stack_version: str
    envelope: str
    key: str
    content_type: str
    endpoint: str
    max_bytes: int


class Probe(TypedDict):
    """An image file and the tensor that it must become."""

    image: str
    """Path."""
    tensor: str
    """Path."""
    tolerance: float
    """In gray levels."""


@frozen
class Spec:
    """A spec, resolved: every default is filled in."""

    name: str
    description: str
    source: str
    contract: Contract
    decode: Decode
    geometry: tuple[Step, ...]
    """Steps ``crop``, ``resize_<library>``, ``letterbox_<library>`` and ``pad``, in the written order."""
    payload: PayloadKeys
    golden: tuple[Probe, ...]
    resolved: Mapping[str, Any]
    """The same as a plain mapping in the spec language, with every default spelled out."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the resolved mapping as canonical JSON, in hexadecimal: equal for two spellings of one spec."""
        return sha256_of_json(self.resolved)
