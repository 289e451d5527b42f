"""An ``app`` of Flask, through its test client."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from ..calls import HandlerCall, MissingFunction, run_attempts
from ..forms import url_keys
from ..web import NO_ROUTE, WebResponse, observe_response, order_routes, url_queries, web_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, ClientRequest, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 90, "flask"


def find(user: UserFile) -> HandlerCall | None:
    """The first application among the names of the file."""
    apps = [value for value in user.names.values() if _is_app(value)]
    if not apps or user.function:
        return None
    rules = list(apps[0].url_map.iter_rules())
    in_query = url_keys(user.source) if "request.args" in user.source else []
    method, paths = "POST", order_routes([rule.rule for rule in rules if "POST" in rule.methods])
    if not paths and in_query:
        views = apps[0].view_functions
        method, paths = "GET", order_routes([rule.rule for rule in rules if _reads_query(views[rule.endpoint])])
    if not paths:
        raise MissingFunction(NO_ROUTE, user.names_of_file())
    apps[0].config["PROPAGATE_EXCEPTIONS"] = True
    client = apps[0].test_client()

    def send(query: str, body: bytes = b"", content_type: str = "text/plain") -> WebResponse:
        response = client.open(paths[0] + query, method=method, data=body, content_type=content_type)
        return WebResponse(response.status_code, response.data)

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        for form in web_forms(user, request, [], (), {}) if method == "POST" else ():
            yield form.label, partial(observe_response, user, partial(send, "", form.body, form.content_type))
        for label, query in url_queries(request, in_query):
            yield label, partial(observe_response, user, partial(send, query))

    return HandlerCall(f"{method} {paths[0]}", lambda request, record: run_attempts(user, attempts(request), record))


def _reads_query(view: Any) -> bool:
    """Whether a view function reads the query of its request."""
    return "args" in getattr(getattr(inspect.unwrap(view), "__code__", None), "co_names", ())


def _is_app(value: object) -> bool:
    return any(base.__module__ == "flask.app" for base in type(value).__mro__)
