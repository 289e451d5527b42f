"""Requests handed to the user's handler one by one, in one child as long as it lives."""

from __future__ import annotations

import tokenize
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.handler.session import ChildSession, HandlerAnswer, default_memory
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES

if TYPE_CHECKING:
    from sm_imgcheck.features.handler.guest.entry_points import Settings

__all__ = ["Handler", "HandlerAnswer", "HandlerRunner"]

_MOST_SOURCE = 1 << 20  # characters of the file that are looked at


@frozen
class Handler:
    """Which code is run, where, and within which limits."""

    file: str
    """As the user named it."""
    function: str = ""
    """Empty: the one that a container would call."""
    python: str = ""
    """The interpreter; empty: the one that this program runs in."""
    content_type: str | None = None
    """Of every request; None: by what each file is."""
    seconds: float = 60.0
    """For importing the file, and for each request."""
    most_bytes: int | None = None
    """Resident memory of the child and all that it starts; None: 8 GiB, or three quarters of what the machine has."""


class HandlerRunner:
    """Keeps one child, and starts another when it is lost. A context manager: nothing is left behind it."""

    def __init__(self, how: Handler, stack: str = "") -> None:
        """Raise ImgcheckError where there is no such file. stack: whose functions are looked for first."""
        self.how = replace(how, most_bytes=how.most_bytes or default_memory())
        self.stack = stack
        self.loaded: HandlerAnswer | None = None
        """How the file was imported, once it was."""
        self.file = _script(how.file)
        self._session = ChildSession(python=how.python, seconds=how.seconds, most_bytes=self.how.most_bytes or 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def __call__(self, body: bytes, content_type: str, name: str) -> HandlerAnswer:
        """Hand over one request. name: of the tensor that is meant where several come back."""
        if not self._session.running:
            self._start()
        assert self.loaded is not None
        if not self._session.running:
            return self.loaded
        return self._session.request(body, content_type, name)

    def _start(self) -> None:
        """Start a child and let it import the file. Where that fails, it fails for all requests."""
        if self.loaded is not None and "function" not in self.loaded.told:
            return
        settings: Settings = {
            "file": str(self.file),
            "function": self.how.function,
            "stack": self.stack,
            "model_dir": str(_model_folder(self.file)),
            "most_bytes": MAX_FILE_BYTES - 4096,
        }
        self._session.start(settings, str(self.file.parent))
        self.loaded = self._session.loaded()
        if "function" not in self.loaded.told:
            self._session.end()


def _script(name: str) -> Path:
    """The file; of a folder (``code``, or one that holds it) its ``inference.py``. Raises ImgcheckError."""
    path = Path(name).resolve()
    for file in (path, path / "inference.py", path / "code" / "inference.py"):
        if file.is_file():
            _refuse_binary(file, name)
            return file
    what = "got a device, a pipe or a socket, expected a file" if path.exists() else "no such file"
    what = "missing inference.py: expected FOLDER/inference.py or FOLDER/code/inference.py" if path.is_dir() else what
    raise ImgcheckError(f"handler {for_terminal(name)}: {what}")


def _refuse_binary(file: Path, name: str) -> None:
    """Raise ImgcheckError for what no interpreter reads as source: its words for that say nothing of the cause."""
    try:
        with tokenize.open(file) as text:
            binary = "\0" in text.read(_MOST_SOURCE)
    except OSError as error:
        raise ImgcheckError(f"handler {for_terminal(name)}: cannot be read: {error.strerror}") from None
    except (SyntaxError, UnicodeDecodeError):
        binary = True
    if binary:
        raise ImgcheckError(f"handler {for_terminal(name)}: got a binary file, expected Python source")


def _model_folder(file: Path) -> Path:
    """The unpacked model archive: the file lies in its ``code``, or it is taken to be beside it."""
    return file.parent.parent if file.parent.name == "code" else file.parent
