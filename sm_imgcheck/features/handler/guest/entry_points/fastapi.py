"""An ``app`` of FastAPI or Starlette, through its test client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..body_schema import BodySchema
from ..calls import HandlerCall, MissingFunction, run_attempts
from ..forms import is_url_key
from ..web import NO_ROUTE, WebResponse, observe_response, order_routes, url_queries, web_forms

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
    method, paths = "POST", order_routes(list(dict.fromkeys(_post_paths(apps[0]))))
    if not paths:
        method, paths = "GET", order_routes([path for path in _schema(apps[0]) if _url_names(apps[0], "GET", path)])
    if not paths:
        raise MissingFunction(NO_ROUTE, user.names_of_file())
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:
        raise MissingFunction(f"the test client of FastAPI needs httpx ({error})", user.names_of_file()) from None
    client = TestClient(apps[0], raise_server_exceptions=True)
    client.__enter__()  # runs the start-up functions
    expected = BodySchema(apps[0], paths[0])

    def send(query: str, body: bytes = b"", content_type: str = "text/plain") -> WebResponse:
        response = client.request(method, paths[0] + query, content=body, headers={"content-type": content_type})
        return WebResponse(response.status_code, response.content)

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        documents = expected.documents(request.body) if request.image else ()
        for form in web_forms(user, request, expected.fields, documents, expected.texts) if method == "POST" else ():
            yield form.label, partial(observe_response, user, partial(send, "", form.body, form.content_type))
        for label, query in url_queries(request, _url_names(apps[0], method, paths[0])):
            yield label, partial(observe_response, user, partial(send, query))

    return HandlerCall(f"{method} {paths[0]}", lambda request, record: run_attempts(user, attempts(request), record))


def _is_app(value: object) -> bool:
    return any(base.__module__ == "starlette.applications" for base in type(value).__mro__)


def _post_paths(app: Any) -> Iterator[str]:
    """Paths of the POST routes: those of the application, of routers that it includes, and of what it mounts."""
    yield from _routes_below(app, "")
    yield from (path for path, methods in _schema(app).items() if "post" in methods)


def _schema(app: Any) -> dict[str, Any]:
    """The operations of each path; empty for an application of Starlette, or one that has no schema."""
    try:
        return dict(app.openapi()["paths"])
    except Exception:  # noqa: BLE001
        return {}


def _url_names(app: Any, method: str, path: str) -> list[str]:
    """Parameters in the query of a route that may be the URL of the image."""
    parameters = _schema(app).get(path, {}).get(method.lower(), {}).get("parameters", ())
    return [str(entry["name"]) for entry in parameters if entry.get("in") == "query" and is_url_key(str(entry["name"]))]


def _routes_below(holder: Any, prefix: str) -> Iterator[str]:
    for route in getattr(holder, "routes", None) or ():
        path = prefix + str(getattr(route, "path", ""))
        if "POST" in (getattr(route, "methods", None) or ()):
            yield path
        elif hasattr(route, "app") and hasattr(route, "routes"):
            yield from _routes_below(route, path)
