"""Calls of functions whose argument has no fixed form: elements of a pipeline, inputs of a model class.

The code around them defines what they get, so that they are not checked where each form that is tried fails.
"""

from __future__ import annotations

import base64
import io
from functools import partial
from typing import TYPE_CHECKING

from .asynchronous import collect
from .calls import HandlerCall, NotChecked, run_attempts
from .error_lines import error_summary
from .forms import image_keys, image_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .calls import Attempt, CallRecord, ClientRequest, Function, UserFile
    from .results import HandlerTensor

__all__ = ["attempt", "element_call", "image_elements"]


def element_call(user: UserFile, name: str, attempts: Callable[[ClientRequest], Iterator[Attempt]]) -> HandlerCall:
    """The call of a function with each form of an element; NotChecked where it accepts none."""

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        if not request.image:
            raise NotChecked("gets its elements from a pipeline, not in a request body")
        try:
            return run_attempts(user, attempts(request), record)
        except NotChecked:
            raise
        except Exception as error:
            text = error_summary(error, 200)
            raise NotChecked(
                f"accepted none of the elements that were tried ({text}); --function names another"
            ) from error

    return HandlerCall(name, run)


def attempt(user: UserFile, label: str, function: Function, *arguments: object) -> Attempt:
    """One call; what a generator yields is its result."""
    call = partial(function, *arguments)
    return label, lambda _: user.observe_server(lambda: collect(call()))


def image_elements(user: UserFile, body: bytes) -> Iterator[tuple[str, object]]:
    """The forms of an encoded image, each after its outline."""
    yield "bytes", body
    yield "(key, bytes)", ("image", body)
    yield "readable file", ReadableFile(body)
    for key in image_keys(user.source):
        yield f'{{"{key}": bytes}}', {key: body}
    yield "base64 text", base64.b64encode(body).decode("ascii")


class ReadableFile:
    """``apache_beam.io.fileio.ReadableFile``: an image file that a pipeline matched."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.metadata = self
        self.path = image_name(body)
        self.size_in_bytes = len(body)

    def open(self, *_: object, **__: object) -> io.BytesIO:
        return io.BytesIO(self._body)

    def read(self) -> bytes:
        return self._body
