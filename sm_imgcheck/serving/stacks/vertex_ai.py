"""Vertex AI's prebuilt TensorFlow containers: ``{"instances": [...]}`` in at most 1.5 MB.

Source: cloud.google.com/vertex-ai/docs/predictions/get-online-predictions (the limit, the form); what the server behind
it does: ``_tensorflow_json``. Read, not run.
"""

from __future__ import annotations

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.rules.payload_request import PAY103
from sm_imgcheck.serving.stacks import (
    RequestRejection,
    Stack,
    check_limit,
    refuse,
    reject_content_type,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._rapidjson import parse
from sm_imgcheck.serving.stacks._tensorflow_json import fill_signature

__all__ = ["BODY_LIMIT", "LIMIT_SETTING", "STACK"]

CONTENT_TYPES = ("application/json",)
BODY_LIMIT = 1_500_000
LIMIT_SETTING = "the endpoint (a dedicated one takes 10 MB)"


@wrap_rejections(400, '{"error": "{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the signature gets; its dtype is enforced, its shape is not."""
    check_limit(body, BODY_LIMIT, LIMIT_SETTING, is_measured=False)
    if content_type.partition(";")[0].strip().lower() not in CONTENT_TYPES:
        raise reject_content_type(content_type, CONTENT_TYPES, "", status=400)
    try:
        document = parse(body, exact=spec.contract.dtype == "float64")
    except RequestRejection as no:
        raise reword_rejection(no, "Invalid JSON payload received.") from None
    if not isinstance(document, dict) or not isinstance(document.get("instances"), list) or not document["instances"]:
        message = 'the body has no list of "instances": rows are the only form here'
        refuse("Request must contain a non-empty instances field.", PAY103, message, is_measured=False)
    return fill_signature(document, spec)


STACK = Stack(
    rank=11,
    summary="Vertex AI's prebuilt TensorFlow containers",
    receive=receive,
    path="",
    endpoint="direct",
    content_types=CONTENT_TYPES,
    type_parameters=True,
    envelopes=("instances", "instances-b64"),
    body_limit=BODY_LIMIT,
    limit_setting=LIMIT_SETTING,
)
