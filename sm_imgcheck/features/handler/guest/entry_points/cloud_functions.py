"""A function of Google Cloud Functions or Cloud Run that gets a request of Flask.

Source: GoogleCloudPlatform/functions-framework-python, src/functions_framework/__init__.py.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from ..calls import MissingFunction
from ..web import WebRoute, route_call
from .flask import flask_sender

if TYPE_CHECKING:
    from ..calls import HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 95, "-"
_READS = ("request.get_json", "request.files", "request.data", "request.get_data", "request.form", "request.json")


def find(user: UserFile) -> HandlerCall | None:
    """The last function whose only parameter is ``request``, in a file that reads it as Flask's."""
    if "functions_framework" not in user.source and not any(word in user.source for word in _READS):
        return None
    names = [name for name in user.names_of_file() if user.has(name) and _has_request(user.names[name])]
    if not names:
        return None
    try:
        import flask
    except ImportError:
        raise MissingFunction("requests of Cloud Functions are those of Flask, which is not installed", names) from None
    function, app = user.names[names[-1]], flask.Flask("sm-imgcheck")
    app.add_url_rule("/", "handler", lambda: function(flask.request), methods=["POST"])
    return route_call(user, WebRoute("/", flask_sender(app, "/")))


def _has_request(function: object) -> bool:
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        return False
    return list(inspect.signature(function).parameters) == ["request"]
