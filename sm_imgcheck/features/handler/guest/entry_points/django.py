"""A view of Django or of Django REST framework, through ``RequestFactory``.

Source: https://docs.djangoproject.com/en/stable/topics/testing/advanced/
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..asynchronous import resolve
from ..calls import MissingFunction
from ..source_imports import imports
from ..web import WebResponse, WebRoute, order_routes, route_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 92, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The likeliest view: a function of ``request``, or a class with ``post``."""
    if not any(imports(user.source, package) for package in ("django", "rest_framework")):
        return None
    views = {name: view for name in user.names_of_file() if user.has(name) and (view := _view(user.names[name]))}
    if not views:
        return None
    try:
        from django.test import RequestFactory
    except ImportError as error:
        raise MissingFunction(f"requests of Django need the package ({error})", list(views)) from None
    name = order_routes(list(views))[0]
    factory = RequestFactory()

    def send(query: str, body: bytes, content_type: str) -> WebResponse:
        response: Any = resolve(views[name](factory.post(f"/{query}", data=body, content_type=content_type)))
        if not getattr(response, "is_rendered", True):
            response.render()
        return WebResponse(response.status_code, b"".join(response))

    return route_call(user, WebRoute(name, send))


def _view(value: Any) -> Callable[..., object] | None:
    if inspect.isclass(value):
        return value.as_view() if hasattr(value, "as_view") and hasattr(value, "post") else None
    parameters = list(inspect.signature(value).parameters) if inspect.isroutine(value) else []
    is_view = parameters[:1] == ["request"] or hasattr(value, "cls")  # api_view of Django REST framework
    return value if is_view else None
