"""Classes, functions and web endpoints of Modal.

Source: https://modal.com/docs/guide/lifecycle-functions and https://modal.com/docs/guide/webhooks
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from ..calls import HandlerCall, MissingFunction
from ..instances import make_instance, prepare
from ..packages.modal import marks_of
from ..source_imports import imports
from .fastapi import app_call, is_app
from .function import PREDICTS, has_image, image_call

if TYPE_CHECKING:
    from ..calls import Function, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 56, "-"
_IMAGE = re.compile(r"image|img|picture|photo|frame|pixel")
_NO_IMAGE = re.compile(r"dir|folder|root|size|count|num")


def find(user: UserFile) -> HandlerCall | None:
    """The first web endpoint, method or function that Modal runs."""
    if not imports(user.source, "modal") or user.function:
        return None
    members: list[tuple[str, Any]] = []
    for kind in user.classes():
        methods = {name: member for name, member in inspect.getmembers(kind, inspect.isfunction) if marks_of(member)}
        if methods:
            instance = make_instance(user, kind)
            for name in [name for name, member in methods.items() if "enter" in marks_of(member)]:
                prepare(user, name, getattr(instance, name))
            members += [(f"{kind.__name__}.{name}", getattr(instance, name)) for name in methods]
    members += [(name, value) for name, value in user.names.items() if inspect.isfunction(value) and marks_of(value)]
    for mark in ("asgi", "endpoint", "method", "function"):
        for name, member in members:
            if mark in marks_of(member) and (call := _call(user, mark, name, member)):
                return call
    return None


def _call(user: UserFile, mark: str, name: str, member: Function) -> HandlerCall | None:
    if mark == "asgi":
        app = prepare(user, name, member)
        return app_call(user, app) if is_app(app) else None
    if mark == "endpoint":
        return app_call(user, _application(user, member))
    is_image_call = _is_of_image(member) if mark == "function" else bool(inspect.signature(member).parameters)
    return image_call(user, name, member) if is_image_call else None


def _is_of_image(function: Function) -> bool:
    """Whether it is a function of one image; others train, or download, which no check may start."""
    if not has_image(function):
        return False
    parameter = next(iter(inspect.signature(function).parameters.values()))
    is_named = _IMAGE.search(parameter.name) is not None and _NO_IMAGE.search(parameter.name) is None
    return is_named or parameter.annotation in (bytes, "bytes") or function.__name__ in PREDICTS


def _application(user: UserFile, endpoint: Function) -> object:
    """The application that Modal makes for one function."""
    try:
        from fastapi import FastAPI
    except ImportError as error:
        raise MissingFunction(f"a web endpoint of Modal needs FastAPI ({error})", user.names_of_file()) from None
    app = FastAPI()
    app.add_api_route("/", endpoint, methods=["POST"])
    return app
