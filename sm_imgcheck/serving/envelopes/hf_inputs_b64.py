"""``{"inputs": "<base64>"}``: the encoded image as a text, for Hugging Face pipelines that take an image."""

from __future__ import annotations

from base64 import b64encode

from sm_imgcheck.core.types import Header, Payload, Spec
from sm_imgcheck.serving.envelopes import ImageEnvelope, pack_records
from sm_imgcheck.serving.envelopes._image import changes, encoded_image

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"


def build_image(body: bytes, header: Header, spec: Spec) -> Payload:
    """The bytes unchanged unless ``changes`` has reasons; the standard alphabet, padded. Raises PayloadError."""
    image, _ = encoded_image(body, header, spec)
    return pack_records([b'{"inputs":"', b64encode(image), b'"}'], "hf-inputs-b64", CONTENT_TYPE, spec)


ENVELOPE = ImageEnvelope(
    rank=7,
    summary='application/json: {"inputs": "<base64>"}, the encoded image',
    content_type=CONTENT_TYPE,
    build_image=build_image,
    changes=changes,
)
