"""SageMaker Hugging Face containers: ``input_fn`` and ``predict_fn`` of ``code/inference.py``.

The default ``predict_fn`` hands ``inputs`` to a pipeline, which would preprocess the tensor once more, so this one
calls the pipeline's model itself. Source: aws/sagemaker-huggingface-inference-toolkit, handler_service.py and
decoder_encoder.py. Measured: 2.6.0.
"""

from __future__ import annotations

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.media_types import IMAGE_TYPES
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.images.header import image_format, name_content
from sm_imgcheck.rules.payload_request import PAY102, PAY103, PAY119, PAY120
from sm_imgcheck.serving.stacks import (
    DEFAULT_BODY_LIMIT,
    RequestRejection,
    Stack,
    check_limit,
    reject_content_type,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._decoders import PICKLE, PickledBody, decoded, load
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._json import shape_of
from sm_imgcheck.serving.stacks.toolkit import UNSUPPORTED, json_body

__all__ = ["STACK"]

CONTENT_TYPES = (*IMAGE_TYPES.values(), "image/x-image", "application/json", "application/x-npy", "text/csv")
BODY_LIMIT, LIMIT_SETTING = DEFAULT_BODY_LIMIT, "SAGEMAKER_MAX_PAYLOAD_IN_MB"
_PICTURE = "a PIL image, converted to RGB; the pipeline's own preprocessing follows"


@wrap_rejections(400, '{"code": 400, "type": "InternalServerException", "message": "{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the pipeline gets: a picture, or whatever stands under ``inputs``."""
    del spec  # pipelines preprocess by the model's own configuration
    check_limit(body, BODY_LIMIT, LIMIT_SETTING, measured=False)
    if content_type not in CONTENT_TYPES:
        raise reject_content_type(content_type, CONTENT_TYPES, UNSUPPORTED.format(content_type or None))
    if content_type.startswith("image/"):
        return _picture(body, content_type)
    if content_type == "application/x-npy":
        raise _array(body)
    if content_type == "text/csv":
        return _table(body)
    return _object(json_body(body))


def _picture(body: bytes, content_type: str) -> DecodedRequest:
    form = image_format(body)
    if not form:
        why = f"the content type says {content_type}, but the body {name_content(body)[1]}"
        raise RequestRejection(
            "cannot identify image file <_io.BytesIO object at", PAY102.finding(why, actual=body[:8].hex(" "))
        )
    said = content_type.removeprefix("image/")
    other = said not in ("x-image", form.lower())
    why = f"the body is a {form} under {content_type}; it is decoded all the same, other software may refuse it"
    findings: tuple[Finding, ...] = (
        (PAY119.finding(why, expected=f"image/{form.lower()}", actual=content_type),) if other else ()
    )
    return DecodedRequest(form="image", data=body, what=_PICTURE, findings=findings)


def _array(body: bytes) -> RequestRejection:
    """The refusal of .npy, which comes after it was decoded."""
    text = "'numpy.ndarray' object has no attribute 'pop'"
    try:
        load(body)
    except PickledBody:
        return RequestRejection(text, PICKLE)
    why = "arrays are decoded here, and then refused by the default predict_fn, which wants a dict: send the picture"
    return RequestRejection(text, PAY103.finding(why, expected="image/jpeg", actual="application/x-npy"))


def _table(body: bytes) -> DecodedRequest:
    head = body.split(b"\n", 1)[0][:10_000].lower()
    if not any(name in head for name in (b"question", b"context", b"inputs")):
        text = "You need to provide the correct CSV with Header columns to use it with the inference toolkit"
        raise RequestRejection(
            text, PAY103.finding("the CSV has no header that names inputs, question or context", expected="inputs")
        )
    why = "CSV carries texts to the pipeline, no picture: send the encoded picture as image/jpeg"
    return DecodedRequest(
        form="object",
        what="the rows as texts",
        findings=(PAY103.finding(why, expected="image/jpeg", actual="text/csv"),),
    )


def _object(document: Json) -> DecodedRequest:
    if not isinstance(document, dict):
        text = (
            "pop expected at most 1 argument, got 2" if isinstance(document, list) else "object has no attribute 'pop'"
        )
        why = 'the body is no JSON object: write {"inputs": ...}'
        raise RequestRejection(text, PAY103.finding(why, expected='{"inputs": ...}', actual=type(document).__name__))
    inputs = document.get("inputs", document)
    if isinstance(inputs, str):
        return _text(inputs)
    if isinstance(inputs, dict):
        keys = ", ".join(map(str, list(inputs)[:5]))
        what = "the dict itself" if inputs is document else "a dict"
        return _useless(
            what, f'the pipeline gets {what}, with the keys {keys}; a picture stands as base64 text under "inputs"'
        )
    if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict):
        return _useless("a list of dicts", "the pipeline gets a list of dicts; v2 requests are not understood here")
    if isinstance(inputs, list) and inputs and isinstance(inputs[0], str):
        return _text(inputs[0], more=len(inputs) - 1)
    shape = shape_of(inputs)
    return _useless(
        f"plain lists {shape}, no tensor",
        f"the pipeline gets plain lists {shape}, no tensor; it takes pictures, no numbers",
    )


def _useless(what: str, why: str) -> DecodedRequest:
    return DecodedRequest(form="object", what=what, findings=(PAY103.finding(why, expected="a picture", actual=what),))


def _text(text: str, more: int = 0) -> DecodedRequest:
    """A text is a link, or base64, which transformers decodes; it takes the prefix of a data URL off."""
    if text.startswith(("http://", "https://")):
        why = "the text is a link, which the container would fetch: not looked into"
        return DecodedRequest(form="object", what="a link", findings=(PAY120.finding(why, actual=text[:80]),))
    body, finding = decoded(text, data_url=text.startswith("data:image/"))
    if finding is not None:
        words = "Incorrect image source. Must be a valid URL starting with `http://` or `https://`"
        raise RequestRejection(words, finding, measured=False)
    what = f"{more + 1} texts of base64, decoded by the pipeline" if more else _PICTURE
    return DecodedRequest(form="object" if more else "image", data=None if more else body, what=what)


_HANDLER = (
    ACCEPTS
    + '''


def input_fn(input_data, content_type, context=None):
    """What SageMaker's Hugging Face container calls with each request."""
    return torch.from_numpy(to_tensor(input_data, content_type))


def predict_fn(data, pipeline, context=None):
    """The pipeline's own preprocessing is passed by: the tensor is already what the model takes."""
    with torch.inference_mode():
        output = pipeline.model(data.to(pipeline.model.device))
    return {name: value.tolist() for name, value in output.items() if torch.is_tensor(value)}'''
)

STACK = Stack(
    rank=2,
    summary="SageMaker Hugging Face containers",
    receive=receive,
    content_types=CONTENT_TYPES,
    envelopes=("image", "hf-inputs-b64", "inputs"),
    body_limit=BODY_LIMIT,
    limit_setting=LIMIT_SETTING,
    handler_imports=("import io", "import math", "import torch"),
    handler=_HANDLER,
)
