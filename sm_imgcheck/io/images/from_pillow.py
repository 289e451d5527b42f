"""Images of Pillow as files: read like any other file, with their EXIF orientation and ICC profile."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeGuard

from sm_imgcheck.core.errors import CandidateError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["encode_losslessly", "is_pillow_image"]


def is_pillow_image(value: object) -> TypeGuard[Image.Image]:
    """Return whether a value is a Pillow image; Pillow is not imported for the check."""
    image = sys.modules.get("PIL.Image")
    return image is not None and isinstance(value, image.Image)


def encode_losslessly(image: Image.Image) -> bytes:
    """Return a PNG file of the same pixels, EXIF and ICC profile, or a TIFF file for CMYK.

    Raises CandidateError for a mode that neither stores, such as F.
    """
    from io import BytesIO

    file = BytesIO()
    image_format = "TIFF" if image.mode == "CMYK" else "PNG"
    profile = image.info.get("icc_profile")
    try:
        image.save(file, image_format, exif=image.getexif(), icc_profile=profile, compress_level=1)
    except (OSError, ValueError) as error:
        got = f"mode {image.mode}, {image.height}x{image.width} (HxW)"
        raise CandidateError("SRC104", f"no lossless file for this image: got {got} ({error})") from None
    return file.getvalue()
