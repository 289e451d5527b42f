"""SageMaker's built-in image classification algorithm: the encoded image itself, which it resizes.

Source: docs.aws.amazon.com, "Image Classification - MXNet", inference with image format. Not run.
"""

from __future__ import annotations

from sm_imgcheck.core.media_types import IMAGE_TYPES
from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.io.images.content import describe_content, image_format
from sm_imgcheck.rules.payload_request import PAY102
from sm_imgcheck.serving.stacks import RequestRejection, Stack, reject_content_type, wrap_rejections

__all__ = ["STACK"]

CONTENT_TYPES = ("application/x-image", IMAGE_TYPES["JPEG"], IMAGE_TYPES["PNG"])


@wrap_rejections(400)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the algorithm gets: the image, decoded and resized by the algorithm."""
    del spec
    if content_type not in CONTENT_TYPES:
        refusal = reject_content_type(content_type, CONTENT_TYPES, "", status=415)
        refusal.measured = False
        raise refusal
    form = image_format(body)
    if form not in ("JPEG", "PNG"):
        why = f"body: got {describe_content(body)}, expected JPEG or PNG"
        raise RequestRejection(
            "", PAY102.finding(why, expected="JPEG or PNG", actual=form or body[:8].hex(" ")), is_measured=False
        )
    return DecodedRequest(form="image", data=body, what="the image, which the algorithm decodes and resizes itself")


STACK = Stack(
    rank=7,
    summary="SageMaker's built-in image classification algorithm",
    receive=receive,
    content_types=CONTENT_TYPES,
    envelopes=("image",),
)
