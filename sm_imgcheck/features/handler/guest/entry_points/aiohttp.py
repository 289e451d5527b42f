"""An ``app`` of aiohttp, through its test server.

Source: https://docs.aiohttp.org/en/stable/testing.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..instances import find_application
from ..web import AsyncSender, WebResponse, WebRoute, missing_route, order_routes, route_call

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


class _Sender(AsyncSender):
    client: Any = None

    async def send(self, query: str, body: bytes, content_type: str) -> WebResponse:
        from aiohttp.test_utils import TestClient, TestServer

        if self.client is None:
            self.app.middlewares.insert(0, self._keeper())  # the first is the outermost
            self.client = TestClient(TestServer(self.app))
            await self.client.start_server()
        response = await self.client.post(self.path + query, data=body, headers={"content-type": content_type})
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
                self.error = error
                raise

        return keep
