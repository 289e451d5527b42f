"""Images and tensors in free-form bodies: data URLs, multipart forms, a free key of a JSON object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, Spec
from sm_imgcheck.io.images.content import image_format
from sm_imgcheck.rules.payload_request import PAY103, PAY110, PAY120
from sm_imgcheck.serving.envelopes._json import array_of, at_key
from sm_imgcheck.serving.multipart import Part, line_end, read_form
from sm_imgcheck.serving.stacks import describe_dtype_shape
from sm_imgcheck.serving.stacks._base64 import decode_base64, looks_encoded
from sm_imgcheck.serving.stacks._npy import LoadedObject, load

__all__ = ["decode_data_url", "decode_form", "decode_keyed", "free_key"]


def decode_data_url(body: bytes) -> DecodedRequest:
    """The image of a body that is a data URL."""
    return _text(body.decode("ascii", "replace"), "the data URL")


def _text(text: str, place: str) -> DecodedRequest:
    image, finding = decode_base64(text, data_url=text.startswith("data:image/"))
    if finding is not None:
        return DecodedRequest(form="object", what="no image", findings=(finding,))
    return DecodedRequest(form="image", data=image, what=f"an encoded image in {place}")


def decode_form(body: bytes, content_type: str, spec: Spec) -> DecodedRequest:
    """The image or the .npy in the field ``payload.key``; without the key, in the only file of the form."""
    try:
        parts = read_form(body, content_type)
    except PayloadError as problem:
        return _no_image(PAY103.finding(str(problem), expected="multipart/form-data"))
    key = spec.payload.get("key")
    files = [part for part in parts if part.name == key] if key else [part for part in parts if _is_file(part)]
    if not files:
        names = ", ".join(part.name for part in parts)[:80]
        message = f"multipart form: got the fields {names or 'none'}, expected a file in {key or 'a field'}"
        return _no_image(PAY103.finding(message, expected=key or "a file", actual=names))
    if len(files) > 1:
        return DecodedRequest(form="object", what=f"{len(files)} files in one form")
    content = _file(files[0])
    return replace_fields(content, findings=(*content.findings, *_deviations(body, parts, spec)))


def _deviations(body: bytes, parts: Sequence[Part], spec: Spec) -> Iterator[Finding]:
    """What differs from RFC 7578 in a form that is read: Flask accepts it, Starlette refuses it."""
    problems = (
        (line_end(body) != b"\r\n", "lines that end in LF, expected CR LF"),
        (not body.lstrip(b"\r\n").startswith(b"--"), "text before the first delimiter"),
        (not all(part.name for part in parts), "a part without a name"),
    )
    for _, problem in filter(itemgetter(0), problems):
        message = f"multipart body: got {problem}: Flask reads it, Starlette refuses it"
        is_starlette = spec.payload.get("stack") == "ray-serve"
        yield PAY103.finding(message, expected="a form of RFC 7578", severity=None if is_starlette else "warning")


def _no_image(finding: Finding) -> DecodedRequest:
    return DecodedRequest(form="object", what="no image or tensor", findings=(finding,))


def _is_file(part: Part) -> bool:
    return bool(part.filename) or bool(image_format(part.body)) or part.body.startswith(b"\x93NUMPY")


def _file(part: Part) -> DecodedRequest:
    place = f"the field {part.name[:40]!r}"
    if image_format(part.body):
        return DecodedRequest(form="image", data=part.body, what=f"an encoded image in {place}")
    if part.body.startswith(b"\x93NUMPY"):
        array = load(part.body)
        if isinstance(array, LoadedObject):
            return DecodedRequest(form="object", what=array.what, findings=array.findings)
        return DecodedRequest(form="array", data=array, what=f"{describe_dtype_shape(array)} in {place}")
    text = part.body[: 1 << 27].decode("ascii", "replace").strip()
    if looks_encoded(text):
        return _text(text, place)
    message = f"{place}: got neither an image nor .npy, expected an encoded image"
    return _no_image(PAY110.finding(message, expected="an encoded image", actual=part.body[:8].hex(" ")))


def free_key(document: Json) -> str:
    """The only key of an object of an image or a tensor; empty: none, or several."""
    if not isinstance(document, dict):
        return ""
    keys = [
        key
        for key, value in document.items()
        if (isinstance(value, str) and looks_encoded(value)) or (isinstance(value, list) and value)
    ]
    return keys[0] if len(keys) == 1 else ""


def decode_keyed(document: Json, spec: Spec, inferred_key: str = "") -> DecodedRequest:
    """The image or the tensor under a key of a JSON object. inferred_key: key that the spec does not name."""
    try:
        value = at_key(document, spec, inferred_key)
    except PayloadError as problem:
        return _no_image(PAY103.finding(str(problem), expected=spec.payload.get("key", "image")))
    notices: tuple[Finding, ...] = ()
    if inferred_key:
        message = f"the key {inferred_key[:40]!r} is assumed to hold the input; payload.key of the spec names it"
        notices = (PAY120.finding(message, actual=inferred_key[:40]),)
    place = f"the key {(inferred_key or spec.payload.get('key', 'image'))[:40]!r}"
    if isinstance(value, str):
        content = _text(value, place)
        return replace_fields(content, findings=content.findings + notices)
    try:
        array = array_of(value, spec.contract.dtype)
    except PayloadError as problem:
        return _no_image(PAY103.finding(f"{place}: {problem}", expected="a tensor or base64"))
    return DecodedRequest(form="array", data=array, what=f"{describe_dtype_shape(array)} in {place}", findings=notices)
