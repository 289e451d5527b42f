"""What SageMaker's inference toolkit decodes, and with it the containers that are built on it.

Source: aws/sagemaker-inference-toolkit, decoder.py, errors.py; measured with 1.10.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sm_imgcheck.model import Flaw
from sm_imgcheck.stacks._csv import read_csv
from sm_imgcheck.stacks._json import as_array, parse
from sm_imgcheck.stacks._npy import PICKLE, Pickled, load, load_sparse
from sm_imgcheck.stacks._refusal import Refusal, unsupported

__all__ = ["UNSUPPORTED", "Opaque", "decode", "json_body"]

UNSUPPORTED = (
    "Content type {} is not supported by this framework.\n\nPlease implement input_fn to to deserialize the request "
    "data or an output_fn to serialize the response. For more information, see the SageMaker Python SDK README."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """Decoded, but to no array of numbers."""

    what: str
    flaws: tuple[Flaw, ...] = ()


def decode(body: bytes, content_type: str, types: tuple[str, ...]) -> Any:
    """The array, or what it is instead. Raises Refusal with the exception's text."""
    if content_type not in types:
        raise unsupported(content_type, types, UNSUPPORTED.format(content_type or None))
    if content_type == "application/x-npy":
        try:
            return load(body)
        except Pickled:
            return Opaque(what="whatever the pickle builds", flaws=(PICKLE,))
    if content_type == "application/x-npz":
        return Opaque(what=f"a scipy {load_sparse(body)} matrix")
    if content_type == "text/csv":
        read = read_csv(body)
        return Opaque(what=read) if isinstance(read, str) else read
    return as_array(json_body(body))


def json_body(body: bytes) -> Any:
    """As ``_json.parse``; a picture or an array under a JSON type is told as that."""
    from sm_imgcheck.pixels.content import image_format, name_content

    form = image_format(body)
    if form or body.startswith((b"\x93NUMPY", b"PK\x03\x04")) or not body:
        what = f"is a {form} image" if form else name_content(body)[1]
        text = "Expecting value: line 1 column 1 (char 0)"
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as problem:
            text = str(problem)
        why = f"the content type says JSON, but the body {what}"
        raise Refusal(text, "PAY102", why, expected="JSON text", actual=form or body[:8].hex(" "))
    return parse(body)
