"""An ``app`` of FastAPI or Starlette, through its test client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..body_schema import BodySchema
from ..calls import MissingFunction
from ..forms import is_url_key
from ..instances import find_application
from ..web import WebResponse, WebRoute, missing_route, order_routes, route_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import HandlerCall, UserFile

__all__ = ["RANK", "STACK", "app_call", "find", "is_app"]

RANK, STACK = 80, "fastapi"


def find(user: UserFile) -> HandlerCall | None:
    """The first application among the names of the file, or of its factory."""
    app = None if user.function else find_application(user, is_app, "fastapi", "starlette")
    return None if app is None else app_call(user, app)


def app_call(user: UserFile, app: Any) -> HandlerCall:
    """The call of the likeliest route of an application. Raises MissingFunction if an application lacks one."""
    routes = list(dict.fromkeys(_post_paths(app)))
    method, paths = "POST", order_routes(routes)
    if not paths:
        method, paths = "GET", order_routes([path for path in _schema(app) if _url_names(app, "GET", path)])
    if not paths:
        raise missing_route(user, routes)
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:
        raise MissingFunction(f"the test client of FastAPI needs httpx ({error})", user.names_of_file()) from None
    client = TestClient(app, raise_server_exceptions=True)
    client.__enter__()  # runs the start-up functions
    expected = BodySchema(app, paths[0])

    def send(query: str, body: bytes, content_type: str) -> WebResponse:
        response = client.request(method, paths[0] + query, content=body, headers={"content-type": content_type})
        return WebResponse(response.status_code, response.content)

    route = WebRoute(paths[0], send, method)
    route.fields, route.texts, route.url_names = expected.fields, expected.texts, _url_names(app, method, paths[0])
    route.documents = expected.documents  # type: ignore[method-assign]
    return route_call(user, route)


def is_app(value: object) -> bool:
    """Whether it is an application of FastAPI or Starlette."""
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
        if "POST" in (getattr(route, "methods", None) or ()) or hasattr(getattr(route, "endpoint", None), "post"):
            yield path
        elif hasattr(route, "app") and hasattr(route, "routes"):
            yield from _routes_below(route, path)
