"""The manifest: a line for each input, in the order of the listing, the same bytes whenever and however it was made."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from json import dumps
from typing import Any

from sm_imgcheck.engine.job import Done
from sm_imgcheck.engine.origin import Origin
from sm_imgcheck.engine.shard import Shard
from sm_imgcheck.errors import OutputError
from sm_imgcheck.escape import for_json, for_terminal
from sm_imgcheck.report._record import name_of, plain
from sm_imgcheck.stores import is_remote, store

__all__ = ["Lines", "line_of"]

_BLOCK = 1 << 20


class Lines:
    """A file of lines in the making: it gets its name when it is whole."""

    def __init__(self, place: str, *, force: bool = False) -> None:
        """Raise OutputError where there is such a file, unless ``force``: at the start, not after hours of work."""
        if not is_remote(place) and os.path.isdir(place):
            raise OutputError(f"{for_terminal(place)} is a folder: name a file in it")
        if not force and store(place).stat(place) is not None:
            raise OutputError(f"{for_terminal(place)} exists: --force replaces it, and so does --resume")
        self.place = place
        folder, name = os.path.split(place)
        # One name, so that what a killed run leaves there is taken over by the one that goes on.
        self._begun = "" if is_remote(place) else os.path.join(folder, f".{name}.part")
        with self._told():
            self._file: Any = open(self._begun, "wb") if self._begun else tempfile.TemporaryFile()  # noqa: SIM115

    def add(self, line: str) -> None:
        """One line, without its end. Raises OutputError."""
        with self._told():
            self._file.write(line.encode() + b"\n")

    def finish(self) -> None:
        """Put the file in its place. Raises OutputError."""
        with self._told():
            if self._begun:
                self._file.close()
                os.replace(self._begun, self.place)
                return
            self._file.seek(0)
            store(self.place).write(self.place, iter(partial(self._file.read, _BLOCK), b""), force=True)
            self._file.close()

    def drop(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self._file.close()
            if self._begun:
                os.unlink(self._begun)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"{for_terminal(self.place)} cannot be written: {error.strerror or error}") from error


def line_of(done: Done, origin: Origin, shard: Shard) -> str:
    """What is said of one input. No clocks; a name that is not UTF-8 comes with its bytes, as in reports."""
    result = done.result
    record: dict[str, Any] = name_of("path", result.path)
    record |= {
        "kind": result.kind,
        "size": done.size,
        "sha256": done.sha256 or None,
        "findings": plain(result.findings),
        "skipped": for_json(result.skipped),
        "bug": for_json(result.bug),
        **(name_of("output", done.output) if done.output else {"output": None}),
        "row": done.row,
        "spec_sha256": origin.spec_sha256,
        "versions": dict(origin.libraries),
    }
    return dumps(record | ({"shard": f"{shard.index}/{shard.of}"} if shard.of > 1 else {}))
