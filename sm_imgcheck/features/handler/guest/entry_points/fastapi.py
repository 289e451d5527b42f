"""An ``app`` of FastAPI or Starlette, through its test client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..body_schema import BodySchema
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
    paths = order_routes(list(dict.fromkeys(_post_paths(apps[0]))))
    if not paths:
        raise MissingFunction("the application has no POST route", user.names_of_file())
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:
        raise MissingFunction(f"the test client of FastAPI needs httpx ({error})", user.names_of_file()) from None
    client = TestClient(apps[0], raise_server_exceptions=True)
    client.__enter__()  # runs the start-up functions
    expected = BodySchema(apps[0], paths[0])
    return HandlerCall(
        f"POST {paths[0]}",
        lambda request, record: run_attempts(user, _calls(user, client, paths[0], expected, request), record),
    )


def _is_app(value: object) -> bool:
    return any(base.__module__ == "starlette.applications" for base in type(value).__mro__)


def _post_paths(app: Any) -> Iterator[str]:
    """Paths of the POST routes: those of the application, of routers that it includes, and of what it mounts."""
    yield from _routes_below(app, "")
    try:
        schema = app.openapi()
    except Exception:  # noqa: BLE001 - an application of Starlette, or one that has no schema
        return
    yield from (path for path, methods in schema.get("paths", {}).items() if "post" in methods)


def _routes_below(holder: Any, prefix: str) -> Iterator[str]:
    for route in getattr(holder, "routes", None) or ():
        path = prefix + str(getattr(route, "path", ""))
        if "POST" in (getattr(route, "methods", None) or ()):
            yield path
        elif hasattr(route, "app") and hasattr(route, "routes"):
            yield from _routes_below(route, path)


def _calls(user: UserFile, client: Any, path: str, expected: BodySchema, request: ClientRequest) -> Iterator[Attempt]:
    def send(body: bytes, content_type: str) -> WebResponse:
        response = client.post(path, content=body, headers={"content-type": content_type})
        return WebResponse(response.status_code, response.content)

    documents = expected.documents(request.body) if request.image else ()
    for form in web_forms(user, request, expected.fields, documents, expected.texts):
        yield form.label, partial(observe_response, user, partial(send, form.body, form.content_type))
