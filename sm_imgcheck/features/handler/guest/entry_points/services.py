"""Methods of a class that a framework serves: BentoML, Ray Serve, Cog.

Sources: see the stubs in ``packages``. BentoML and Cog convert the request to the type of the parameter; Ray Serve
passes a request of Starlette.
"""

from __future__ import annotations

import inspect
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ..asynchronous import collect
from ..calls import HandlerCall, run_attempts
from ..forms import request_forms
from ..instances import make_instance, prepare
from ..source_imports import imports
from . import function
from .fastapi import app_call, is_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, Function, UserFile
    from ..forms import Form
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 58, "ray-serve"
_USUAL = ("predict", "classify", "detect", "infer", "embed", "run", "generate")


def find(user: UserFile) -> HandlerCall | None:
    """The first API of a BentoML service, deployment of Ray Serve, or predictor of Cog."""
    if user.function or not any(imports(user.source, package) for package in ("bentoml", "ray", "cog")):
        return None
    for value in user.names.values():
        if type(value).__name__ == "Service" and getattr(value, "apis", None):
            return _bentoml(user, value, value.apis)
        if type(value).__name__ == "Deployment":
            return _ray(user, value)
    for kind in user.classes():
        if any(base.__name__ == "BasePredictor" for base in kind.__mro__[1:]):
            predictor = make_instance(user, kind)
            prepare(user, "setup", predictor.setup)
            return _by_annotation(user, f"{kind.__name__}.predict", predictor.predict)
    return None


def _bentoml(user: UserFile, service: Any, apis: Any) -> HandlerCall:
    name = min(apis, key=lambda name: _USUAL.index(name) if name in _USUAL else len(_USUAL))
    if service.inner is None:  # functions of BentoML 1.1 and earlier
        member = apis[name]
        return _by_annotation(user, name, getattr(member, "func", member))
    instance = make_instance(user, service.inner)
    method = inspect.getattr_static(service.inner, name)
    method = getattr(method, "func", method)
    return _by_annotation(user, f"{service.inner.__name__}.{name}", partial(method, instance))


def _by_annotation(user: UserFile, name: str, method: Function) -> HandlerCall:
    """A method whose parameter is the image in some type."""
    parameters = list(inspect.signature(method).parameters.values())
    is_list = bool(parameters) and str(parameters[0].annotation).lower().startswith(("list", "typing.list"))
    method_of_image: Function = (lambda image: method([image])) if is_list else method

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        calls = function.argument_attempts(method_of_image, request, user.observe_server, source=user.source)
        return run_attempts(user, calls, record)

    return HandlerCall(name, run)


def _ray(user: UserFile, deployment: Any) -> HandlerCall | None:
    target = deployment.func_or_class
    handler = make_instance(user, target) if inspect.isclass(target) else target
    if is_app(getattr(deployment, "app", None)):
        return app_call(user, _bound_app(deployment.app, handler))
    if not callable(handler):
        return None
    name = f"{target.__name__}.__call__" if inspect.isclass(target) else str(target.__name__)

    def calls(request: ClientRequest) -> Iterator[Attempt]:
        for form in request_forms(user, request):
            yield form.label, partial(_send, user, handler, form)

    return HandlerCall(name, lambda request, record: run_attempts(user, calls(request), record))


def _bound_app(app: Any, instance: object) -> object:
    """The application with the methods of an instance as its routes."""
    bound = type(app)()
    for route in app.routes:
        endpoint = getattr(route, "endpoint", None)
        method = getattr(instance, getattr(endpoint, "__name__", ""), None)
        if getattr(method, "__func__", None) is endpoint and endpoint is not None:
            bound.add_api_route(route.path, method, methods=list(route.methods))
    return bound


def _send(user: UserFile, handler: Function, form: Form, _: CallRecord) -> HandlerTensor:
    return user.observe_server(lambda: collect(handler(_StarletteRequest(form))))


class _StarletteRequest:
    """A request of Starlette."""

    method = "POST"

    def __init__(self, form: Form) -> None:
        self._body = form.body
        self.headers = {"content-type": form.content_type}
        self.query_params: dict[str, str] = {}

    async def body(self) -> bytes:
        return self._body

    async def json(self) -> object:
        return json.loads(self._body)
