"""``decode_request`` and ``predict`` of a ``litserve.LitAPI``.

Source: Lightning-AI/LitServe, src/litserve/api.py and server.py: decode_request gets the parsed JSON, or the form of a
multipart request.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ..asynchronous import collect, resolve
from ..calls import HandlerCall, run_attempts
from ..forms import image_name, image_type, json_documents
from ..instances import make_instance, prepare
from ..source_imports import imports
from .sagemaker import follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, Function, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 54, "litserve"


def find(user: UserFile) -> HandlerCall | None:
    """The first class of the file that derives from ``litserve.LitAPI``."""
    if not imports(user.source, "litserve"):
        return None
    kinds = [kind for kind in user.classes() if any(base.__name__ == "LitAPI" for base in kind.__mro__[1:])]
    matches = [kind for kind in kinds if user.function in ("", kind.__name__)]
    if not matches:
        return None
    api = make_instance(user, matches[0])
    prepare(user, "setup", lambda: api.setup("cpu"))
    return HandlerCall(
        f"{matches[0].__name__}.decode_request",
        lambda request, record: run_attempts(user, _calls(user, api, request), record),
    )


def _calls(user: UserFile, api: Any, request: ClientRequest) -> Iterator[Attempt]:
    if not request.image:
        document = json.loads(request.body) if "json" in request.content_type else request.body
        yield request.content_type, partial(_call, user, api, document)
        return
    for label, document in json_documents(user, request.body):
        yield f"application/json {label}", partial(_call, user, api, document)
    yield "multipart/form-data", partial(_call, user, api, _Form(request.body))


def _call(user: UserFile, api: Any, document: object, record: CallRecord) -> HandlerTensor:
    is_called, data = user.observe(lambda: _with_context(api.decode_request, document))
    if not is_called and _batches(user, api):
        is_called, data = user.observe(lambda: _with_context(api.batch, [data]))
    if is_called:
        return user.read(data)
    record.step = "predict"
    return follow(user, "predict", data, lambda: collect(_with_context(api.predict, data)), record)


def _with_context(function: Function, value: object) -> object:
    """The result for one value, and for the context of the request where the function has such a parameter."""
    keywords: dict[str, object] = {"context": {}} if "context" in inspect.signature(function).parameters else {}
    return resolve(function(value, **keywords))


def _batches(user: UserFile, api: Any) -> bool:
    """Whether the server calls ``batch``: by the instance, or by an argument of the class or of the server."""
    if getattr(api, "max_batch_size", 1) != 1:
        return True
    keywords = [node for node in ast.walk(ast.parse(user.source)) if isinstance(node, ast.keyword)]
    sizes = [node.value for node in keywords if node.arg == "max_batch_size"]
    return any(not isinstance(size, ast.Constant) or size.value not in (1, None) for size in sizes)


class _Upload:
    """A file of a multipart form, as Starlette's ``UploadFile``."""

    def __init__(self, body: bytes) -> None:
        self.file = io.BytesIO(body)
        self.filename, self.content_type = image_name(body), image_type(body)

    async def read(self) -> bytes:
        return self.file.read()


class _Form(dict):  # type: ignore[type-arg]
    """A form with the file under every name; also the file itself."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body
        self.file = io.BytesIO(body)

    def __missing__(self, _: object) -> _Upload:
        return _Upload(self._body)

    def get(self, key: object, _: object = None) -> Any:
        return self[key]
