"""The orientation of an image file: the tags that declare it, and what each library applies of them."""

from __future__ import annotations

from typing import Literal

from sm_imgcheck.core.frozen import frozen

__all__ = ["Orientation", "OrientingLibrary"]

OrientingLibrary = Literal["pillow", "opencv"]
"""The libraries that have an orientation: ``tf.io``, torchvision and ``Image.open`` apply none (except to TIFF)."""


@frozen
class Orientation:
    """The orientation 1..8 that each library applies to the stored pixels; 1: none."""

    pillow: int = 1
    """`ImageOps.exif_transpose`: the EXIF tag of a numeric type, else XMP; for AVIF the rotation of the container;
    for TIFF, which it does not show, as OpenCV."""
    opencv: int = 1
    """`cv2.imdecode`: the first two bytes of the EXIF tag, of any type; for TIFF an integer of any size, by libtiff."""
    browser: int = 1
    """Chromium 156: the EXIF tag of a JPEG or PNG, as one SHORT; for AVIF the rotation of the container;
    for TIFF, which it does not show, as OpenCV."""
    tags: str = ""
    """What the file declares, such as ``EXIF orientation 6``; empty where no library applies it."""

    def by(self, library: str) -> int:
        """What a handler applies that decodes with ``library``; by default `exif_transpose`."""
        return int(getattr(self, orienting_library(library)))

    @property
    def by_name(self) -> dict[str, int]:
        """The orientation of each library, by its name in messages."""
        return {"ImageOps.exif_transpose": self.pillow, "OpenCV": self.opencv, "browsers": self.browser}

    @property
    def choices(self) -> tuple[int, ...]:
        """Each orientation that a library applies, and 1, each once; `exif_transpose` first."""
        return tuple(dict.fromkeys((*self.by_name.values(), 1)))


def orienting_library(library: str) -> OrientingLibrary:
    """The library that orients the images of a handler that decodes with ``library``."""
    return "opencv" if library == "opencv" else "pillow"
