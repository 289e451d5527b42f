"""TensorFlow Serving in SageMaker's container: nginx with a script in front of the server.

Source: aws/sagemaker-tensorflow-serving-container, tensorflowServing.js (run); of two versions, which differ in the
content types that they accept and in CSV: 2.20, the default, and 2.19, whose patches ended in March 2026
(``payload.stack_version``). What the server behind it does: ``_tensorflow_json``.
"""

from __future__ import annotations

import re

from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.tensors import JSON_LINES_COSTS, too_costly
from sm_imgcheck.rules.payload_request import PAY102, PAY103
from sm_imgcheck.rules.payload_values import PAY105
from sm_imgcheck.serving.stacks import (
    ParseLimitExceeded,
    RequestRejection,
    Stack,
    refuse,
    reject_content_type,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._json import wrong_content
from sm_imgcheck.serving.stacks._rapidjson import parse
from sm_imgcheck.serving.stacks._tensorflow_json import fill_signature

__all__ = ["STACK"]

CONTENT_TYPES = ("application/json", "application/jsonlines", "application/jsons", "text/csv")
VERSIONS = ("2.20", "2.19")
_BLANK = " \t\n\v\f\r\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""JavaScript's white space, which includes the byte order mark."""
_SPACE = f"[{_BLANK}]*"
_KEYS = re.compile(f'"(instances|inputs|examples)"{_SPACE}:')
_SEVERAL = re.compile(rf"[}}\]]{_SPACE}[\[{{]")
_TWO_LISTS = re.compile(rf"{_SPACE}\[{_SPACE}\[")
_NUMBERS_FIRST = re.compile(rf'{_SPACE}("|[\d.Ee+\-]+.*)', re.ASCII)
_LINE_END = re.compile(r"\r?\n")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@wrap_rejections(400, '{"error": "{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the signature gets; its dtype is enforced, its shape is not."""
    newest = spec.payload.get("stack_version", VERSIONS[0]) == VERSIONS[0]
    kind = content_type.partition(";")[0].strip().lower() if newest else content_type
    if kind not in CONTENT_TYPES:
        text = f"Unsupported Media Type: {kind or 'Unknown'}"
        raise reject_content_type(content_type, CONTENT_TYPES, text, status=415)
    if message := too_costly(body, JSON_LINES_COSTS):
        raise ParseLimitExceeded(f"the body is not parsed: {message}")
    if not body:
        refuse("", PAY102, "body: got no bytes", is_measured=False)
    text = body.decode("utf-8", "replace")
    findings: tuple[Finding, ...] = ()
    if kind == "text/csv":
        inner = _csv_fields(text) if newest else _csv_lines(text)
    else:
        inner, findings = _wrap(text)
    try:
        document = parse(inner.encode(), exact=spec.contract.dtype == "float64")
    except RequestRejection as no:
        no.finding = wrong_content(body) or no.finding
        raise reword_rejection(no, "JSON Parse error: ") from None
    if not isinstance(document, dict):
        refuse("", PAY103, "the body is not a JSON object", expected='{"instances": [...]}', is_measured=False)
    return fill_signature(document, spec, findings)


def _wrap(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The body that the container's script sends on, and what it has findings or not."""
    if _KEYS.search(text):
        return text, ()
    if _SEVERAL.search(text):
        lines = _lines(text)
        if len(lines) == 1:
            return f'{{"instances":{lines[0]}}}', ()
        return f'{{"instances":[{",".join(filter(None, lines))}]}}', ()
    if _TWO_LISTS.match(text):
        return f'{{"instances":{text}}}', ()
    return f'{{"instances":[{text}]}}', _batch_notice(text)


def _batch_notice(text: str) -> tuple[Finding, ...]:
    if not text.lstrip(_BLANK).startswith("["):
        return ()
    message = "a list that does not start with [[ gets a batch dimension here; write the batch yourself"
    return (PAY105.finding(message, expected="a list of images", actual="a list of numbers"),)


def _lines(text: str) -> list[str]:
    return [line.strip(_BLANK) for line in _LINE_END.split(text.strip(_BLANK))]


def _csv_lines(text: str) -> str:
    """Version 2.19: one instance a line, unchanged where the first field is a number or quoted."""
    is_quoted = _NUMBERS_FIRST.match(text) is None
    rows = []
    for line in filter(None, _lines(text)):
        row = '"' + line.replace('"', '\\"', 1).replace(",", '","', 1) + '"' if is_quoted else line
        rows.append(f"[{row}]" if "," in line else row)
    return f'{{"instances":[{",".join(rows)}]}}'


def _csv_fields(text: str) -> str:
    """Version 2.20: one instance a line; each field is a number if JSON reads it as a number, else a text."""
    rows = []
    for line in filter(None, _lines(text)):
        fields = [_csv_field(field) for field in _split_fields(line)]
        rows.append(f"[{','.join(fields)}]" if len(fields) > 1 else fields[0])
    return f'{{"instances":[{",".join(rows)}]}}'


def _csv_field(field: str) -> str:
    bare = field.strip(_BLANK)
    if _NUMBER.fullmatch(bare):
        return bare
    content = field.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{content}"'


def _split_fields(line: str) -> list[str]:
    """At commas outside quotes; two quotes inside are one quote."""
    fields, parts = [], line.split('"')
    if len(parts) == 1:
        return line.split(",")
    current, at = "", 0
    is_quoted = False
    while at < len(line):
        letter = line[at]
        if letter == '"' and is_quoted and line[at + 1 : at + 2] == '"':
            current, at = f'{current}"', at + 1
        elif letter == '"':
            is_quoted = not is_quoted
        elif letter == "," and not is_quoted:
            fields.append(current)
            current = ""
        else:
            current += letter
        at += 1
    return [*fields, current]


_HANDLER = (
    ACCEPTS
    + '''


def input_handler(data, context):
    """What SageMaker's TensorFlow Serving container calls before the model: JSON in the column format.

    ``inputs`` has the tensor with its batch dimension; ``instances`` would split the batch.
    """
    tensor = to_tensor(data.read(), context.request_content_type)
    # As text NumPy gives the fewest digits that read back to the same float32; as Python's floats they have up to 17.
    numbers = json.dumps(tensor.astype(str).tolist(), separators=(",", ":")).replace('"', "")
    return f'{{"inputs": {numbers}}}'


def output_handler(response, context):
    """What the container calls with the model's response."""
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    return response.content, context.accept_header'''
)

STACK = Stack(
    rank=3,
    summary="SageMaker TensorFlow containers and TensorFlow Serving",
    receive=receive,
    content_types=CONTENT_TYPES,
    type_parameters=True,
    versions=VERSIONS,
    envelopes=("instances", "inputs", "array", "jsonlines", "instances-b64", "csv"),
    handler_imports=("import io", "import math", "import json"),
    handler=_HANDLER,
)
