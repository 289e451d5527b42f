"""SageMaker TensorFlow Serving containers: ``input_handler`` and ``output_handler`` of ``code/inference.py``.

Without that file nginx hands the body on, after a script has put ``instances`` around what has no such key. Sources:
aws/sagemaker-tensorflow-serving-container, README, "Pre/Post-Processing", and tensorflowServing.js (run);
tensorflow/serving, json_tensor.cc (read).
"""

from __future__ import annotations

import re

from sm_imgcheck.model import Flaw, Received, Refused, Spec
from sm_imgcheck.parse_cost import JSON_LINES_COSTS, too_costly
from sm_imgcheck.pixels.content import image_format
from sm_imgcheck.serving import STACKS
from sm_imgcheck.stacks._handlers import ACCEPTS
from sm_imgcheck.stacks._refusal import Refusal, TooMuch, answering, reworded, unsupported
from sm_imgcheck.stacks._signature import of_document
from sm_imgcheck.stacks._toolkit import json_body

__all__ = ["BODY_LIMIT", "CONTENT_TYPES", "ENVELOPES", "HANDLER", "IMPORTS", "LIMIT_SETTING", "receive"]

CONTENT_TYPES = STACKS["tensorflow-serving"].types
ENVELOPES = STACKS["tensorflow-serving"].envelopes
BODY_LIMIT, LIMIT_SETTING = STACKS["tensorflow-serving"].body_limit, STACKS["tensorflow-serving"].limit_setting
_KEYED = re.compile(rb'"(instances|inputs|examples)"\s*:')
_SEVERAL = re.compile(rb"[}\]]\s*[\[{]")
_TWO_LISTS = re.compile(rb"\s*\[\s*\[")
_NUMBERS_FIRST = re.compile(rb'\s*("|[\d.Ee+\-]+.*)')


@answering(400, '{"error": "{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> Received | Refused:
    """What the signature gets; its dtype is enforced, its shape is not."""
    if content_type not in CONTENT_TYPES:
        text = f"Unsupported Media Type: {content_type or 'Unknown'}"
        raise unsupported(content_type, CONTENT_TYPES, text, status=415)
    if why := too_costly(body, JSON_LINES_COSTS):
        raise TooMuch(f"the body is not looked into: {why}")
    inner, added = (_of_csv(body), ()) if content_type == "text/csv" else _wrapped(body)
    try:
        document = json_body(inner if image_format(body) == "" else body)
    except Refusal as no:
        raise reworded(no, "JSON Parse error: ") from None
    if not isinstance(document, dict):
        raise Refusal("", "PAY103", "the body is no JSON object", expected='{"instances": [...]}', measured=False)
    return of_document(document, spec, added)


def _wrapped(body: bytes) -> tuple[bytes, tuple[Flaw, ...]]:
    """The body that the container's script sends on, and what it has added or not."""
    if _KEYED.search(body):
        return body, ()
    if _SEVERAL.search(body):
        lines = [line.strip() for line in body.strip().splitlines()]
        if len(lines) == 1:
            return b'{"instances":' + lines[0] + b"}", ()
        return b'{"instances":[' + b",".join(filter(None, lines)) + b"]}", ()
    if _TWO_LISTS.match(body):
        return b'{"instances":' + body + b"}", ()
    return b'{"instances":[' + body + b"]}", _batched(body)


def _batched(body: bytes) -> tuple[Flaw, ...]:
    if not body.lstrip().startswith(b"["):
        return ()
    why = "a list that does not start with [[ gains a batch axis here; write the batch yourself"
    return (("PAY105", why, "a list of images", "a list of numbers"),)


def _of_csv(body: bytes) -> bytes:
    """One instance a line; a line of one column stands without brackets."""
    quoted = _NUMBERS_FIRST.match(body) is None
    rows = []
    for line in filter(None, (line.strip() for line in body.strip().splitlines())):
        row = b'"' + line.replace(b'"', b'\\"', 1).replace(b",", b'","', 1) + b'"' if quoted else line
        rows.append(b"[" + row + b"]" if b"," in line else row)
    return b'{"instances":[' + b",".join(rows) + b"]}"


IMPORTS = ("import io", "import math", "import json")

HANDLER = (
    ACCEPTS
    + '''


def input_handler(data, context):
    """What SageMaker's TensorFlow Serving container calls before the model: JSON in the column format.

    ``inputs`` takes the tensor with its batch axis as it is; ``instances`` would split the batch.
    """
    tensor = to_tensor(data.read(), context.request_content_type)
    # As text NumPy gives the fewest digits that read back to the same float32; as Python's floats they have up to 17.
    numbers = json.dumps(tensor.astype(str).tolist(), separators=(",", ":")).replace('"', "")
    return f'{{"inputs": {numbers}}}'


def output_handler(response, context):
    """What the container calls with the model's answer."""
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    return response.content, context.accept_header'''
)
