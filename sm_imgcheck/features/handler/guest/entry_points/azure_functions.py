"""``main(req)`` of Azure Functions, and functions that ``FunctionApp.route`` registers.

Source: Azure/azure-functions-python-library, azure/functions/_http.py and decorators/function_app.py.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..asynchronous import resolve
from ..model_stub import ModelStub
from ..packages.azure_functions import FunctionContext, Out
from ..results import InvalidHandlerResult
from ..source_imports import imports
from ..web import WebResponse, WebRoute, route_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 72, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The first function of a request, ``main`` before others."""
    if not imports(user.source, "azure.functions"):
        return None
    plain = {name: _plain(value) for name, value in user.names.items() if user.function in ("", name)}
    functions = {name: value for name, value in plain.items() if _has_request(value)}
    if not functions:
        return None
    name = "main" if "main" in functions else next(iter(functions))
    return route_call(user, WebRoute(f"/api/{name}", _sender(user, functions[name])))


def _plain(value: Any) -> Any:
    """The function behind what the decorators of the installed package return."""
    get_function = getattr(getattr(value, "_function", None), "get_user_function", None)
    return value if get_function is None else get_function()


def _has_request(function: object) -> bool:
    if not inspect.isfunction(function):
        return False
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and (first.name == "req" or "HttpRequest" in str(first.annotation))


def _sender(user: UserFile, function: Callable[..., object]) -> Callable[[str, bytes, str], WebResponse]:
    import azure.functions as package  # installed, or the stub

    bindings = _bindings(user, function)

    def send(query: str, body: bytes, content_type: str) -> WebResponse:
        headers = {"content-type": content_type}
        url = f"http://localhost/api{query}"
        request = package.HttpRequest(method="POST", url=url, headers=headers, params={}, route_params={}, body=body)
        response: Any = resolve(function(request, **bindings))
        if response is None:  # the response may be an output binding
            return WebResponse(204, b"")
        if isinstance(response, str):
            return WebResponse(200, response.encode())
        if not hasattr(response, "get_body"):
            raise InvalidHandlerResult(f"returned {type(response).__name__}, expected HttpResponse or text")
        return WebResponse(int(response.status_code), bytes(response.get_body()))

    return send


def _bindings(user: UserFile, function: Callable[..., object]) -> dict[str, object]:
    """Values of the parameters after the request: the context, outputs, and stubs of inputs."""
    values: dict[str, object] = {}
    for item in list(inspect.signature(function).parameters.values())[1:]:
        kind = str(item.annotation)
        if item.name == "context" or "Context" in kind:
            values[item.name] = FunctionContext()
        elif "Out" in kind:
            values[item.name] = Out()
        elif item.default is item.empty and item.kind not in (2, 4):
            values[item.name] = ModelStub(user.recorder, f"binding {item.name}", "part")
    return values
