"""Triton on Vertex AI, by ``rawPredict``: v2 JSON, or the binary form under Vertex AI's own content type.

Source: triton-inference-server/server, vertex_ai_server.cc; what it does with the request was measured with Triton
2.51.0 behind SageMaker's content type.
"""

from __future__ import annotations

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.serving.stacks import Stack, check_limit, wrap_rejections
from sm_imgcheck.serving.stacks.triton import decode_typed
from sm_imgcheck.serving.stacks.vertex_ai import BODY_LIMIT, LIMIT_SETTING

__all__ = ["STACK"]

_PREFIX = "application/vnd.vertex-ai-triton.binary+json;json-header-size="


@wrap_rejections(500, '{"error":"{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the model gets of a v2 request: name, datatype and shape are compared with the model's."""
    check_limit(body, BODY_LIMIT, LIMIT_SETTING, is_measured=False)
    return decode_typed(body, content_type, _PREFIX, spec)


STACK = Stack(
    rank=12,
    summary="Triton on Vertex AI, by rawPredict",
    receive=receive,
    path="",
    endpoint="direct",
    needs_name=True,
    envelopes=("triton-binary", "kserve-v2"),
    body_limit=BODY_LIMIT,
    limit_setting=LIMIT_SETTING,
)
