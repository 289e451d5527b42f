"""Containers built on SageMaker's inference toolkit (scikit-learn, MXNet, your own): ``input_fn``.

Source: aws/sagemaker-inference-toolkit, default_inference_handler.py. Measured: sagemaker-inference 1.10.1 with
multi-model-server 1.1.11.
"""

from __future__ import annotations

from sm_imgcheck.model import Flaw, Received, Refused, Spec
from sm_imgcheck.serving import STACKS
from sm_imgcheck.stacks._handlers import ACCEPTS
from sm_imgcheck.stacks._json import nan_taken
from sm_imgcheck.stacks._refusal import answering, check_limit
from sm_imgcheck.stacks._toolkit import Opaque, decode
from sm_imgcheck.stacks._words import shaped

__all__ = ["BODY_LIMIT", "CONTENT_TYPES", "ENVELOPES", "HANDLER", "IMPORTS", "LIMIT_SETTING", "receive"]

CONTENT_TYPES = STACKS["toolkit"].types
ENVELOPES = STACKS["toolkit"].envelopes
BODY_LIMIT, LIMIT_SETTING = STACKS["toolkit"].body_limit, STACKS["toolkit"].limit_setting


@answering(500)
def receive(body: bytes, content_type: str, spec: Spec) -> Received | Refused:
    """What ``predict_fn`` gets from the default ``input_fn``: whatever NumPy makes of the body, nothing checked."""
    del spec  # no signature is known there
    check_limit(body, BODY_LIMIT, LIMIT_SETTING)
    found = decode(body, content_type, CONTENT_TYPES)
    if isinstance(found, Opaque):
        return Received(form="object", what=found.what, flaws=found.flaws or (_no_tensor(found.what),))
    if found.dtype.kind in "OU" and not found.ndim:
        what = f"a 0-d {'object' if found.dtype.kind == 'O' else 'text'} array"
        return Received(form="object", data=found, what=what, flaws=(_no_tensor(what),))
    flaws = nan_taken(found) if content_type == "application/json" else ()
    return Received(form="array", data=found, what=shaped(found), flaws=flaws)


def _no_tensor(what: str) -> Flaw:
    why = f"predict gets {what}, not a tensor: send the bare nested list, without a key around it, or .npy"
    return "PAY103", why, "a bare nested list", what


IMPORTS = (
    "import io",
    "import math",
)

HANDLER = (
    ACCEPTS
    + '''


def input_fn(request_body, content_type, context=None):
    """What the inference toolkit calls with each request; ``predict_fn`` gets what it returns."""
    return to_tensor(request_body, content_type)'''
)
