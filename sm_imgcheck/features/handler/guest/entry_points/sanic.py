"""An ``app`` of Sanic, by the ASGI protocol.

Source: sanic-org/sanic, sanic/asgi.py; https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..instances import find_application
from ..web import AsyncSender, WebResponse, WebRoute, missing_route, order_routes, route_call

if TYPE_CHECKING:
    import asyncio

    from ..calls import HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 84, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The likeliest POST route of the first application, or of its factory."""
    app = None if user.function else find_application(user, _is_app, "sanic")
    if app is None:
        return None
    routes = [f"/{route.path}" for route in app.router.routes if "POST" in route.methods]
    paths = order_routes(routes)
    if not paths:
        raise missing_route(user, routes)
    return route_call(user, WebRoute(paths[0], _SanicSender(app, paths[0])))


def _is_app(value: object) -> bool:
    return any(base.__module__ == "sanic.app" and base.__name__ == "Sanic" for base in type(value).__mro__)


class _SanicSender(AsyncSender):
    lifespan: asyncio.Task[None] | None = None

    async def send(self, query: str, body: bytes, content_type: str) -> WebResponse:
        if self.lifespan is None:
            self._keep_errors()
            await self._start()
        messages: list[dict[str, Any]] = []
        bodies = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return bodies.pop(0) if bodies else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.app(self._scope(query, body, content_type), receive, send)
        statuses = [message["status"] for message in messages if "status" in message]
        return WebResponse(statuses[0] if statuses else 500, b"".join(entry.get("body", b"") for entry in messages))

    def _scope(self, query: str, body: bytes, content_type: str) -> dict[str, Any]:
        headers = {"host": "127.0.0.1", "content-type": content_type, "content-length": str(len(body))}
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "root_path": "",
            "query_string": query.lstrip("?").encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }

    async def _start(self) -> None:
        """Run the listeners of the start. Raises what they raise."""
        events = [{"type": "lifespan.startup"}]
        startup: asyncio.Future[str] = self.loop.create_future()

        async def receive() -> dict[str, Any]:
            return events.pop(0) if events else await self.loop.create_future()

        async def send(message: dict[str, Any]) -> None:
            startup.set_result(message.get("message", ""))

        self.lifespan = self.loop.create_task(self.app({"type": "lifespan"}, receive, send))
        self.lifespan.add_done_callback(lambda task: None if startup.done() else startup.set_result(str(task)))
        if failure := await startup:
            raise RuntimeError(f"the start of the application failed: {failure}")

    def _keep_errors(self) -> None:
        """Note what reaches the error handler, except the application's own responses."""
        handler = self.app.error_handler
        respond = handler.response

        def keep(request: Any, error: Exception) -> Any:
            if not hasattr(error, "status_code"):
                self.error = error
            return respond(request, error)

        handler.response = keep
