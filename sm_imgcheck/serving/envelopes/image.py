"""The encoded image itself, ``image/jpeg``: for handlers that decode, Hugging Face's and the built-in ones too."""

from __future__ import annotations

from sm_imgcheck.core.media_types import IMAGE_TYPES
from sm_imgcheck.core.types import Header, Payload, Spec
from sm_imgcheck.serving.envelopes import ImageEnvelope
from sm_imgcheck.serving.envelopes._image import changes, encoded_image

__all__ = ["ENVELOPE"]

CONTENT_TYPE = IMAGE_TYPES["JPEG"]
"""Content type of a JPEG; other formats have their own."""


def build_image(body: bytes, header: Header, spec: Spec) -> Payload:
    """The bytes unchanged unless ``changes`` has reasons. Raises PayloadError."""
    image, content_type = encoded_image(body, header, spec)
    return Payload(body=image, content_type=content_type, envelope="image")


ENVELOPE = ImageEnvelope(
    rank=12,
    summary="image/jpeg and others: the encoded image",
    content_type=CONTENT_TYPE,
    build_image=build_image,
    changes=changes,
)
