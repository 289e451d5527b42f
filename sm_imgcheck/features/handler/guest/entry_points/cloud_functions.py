"""A function of Google Cloud Functions or Cloud Run that gets a request of Flask.

Source: GoogleCloudPlatform/functions-framework-python, src/functions_framework/__init__.py.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from ..calls import HandlerCall, MissingFunction, NotChecked
from ..error_lines import error_summary
from ..source_imports import imports
from ..web import WebRoute, route_call
from .flask import flask_sender

if TYPE_CHECKING:
    from ..calls import CallRecord, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 95, "-"
_READS = ("request.get_json", "request.files", "request.data", "request.get_data", "request.form", "request.json")


def find(user: UserFile) -> HandlerCall | None:
    """The last function whose only parameter is ``request``, in a file that imports Flask, or reads it as Flask's."""
    is_certain = any(imports(user.source, package) for package in ("functions_framework", "flask"))
    if not is_certain and not any(word in user.source for word in _READS):
        return None
    names = [name for name in user.names_of_file() if user.has(name) and _has_request(user.names[name])]
    if not names:
        return None
    try:
        import flask
    except ImportError:
        if not is_certain:
            return None
        raise MissingFunction("requests of Cloud Functions are those of Flask, which is not installed", names) from None
    function, app = user.names[names[-1]], flask.Flask("sm-imgcheck")
    app.add_url_rule("/", "handler", lambda: function(flask.request), methods=["POST"])
    call = route_call(user, WebRoute("/", flask_sender(app, "/")))
    return call if is_certain else _uncertain_call(call)


def _uncertain_call(call: HandlerCall) -> HandlerCall:
    """The call of a function whose request may be that of another server, such as Sanic: no failure is reported."""

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        try:
            return call.run(request, record)
        except NotChecked:
            raise
        except Exception as error:
            text = f"raised {error_summary(error)} for a request of Flask, and the file imports neither flask nor "
            raise NotChecked(f"{text}functions_framework") from error

    return HandlerCall(call.name, run)


def _has_request(function: object) -> bool:
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        return False
    return list(inspect.signature(function).parameters) == ["request"]
