"""The request body that a route of FastAPI declares, with an image in it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from .forms import is_image_key

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BodySchema"]

_DEPTH = 6
_DOCUMENTS = 6
_EXAMPLES: dict[str, object] = {
    "string": "text",
    "integer": 1,
    "number": 1.0,
    "boolean": False,
    "array": [],
    "object": {},
}
_IMAGE = object()
"""Marks the text that is the image."""


class BodySchema:
    """The schema of the body of one POST route."""

    def __init__(self, app: Any, path: str) -> None:
        """Empty without a schema, as in an application of Starlette."""
        try:
            document = app.openapi()
            content = document["paths"][path]["post"]["requestBody"]["content"]
        except Exception:  # noqa: BLE001 - the schema is made by the user's own types
            document, content = {}, {}
        self._parts = document.get("components", {}).get("schemas", {})
        self._json = content.get("application/json", {}).get("schema", {})
        form = self._resolve(content.get("multipart/form-data", {}).get("schema", {}))
        self.fields = [str(name) for name in form.get("properties", {})]
        """Names of the fields of a multipart form."""
        form_fields = self._resolve(content.get("application/x-www-form-urlencoded", {}).get("schema", {}))
        self.texts = {
            name: self._example(member, None, 1) for name, member in form_fields.get("properties", {}).items()
        }
        """Fields of a URL-encoded form, with example values."""

    def documents(self, image: bytes) -> Iterator[tuple[str, object]]:
        """JSON bodies with the image as base64 text in one string each, likely ones first, and their outlines."""
        image_text = base64.b64encode(image).decode("ascii")
        paths = sorted(self._strings(self._json, (), 0), key=lambda path: not any(map(is_image_key, path)))
        for path in paths[:_DOCUMENTS]:
            document = self._example(self._json, path, 0)
            yield f"{_fill(document, 'BASE64')}", _fill(document, image_text)

    def _resolve(self, schema: Any) -> dict[str, Any]:
        """The schema behind a reference, and the first of alternatives that is not null."""
        for _ in range(_DEPTH):
            if not isinstance(schema, dict):
                return {}
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if "$ref" in schema:
                schema = self._parts.get(str(schema["$ref"]).rpartition("/")[2], {})
            elif options:
                schema = next((option for option in options if option.get("type") != "null"), {})
            else:
                return schema
        return {}

    def _strings(self, schema: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
        """Paths to all strings; ``[]`` is the member of an array."""
        schema = self._resolve(schema)
        if depth > _DEPTH:
            return
        if schema.get("type") == "string" and "enum" not in schema:
            yield path
        elif schema.get("type") == "array":
            yield from self._strings(schema.get("items"), (*path, "[]"), depth + 1)
        for name, member in schema.get("properties", {}).items():
            yield from self._strings(member, (*path, name), depth + 1)

    def _example(self, schema: Any, path: tuple[str, ...] | None, depth: int) -> object:
        """A value of the schema. path: to the image; None: it is not in this part."""
        schema = self._resolve(schema)
        if path == ():
            return _IMAGE
        kind = schema.get("type", "object")
        if kind == "array" and path:
            return [self._example(schema.get("items"), path[1:], depth + 1)]
        if kind != "object" or depth > _DEPTH:
            return schema.get("default", (schema.get("enum") or [_EXAMPLES.get(str(kind))])[0])
        needs, document = schema.get("required", ()), {}
        for name, member in schema.get("properties", {}).items():
            if path and name == path[0]:
                document[name] = self._example(member, path[1:], depth + 1)
            elif name in needs:
                document[name] = self._example(member, None, depth + 1)
        return document


def _fill(document: object, text: str) -> object:
    if document is _IMAGE:
        return text
    if isinstance(document, dict):
        return {key: _fill(member, text) for key, member in document.items()}
    return [_fill(member, text) for member in document] if isinstance(document, list) else document
