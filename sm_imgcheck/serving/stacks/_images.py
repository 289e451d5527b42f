"""An encoded image as ``Image.open(BytesIO(body)).convert("RGB")`` reads it."""

from __future__ import annotations

from io import BytesIO

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.images.content import describe_content, image_format
from sm_imgcheck.io.images.decode import decode_with_header
from sm_imgcheck.io.images.decode_jpeg import undamaged_preview
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.io.images.quiet import quietly
from sm_imgcheck.rules import make_finding
from sm_imgcheck.rules.payload_request import PAY102
from sm_imgcheck.serving.stacks import RequestRejection, refuse

__all__ = ["convert_image"]

_MAX_PIXELS = 178_956_970
"""Twice ``Image.MAX_IMAGE_PIXELS``: Pillow raises DecompressionBombError for more."""
_MAX_DECODED_PIXELS = 64_000_000
"""Maximum number of pixels that are decoded here to detect damage; the checks of files decode larger images."""
_MAX_OTHER_PIXELS = 16_000_000
_OTHER_FORMATS = (
    *("BLP", "CUR", "DCX", "DDS", "FLI", "GBR", "ICNS", "IM", "MSP", "PCX", "PIXAR", "PPM", "PSD", "QOI", "SGI"),
    *("SPIDER", "SUN", "TGA", "XBM", "XPM", "XVTHUMB"),
)
"""Formats that Pillow reads without another program, and that are examined as a request body only; PPM for its PFM."""


def convert_image(body: bytes, source: str) -> tuple[str, int, int]:
    """Format, height and width of an image that Pillow decodes. source: what declares it, such as the content type.

    Raises RequestRejection with Pillow's message for what it does not identify, or for damage.
    """
    form = image_format(body)
    if form:
        return _convert(body, form)
    other = _other(body)
    if other is None:
        message = f"body: got {describe_content(body)}, expected an image ({source})"
        refuse("cannot identify image file <_io.BytesIO object at", PAY102, message, actual=body[:8].hex(" "))
    return other


def _convert(body: bytes, form: str) -> tuple[str, int, int]:
    try:
        header = read_header(body, max_pixels=_MAX_PIXELS)
        if header.height * header.width <= _MAX_DECODED_PIXELS and undamaged_preview(body, header) is None:
            _, header = decode_with_header(body, header, dct="accurate", gray=False, truncated="reject", icc="ignore")
    except CandidateError as problem:
        raise RequestRejection("", make_finding(problem)) from None  # Pillow has another message
    if header.refused:
        message = f"the image is damaged: Pillow refuses it ({header.refused})"
        refuse(header.refused[:200], PAY102, message, expected="an image that Pillow decodes", actual=form)
    return form, header.height, header.width


def _other(body: bytes) -> tuple[str, int, int] | None:
    """The same of a format that is not examined elsewhere; None: Pillow identifies none."""
    from PIL import Image

    try:
        image, _ = quietly(lambda: Image.open(BytesIO(body), formats=_OTHER_FORMATS))
        width, height = image.size
        if width * height <= _MAX_OTHER_PIXELS:
            quietly(lambda: image.convert("RGB"))
    except CandidateError:
        return None
    return str(image.format), height, width
