"""Requests to the user's handler, one after another, in one child process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Spec
from sm_imgcheck.features.handler.session import ChildSession, HandlerReply, default_memory
from sm_imgcheck.features.handler.target import find_target
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES

if TYPE_CHECKING:
    from sm_imgcheck.features.handler.guest.calls import Settings
    from sm_imgcheck.features.handler.guest.recorder import SpecInput

__all__ = ["Handler", "HandlerReply", "HandlerRunner"]


@frozen
class Handler:
    """Which code is run, where, and within which limits."""

    file: str
    """As the user named it."""
    function: str = ""
    """Empty: the function that a server calls."""
    python: str = ""
    """The interpreter; empty: that of this program."""
    content_type: str | None = None
    """Content type of every request; None: by the content of each file."""
    seconds: float = 60.0
    """For importing the file, and for each request."""
    model_dir: str = ""
    """Folder of the model, which ``model_fn`` gets; empty: by where the file is."""
    most_bytes: int | None = None
    """Resident memory of the child and all that it starts; None: 8 GiB, or three quarters of what the machine has."""


class HandlerRunner:
    """Keeps one child, and restarts it after a crash. A context manager, which ends all processes."""

    def __init__(self, settings: Handler, spec: Spec | None = None) -> None:
        """Raise ImgcheckError for a missing file. spec: of the model's input, and the stack."""
        self.settings = replace(settings, most_bytes=settings.most_bytes or default_memory())
        self.load_reply: HandlerReply | None = None
        """How the file was imported, once it was."""
        self.reported: set[str] = set()
        """Messages that are reported once a run, and have been."""
        self._model_input = _model_input(spec)
        self._session = ChildSession(
            python=settings.python, seconds=settings.seconds, most_bytes=self.settings.most_bytes or 0
        )
        try:
            self._target = find_target(settings.file, settings.model_dir, self._session.folder)
        except BaseException:
            self._session.close()
            raise

    @property
    def file(self) -> Path:
        """The file of source code that is run."""
        return self._target.file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def __call__(self, body: bytes, content_type: str, *, image: bool = False, explicit: bool = True) -> HandlerReply:
        """Send one request.

        image: the body is an encoded image. explicit: only this form of request is tried.
        """
        if not self._session.running:
            self._start()
        assert self.load_reply is not None
        if not self._session.running:
            return self.load_reply
        reply = self._session.request(body, content_type, details={"image": image, "explicit": explicit})
        return reply if reply.body is not None else replace(reply, said=reply.said or self._session.output())

    def first_time(self, text: str) -> bool:
        """Whether a message that is reported once a run is new."""
        is_first = text not in self.reported
        self.reported.add(text)
        return is_first

    def _start(self) -> None:
        """Start a child and let it import the file. Where that fails, it fails for all requests."""
        if self.load_reply is not None and "function" not in self.load_reply.message:
            return
        child_settings: Settings = {
            "file": str(self.file),
            "function": self.settings.function,
            "model_dir": str(self._target.model_dir),
            "most_bytes": MAX_FILE_BYTES - 4096,
            "seconds": self.settings.seconds,
            "model_input": self._model_input,
        }
        self._session.start(child_settings, str(self.file.parent))
        self.load_reply = self._session.load_reply()
        if "function" not in self.load_reply.message:
            self._session.end()


def _model_input(spec: Spec | None) -> SpecInput:
    """The part of the spec that the child gets: the model's input and the stack."""
    if spec is None:
        return {"name": "", "shape": [], "layout": "", "dtype": "float32", "stack": "", "envelope": ""}
    return {
        "name": spec.name,
        "shape": [dim.fixed for dim in spec.contract.shape],
        "layout": spec.contract.layout,
        "dtype": spec.contract.dtype,
        "stack": str(spec.payload.get("stack", "")),
        "envelope": str(spec.payload.get("envelope", "")),
    }
