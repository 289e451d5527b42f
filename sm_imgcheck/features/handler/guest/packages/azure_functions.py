"""Stub of ``azure.functions``: requests, responses, and decorators that return the function unchanged.

Source: Azure/azure-functions-python-library, azure/functions/_http.py and decorators/function_app.py.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from . import PackageStub

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STUB", "FunctionContext", "Out"]


class HttpRequest:
    """``azure.functions.HttpRequest``."""

    def __init__(self, method: str, url: str, *, body: bytes, headers: dict[str, str], **_: object) -> None:
        self.method, self.url, self.headers = method, url, headers
        self.params: dict[str, str] = {}
        self.route_params: dict[str, str] = {}
        self.form: dict[str, str] = {}
        self.files = _files(body, headers["content-type"])
        self._body = body

    def get_body(self) -> bytes:
        return self._body

    def get_json(self) -> object:
        return json.loads(self._body)


class HttpResponse:
    """``azure.functions.HttpResponse``."""

    def __init__(self, body: Any = b"", *, status_code: int = 200, **_: object) -> None:
        self.status_code = status_code
        self._body = body.encode() if isinstance(body, str) else bytes(body or b"")

    def get_body(self) -> bytes:
        return self._body


class _FormFile:
    """A file of a form, as in Werkzeug."""

    def __init__(self, body: bytes, name: str) -> None:
        self.stream, self.filename = io.BytesIO(body), name

    def read(self, *size: int) -> bytes:
        return self.stream.read(*size)


def _files(body: bytes, content_type: str) -> dict[str, _FormFile]:
    """The files of a multipart form."""
    import email
    import email.policy

    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    files = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        files[str(name)] = _FormFile(bytes(part.get_payload(decode=True) or b""), part.get_filename() or "")
    return files


class FunctionApp:
    """``azure.functions.FunctionApp`` and ``Blueprint``: every decorator returns the function unchanged."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: lambda function: function


class Out:
    """``azure.functions.Out``: the value of an output binding."""

    def __class_getitem__(cls, _: object) -> type[Out]:
        return cls

    def set(self, value: object) -> None:
        self._value = value

    def get(self) -> object:
        return getattr(self, "_value", None)


class FunctionContext:
    """``azure.functions.Context``."""

    invocation_id = function_name = function_directory = "-"


class _Level:
    """``azure.functions.AuthLevel`` and other enumerations."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return name


def _modules(_: object) -> dict[str, dict[str, Any]]:
    """Modules of the package, and their members."""
    return {
        "azure.functions": {
            "HttpRequest": HttpRequest,
            "HttpResponse": HttpResponse,
            "FunctionApp": FunctionApp,
            "Blueprint": FunctionApp,
            "AuthLevel": _Level(),
            "Context": FunctionContext,
            "Out": Out,
        }
    }


STUB = PackageStub("azure.functions", _modules)
