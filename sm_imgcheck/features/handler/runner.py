"""Requests handed to the user's handler one by one, in one child as long as it lives."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tokenize
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.handler.process import HandlerLost, HandlerProcess
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, opened

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject
    from sm_imgcheck.features.handler.guest.entry_points import Settings

__all__ = ["Handler", "HandlerAnswer", "HandlerRunner"]

_MOST_ANSWER = 1 << 20  # bytes of an answer without its tensor
_MOST_SOURCE = 1 << 20  # characters of the file that are looked at
_LOADED = 0
_MOST_LINKS = 40  # that Linux follows, too: path_resolution(7)


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


@frozen
class HandlerAnswer:
    """What came back for one request, or how it was lost."""

    told: JsonObject
    """What the child told of it; user code shares its process, so that it may be anything."""
    body: bytes | None = None
    """The ``.npy``, or the text of a request."""
    lost: HandlerLost | None = None
    said: str = ""
    """The end of what the user's code printed; only where it was lost."""


class HandlerRunner:
    """Keeps one child, and starts another when it is lost. A context manager: nothing is left behind it."""

    def __init__(self, how: Handler, stack: str = "") -> None:
        """Raise ImgcheckError where there is no such file. stack: whose functions are looked for first."""
        self.how = replace(how, most_bytes=how.most_bytes or _usual_memory())
        self.stack = stack
        self.loaded: HandlerAnswer | None = None
        """How the file was imported, once it was."""
        self.file = _script(how.file)
        try:
            self._folder = TemporaryDirectory(prefix="sm-imgcheck-", ignore_cleanup_errors=True)
        except OSError as error:
            raise ImgcheckError(f"temporary folder cannot be created: {error}") from None
        self._child: HandlerProcess | None = None
        self._number = _LOADED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()
        self._folder.cleanup()

    def __call__(self, body: bytes, content_type: str, name: str) -> HandlerAnswer:
        """Hand over one request. name: of the tensor that is meant where several come back."""
        if self._child is None:
            self._start()
        assert self.loaded is not None
        if self._child is None:
            return self.loaded
        self._number += 1
        try:
            Path(self._folder.name, "request").write_bytes(body)
        except OSError as error:
            raise ImgcheckError(f"request cannot be passed to the handler: {error}") from None
        self._child.ask({"number": self._number, "content_type": content_type, "name": name})
        return self._answer(self._number)

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
        folder = Path(self._folder.name)
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        for left in folder.glob("answer-*"):
            left.unlink()
        python = resolve_interpreter(self.how.python or sys.executable)
        try:
            self._child = HandlerProcess(python, folder, environment(os.environ), str(self.file.parent))
        except OSError as error:
            said = error.strerror or str(error)
            raise ImgcheckError(f"--python {for_terminal(python)}: cannot be started: {said}") from None
        self._number = _LOADED
        self.loaded = self._answer(_LOADED)
        if self.loaded.lost is not None and self.loaded.lost.how == "flooded":
            raise ImgcheckError(f"--python {for_terminal(python)}: got other output, expected a Python interpreter")
        if "function" not in self.loaded.told:
            self._end()

    def _answer(self, number: int) -> HandlerAnswer:
        """Wait for an answer and read it; a child that was lost on the way is ended."""
        child, lost, said = self._child, None, ""
        assert child is not None
        try:
            child.wait(number, seconds=self.how.seconds, most_bytes=self.how.most_bytes or 0)
        except HandlerLost as error:
            self._end()
            lost, said = error, b"".join(child.said).decode("utf-8", "replace")
        place = Path(self._folder.name, f"answer-{number}")
        told, body = _object(_taken(place.with_suffix(".json"), _MOST_ANSWER)), _taken(place.with_suffix(".body"))
        if lost is not None and told is not None and lost.how == "ended":
            lost = None  # it had answered before it went
        return HandlerAnswer(told=told or {}, body=body, lost=lost, said=said)

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def resolve_interpreter(name: str) -> str:
    """Return the path that starts an interpreter inside its environment.

    name: of a command on the PATH, or a path, relative to the current folder. A link is followed only as far as the
    first path in an environment: its end is the base interpreter, which has none of the environment's packages. A link
    that leads through no environment is kept.
    """
    path = name if os.path.dirname(name) else shutil.which(name)  # noqa: PTH120
    if not path:
        return name
    path = os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow all links
    return next(filter(_is_in_environment, _link_steps(path)), path)


def _is_in_environment(path: str) -> bool:
    """Whether Python, started by this path, finds a ``pyvenv.cfg``: beside it or one folder up, no link followed.

    https://docs.python.org/3/library/sys_path_init.html
    """
    folder = Path(path).parent
    return any((place / "pyvenv.cfg").is_file() for place in (folder, folder.parent))


def _link_steps(path: str) -> Iterator[str]:
    """Yield the path, then each path that its links lead to, first those of its folder."""
    yield path
    for _ in range(_MOST_LINKS):
        folder, name = os.path.split(path)
        path = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 - Path.resolve raises for a loop
        yield path
        if not os.path.islink(path):  # noqa: PTH114
            return
        path = os.path.join(os.path.dirname(path), os.readlink(path))  # noqa: PTH115, PTH118, PTH120
        yield path


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


def _taken(path: Path, most: int = MAX_FILE_BYTES) -> bytes | None:
    """The bytes of a file that the child wrote, which is then removed; None where there is none to be read."""
    body = None
    with suppress(CandidateError), opened(str(path)) as (file, size):
        if size <= most:
            body = file.read(size)
    with suppress(OSError):
        path.unlink()
    return body


def _object(text: bytes | None) -> JsonObject | None:
    with suppress(ValueError, RecursionError):
        value = json.loads(text or b"")
        if isinstance(value, dict):
            return value
    return None


def _usual_memory() -> int:
    """8 GiB is more than any serverless endpoint has (6 GiB), and enough to import every framework."""
    try:
        there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows
        return 8 << 30
    return min(8 << 30, there * 3 // 4)


def _model_folder(file: Path) -> Path:
    """The unpacked model archive: the file lies in its ``code``, or it is taken to be beside it."""
    return file.parent.parent if file.parent.name == "code" else file.parent


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of the child: as ours, without a way to AWS credentials.

    https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html: the environment, the files, the
    addresses of containers, and the address of the machine.
    """
    kept = {key: value for key, value in ours.items() if not key.upper().startswith(("AWS_", "BOTO_"))}
    kept |= {key: ours[key] for key in ("AWS_REGION", "AWS_DEFAULT_REGION") if key in ours}
    kept |= dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"), os.devnull)
    here = ",".join(filter(None, (ours.get("no_proxy") or ours.get("NO_PROXY"), "localhost", "127.0.0.1")))
    kept |= {"no_proxy": here, "NO_PROXY": here}  # what a TensorFlow handler posts stays on this machine
    return kept | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
