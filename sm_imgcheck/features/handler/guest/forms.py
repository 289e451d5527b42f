"""The forms in which clients send an image: its bytes, JSON with base64 text, a multipart form."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import TYPE_CHECKING, Any

from .calls import NotChecked
from .image_server import image_name, image_type, image_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .calls import ClientRequest, UserFile

__all__ = [
    "Form",
    "image_keys",
    "image_name",
    "image_type",
    "is_image_key",
    "is_url_key",
    "json_documents",
    "multipart_body",
    "open_image",
    "parsed_json",
    "request_forms",
    "url_keys",
]

_KEY = re.compile(
    r"""\[\s*["']([\w.-]{1,40})["']\s*\]|\.(?:get|pop)\(\s*["']([\w.-]{1,40})["']|^[ \t]*(\w+)\s*:\s*str\b""",
    re.MULTILINE,
)
"""Keys that a program reads: items, ``get`` and ``pop``, fields of text."""
_URL_KEY = re.compile(r"ur[il]|link|href", re.IGNORECASE)
_IMAGE_WORDS = [
    "image",
    "img",
    "picture",
    "photo",
    "data",
    "input",
    "instances",
    "b64",
    "base64",
    "bytes",
    "file",
    "content",
    "body",
    "payload",
    "frame",
    "pixels",
    "query",
    "x",
]
_MEDIA_TYPES = re.compile(r"""["']((?:image|application)/[\w.+-]+)["']""")
_MOST_KEYS = 6
_URL = "$URL"
"""Place of the image's URL in an outline."""
_NO_IMAGE = ("application/json", "application/x-npy", "application/jsonlines", "application/octet-stream")


class Form:
    """A request body with its content type, and how messages call it."""

    def __init__(self, body: bytes, content_type: str, label: str) -> None:
        self.body, self.content_type, self.label = body, content_type, label


def image_keys(source: str) -> list[str]:
    """Names in the user's file that may be the key of an image in a request."""
    names = [name for match in _KEY.finditer(source) for name in match.groups() if name]
    return [name for name in dict.fromkeys(names) if is_image_key(name)][:_MOST_KEYS]


def url_keys(source: str) -> list[str]:
    """Names in the user's file that may be the key of an image's URL in a request."""
    names = [name for match in _KEY.finditer(source) for name in match.groups() if name]
    return [name for name in dict.fromkeys(names) if is_url_key(name)][:_MOST_KEYS]


def is_url_key(name: str) -> bool:
    """Whether a name may be the key of an image's URL."""
    return bool(_URL_KEY.search(name))


def is_image_key(name: str) -> bool:
    """Whether a name may be the key of an image."""
    name = name.lower()
    return any(word in name if len(word) > 1 else word == name for word in _IMAGE_WORDS)


def json_documents(user: UserFile, image: bytes) -> Iterator[tuple[str, object]]:
    """JSON requests that may contain the image as base64 text or its URL, likely ones first, each with its outline."""
    text = base64.b64encode(image).decode("ascii")
    outlines: list[object] = []
    envelope = user.settings["model_input"]["envelope"]
    outlines += [{"instances": [{"b64": "$"}]}] if envelope == "instances-b64" else []
    outlines += [{"inputs": "$"}] if envelope == "hf-inputs-b64" else []
    keys = image_keys(user.source) or ["image", "inputs", "data", "instances"]
    outer = [key for key in keys if key in ("instances", "inputs", "data", "images", "input_data", "body")]
    outlines += [{key: "$"} for key in (*(key for key in keys if key not in outer), *outer)]
    for key in outer:
        inner = [name for name in keys if name != key]
        outlines += [{key: ["$"]}]
        outlines += [{key: [{name: "$"}]} for name in inner]
        outlines += [{key: {name: "$"}} for name in inner]
        outlines += [{key: {name: ["$"]}} for name in inner]
        outlines += [{key: [{name: {"b64": "$"}}]} for name in inner if name != "b64"]
    of_urls = url_keys(user.source)
    outlines += [{key: _URL} for key in of_urls]
    outlines += [{key: {name: _URL}} for key in outer for name in of_urls]
    outlines += [{key: {name: "$"}} for key in keys for name in keys if key not in (name, *outer)][:6]
    outlines += [["$"], "$"]
    outlines_so_far: set[str] = set()
    for outline in outlines:
        text_of_outline = json.dumps(outline)
        if text_of_outline not in outlines_so_far:
            outlines_so_far.add(text_of_outline)
            label = text_of_outline.replace('"$"', "BASE64").replace(f'"{_URL}"', "URL")
            document = text_of_outline.replace('"$"', json.dumps(text))
            if _URL in document:
                document = document.replace(f'"{_URL}"', json.dumps(image_url(image)))
            yield label, json.loads(document)


def request_forms(user: UserFile, request: ClientRequest) -> Iterator[Form]:
    """The request unchanged; of an image without a given content type, then the other forms that the file mentions."""
    kind = request.content_type
    in_json = request.image and "json" in kind
    if not in_json:
        yield Form(request.body, kind, kind)
    if not request.image or (request.explicit and not in_json):
        return
    if not in_json:
        media_types = dict.fromkeys(_MEDIA_TYPES.findall(user.source))
        for media_type in [name for name in media_types if name not in _NO_IMAGE and name != kind][:4]:
            yield Form(request.body, media_type, media_type)
    if in_json or "json" in user.source.lower():
        for label, document in json_documents(user, request.body):
            kind = kind if in_json else "application/json"
            yield Form(json.dumps(document).encode(), kind, f"{kind} {label}")


def open_image(body: bytes) -> Any:
    """The image by Pillow; None where Pillow is not installed."""
    try:
        from PIL import Image
    except ImportError:
        return None
    return Image.open(io.BytesIO(body))


def parsed_json(body: bytes) -> object:
    """The value of a body in JSON. Raises NotChecked for any other: its server refuses it before the user's code."""
    try:
        return json.loads(body)
    except ValueError:
        raise NotChecked("gets parsed JSON only, and the request is not JSON") from None


def multipart_body(image: bytes, key: str) -> tuple[bytes, str]:
    """A form with one file, and its content type (RFC 7578)."""
    boundary = "sm-imgcheck-boundary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"; filename="{image_name(image)}"\r\n'
    head += f"Content-Type: {image_type(image)}\r\n\r\n"
    return head.encode() + image + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
