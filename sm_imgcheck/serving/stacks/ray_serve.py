"""AWS's Ray Serve image: its adapter passes every body and content type on to your deployment.

Source: aws/deep-learning-containers, scripts/docker/ray/sagemaker_serve.py; the adapter was run with Ray 2.60 and
``application/x-npy``, JSON arrays and encoded pictures. The image replaces AWS's TorchServe images, which ended in June
2026.
"""

from __future__ import annotations

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.serving.stacks import RequestRejection, Stack, wrap_rejections
from sm_imgcheck.serving.stacks.custom import read

__all__ = ["STACK"]


@wrap_rejections(500)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the body holds; a request without a content type reaches the deployment as JSON."""
    try:
        return read(body, content_type or "application/json", spec)
    except RequestRejection as no:  # how the deployment would answer is not known
        return DecodedRequest(form="object", what="no tensor", findings=(no.finding,))


STACK = Stack(rank=10, receive=receive)
