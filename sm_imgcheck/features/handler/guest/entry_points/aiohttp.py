"""An ``app`` of aiohttp, through its test server.

Source: https://docs.aiohttp.org/en/stable/testing.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..instances import find_application
from ..web import WebResponse, WebRoute, missing_route, order_routes, route_call

if TYPE_CHECKING:
    from ..calls import HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 82, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The likeliest POST route of the first application, or of its factory."""
    app = None if user.function else find_application(user, _is_app, "aiohttp")
    if app is None:
        return None
    routes = [_path(route) for route in app.router.routes() if route.method in ("POST", "*")]
    paths = order_routes(routes)
    if not paths:
        raise missing_route(user, routes)
    return route_call(user, WebRoute(paths[0], _Sender(app, paths[0])))


def _is_app(value: object) -> bool:
    return type(value).__module__ == "aiohttp.web_app"


def _path(route: Any) -> str:
    return str(getattr(route.resource, "canonical", ""))


class _Sender:
    """Sends requests to one server, which starts with the first of them."""

    def __init__(self, app: Any, path: str) -> None:
        import asyncio

        self._app, self._path = app, path
        self._loop = asyncio.new_event_loop()
        self._client: Any = None
        self._error: Exception | None = None
        """What the handler raised; the server only responds with status 500."""

    def __call__(self, query: str, body: bytes, content_type: str) -> WebResponse:
        self._error = None
        response = self._loop.run_until_complete(self._send(query, body, content_type))
        if self._error is not None:
            raise self._error
        return response

    async def _send(self, query: str, body: bytes, content_type: str) -> WebResponse:
        from aiohttp.test_utils import TestClient, TestServer

        if self._client is None:
            self._app.middlewares.insert(0, self._keeper())  # the first is the outermost
            self._client = TestClient(TestServer(self._app))
            await self._client.start_server()
        response = await self._client.post(self._path + query, data=body, headers={"content-type": content_type})
        return WebResponse(response.status, await response.read())

    def _keeper(self) -> Any:
        """The middleware that keeps what the application raises, except responses."""
        from aiohttp import web

        @web.middleware
        async def keep(request: Any, handler: Any) -> Any:
            try:
                return await handler(request)
            except web.HTTPException:
                raise
            except Exception as error:
                self._error = error
                raise

        return keep
