"""An ``app`` of FastAPI or Starlette, through its test client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..calls import HandlerCall, MissingFunction, run_attempts
from ..web import WebResponse, observe_response, order_routes, web_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, ClientRequest, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 80, "fastapi"


def find(user: UserFile) -> HandlerCall | None:
    """The first application among the names of the file."""
    apps = [value for value in user.names.values() if _is_app(value)]
    if not apps or user.function:
        return None
    paths = order_routes([route.path for route in apps[0].routes if "POST" in (getattr(route, "methods", None) or ())])
    if not paths:
        raise MissingFunction("the application has no POST route", user.defined())
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:
        raise MissingFunction(f"the test client of FastAPI needs httpx ({error})", user.defined()) from None
    client = TestClient(apps[0], raise_server_exceptions=True)
    client.__enter__()  # runs the start-up functions
    fields = _fields(apps[0], paths[0])
    return HandlerCall(
        f"POST {paths[0]}",
        lambda request, record: run_attempts(user, _calls(user, client, paths[0], fields, request), record),
    )


def _is_app(value: object) -> bool:
    return any(base.__module__ == "starlette.applications" for base in type(value).__mro__)


def _fields(app: Any, path: str) -> list[str]:
    """Names of the body's parameters as the route declares them."""
    route = next(route for route in app.routes if route.path == path)
    dependant = getattr(route, "dependant", None)
    return [str(field.name) for field in getattr(dependant, "body_params", ())]


def _calls(user: UserFile, client: Any, path: str, fields: list[str], request: ClientRequest) -> Iterator[Attempt]:
    def send(body: bytes, content_type: str) -> WebResponse:
        response = client.post(path, content=body, headers={"content-type": content_type})
        return WebResponse(response.status_code, response.content)

    for form in web_forms(user, request, fields):
        yield form.label, partial(observe_response, user, partial(send, form.body, form.content_type))
