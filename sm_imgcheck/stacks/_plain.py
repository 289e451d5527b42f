"""A body by its content type alone: what it holds where no stack is known that would say otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from sm_imgcheck.errors import PayloadError
from sm_imgcheck.model import Flaw, Received, Spec
from sm_imgcheck.payload import envelope
from sm_imgcheck.pixels.content import image_format, name_content
from sm_imgcheck.stacks._base64 import decoded, looks_encoded, texts
from sm_imgcheck.stacks._json import as_array, parse
from sm_imgcheck.stacks._npy import PICKLE, Pickled, load
from sm_imgcheck.stacks._refusal import Refusal, TooMuch
from sm_imgcheck.stacks._toolkit import json_body
from sm_imgcheck.stacks._words import shaped

__all__ = ["read"]


def read(body: bytes, content_type: str, spec: Spec) -> Received:
    """What the body holds by the spec's envelope, or by its content type. Raises Refusal, TooMuch."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/x-image":
        return _picture(body, content_type)
    if kind == "application/x-npy":
        return _npy(body)
    if "json" in kind and not kind.startswith("application/vnd.sagemaker-triton.binary"):
        json_body(body[:16] if image_format(body) or body.startswith((b"\x93NUMPY", b"PK")) or not body else b"{}")
    name = spec.payload.get("envelope") or _guess(body, kind)
    if name and name.endswith("b64"):
        return _encoded(parse(body))
    if not name or not envelope(name).LOSSLESS:
        raise TooMuch(_unknown(content_type, name))
    return _enveloped(body, content_type, name, spec)


def _unknown(content_type: str, name: str) -> str:
    """Why a body is not examined, and what would be."""
    what = f"a body of the type {content_type!r} is not looked into"
    if content_type.lower().startswith("multipart/"):
        return f"{what}: check the file of its part, under the content type of the part"
    if name == "image":
        return f"{what}: the spec's envelope is image, which is sent under an image type such as image/jpeg"
    return f"{what}: name its envelope in the spec (payload.envelope)"


def _picture(body: bytes, content_type: str) -> Received:
    if not image_format(body):
        why = f"the content type says {content_type}, but the body {name_content(body)[1]}"
        raise Refusal("", "PAY102", why, expected="an encoded image", actual=body[:8].hex(" "), measured=False)
    return Received(form="image", data=body, what="an encoded picture")


def _npy(body: bytes) -> Received:
    try:
        array = load(body)
    except Pickled:
        return Received(form="object", what="a pickle", flaws=(PICKLE,))
    return Received(form="array", data=array, what=shaped(array))


_BY_TYPE = {"text/csv": "csv", "application/jsonlines": "jsonlines", "application/jsons": "jsonlines"}


def _guess(body: bytes, kind: str) -> str:
    """The envelope that a body without one in the spec is in; empty where it is not known."""
    if kind.startswith("application/vnd.sagemaker-triton.binary"):
        return "triton-binary"
    if "json" not in kind or kind in _BY_TYPE:
        return _BY_TYPE.get(kind, "")
    head = body.lstrip()[:4096]
    if not head.startswith(b"{"):
        return "array"
    if b'"datatype"' in body:
        return "kserve-v2"
    return "instances" if b'"instances"' in head else "inputs" if b'"inputs"' in head else ""


def _enveloped(body: bytes, content_type: str, name: str, spec: Spec) -> Received:
    try:
        array: np.ndarray[Any, Any] = envelope(name).parse(body, content_type, spec)
    except PayloadError as problem:
        return Received(form="object", what="no tensor", flaws=(_why(str(problem), body, name, spec),))
    return Received(form="array", data=array, what=shaped(array))


def _why(said: str, body: bytes, name: str, spec: Spec) -> Flaw:
    """What is wrong with a body that is not in its envelope: the particular where it shows."""
    code = "PAY108" if "ragged" in said else "PAY103"
    if name in ("array", "instances", "inputs", "kserve-v2", "jsonlines"):
        document = parse(body) if name != "jsonlines" else None
        if any(looks_encoded(text) for text in texts(document)):
            return "PAY111", "base64 text stands where the model takes numbers", spec.contract.dtype, "base64"
        if np.dtype(spec.contract.dtype if spec.contract.dtype != "bfloat16" else "float32").kind in "iu":
            code = "PAY107" if f"no {spec.contract.dtype} number" in said else code
        elif isinstance(document, list) and not np.isfinite(_numbers(document)).all():
            code = "PAY109"
    return code, f"as {name}: {said}", name, ""


def _numbers(document: Any) -> np.ndarray[Any, Any]:
    try:
        array = as_array(document)
    except Refusal:
        return np.zeros(1)
    return array if array.dtype.kind in "fiub" else np.zeros(1)


def _encoded(document: Any) -> Received:
    """Base64 pictures, wherever they stand."""
    found = [decoded(text) for text in texts(document) if looks_encoded(text) or len(texts(document)) == 1]
    flaws = tuple(flaw for _, flaw in found if flaw is not None)
    if not found:
        flaws = (("PAY110", "there is no base64 text in the body", "base64", ""),)
    one = found[0][0] if len(found) == 1 and not flaws else None
    return Received(form="image" if one else "object", data=one, what=f"{len(found)} encoded pictures", flaws=flaws)
