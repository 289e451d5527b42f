"""From the mode of a file to the channels of a model: uint8 GRAY, RGB or RGBA; and the EXIF orientation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sm_imgcheck.core.errors import CandidateError

__all__ = ["color", "orient"]


def orient(image: np.ndarray, *, orientation: int) -> np.ndarray:
    """Rotate and mirror an HWC image by EXIF tag 0x0112 (1..8), so that its top is up.

    2: mirrored, 3: rotated by 180 degrees, 4: flipped, 5: transposed, 6: rotated clockwise, 7: transversed, 8: rotated
    counterclockwise.
    """
    if orientation > 4:
        image = image.transpose(1, 0, 2)
    rows = slice(None, None, -1 if orientation in (3, 4, 7, 8) else 1)
    columns = slice(None, None, -1 if orientation in (2, 3, 6, 7) else 1)
    return np.ascontiguousarray(image[rows, columns])


def color(
    image: np.ndarray,
    *,
    mode: str,
    to: str,
    cmyk: str = "pillow",
    to_gray: str = "luma",
    alpha: str = "drop",
    background: list[int] | tuple[int, ...] = (255, 255, 255),
    bit_depth: str = "reject",
) -> np.ndarray:
    """Pixels HWC of ``mode`` (L, LA, RGB, RGBA, CMYK) as uint8 pixels HWC of ``to`` (GRAY, RGB or RGBA).

    cmyk: library of the conversion, pillow, opencv or tensorflow.
    to_gray: ``luma`` is Pillow's convert("L"), ``y_plane`` OpenCV's COLOR_RGB2GRAY, for pixels not decoded as gray.
    alpha: ``composite`` draws the image over ``background`` (RGB) where ``to`` has no alpha.
    bit_depth: ``scale`` keeps the upper byte of 16 bits, as Pillow, libpng (png_set_strip_16) and so OpenCV and
    TensorFlow do. Raises CandidateError for samples that have no such scale, or where it is not allowed.
    """
    if image.dtype != np.uint8:
        image = eight_bits(image, bit_depth)
    if mode == "CMYK" and image.shape[2] == 4:
        convert = {"opencv": opencv_cmyk_to_rgb, "tensorflow": tensorflow_cmyk_to_rgb}.get(cmyk, pillow_cmyk_to_rgb)
        image = by_bands(convert, image)
    clear = image[..., -1:] if image.shape[2] in (2, 4) else None
    solid = image if clear is None else image[..., :-1]
    if clear is not None and alpha == "composite" and to != "RGBA":
        solid = by_bands(lambda band: composite(band[..., :-1], band[..., -1:], background), image)
    if to == "GRAY":
        return np.ascontiguousarray(solid) if solid.shape[2] == 1 else to_one(solid, to_gray)
    solid = np.broadcast_to(solid, (*solid.shape[:2], 3))
    if to == "RGBA":
        clear = np.full((*solid.shape[:2], 1), 255, np.uint8) if clear is None else clear
        return np.concatenate([solid, clear], axis=-1)
    # A view for a gray image: three equal channels of a large image would need much memory.
    return solid if solid.strides[2] == 0 else np.ascontiguousarray(solid)


_BAND_VALUES = 1 << 21
"""Values of a band: its integers take 8 MiB, for images of any size."""


def by_bands(convert: Callable[[np.ndarray], np.ndarray], image: np.ndarray) -> np.ndarray:
    """Apply a function of single pixels to bands of rows: its intermediate values stay small."""
    rows = max(1, _BAND_VALUES // max(image.shape[1] * image.shape[2], 1))
    first = convert(image[:rows])
    if rows >= len(image):
        return first
    result = np.empty((len(image), *first.shape[1:]), first.dtype)
    result[:rows] = first
    for top in range(rows, len(image), rows):
        result[top : top + rows] = convert(image[top : top + rows])
    return result


def eight_bits(image: np.ndarray, bit_depth: str) -> np.ndarray:
    """uint16 over 0..65535 as uint8. Raises CandidateError as ``color``."""
    if image.dtype != np.uint16 or bit_depth != "scale":
        raise CandidateError("SRC138", f"bit depth: got {image.dtype}, expected uint8 (decode.bit_depth: {bit_depth})")
    return (image >> 8).astype(np.uint8)


def pillow_cmyk_to_rgb(cmyk: np.ndarray) -> np.ndarray:
    """CMYK (0: white) to RGB as Pillow's convert("RGB") does (libImaging Convert.c, cmyk2rgb).

    (255 - k) - (255 - k) * c / 255, the quotient rounded by the shifts of Pillow's MULDIV255.
    """
    white = 255 - cmyk[..., 3:].astype(np.int32)
    product = cmyk[..., :3] * white + 128
    return np.clip(white - ((product + (product >> 8)) >> 8), 0, 255).astype(np.uint8)


def tensorflow_cmyk_to_rgb(cmyk: np.ndarray) -> np.ndarray:
    """CMYK (0: white) to RGB as `tf.io.decode_jpeg` does (jpeg_mem.cc, with an Adobe segment)."""
    light = 255 - cmyk.astype(np.int32)
    return (light[..., :3] * light[..., 3:] // 255).astype(np.uint8)


def to_one(image: np.ndarray, to_gray: str) -> np.ndarray:
    """RGB to one channel, by the ``to_gray`` of ``color``."""
    if to_gray == "luma":
        return by_bands(luma, image)
    import cv2

    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.uint8)[..., None]


def luma(image: np.ndarray) -> np.ndarray:
    """RGB to one channel as Pillow's convert("L") does: ITU-R 601-2 weights in 16-bit fixed point, rounded."""
    red, green, blue = (image[..., channel].astype(np.int32) for channel in range(3))
    gray_sum = 19595 * red + 38470 * green + 7471 * blue + 0x8000
    return np.asarray(gray_sum >> 16, np.uint8)[..., None]


def composite(solid: np.ndarray, clear: np.ndarray, background: list[int] | tuple[int, ...]) -> np.ndarray:
    """Pixels of 1 or 3 channels laid over an RGB background: (a * x + (255 - a) * b) / 255, rounded to nearest."""
    ground = np.asarray(background, np.int32)
    ground = ground if solid.shape[2] == 3 or len(set(background)) > 1 else ground[:1]
    blend = solid * clear.astype(np.int32) + (255 - clear.astype(np.int32)) * ground
    return np.asarray((blend + 127) // 255, np.uint8)


def opencv_cmyk_to_rgb(cmyk: np.ndarray) -> np.ndarray:
    """CMYK as Pillow decodes it (0: white) to RGB as OpenCV converts it (grfmt_jpeg, icvCvt_CMYK2BGR_8u_C4C3R)."""
    light = 255 - cmyk.astype(np.int32)
    black = light[..., 3:]
    return (black - ((255 - light[..., :3]) * black >> 8)).astype(np.uint8)
