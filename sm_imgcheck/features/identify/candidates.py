"""A tensor as images: which axis is which, plain float32 planes, and the decoders that could have produced it.

Only decoders that agree with the file's header and the tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.core.layouts import LAYOUTS
from sm_imgcheck.core.types import Decode, Header, Plan
from sm_imgcheck.features.identify.cells import IntegralImage, integral_image, reduce_image
from sm_imgcheck.io.images.orientation import INVERSE_ORIENTATION
from sm_imgcheck.ops.kernels.color import orient
from sm_imgcheck.pipeline.measure.precision import shown_precision, spacing

if TYPE_CHECKING:
    from typing import Literal, TypedDict

    class ObservedFacts(TypedDict):
        """Fields of facts."""

        shape: tuple[int, ...]
        dtype: str
        low: float
        high: float
        domain: bool
        byte_order: Literal["native", "swapped"]
        fortran: bool


__all__ = ["TensorImage", "decoders", "grounds", "readings"]

LEAST_SIDE, MOST_PIXELS = 4, 1 << 26
"""Smaller images have no evidence; no spec may have more pixels (``spec.steps.MAX_AREA``)."""
_LEVELS = 260
"""Numbers that 256 gray levels leave, and the color of a frame."""
_MAX_LENGTH = 1024
"""Pixels of the longer side of the reduced image that the cells average."""
_LARGE = 1 << 21
"""Pixels of a large image."""
_MAX_COUNTED = 1 << 20
"""Pixels of which all numbers are counted."""
MOST_IMAGES = 256
"""Images of a batch that are compared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TensorImage:
    """One image of a tensor, as one layout reads it."""

    layout: str
    image: int
    """Which one of a batch, counted from 0."""
    array: np.ndarray
    """The complete tensor, unchanged."""
    pixels: np.ndarray
    """HxWxC, float32, in the tensor's own channel order and numbers."""

    last_orientation: int = 1
    """EXIF orientation that was applied as the last step, 2: mirrored. ``pixels`` are rotated back."""
    finish: Callable[[Plan], Plan] | None = None
    """From the plan for ``pixels`` to the plan for the tensor, where its values are read in another order
    than its layout has them."""
    limits: tuple[float, float] | None = None
    """Values at which the tensor seems to be clipped."""
    blank: tuple[int, ...] = ()
    """Channels that hold one number instead of an image."""
    cache: dict[object, Any] = field(default_factory=dict, repr=False)

    def face(self, last_orientation: int) -> TensorImage:
        """The image rotated back from this last orientation."""
        if last_orientation == 1:  # not in the cache: in a cycle of references, the pixels would stay in memory
            return self
        if last_orientation not in self.cache:
            back = INVERSE_ORIENTATION.get(last_orientation, last_orientation)
            small, (down, along) = self._small()
            sides = (down, along) if back < 5 else (along, down)
            cache: dict[object, Any] = {"small": (orient(small, orientation=back), sides)}
            pixels = _orient_view(self.pixels, back)
            self.cache[last_orientation] = replace(self, pixels=pixels, last_orientation=last_orientation, cache=cache)
        face: TensorImage = self.cache[last_orientation]
        return face

    def sample(self) -> TensorImage:
        """The same image, whose cells average only some of its rows and columns where it has many.

        Enough to compare it coarsely, without a copy of pixels that are a view in another order.
        """
        height, width = self.size
        stride = -(-max(height, width) // _MAX_LENGTH)
        if stride < 2:
            return self
        small = np.ascontiguousarray(self.pixels[::stride, ::stride])
        return replace(self, cache={"small": (small, (height / small.shape[0], width / small.shape[1]))})

    def sums(self) -> IntegralImage:
        """For means over cells."""
        if "sums" not in self.cache:
            self.cache["sums"] = integral_image(*self._small())
        sums: IntegralImage = self.cache["sums"]
        return sums

    def _small(self) -> tuple[np.ndarray, tuple[float, float]]:
        """The reduced image that the cells average, and the rows and columns of the tensor per row and column of it."""
        if "small" not in self.cache:
            self.cache["small"] = reduce_image(self.pixels, _MAX_LENGTH)
        small: tuple[np.ndarray, tuple[float, float]] = self.cache["small"]
        return small

    def box(self) -> tuple[int, int, int, int]:
        """Top, left, height and width of what is inside a border of one color; all of it without one."""
        if "box" not in self.cache:
            self.cache["box"] = min((_box(self.pixels, corner) for corner in (0, -1)), key=lambda box: box[2] * box[3])
        box: tuple[int, int, int, int] = self.cache["box"]
        return box

    def inner(self) -> tuple[int, int] | None:
        """Height and width of the same; None without a border."""
        size = self.box()[2:]
        return None if size == self.size else size

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def is_large(self) -> bool:
        """Whether each resize to its size is expensive."""
        return self.size[0] * self.size[1] >= _LARGE

    @property
    def channels(self) -> int:
        """1, 3 or 4."""
        return int(self.pixels.shape[2])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of this single image, in the layout and before its last orientation: 1 along N."""
        axes = {"N": 1, "H": self.size[0], "W": self.size[1], "C": self.channels}
        return tuple(axes[axis] for axis in self.layout)

    def step(self, scale: float) -> float:
        """Gray levels to one step of the tensor's integers, at least 1; ``scale``: numbers to a gray level."""
        return max(1.0, 1 / scale) if self.array.dtype.kind in "iub" else 1.0

    def noise(self, rows: slice) -> np.ndarray:
        """How far the precision that the values show may put each of these rows off, in the tensor's numbers."""
        if self.array.dtype.kind != "f":
            return np.zeros((1, 1, 1))
        if "precision" not in self.cache:
            self.cache["precision"] = shown_precision(self.pixels, iter(self.pixels))
        precision = self.cache["precision"]
        if not precision and self.array.dtype.itemsize > 4:
            return np.zeros((1, 1, 1))
        if not precision and self.array.dtype.itemsize == 4:  # tiny: one bound for all is enough
            largest = np.abs(self.pixels[rows]).max(keepdims=True)
            return spacing(largest.astype(np.float64), "float32")
        return spacing(self.pixels[rows].astype(np.float64), precision or self.array.dtype.name)

    def max_noise(self, scale: float) -> float:
        """The largest ``noise`` in gray levels; ``scale``: numbers to a gray level."""
        largest = np.abs(self.pixels).max(axis=(1, 2))
        row = int(largest.argmax())
        return float(self.noise(slice(row, row + 1)).max()) / abs(scale) if largest[row] else 0.0

    def observed_facts(self) -> ObservedFacts:
        """The facts of the tensor itself."""
        return {
            "shape": self.array.shape,
            "dtype": self.array.dtype.name,
            "low": float(self.pixels.min()),
            "high": float(self.pixels.max()),
            "domain": False,
            "byte_order": "native" if self.array.dtype.isnative else "swapped",
            "fortran": bool(self.array.flags.f_contiguous and not self.array.flags.c_contiguous),
        }

    def whole(self) -> bool | None:
        """Whether the numbers are the images of 256 integer levels at most; None: too few values."""
        if self.array.dtype.kind in "iub":
            return None
        plane = self.pixels.reshape(-1, self.channels)
        counts = [len(np.unique(plane[:: max(len(plane) // 4096, 1), c])) for c in range(self.channels)]
        if max(counts) > _LEVELS:
            return False
        if len(plane) < 8 * _LEVELS:
            return None
        plane = plane[:: max(len(plane) // _MAX_COUNTED, 1)]
        return max(len(np.unique(plane[:, c])) for c in range(self.channels)) <= _LEVELS


def readings(array: np.ndarray, layout: str = "") -> Iterator[list[TensorImage]]:
    """The images of the tensor for each layout that its shape allows; empty where it cannot be an image."""
    if array.dtype.kind not in "fiub" or not array.size:
        return
    for item in LAYOUTS:
        if len(item) == array.ndim and layout in ("", item):
            results = list(_images(array, item))
            if results:
                yield results


def _images(array: np.ndarray, layout: str) -> Iterator[TensorImage]:
    axes = dict(zip(layout, array.shape, strict=True))
    if axes.get("C", 1) not in COUNTS or min(axes["H"], axes["W"]) < LEAST_SIDE:
        return
    if axes["H"] * axes["W"] > MOST_PIXELS:
        return
    for image in range(min(axes.get("N", 1), MOST_IMAGES)):
        part = array[image] if "N" in layout else array
        inner = layout.replace("N", "")
        part = part[..., np.newaxis] if "C" not in inner else part.transpose([inner.index(axis) for axis in "HWC"])
        with np.errstate(over="ignore"):
            pixels = np.ascontiguousarray(part, np.float32)
        if np.isfinite(pixels).all() and (pixels != pixels[0, 0]).any():
            yield TensorImage(layout=layout, image=image, array=array, pixels=pixels)


def _orient_view(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels as ``orient`` returns them, without a copy: a large tensor is compared in a dozen orientations."""
    view = pixels.swapaxes(0, 1) if orientation > 4 else pixels
    view = view[::-1] if orientation in (3, 4, 7, 8) else view
    return view[:, ::-1] if orientation in (2, 3, 6, 7) else view


def _box(pixels: np.ndarray, corner: int) -> tuple[int, int, int, int]:
    """The smallest rectangle around all pixels that differ from the pixel in the first (0) or last (-1) corner."""
    color = pixels[corner, corner]
    if all((edge != color).any() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])):
        return 0, 0, pixels.shape[0], pixels.shape[1]
    other = (pixels != pixels[corner, corner]).any(axis=2)
    rows, columns = np.flatnonzero(other.any(axis=1)), np.flatnonzero(other.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1


def grounds(header: Header, policy: Decode, channels: int) -> Iterator[Decode]:
    """Ways whose images look different: transparency dropped, or laid over something. ``policy`` sets the limits."""
    usual = Decode(
        max_pixels=policy.max_pixels,
        truncated="allow" if header.truncated else "reject",
        bit_depth="scale" if header.bits > 8 else "reject",
        to_gray="luma",
    )
    yield usual
    if channels != 4 and header.mode in ("LA", "RGBA"):
        for ground in dict.fromkeys((policy.background, (255, 255, 255), (0, 0, 0))):
            yield replace(usual, alpha="composite", background=ground)


def decoders(header: Header, ground: Decode, channels: int) -> Iterator[Decode]:
    """Ways that differ by a few levels from ``ground``, which comes first: Pillow's and OpenCV's decoder."""
    results = [ground, *_near(ground, header, channels)]
    yield from results
    if header.format == "JPEG":  # TensorFlow's default decoder
        yield from (replace(item, dct="tensorflow") for item in results)


def _near(ground: Decode, header: Header, channels: int) -> Iterator[Decode]:
    if header.mode == "CMYK":
        yield replace(ground, library="opencv")
        yield replace(ground, library="tensorflow")
    if channels == 1 and header.mode not in ("L", "LA"):
        yield replace(ground, to_gray="y_plane", library="opencv")
    if header.icc and channels != 1:
        yield replace(ground, icc="srgb")
