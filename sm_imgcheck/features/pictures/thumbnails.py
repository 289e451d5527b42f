"""Small pictures of one candidate for pages: the source, what the model sees, what it should see."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Options, Result, Spec
from sm_imgcheck.features.pictures.candidate import panels_of

__all__ = ["Thumbnail", "draw_thumbnails"]

_QUALITY = 80


@frozen
class Thumbnail:
    """One small picture."""

    caption: str
    jpeg: bytes
    height: int
    width: int
    """Pixels of the picture."""


@np.errstate(all="ignore")  # infinite values are drawn as such
def draw_thumbnails(result: Result, spec: Spec, options: Options, *, side: int = 160) -> tuple[Thumbnail, ...]:
    """Draw a candidate, with its arrays, as pictures of at most ``side`` x ``side`` pixels; empty where it has none."""
    with suppress(ImgcheckError):
        panels, _ = panels_of(result, spec, replace(options, content_type=None))
        return tuple(_thumbnail(panel.heading, panel.pixels, side) for panel in panels)
    return ()


def _thumbnail(caption: str, pixels: np.ndarray, side: int) -> Thumbnail:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((side, side), reducing_gap=1.0)  # averages blocks of pixels first: a third of the time
    return Thumbnail(caption=caption, jpeg=_encode(image), height=image.height, width=image.width)


def _encode(image: Image.Image) -> bytes:
    """Return an RGB image as JPEG. The first ``Image.save`` imports five formats, 12 ms; simplejpeg is imported."""
    try:
        from simplejpeg import encode_jpeg
    except ImportError:
        stream = BytesIO()
        image.save(stream, "JPEG", quality=_QUALITY)
        return stream.getvalue()
    return bytes(encode_jpeg(np.array(image), quality=_QUALITY, colorspace="RGB", colorsubsampling="420"))
