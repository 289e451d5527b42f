"""SageMaker Hugging Face containers: ``input_fn`` and ``predict_fn`` of ``code/inference.py``.

The default ``predict_fn`` hands ``inputs`` to a pipeline, which would preprocess the tensor again, so this one
calls the pipeline's model itself. Source: aws/sagemaker-huggingface-inference-toolkit, handler_service.py and
decoder_encoder.py. Measured: 2.6.0.
"""

from __future__ import annotations

import binascii
import csv
from io import StringIO
from itertools import islice
from typing import NoReturn

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.media_types import IMAGE_TYPES
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.images.content import image_format
from sm_imgcheck.rules.payload_request import PAY102, PAY103, PAY110, PAY112, PAY119, PAY120
from sm_imgcheck.serving.stacks import (
    DEFAULT_BODY_LIMIT,
    RequestRejection,
    Stack,
    check_limit,
    refuse,
    reject_content_type,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._base64 import decode_base64
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._images import convert_image
from sm_imgcheck.serving.stacks._json import parse, shape_of
from sm_imgcheck.serving.stacks._npy import LoadedObject, load
from sm_imgcheck.serving.stacks.toolkit import UNKNOWN_TYPE_TEXT

__all__ = ["STACK"]

CONTENT_TYPES = (*IMAGE_TYPES.values(), "image/x-image", "application/json", "application/x-npy", "text/csv")
BODY_LIMIT, LIMIT_SETTING = DEFAULT_BODY_LIMIT, "SAGEMAKER_MAX_PAYLOAD_IN_MB"
_IMAGE = "a PIL image, converted to RGB; the pipeline's own preprocessing follows"
_NO_IMAGE = (
    "Incorrect format used for image. Should be an url linking to an image, a base64 string, a local path, or a PIL "
    "image."
)
_NO_SOURCE = "Incorrect image source. Must be a valid URL starting with `http://` or `https://`"
_MAX_TEXTS = 1000
"""Images of one request that are examined."""


@wrap_rejections(400, '{"code": 400, "type": "InternalServerException", "message": "{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the pipeline gets: an image, or the value of ``inputs``."""
    del spec  # pipelines preprocess by the model's own configuration
    check_limit(body, BODY_LIMIT, LIMIT_SETTING)
    if content_type not in CONTENT_TYPES:
        raise reject_content_type(content_type, CONTENT_TYPES, UNKNOWN_TYPE_TEXT.format(content_type or None))
    if content_type.startswith("image/"):
        return _image(body, content_type)
    if content_type == "application/x-npy":
        raise _array(body)
    return _object(_table(body) if content_type == "text/csv" else parse(body))


def _image(body: bytes, content_type: str) -> DecodedRequest:
    form, height, width = convert_image(body, f"the content type {content_type}")
    if not image_format(body):
        message = f"the body is a {form} image, which the container decodes; its pixels are not checked"
        what = f"a PIL image of {height}x{width} (HxW), converted to RGB"
        return DecodedRequest(form="object", what=what, findings=(PAY120.finding(message, actual=form),))
    said = content_type.removeprefix("image/")
    other = said not in ("x-image", form.lower())
    message = f"the body is a {form} under {content_type}; it is decoded; other software may refuse it"
    findings: tuple[Finding, ...] = (
        (PAY119.finding(message, expected=f"image/{form.lower()}", actual=content_type),) if other else ()
    )
    return DecodedRequest(form="image", data=body, what=_IMAGE, findings=findings)


def _array(body: bytes) -> RequestRejection:
    """The refusal of .npy, which comes after it was decoded."""
    text = "'numpy.ndarray' object has no attribute 'pop'"
    array = load(body)
    if isinstance(array, LoadedObject) and array.findings[0].code == PAY112.code:
        return RequestRejection(text, array.findings[0])
    message = "arrays are decoded, and then refused by the default predict_fn, which needs a dict: send the image"
    return RequestRejection(text, PAY103.finding(message, expected="image/jpeg", actual="application/x-npy"))


def _table(body: bytes) -> Json:
    """``inputs`` of a CSV body: the column of that name, or the rows as objects."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        refuse(str(problem), PAY102, f"content type: got text/csv, but the body is not UTF-8 text: {problem}")
    lines = text.splitlines()
    if not lines:
        refuse("list index out of range", PAY102, "the body is empty", expected="a CSV with a header")
    if not any(name in lines[0].lower() for name in ("question", "context", "inputs")):
        words = "You need to provide the correct CSV with Header columns to use it with the inference toolkit"
        refuse(words, PAY103, "the CSV has no header that names inputs, question or context", expected="inputs")
    try:
        rows = list(islice(csv.DictReader(StringIO(text)), _MAX_TEXTS))
    except csv.Error as problem:  # a field of more than 131,072 characters, which every image has in base64
        refuse(str(problem), PAY103, f"the CSV cannot be read: {problem}; send the encoded image as image/jpeg")
    if not rows:
        refuse("list index out of range", PAY103, "the CSV has a header, but no row", expected="a row")
    column: list[Json] = [row["inputs"] for row in rows] if "inputs" in rows[0] else [dict(row) for row in rows]
    return {"inputs": column}


def _object(document: Json) -> DecodedRequest:
    if not isinstance(document, dict):
        kind = type(document).__name__
        text = (
            "pop expected at most 1 argument, got 2"
            if isinstance(document, list)
            else f"'{kind}' object has no attribute 'pop'"
        )
        message = 'the body is not a JSON object: write {"inputs": ...}'
        raise RequestRejection(text, PAY103.finding(message, expected='{"inputs": ...}', actual=kind))
    inputs = document.get("inputs", document)
    parameters = document.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        message = f"parameters: got {str(parameters)[:40]}, expected an object"
        refuse("argument after ** must be a mapping", PAY103, message, expected="an object")
    if isinstance(inputs, list) and not inputs:
        finding = PAY103.finding("inputs: got an empty list, expected an image", expected="an image")
        return DecodedRequest(form="object", what="an empty list", findings=(finding,))
    texts = inputs if isinstance(inputs, list) else [inputs]
    images = [_text(text) if isinstance(text, str) else _refuse_inputs(document, inputs) for text in texts]
    if None in images:
        message = "the text is a link, which the container would fetch: not checked"
        return DecodedRequest(
            form="object", what="a link", findings=(PAY120.finding(message, actual=str(texts[0])[:80]),)
        )
    if len(images) > 1:
        return DecodedRequest(form="object", what=f"{len(images)} texts of base64, decoded by the pipeline")
    message = f"parameters: got {_keys(parameters)}, not checked: they are arguments of the pipeline"
    findings = (PAY120.finding(message, actual=_keys(parameters)),) if parameters else ()
    return DecodedRequest(form="image", data=images[0], what=_IMAGE, findings=findings)


def _refuse_inputs(document: Json, inputs: Json) -> NoReturn:
    """Raise RequestRejection for a value of ``inputs`` that is not text."""
    if inputs is None:
        text = "Cannot call the image-classification pipeline without an inputs argument!"
        refuse(text, PAY103, "inputs is null", expected="an image")
    what, more = "an object", 'v2 requests are not supported; "inputs" holds an image as base64 text'
    if inputs is document:
        what = f"the whole object, with the keys {_keys(document)}"
    elif not isinstance(inputs, dict):
        shape = shape_of(inputs)
        what, more = f"plain lists {shape}", "it accepts images only"
        if isinstance(inputs, list) and isinstance(inputs[0], dict):
            what, more = "a list of objects", "v2 requests are not understood here"
    refuse(
        _NO_IMAGE, PAY103, f"pipeline input: got {what}, expected an image; {more}", expected="an image", actual=what
    )


def _keys(document: Json) -> str:
    return ", ".join(map(str, list(document)[:5]))[:60] if isinstance(document, dict) else "none"


def _text(text: str) -> bytes | None:
    """The bytes of an image; None: a link. transformers removes the prefix of a data URL.

    Source: huggingface/transformers, image_utils.py (load_image): ``base64.decodebytes`` skips other characters.
    """
    if text.startswith(("http://", "https://")):
        return None
    body, finding = decode_base64(text, data_url=text.startswith("data:image/"))
    try:
        bare = text.partition(",")[2] if text.startswith("data:image/") else text
        body = binascii.a2b_base64(bare.encode())
    except (binascii.Error, UnicodeEncodeError):
        body = b""
    if not image_format(body):
        message = finding or PAY110.finding("the base64 text decodes to no image", expected="an encoded image")
        raise RequestRejection(_NO_SOURCE, message)
    convert_image(body, "the base64 text")
    return body


_HANDLER = (
    ACCEPTS
    + '''


def input_fn(input_data, content_type, context=None):
    """What SageMaker's Hugging Face container calls with each request."""
    return torch.from_numpy(to_tensor(input_data, content_type))


def predict_fn(data, pipeline, context=None):
    """The pipeline's own preprocessing is skipped: the tensor matches the model's input."""
    with torch.inference_mode():
        output = pipeline.model(data.to(pipeline.model.device))
    return {name: value.tolist() for name, value in output.items() if torch.is_tensor(value)}'''
)

STACK = Stack(
    rank=2,
    summary="SageMaker Hugging Face containers",
    receive=receive,
    content_types=CONTENT_TYPES,
    envelopes=("image", "hf-inputs-b64"),
    body_limit=BODY_LIMIT,
    limit_setting=LIMIT_SETTING,
    handler_imports=("import io", "import math", "import torch"),
    handler=_HANDLER,
)
