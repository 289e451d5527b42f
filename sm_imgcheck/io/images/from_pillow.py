"""Images of Pillow as files: read like any other file, with their EXIF orientation and ICC profile."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["encode_losslessly", "is_pillow_image"]


def is_pillow_image(value: object) -> TypeGuard[Image.Image]:
    """Return whether a value is a Pillow image; Pillow is not imported for the check."""
    image = sys.modules.get("PIL.Image")
    return image is not None and isinstance(value, image.Image)


def encode_losslessly(image: Image.Image) -> bytes:
    """Return a PNG file of the same pixels, or a TIFF file for CMYK.

    Raises OSError or ValueError for a mode that neither stores, such as F.
    """
    from io import BytesIO

    file = BytesIO()
    image_format = "TIFF" if image.mode == "CMYK" else "PNG"
    image.save(file, image_format, exif=image.getexif(), icc_profile=image.info.get("icc_profile"), compress_level=1)
    return file.getvalue()
