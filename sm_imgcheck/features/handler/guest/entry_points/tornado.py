"""An application or a ``RequestHandler`` of Tornado, through a server on this machine.

Source: tornadoweb/tornado, tornado/web.py and tornado/routing.py.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from ..instances import find_application, make_instance
from ..source_imports import imports
from ..web import AsyncSender, WebResponse, WebRoute, missing_route, order_routes, route_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import HandlerCall, UserFile
    from ..recorder import ModelRecorder

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 86, "-"
_SECONDS = 3600.0
"""Longer than any --timeout."""
_POLL = 0.05
"""Seconds."""


def find(user: UserFile) -> HandlerCall | None:
    """The likeliest route with ``post``: of an application, its factory or its class, or the first handler."""
    if user.function or not imports(user.source, "tornado"):
        return None
    import tornado.web

    app, title = _application(user, tornado.web), ""
    if app is None:
        app, title = _application_of_handler(user, tornado.web)
    if app is None:
        return None
    handlers = {path: kind for path, kind in _routes(app) if kind.post is not tornado.web.RequestHandler.post}
    paths = order_routes(list(handlers))
    if not paths:
        raise missing_route(user, handlers)
    route = WebRoute(paths[0], _TornadoSender(app, paths[0], handlers[paths[0]], user.recorder))
    route.title = title or route.title
    return route_call(user, route)


def _application(user: UserFile, web: Any) -> Any:
    app = find_application(user, lambda value: isinstance(value, web.Application), "tornado")
    kinds = [kind for kind in user.classes() if issubclass(kind, web.Application)]
    return make_instance(user, kinds[0]) if app is None and kinds else app


def _application_of_handler(user: UserFile, web: Any) -> tuple[Any, str]:
    """An application for the likeliest handler, and the handler's method: no file states its route."""
    kinds = {kind.__name__: kind for kind in user.classes() if issubclass(kind, web.RequestHandler)}
    names = order_routes([name for name, kind in kinds.items() if "post" in vars(kind)])
    if not names or any(word in user.source for word in ("self.application", "self.settings", "def initialize(")):
        return None, ""
    return web.Application([("/", kinds[names[0]])]), f"{names[0]}.post"


def _routes(app: Any) -> Iterator[tuple[str, Any]]:
    """Paths without parameters, and their handlers."""
    for rule in app.wildcard_router.rules:
        pattern = re.sub(r"(/\?)?\$?$", "", getattr(getattr(rule.matcher, "regex", None), "pattern", ""))
        if inspect.isclass(rule.target) and pattern.startswith("/") and not set(pattern) & set("([*+\\"):
            yield pattern, rule.target


class _TornadoSender(AsyncSender):
    def __init__(self, app: Any, path: str, handler: Any, recorder: ModelRecorder) -> None:
        super().__init__(app, path)
        self._handler, self._recorder = handler, recorder
        self._address = ""

    async def send(self, query: str, body: bytes, content_type: str) -> WebResponse:
        """The response; status 500 once a tensor has reached the model, since that ends the request without one."""
        import asyncio

        from tornado.httpclient import AsyncHTTPClient

        if not self._address:
            self._start()
        request = AsyncHTTPClient(force_instance=True).fetch(
            f"{self._address}{self.path}{query}",
            method="POST",
            body=body,
            headers={"Content-Type": content_type},
            raise_error=False,
            request_timeout=_SECONDS,
        )
        while not request.done():
            await asyncio.wait({request}, timeout=_POLL)
            if self._recorder.captured:
                return WebResponse(500, b"")
        response = request.result()
        return WebResponse(response.code, response.body or b"")

    def _start(self) -> None:
        from tornado.httpserver import HTTPServer
        from tornado.netutil import bind_sockets
        from tornado.web import HTTPError

        def keep(_: object, __: object, error: BaseException | None, ___: object) -> None:
            if not isinstance(error, HTTPError):
                self.error = error

        self._handler.log_exception = keep
        sockets = bind_sockets(0, "127.0.0.1")
        HTTPServer(self.app).add_sockets(sockets)
        self._address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
