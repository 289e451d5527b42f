"""Requests to the user's handler, one after another, in one child process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Spec
from sm_imgcheck.features.handler.session import ChildSession, HandlerAnswer, default_memory
from sm_imgcheck.features.handler.target import find_target
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES

if TYPE_CHECKING:
    from sm_imgcheck.features.handler.guest.calls import Settings
    from sm_imgcheck.features.handler.guest.recorder import SpecInput

__all__ = ["Handler", "HandlerAnswer", "HandlerRunner"]


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

    def __init__(self, how: Handler, spec: Spec | None = None) -> None:
        """Raise ImgcheckError for a missing file. spec: of the model's input, and the stack."""
        self.how = replace(how, most_bytes=how.most_bytes or default_memory())
        self.loaded: HandlerAnswer | None = None
        """How the file was imported, once it was."""
        self.reported: set[str] = set()
        """Messages that are reported once a run, and have been."""
        self._model_input = _model_input(spec)
        self._session = ChildSession(python=how.python, seconds=how.seconds, most_bytes=self.how.most_bytes or 0)
        try:
            self._target = find_target(how.file, how.model_dir, self._session.folder)
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

    def __call__(self, body: bytes, content_type: str, *, image: bool = False, explicit: bool = True) -> HandlerAnswer:
        """Send one request.

        image: the body is an encoded image. explicit: only this form of request is tried.
        """
        if not self._session.running:
            self._start()
        assert self.loaded is not None
        if not self._session.running:
            return self.loaded
        answer = self._session.request(body, content_type, details={"image": image, "explicit": explicit})
        return answer if answer.body is not None else replace(answer, said=answer.said or self._session.output())

    def first_time(self, text: str) -> bool:
        """Whether a message that is reported once a run is new."""
        is_first = text not in self.reported
        self.reported.add(text)
        return is_first

    def _start(self) -> None:
        """Start a child and let it import the file. Where that fails, it fails for all requests."""
        if self.loaded is not None and "function" not in self.loaded.told:
            return
        settings: Settings = {
            "file": str(self.file),
            "function": self.how.function,
            "model_dir": str(self._target.model_dir),
            "most_bytes": MAX_FILE_BYTES - 4096,
            "seconds": self.how.seconds,
            "model_input": self._model_input,
        }
        self._session.start(settings, str(self.file.parent))
        self.loaded = self._session.loaded()
        if "function" not in self.loaded.told:
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
