"""SRC: an image that the library of the spec does not read, or reads unlike the decoder of ``convert``."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Finding, Header, Spec
from sm_imgcheck.rules import Rule

__all__ = ["SRC141", "may_blend"]

_EXCLUDED_FORMATS = {
    "opencv": ("OpenCV", ("ICO",)),
    "tensorflow": ("tf.io.decode_image", ("AVIF", "ICO", "JPEG2000", "PPM", "TIFF")),
}
"""By ``decode.library``: its name, and the formats of images that it does not read."""
_TRANSPARENCY = {
    "GIF": "shows the background color of a GIF",
    "TIFF": "multiplies the colors of a TIFF by alpha",
}
"""What OpenCV (4.10 to 5.0) does where a pixel is transparent; of other formats it drops alpha, as the spec does."""
_MODES_WITH_ALPHA = (("GIF", "LA"), ("GIF", "RGBA"), ("TIFF", "RGBA"))

SRC141 = Rule(
    "SRC141",
    "unlike-library",
    severity="warning",
    doc="""The library of the spec does not read this image, or reads it differently.

    ``convert`` decodes with Pillow where both libraries agree on the pixels of a format. OpenCV does not read icons,
    changes the colors of transparent pixels of GIF and TIFF, and rejects or reads differently some other files: BMP of
    16 bits or with run-length encoding, TIFF with rare compressions or bit depths, GIF without its end, PNG without its
    palette. TensorFlow reads JPEG, PNG, GIF, BMP and WebP.

    A notice where the colors of transparent pixels are unknown: the header alone was read, or a GIF has no background.

    At an endpoint: ``cv2.imread`` returns None, ``tf.io.decode_image`` raises ``Unknown image file format``, or the
    image has other colors.

    Save the image as PNG, without transparency.
    """,
)


@SRC141.check
def _unlike_library(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, library = candidate.header, spec.decode.library
    if header is None:
        return
    name, formats = _EXCLUDED_FORMATS.get(library, ("", ()))
    if header.format in formats:
        yield SRC141.finding(f"image format: got {header.format}, expected one that {name} reads")
    if library != "opencv":
        return
    for difference in header.unlike_opencv:
        yield SRC141.finding(difference)
    if (
        not header.unlike_opencv
        and may_blend(header)
        and spec.decode.alpha == "drop"
        and header.is_blended is not False
    ):
        condition = "" if header.is_blended else "if the image has any, "
        effect = f"{condition}OpenCV {_TRANSPARENCY[header.format]}, and convert keeps the stored colors"
        yield SRC141.finding(
            f"transparent pixels: got {header.mode}, expected {spec.contract.channel_order}; {effect}",
            severity=None if header.is_blended else "notice",
        )


def may_blend(header: Header) -> bool:
    """Return whether OpenCV changes the colors of transparent pixels in such an image."""
    return header.bits == 8 and (header.format, header.mode) in _MODES_WITH_ALPHA
