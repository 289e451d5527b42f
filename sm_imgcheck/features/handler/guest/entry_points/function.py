"""A function of the user's that no server calls: with bytes, an image of Pillow, an array, or a path, in this order."""

from __future__ import annotations

import base64
import inspect
import os
import re
import tempfile
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..asynchronous import resolve
from ..calls import HandlerCall, run_attempts
from ..forms import image_name, is_image_key, json_documents, open_image
from ..instances import make_instance, prepare
from ..results import InvalidHandlerResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, Function, UserFile
    from ..results import HandlerTensor

    Observe = Callable[[Callable[[], object]], HandlerTensor]

__all__ = ["PREDICTS", "RANK", "STACK", "argument_attempts", "find", "has_image", "image_call", "with_path"]

RANK, STACK = 110, "-"
_NAMES = (
    *("preprocess", "preprocess_image", "preprocess_input", "prepare", "prepare_image", "prepare_input"),
    *("image_to_tensor", "to_tensor", "transform_image", "load_image", "process_image", "preprocessing", "read_image"),
)
PREDICTS = ("predict", "predict_image", "classify", "classify_image", "infer", "inference", "run_inference", "detect")
_FORMS = {"path": "path", "filename": "path", "b64": "base64 text", "base64": "base64 text", "bytes": "bytes"}
"""By part of a parameter's name: the form of the image that is tried first."""
_SWAPS = ("COLOR_BGR2RGB", "COLOR_BGR2GRAY", "::-1", "[2, 1, 0]")


def find(user: UserFile) -> HandlerCall | None:
    """The function of ``--function``, ``Class.method`` too; without it, the first with a usual name."""
    if not user.function:
        name = next((name for name in _NAMES if inspect.isfunction(user.names.get(name))), "")
        if name:
            return _call(user, name, user.names[name])
        able = [kind for kind in user.classes() if callable(getattr(kind, "preprocess", None))]
        if able:
            return _call(user, f"{able[0].__name__}.preprocess", make_instance(user, able[0]).preprocess)
        name = next((name for name in PREDICTS if has_image(user.names.get(name))), "")
        if name and inspect.isfunction(load := user.names.get("init")) and not inspect.signature(load).parameters:
            prepare(user, "init", load)
        return image_call(user, name, user.names[name]) if name else None
    owner, _, method = user.function.rpartition(".")
    holder: Any = user.names.get(owner) if owner else user.module
    if inspect.isclass(holder) and _needs_instance(holder, method):
        holder = make_instance(user, holder)
    function = getattr(holder, method, None)
    if inspect.isclass(function):
        function = make_instance(user, function)
    return _call(user, user.function, function) if callable(function) else None


def has_image(function: object) -> bool:
    """Whether it is a function whose first parameter is an image, and alone has no default."""
    if not inspect.isfunction(function):
        return False
    parameters = list(inspect.signature(function).parameters.values())
    without_default = [item for item in parameters if item.default is item.empty and item.kind not in (2, 4)]
    return len(without_default) == 1 and without_default == parameters[:1] and is_image_key(parameters[0].name)


def image_call(user: UserFile, name: str, function: Function) -> HandlerCall:
    """The call of a function that decodes an image and predicts."""

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        attempts = argument_attempts(function, request, user.observe_server, source=user.source)
        return run_attempts(user, chain(attempts, _document_attempts(user, function, request)), record)

    return HandlerCall(name, run)


def _document_attempts(user: UserFile, function: Function, request: ClientRequest) -> Iterator[Attempt]:
    """Calls with parsed JSON, where the function reads keys of its parameter."""
    parameter = next(iter(inspect.signature(function).parameters), "")
    reads_keys = re.search(rf"""\b{parameter}(\.get\(|\[["'])""", _source(function)) is not None
    for label, document in json_documents(user, request.body) if reads_keys and request.image else ():
        yield label, partial(_observe_document, user, function, document)


def _observe_document(user: UserFile, function: Function, document: object, _: CallRecord) -> HandlerTensor:
    return user.observe_server(lambda: resolve(function(document)))


def _needs_instance(kind: type, method: str) -> bool:
    function = inspect.getattr_static(kind, method, None)
    return function is not None and not isinstance(function, (staticmethod, classmethod))


def _call(user: UserFile, name: str, function: Function) -> HandlerCall:
    return HandlerCall(name, lambda request, record: run_attempts(user, _calls(user, function, request), record))


def _calls(user: UserFile, function: Function, request: ClientRequest) -> Iterator[Attempt]:
    if _has_content_type(function):
        both = (request.body, request.content_type)
        yield "bytes and content type", lambda _: _observe(user, lambda: resolve(function(*both)))
        return
    yield from argument_attempts(function, request, partial(_observe, user), source=_source(function))


def argument_attempts(
    function: Function, request: ClientRequest, observe: Observe, *, source: str
) -> Iterator[Attempt]:
    """Calls of a function of one image, with the image in each type.

    observe: runs the call, and returns the tensor that results. source: code that shows the order of the channels.
    """

    def call(argument: object) -> HandlerTensor:
        return observe(lambda: resolve(function(argument)))

    if not request.image:
        if "json" in request.content_type:
            yield "text", lambda _: call(request.body.decode("utf-8"))
        yield "bytes", lambda _: call(request.body)
        return
    attempts: list[Attempt] = [("bytes", lambda _: call(request.body))]
    if open_image(request.body) is not None:
        attempts.append(("Pillow image", lambda _: call(open_image(request.body))))
        order = "BGR" if any(word in source for word in _SWAPS) else "RGB"
        attempts.append((f"{order} array", lambda _: call(_array(request.body, order))))
    attempts.append(("path", lambda _: with_path(request, call)))
    attempts.append(("base64 text", lambda _: call(base64.b64encode(request.body).decode("ascii"))))
    name = next(iter(inspect.signature(function).parameters), "").lower()
    likely = next((label for word, label in _FORMS.items() if word in name), "")
    yield from sorted(attempts, key=lambda attempt: attempt[0] != likely)


def _observe(user: UserFile, function: Callable[[], object]) -> HandlerTensor:
    is_called, value = user.observe(function)
    tensor = user.read(value, text=is_called and user.recorder.text)
    if not is_called and not isinstance(tensor.content, bytes) and tensor.content.ndim == 0:
        raise InvalidHandlerResult(f"returned {value!r}, expected a tensor")
    return tensor


def _has_content_type(function: Function) -> bool:
    """Whether a content type is the second parameter."""
    parameters = inspect.signature(function).parameters.values()
    positional = [item for item in parameters if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)]
    second = positional[1] if len(positional) > 1 else None
    return second is not None and (second.default is second.empty or "type" in second.name)


def _source(function: Function) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def _array(body: bytes, order: str) -> object:
    """HWC uint8 pixels, in BGR where the function itself changes the order, as ``cv2.imread`` returns them."""
    import numpy as np

    pixels = np.asarray(open_image(body).convert("RGB"))
    return np.ascontiguousarray(pixels[..., ::-1]) if order == "BGR" else pixels.copy()


def with_path(request: ClientRequest, call: Callable[[object], HandlerTensor]) -> HandlerTensor:
    """Call with the path of a temporary file of the request."""
    with tempfile.TemporaryDirectory(prefix="sm-imgcheck-") as folder:
        path = os.path.join(folder, image_name(request.body))
        with open(path, "wb") as file:
            file.write(request.body)
        return call(path)
