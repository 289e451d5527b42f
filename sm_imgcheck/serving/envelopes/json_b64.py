"""``{"image": "<base64>"}``: the encoded image as a text under a key of your choice, ``payload.key``."""

from __future__ import annotations

from base64 import b64encode

from sm_imgcheck.core.types import Header, Payload, Spec
from sm_imgcheck.serving.envelopes import ImageEnvelope, pack_records
from sm_imgcheck.serving.envelopes._image import changes, encoded_image
from sm_imgcheck.serving.envelopes._json import around_key

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"


def build_image(body: bytes, header: Header, spec: Spec) -> Payload:
    """The bytes unchanged unless ``changes`` has reasons; the standard alphabet, padded. Raises PayloadError."""
    image, _ = encoded_image(body, header, spec)
    before, after = around_key(spec)
    return pack_records([before, b'"', b64encode(image), b'"', after], "json-b64", CONTENT_TYPE, spec)


ENVELOPE = ImageEnvelope(
    rank=14,
    summary="application/json: base64 image under the key payload.key",
    content_type=CONTENT_TYPE,
    build_image=build_image,
    changes=changes,
)
