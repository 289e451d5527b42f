"""An ``app`` of Flask, through its test client."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..forms import url_keys
from ..instances import find_application
from ..web import WebResponse, WebRoute, missing_route, order_routes, route_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find", "flask_sender"]

RANK, STACK = 90, "flask"


def find(user: UserFile) -> HandlerCall | None:
    """The first application among the names of the file, or of its factory."""
    app = None if user.function else find_application(user, _is_app, "flask")
    if app is None:
        return None
    rules = list(app.url_map.iter_rules())
    in_query = url_keys(user.source) if "request.args" in user.source else []
    routes = [rule.rule for rule in rules if "POST" in rule.methods]
    method, paths = "POST", order_routes(routes)
    if not paths and in_query:
        views = app.view_functions
        method, paths = "GET", order_routes([rule.rule for rule in rules if _reads_query(views[rule.endpoint])])
    if not paths:
        raise missing_route(user, routes)
    route = WebRoute(paths[0], flask_sender(app, paths[0], method), method)
    route.url_names = in_query
    return route_call(user, route)


def flask_sender(app: Any, path: str, method: str = "POST") -> Callable[[str, bytes, str], WebResponse]:
    """What sends a request to a route: query, body, content type."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    client = app.test_client()

    def send(query: str, body: bytes, content_type: str) -> WebResponse:
        response = client.open(path + query, method=method, data=body, content_type=content_type)
        return WebResponse(response.status_code, response.data)

    return send


def _reads_query(view: Any) -> bool:
    """Whether a view function reads the query of its request."""
    return "args" in getattr(getattr(inspect.unwrap(view), "__code__", None), "co_names", ())


def _is_app(value: object) -> bool:
    return any(base.__module__ == "flask.app" for base in type(value).__mro__)
