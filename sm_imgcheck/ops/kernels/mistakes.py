"""Ops that no spec contains: what preprocessing code does by mistake, so that `identify` can run and name it.

Images are HWC, uint8 or float32, in RGB order except where a docstring names another, and are never modified.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.errors import PlanError

__all__ = [
    "CURVES",
    "alpha_as_color",
    "clip",
    "color_space",
    "fill_channel",
    "misread_rows",
    "recompress",
    "repeat_buffer",
    "swap_axes",
    "tile",
    "tone_curve",
    "truncate_levels",
    "weigh_channels",
    "wrap",
]


def swap_axes(image: np.ndarray) -> np.ndarray:
    """Swap height and width, as ``transpose(2, 1, 0)`` and (width, height) confused with (height, width) do."""
    return np.ascontiguousarray(image.swapaxes(0, 1))


def recompress(image: np.ndarray, *, quality: int, subsampling: str, order: str = "RGB") -> np.ndarray:
    """The uint8 pixels after a JPEG file of this quality, as Pillow and OpenCV write it with libjpeg.

    subsampling: of the chroma, ``4:2:0`` (the default of both libraries) or ``4:4:4``. order: ``BGR`` stores red as
    blue and reads it back, as OpenCV does with RGB pixels.
    Raises PlanError for pixels that no JPEG holds.
    """
    import io

    from PIL import Image

    if image.dtype != np.uint8 or image.shape[2] not in (1, 3):
        raise PlanError(f"JPEG: got {image.dtype} pixels of {image.shape[2]} channels, expected uint8 gray or RGB")
    file = io.BytesIO()
    pixels = image[..., ::-1] if order == "BGR" else image
    jpeg = Image.fromarray(np.ascontiguousarray(pixels if image.shape[2] == 3 else image[..., 0]))
    jpeg.save(file, "JPEG", quality=quality, subsampling=subsampling)
    result = np.asarray(Image.open(file)).reshape(image.shape)
    return result[..., ::-1] if order == "BGR" else result


def repeat_buffer(image: np.ndarray, *, size: list[int], axes: list[str], order: str) -> np.ndarray:
    """``np.resize`` of an HxWxC image: its numbers in memory order, truncated or repeated, under another shape.

    size: height and width of the result. axes: of the image and of the new shape, each ``HWC``, ``CHW``, or ``HW``
    (of the image: its first channel alone). order: of the channels in memory, ``RGB`` or ``BGR``. Returns
    size[0] x size[1] x C.
    """
    pixels = image[..., ::-1] if order == "BGR" else image
    first, last = axes
    values = {"HWC": pixels, "CHW": pixels.transpose(2, 0, 1), "HW": pixels[..., 0]}[first]
    height, width, channels = *size, image.shape[2]
    shape = {"HWC": (height, width, channels), "CHW": (channels, height, width), "HW": (height, width, 1)}[last]
    result = np.resize(values, shape)
    result = result.transpose(1, 2, 0) if last == "CHW" else result
    return np.ascontiguousarray(result[..., ::-1] if order == "BGR" and last != "HW" else result)


def alpha_as_color(image: np.ndarray, *, order: str, position: int) -> np.ndarray:
    """The numbers of an image with an opaque alpha, in memory order, under the shape of its HxWx3 pixels.

    The last quarter is missing. order: of the colors in memory, ``RGB`` or ``BGR``. position: of alpha among the four
    channels, 0 or 3.
    """
    pixels = image[..., ::-1] if order == "BGR" else image
    numbers = np.insert(pixels, position, 255, axis=2).reshape(-1)[: image.size].reshape(image.shape)
    return np.ascontiguousarray(numbers[..., ::-1] if order == "BGR" else numbers)


def misread_rows(image: np.ndarray, *, padding: int, order: str) -> np.ndarray:
    """The numbers of an image whose rows end in ``padding`` zeros, in memory order, under the shape of its pixels.

    The last rows are missing. order: of the channels in memory, ``RGB`` or ``BGR``.
    """
    pixels = image[..., ::-1] if order == "BGR" else image
    rows = np.pad(pixels.reshape(len(image), -1), ((0, 0), (0, padding)))
    numbers = rows.reshape(-1)[: image.size].reshape(image.shape)
    return np.ascontiguousarray(numbers[..., ::-1] if order == "BGR" else numbers)


def tile(image: np.ndarray, *, size: list[int]) -> np.ndarray:
    """Copies of an HxWxC image side by side and below each other, as many as fill ``size``, height and width."""
    down, across = -(-size[0] // image.shape[0]), -(-size[1] // image.shape[1])
    return np.tile(image, (down, across, 1))[: size[0], : size[1]]


def color_space(image: np.ndarray, *, to: str, library: str, order: str = "RGB") -> np.ndarray:
    """uint8 RGB pixels in another color space, such as ``HSV``.

    library: ``opencv`` (``cv2.cvtColor``, hue 0..179) or ``pillow`` (``Image.convert``, hue 0..255). order: of the
    channels that the conversion reads; ``BGR`` is a conversion from RGB of BGR pixels, or the reverse.
    Raises PlanError for pixels that have no such space.
    """
    if image.dtype != np.uint8 or image.shape[2] != 3:
        raise PlanError(f"color space: got {image.dtype} of {image.shape[2]} channels, expected uint8 RGB")
    pixels = np.ascontiguousarray(image[..., ::-1] if order == "BGR" else image)
    if library == "opencv":
        import cv2

        result = cv2.cvtColor(pixels, getattr(cv2, f"COLOR_RGB2{to}"))
        return np.asarray(result, np.uint8).reshape(image.shape)
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).convert(to))


def fill_channel(image: np.ndarray, *, channel: int, value: float) -> np.ndarray:
    """One stored channel (last axis, counted from 0) set to one number."""
    result = image.copy()
    result[..., channel] = value
    return result


def clip(image: np.ndarray, *, low: float | None, high: float | None) -> np.ndarray:
    """Numbers below ``low`` and above ``high`` set to these, any layout; None: no limit."""
    result: np.ndarray = np.clip(image, low, high)
    return result


def truncate_levels(image: np.ndarray) -> np.ndarray:
    """Float pixels in 0..255, any layout, as uint8 without their fractions, as ``astype("uint8")`` leaves them."""
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def wrap(image: np.ndarray, *, dtype: str, rounding: str) -> np.ndarray:
    """Cast to integers that wrap around at the ends of the dtype, as NumPy's integer arithmetic does, any layout.

    rounding: of fractions, ``truncate`` towards zero or ``half_even``.
    """
    whole = np.trunc(image) if rounding == "truncate" else np.rint(image)
    result: np.ndarray = whole.astype(np.int64).astype(dtype)
    return result


CURVES = (
    "sRGB converted to linear light",
    "linear light converted to sRGB",
    "gamma 2.2 (x ** 2.2)",
    "gamma 1/2.2 (x ** (1 / 2.2))",
    "gamma 2 (x ** 2)",
    "gamma 1/2 (square root)",
)
"""Curves with a name; x in 0..1."""
_EXPONENTS = {CURVES[2]: 2.2, CURVES[3]: 1 / 2.2, CURVES[4]: 2.0, CURVES[5]: 0.5}


def tone_curve(image: np.ndarray, *, name: str, table: list[list[int]] | None = None) -> np.ndarray:
    """Pixels in 0..255 mapped by a curve: float32 in 0..255, or uint8 by a table.

    name: one of ``CURVES``, or the description of the table. table: the level of each uint8 level, of each channel.
    Raises PlanError for a table of pixels that are not uint8.
    """
    if table is not None:
        if image.dtype != np.uint8 or image.shape[2] != len(table):
            raise PlanError(f"tone curve: got {image.dtype} pixels of {image.shape[2]} channels, expected uint8")
        tables = np.array(table, np.uint8)
        return np.stack([tables[channel][image[..., channel]] for channel in range(len(table))], axis=2)
    unit = np.clip(image.astype(np.float32) / np.float32(255), 0, 1)
    if name == CURVES[0]:
        unit = np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    elif name == CURVES[1]:
        unit = np.where(unit <= 0.0031308, unit * 12.92, 1.055 * unit ** (1 / 2.4) - 0.055)
    else:
        unit = unit ** np.float32(_EXPONENTS[name])
    return np.asarray(unit.astype(np.float32) * np.float32(255))


def weigh_channels(image: np.ndarray, *, weights: list[float], rounding: str | None, to: str) -> np.ndarray:
    """HxWx3 to gray by a weight for each channel. to: ``GRAY``, HxWx1, or ``RGB``, HxWx3 with three equal channels.

    rounding: to uint8, ``truncate`` or ``half_even``; None: float32 without rounding.
    Raises PlanError for another number of channels.
    """
    if image.ndim != 3 or image.shape[2] != len(weights):
        raise PlanError(f"{to} by weights: got {list(image.shape)}, expected HxWx{len(weights)}")
    total = (image.astype(np.float64) * np.array(weights)).sum(axis=2, keepdims=True)
    total = np.repeat(total, 3, axis=2) if to == "RGB" else total
    if rounding is None:
        return np.asarray(total, np.float32)
    # 1/3 + 1/3 + 1/3 is less than 1 in binary: whole sums would be truncated to the next integer below.
    whole = np.floor(total + 1e-6) if rounding == "truncate" else np.rint(total)
    return np.asarray(whole, np.uint8)
