"""A child process that replies to requests one by one, and the folder of request bodies and replies.

Handlers and models are run by it: the child is the user's code, or a library that reads the user's file.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.handler.process import HandlerLost, HandlerProcess

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["ChildSession", "HandlerReply", "default_memory", "resolve_interpreter"]

_MOST_REPLY = 1 << 20  # bytes of a reply without its tensor
_MOST_BODY = 512 << 20  # bytes of a tensor, as of any file
_LOAD_NUMBER = 0
_TO_READ = 0.05  # seconds in which the end of the output arrives
_MOST_LINKS = 40  # that Linux follows, too: path_resolution(7)


@frozen
class HandlerReply:
    """The reply to one request, or the cause of its loss."""

    message: JsonObject
    """Sent by the child; user code shares its process, so that any content is possible."""
    body: bytes | None = None
    """The ``.npy``, or the text of a request."""
    loss: HandlerLost | None = None
    said: str = ""
    """The end of what the user's code printed; empty where it returned a tensor."""


class ChildSession:
    """Keeps at most one child. ``close`` removes its files."""

    def __init__(self, *, python: str, seconds: float, most_bytes: int, worker: Path | None = None) -> None:
        """Raise ImgcheckError where no temporary folder can be created.

        python: the interpreter; empty: that of this program. seconds: for loading, and for each request.
        most_bytes: resident memory of the child and of all processes that it starts. worker: the Python file whose
        ``serve_requests`` runs in the child; None: that of handlers.
        """
        self.python, self.seconds, self.most_bytes, self.worker = python, seconds, most_bytes, worker
        try:
            self._folder = TemporaryDirectory(prefix="sm-imgcheck-", ignore_cleanup_errors=True)
        except OSError as error:
            raise ImgcheckError(f"temporary folder cannot be created: {error}") from None
        self._child: HandlerProcess | None = None
        self._number = _LOAD_NUMBER

    @property
    def running(self) -> bool:
        """Whether there is a child."""
        return self._child is not None

    def start(self, settings: Mapping[str, object], cwd: str) -> None:
        """Start a child. settings: JSON values, which it reads first. Raises ImgcheckError for the interpreter."""
        folder = Path(self._folder.name)
        _write(folder / "settings.json", json.dumps(settings).encode())
        for left in folder.glob("reply-*"):
            left.unlink()
        python = self.python or sys.executable
        try:
            python = resolve_interpreter(python)
            self._child = HandlerProcess(python, folder, environment(os.environ), cwd, self.worker)
        except OSError as error:
            said = error.strerror or str(error)
            what = f"folder {for_terminal(cwd)}: cannot be entered" if error.filename == cwd else ""
            raise ImgcheckError(f"{what or f'--python {for_terminal(python)}: cannot be started'}: {said}") from None
        self._number = _LOAD_NUMBER

    def load_reply(self) -> HandlerReply:
        """Wait until the child has loaded what it runs. Raises ImgcheckError if it is not a Python interpreter."""
        reply = self._reply(_LOAD_NUMBER)
        if reply.loss is not None and reply.loss.cause == "flooded":
            python = resolve_interpreter(self.python or sys.executable)
            raise ImgcheckError(f"--python {for_terminal(python)}: got other output, expected a Python interpreter")
        return reply

    @property
    def folder(self) -> Path:
        """The folder of request bodies and replies; removed with all that is in it."""
        return Path(self._folder.name)

    def output(self) -> str:
        """The end of what the child has printed since the request."""
        time.sleep(_TO_READ)
        return "" if self._child is None else b"".join(self._child.said).decode("utf-8", "replace")

    def request(
        self,
        body: bytes | memoryview,
        content_type: str = "",
        name: str = "",
        *,
        details: Mapping[str, object] | None = None,
    ) -> HandlerReply:
        """Send one request to the child, and wait for the reply. details: JSON values, sent with the request."""
        assert self._child is not None
        self._number += 1
        _write(self.folder / "request", body)
        self._child.send({"number": self._number, "content_type": content_type, "name": name, **(details or {})})
        return self._reply(self._number)

    def end(self) -> None:
        """End the child and all processes that it has started, if there is a child."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def close(self) -> None:
        """End the child, and remove the folder."""
        self.end()
        self._folder.cleanup()

    def _reply(self, number: int) -> HandlerReply:
        """Wait for a reply and read it. Ends a child that has crashed or exceeded a limit."""
        child, loss, said = self._child, None, ""
        assert child is not None
        try:
            child.wait(number, seconds=self.seconds, most_bytes=self.most_bytes)
        except HandlerLost as error:
            self.end()
            loss, said = error, b"".join(child.said).decode("utf-8", "replace")
        place = Path(self._folder.name, f"reply-{number}")
        message, body = (
            _object(_pop_file(place.with_suffix(".json"), _MOST_REPLY)),
            _pop_file(place.with_suffix(".body")),
        )
        if loss is not None and message is not None and loss.cause == "ended":
            loss = None  # it had replied before it ended
        return HandlerReply(message=message or {}, body=body, loss=loss, said=said)


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
    """Whether Python, started by this path, finds a ``pyvenv.cfg``, in its folder or its parent.

    https://docs.python.org/3/library/sys_path_init.html
    """
    folder = Path(path).parent
    return any((place / "pyvenv.cfg").is_file() for place in (folder, folder.parent))


def _link_steps(path: str) -> Iterator[str]:
    """Yield the path, then the target of each link, first of links in its folder."""
    yield path
    for _ in range(_MOST_LINKS):
        folder, name = os.path.split(path)
        path = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 - Path.resolve raises for a loop
        yield path
        if not os.path.islink(path):  # noqa: PTH114
            return
        path = os.path.join(os.path.dirname(path), os.readlink(path))  # noqa: PTH115, PTH118, PTH120
        yield path


def _write(path: Path, body: bytes | memoryview) -> None:
    """Write a file that the child reads. Raises ImgcheckError, such as for a full disk."""
    try:
        path.write_bytes(body)
    except OSError as error:
        raise ImgcheckError(f"request cannot be passed to the child process: {error}") from None


def _pop_file(path: Path, most: int = _MOST_BODY) -> bytes | None:
    """The bytes of a file that the child wrote, which is then removed; None if it cannot be read."""
    from sm_imgcheck.pipeline.read import open_file  # NumPy: the process starts before it is imported

    body = None
    with suppress(CandidateError), open_file(str(path)) as (file, size):
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


def default_memory() -> int:
    """8 GiB is more than any serverless endpoint has (6 GiB), and enough to import every framework."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows
        return 8 << 30
    return min(8 << 30, memory * 3 // 4)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of the child: as ours, without a way to AWS credentials.

    https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html: the environment, the files, the
    addresses of containers, and the address of the machine.
    """
    result = {key: value for key, value in variables.items() if not key.upper().startswith(("AWS_", "BOTO_"))}
    result |= {key: variables[key] for key in ("AWS_REGION", "AWS_DEFAULT_REGION") if key in variables}
    result |= dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"), os.devnull)
    here = ",".join(filter(None, (variables.get("no_proxy") or variables.get("NO_PROXY"), "localhost", "127.0.0.1")))
    result |= {"no_proxy": here, "NO_PROXY": here}  # what a TensorFlow handler posts stays on this machine
    return result | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
