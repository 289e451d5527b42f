"""``{"instances": [{"b64": ...}]}``: encoded images for a TensorFlow signature that decodes them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from sm_imgcheck.core.types import Header, Payload, Spec
from sm_imgcheck.serving.envelopes import ImageEnvelope, pack_records
from sm_imgcheck.serving.envelopes._image import changes, encoded_image

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"


def build_image(body: bytes, header: Header, spec: Spec) -> Payload:
    """One image, its bytes unchanged unless ``changes`` has reasons. Raises PayloadError."""
    return build_images([(body, header)], spec)


def build_images(images: Sequence[tuple[bytes, Header]], spec: Spec) -> Payload:
    """One entry for each image, in the standard alphabet, padded (RFC 4648, section 4). Raises PayloadError."""
    rows = [b'{"b64":"' + b64encode(encoded_image(body, header, spec)[0]) + b'"}' for body, header in images]
    return pack_records([b'{"instances":[', b",".join(rows), b"]}"], "instances-b64", CONTENT_TYPE, spec)


ENVELOPE = ImageEnvelope(
    rank=6,
    summary='application/json: {"instances": [{"b64": ...}]}, encoded images',
    content_type=CONTENT_TYPE,
    build_image=build_image,
    build_images=build_images,
    changes=changes,
)
