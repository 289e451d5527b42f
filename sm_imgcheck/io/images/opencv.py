"""OpenCV as a fallback decoder: without output, and only where no other library reads the file."""

from __future__ import annotations

from typing import Any

import numpy as np

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Header
from sm_imgcheck.io.images.orientation import as_stored
from sm_imgcheck.io.images.png import essential_png, scan_png
from sm_imgcheck.io.images.quiet import quietly
from sm_imgcheck.ops.kernels.color import opencv_cmyk_to_rgb
from sm_imgcheck.rules.source_library import may_blend

__all__ = ["is_blended", "opencv_gray", "quiet_opencv"]

OPENCV_DEBUG = 5
"""OpenCV's LOG_LEVEL_DEBUG, for which not every version has a name in Python."""


def quiet_opencv(
    body: bytes, flag: str, *, complete: bool = False, lines: list[str] | None = None
) -> np.ndarray | None:
    """Return the output of `cv2.imdecode` under ``flag``, rotated for a TIFF; None where OpenCV rejects the file.

    complete: None also where libtiff warns, because the strips that it could not read are black.
    lines: receives the lines that the decoder prints, on Linux.

    A PNG file is passed as a single image: OpenCV 5.0 crashes on damaged frames of an animation.
    """
    import cv2

    if body.startswith(b"\x89PNG"):
        body = essential_png(body, scan_png(body))
    flags = getattr(cv2, flag) | cv2.IMREAD_IGNORE_ORIENTATION
    lines = [] if lines is None else lines
    try:
        result, _ = quietly(lambda: opencv_decode_verbose(body, flags, verbose=complete), lines=lines)
    except CandidateError:
        return None
    # Prefixes of libtiff's messages in OpenCV 5 and OpenCV 4.
    is_incomplete = complete and any("TIFF_Error" in line or line.startswith("OpenCV TIFF") for line in lines)
    return None if result is None or is_incomplete else np.asarray(result)


def opencv_decode_verbose(body: bytes, flags: int, *, verbose: bool) -> Any:
    """Call `cv2.imdecode`; verbose: at the log level where OpenCV 4 prints libtiff's errors; OpenCV 5 always does."""
    import cv2

    image = np.frombuffer(body, np.uint8)
    levels: Any = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging
    if not verbose:
        return cv2.imdecode(image, flags)
    level = levels.getLogLevel()
    levels.setLogLevel(OPENCV_DEBUG)
    try:
        return cv2.imdecode(image, flags)
    finally:
        levels.setLogLevel(level)


# By alpha: the largest color that libtiff's (color * alpha + 127) / 255 keeps.
KEPT_BY_ALPHA = np.array([127 // (255 - alpha) for alpha in range(255)] + [255], np.uint8)


def is_blended(body: bytes, header: Header, pixels: np.ndarray) -> bool | None:
    """Return whether OpenCV (4.10 to 5.0) changes the colors of transparent ``pixels`` (HWC); None: unknown.

    Unknown without a palette of the file, which contains the background color.
    """
    if not may_blend(header):
        return None
    colors, alpha = pixels[..., :-1], pixels[..., -1:]
    if header.format == "TIFF":
        return bool((colors > KEPT_BY_ALPHA[alpha]).any())
    background = np.frombuffer(body[13 + 3 * body[11] : 16 + 3 * body[11]], np.uint8)
    if not body[10] & 0x80 or body[11] >= 2 << (body[10] & 7):
        return None if (alpha < 255).any() else False
    return bool(((colors != background) & (alpha < 255)).any())


def opencv_gray(body: bytes, header: Header, pixels: np.ndarray) -> np.ndarray:
    """One channel as `cv2.imdecode(body, IMREAD_GRAYSCALE)` gives it; ``pixels`` are the decoded ones."""
    import cv2

    if header.format == "JPEG":
        if header.mode != "CMYK":
            return pixels
        # grfmt utils.cpp, icvCvt_CMYK2Gray_8u_C4C1R: weights in 14 bits.
        weighted_sum = opencv_cmyk_to_rgb(pixels).astype(np.int32) @ np.array([4899, 9617, 1868], np.int32)
        return ((weighted_sum + (1 << 13)) >> 14).astype(np.uint8)[..., None]
    result = quiet_opencv(body, "IMREAD_GRAYSCALE")
    if result is not None:
        result = as_stored(result[..., None], header, "opencv")
        if result.shape[:2] == pixels.shape[:2]:
            return result
    if pixels.dtype not in (np.uint8, np.uint16):
        return pixels  # floats and 32-bit integers: white is undefined, and the plan rejects them
    shallow = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    return shallow[..., :1] if shallow.shape[2] < 3 else cv2.cvtColor(shallow[..., :3], cv2.COLOR_RGB2GRAY)[..., None]
