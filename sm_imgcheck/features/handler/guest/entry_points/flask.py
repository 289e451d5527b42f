"""An ``app`` of Flask, through its test client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..calls import HandlerCall, MissingFunction, run_attempts
from ..web import WebResponse, observe_response, order_routes, web_forms

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
    paths = order_routes([rule.rule for rule in apps[0].url_map.iter_rules() if "POST" in rule.methods])
    if not paths:
        raise MissingFunction("the application has no POST route", user.names_of_file())
    apps[0].config["PROPAGATE_EXCEPTIONS"] = True
    client = apps[0].test_client()
    return HandlerCall(
        f"POST {paths[0]}", lambda request, record: run_attempts(user, _calls(user, client, paths[0], request), record)
    )


def _is_app(value: object) -> bool:
    return any(base.__module__ == "flask.app" for base in type(value).__mro__)


def _calls(user: UserFile, client: Any, path: str, request: ClientRequest) -> Iterator[Attempt]:
    def send(body: bytes, content_type: str) -> WebResponse:
        response = client.post(path, data=body, content_type=content_type)
        return WebResponse(response.status_code, response.data)

    for form in web_forms(user, request, [], (), {}):
        yield form.label, partial(observe_response, user, partial(send, form.body, form.content_type))
