"""``multipart/form-data``: the encoded image as a file in a field, as browsers and ``curl -F`` send it."""

from __future__ import annotations

from collections.abc import Sequence

from sm_imgcheck.core.media_types import suffix_of
from sm_imgcheck.core.types import Header, Payload, Spec
from sm_imgcheck.serving.envelopes import ImageEnvelope
from sm_imgcheck.serving.envelopes._image import changes, encoded_image
from sm_imgcheck.serving.envelopes._json import key_of
from sm_imgcheck.serving.multipart import Part, write_form

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "multipart/form-data"
"""With the boundary behind it."""


def build_image(body: bytes, header: Header, spec: Spec) -> Payload:
    """The field ``payload.key`` with the bytes, unchanged unless ``changes`` has reasons. Raises PayloadError."""
    return build_images([(body, header)], spec)


def build_images(images: Sequence[tuple[bytes, Header]], spec: Spec) -> Payload:
    """One file for each image, all in fields of one name. Raises PayloadError."""
    parts = []
    for number, (body, header) in enumerate(images, 1):
        image, content_type = encoded_image(body, header, spec)
        filename = f"image-{number}.{suffix_of(content_type)}"
        parts.append(Part(name=key_of(spec), body=image, content_type=content_type, filename=filename))
    form, content_type = write_form(parts)
    return Payload(body=form, content_type=content_type, envelope="multipart")


ENVELOPE = ImageEnvelope(
    rank=15,
    summary="multipart/form-data: the encoded image as a file",
    content_type=CONTENT_TYPE,
    build_image=build_image,
    build_images=build_images,
    changes=changes,
)
