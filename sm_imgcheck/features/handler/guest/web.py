"""Requests that web applications may expect, over all their routes."""

from __future__ import annotations

import base64
import json
import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .asynchronous import event_loop
from .calls import HandlerCall, MissingFunction, NotChecked, no_model_call, run_attempts
from .forms import image_keys, is_image_key, json_documents, multipart_body
from .image_server import image_url
from .results import InvalidHandlerResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .calls import Attempt, CallRecord, ClientRequest, UserFile
    from .forms import Form
    from .results import HandlerTensor

__all__ = ["AsyncSender", "WebResponse", "WebRoute", "missing_route", "order_routes", "route_call"]

_NO_ROUTE = "the application has no POST route, and no GET route that reads an image's URL"

_FIELDS = re.compile(
    r"""(?:files|FILES|form)(?:\.get|\.getlist)?[\[(]\s*["'](\w+)["']|^[ \t]*(?:async )?def \w+\((\w+)\s*:""",
    re.MULTILINE,
)
_MOST_FIELDS = 6
_FORM_TYPE = "application/x-www-form-urlencoded"
_FIRST = ("/invocations", "predict", "infer", "classify", "score", "upload", "image")
_LAST = ("ping", "health", "ready", "metrics", "docs", "openapi")


class WebResponse:
    """Status and body of a response."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body


class AsyncSender:
    """Sends requests to a route of an asynchronous application, which starts with the first of them."""

    def __init__(self, app: Any, path: str) -> None:
        self.app, self.path, self.loop = app, path, event_loop()
        self.error: BaseException | None = None
        """What the handler raised; the application only responds with status 500."""

    def __call__(self, query: str, body: bytes, content_type: str) -> WebResponse:
        """The response. Raises what the handler raised."""
        self.error = None
        response = self.loop.run_until_complete(self.send(query, body, content_type))
        if self.error is not None:
            raise self.error
        return response

    async def send(self, query: str, body: bytes, content_type: str) -> WebResponse:
        """Send one request."""
        raise NotImplementedError


class WebRoute:
    """A route of an application, and how to send a request to it."""

    fields: Sequence[str] = ()
    """Names of the files in a multipart form, where the route declares them."""
    texts: Mapping[str, object] = {}
    """Fields of a URL-encoded form with example values, where the route declares them."""
    url_names: Sequence[str] = ()
    """Names in the query that may be the URL of the image."""

    def __init__(self, path: str, send: Callable[[str, bytes, str], WebResponse], method: str = "POST") -> None:
        """send: gets the query, the body and its content type."""
        self.path, self.send, self.method = path, send, method
        self.title = f"{method} {path}"
        """What reports name."""

    def documents(self, image: bytes) -> Iterable[tuple[str, object]]:
        """JSON with the image that the route declares, each after its outline."""
        del image
        return ()


def route_call(user: UserFile, route: WebRoute) -> HandlerCall:
    """The call of a route, with each request that it may expect."""

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        for form in _forms(user, request, route) if route.method == "POST" else ():
            yield form.label, partial(_observe, user, partial(route.send, "", form.body, form.content_type))
        for label, query in _url_queries(request, route.url_names):
            yield label, partial(_observe, user, partial(route.send, query, b"", "text/plain"))

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        return run_attempts(user, attempts(request), record)

    return HandlerCall(route.title, run)


def order_routes(paths: list[str]) -> list[str]:
    """Routes that take requests, the likeliest first."""

    def rank(path: str) -> tuple[int, int]:
        first = [at for at, word in enumerate(_FIRST) if word in path.lower()]
        return (1 if any(word in path.lower() for word in _LAST) else 0, first[0] if first else len(_FIRST))

    return sorted((path for path in paths if not _has_parameters(path)), key=rank)


def missing_route(user: UserFile, paths: Iterable[str]) -> MissingFunction:
    """The error for an application without a POST route that can be called."""
    open_path = next(filter(_has_parameters, paths), "")
    text = (
        f"parameters in the path of a POST route: got {open_path}, expected a path without" if open_path else _NO_ROUTE
    )
    return MissingFunction(text, user.names_of_file())


def _has_parameters(path: str) -> bool:
    return "<" in path or "{" in path


def _forms(user: UserFile, request: ClientRequest, route: WebRoute) -> Iterator[Form]:
    """The bodies that a route may expect."""
    from .forms import Form

    kind, texts = request.content_type, route.texts
    if not request.image or "json" not in kind:
        yield Form(request.body, kind, kind)
    if not request.image or (request.explicit and "json" not in kind and "multipart" not in kind):
        return
    names = [name for match in _FIELDS.finditer(user.source) for name in match.groups() if name]
    fields = dict.fromkeys([*route.fields, *names, "file", "image", *image_keys(user.source)])
    for field in list(fields)[:_MOST_FIELDS]:
        body, form_type = multipart_body(request.body, field)
        yield Form(body, form_type, f'multipart/form-data with the field "{field}"')
    if texts or re.search(r"\.form\b", user.source):
        for field in [name for name in [*texts, *image_keys(user.source)] if is_image_key(name)][:_MOST_FIELDS]:
            text = urlencode({**texts, field: base64.b64encode(request.body).decode("ascii")})
            yield Form(text.encode(), _FORM_TYPE, f'{_FORM_TYPE} with the field "{field}"')
    for label, document in chain(route.documents(request.body), json_documents(user, request.body)):
        yield Form(json.dumps(document).encode(), "application/json", f"application/json {label}")


def _url_queries(request: ClientRequest, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Query strings that name the image's URL, each after its outline."""
    if request.image:
        yield from ((f"?{name}=URL", f"?{urlencode({name: image_url(request.body)})}") for name in names)


def _observe(user: UserFile, send: Callable[[], WebResponse], _: CallRecord) -> HandlerTensor:
    """The model's input of a request. Raises InvalidHandlerResult for an error response, NotChecked for any other."""
    is_called, value = user.observe(send)
    if is_called:
        return user.read(value, text=user.recorder.text)
    assert isinstance(value, WebResponse)
    text = " ".join(value.body[:300].decode("utf-8", "replace").split())
    text = text if "\ufffd" not in text[:-1] else f"{len(value.body)} bytes that are not text"
    if value.status >= 400:
        raise InvalidHandlerResult(f"returned status {value.status}: {text}", is_error=True)
    raise NotChecked(no_model_call(user.recorder, f"returned status {value.status} ({text[:120]})"))
