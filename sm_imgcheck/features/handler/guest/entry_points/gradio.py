"""The first function that a Gradio application calls with an image.

Source: https://www.gradio.app/docs/gradio/image
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..asynchronous import collect
from ..calls import HandlerCall, NotChecked, run_attempts
from ..forms import open_image
from ..packages.gradio import Component, event_functions
from .function import with_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 75, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The function, with the component that gives it the image."""
    for function, inputs in event_functions:
        name = getattr(function, "__name__", "fn")
        if any(map(_is_image, inputs)) and user.function in ("", name):
            return HandlerCall(name, partial(_run, user, function, inputs))
    return None


def _is_image(component: object) -> bool:
    return component == "image" or type(component).__name__ == "Image"


def _run(
    user: UserFile,
    function: Callable[..., object],
    inputs: list[object],
    request: ClientRequest,
    record: CallRecord,
) -> HandlerTensor:
    if not request.image:
        raise NotChecked("gets its image from Gradio, not in a request body")
    keywords = next(_keywords(component) for component in inputs if _is_image(component))
    if keywords.get("shape"):
        raise NotChecked("gets an image that Gradio has resized (shape of its Image component)")
    return run_attempts(user, _calls(user, function, inputs, keywords, request), record)


def _calls(
    user: UserFile,
    function: Callable[..., object],
    inputs: list[object],
    keywords: dict[str, object],
    request: ClientRequest,
) -> Iterator[Attempt]:
    def call(image: object) -> HandlerTensor:
        values = [image if _is_image(component) else _value(component) for component in inputs]
        return user.observe_server(lambda: collect(function(*values)))

    kind, mode = str(keywords.get("type", "numpy")), str(keywords.get("image_mode") or "RGB")
    if kind in ("filepath", "file"):
        yield "path", lambda _: with_path(request, call)
    elif kind == "pil":
        yield f"Pillow image ({mode})", lambda _: call(open_image(request.body).convert(mode))
    else:
        yield f"{mode} array", lambda _: call(_array(request.body, mode))


def _array(body: bytes, mode: str) -> object:
    import numpy as np

    return np.array(open_image(body).convert(mode))


def _keywords(component: object) -> dict[str, object]:
    return component.keywords if isinstance(component, Component) else {}


def _value(component: object) -> object:
    """The value of a component before any input."""
    keywords = _keywords(component)
    choices = keywords.get("choices")
    first = choices[0] if isinstance(choices, (list, tuple)) and choices else keywords.get("minimum")
    return keywords.get("value", keywords.get("default", first))
