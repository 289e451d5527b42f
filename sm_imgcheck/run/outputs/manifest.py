"""The manifest: a line for each input, in the order of the listing, the same bytes whenever and however it was made."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from json import dumps
from typing import Any

from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.io.stores import is_remote, local, store
from sm_imgcheck.report._records import name_of, plain
from sm_imgcheck.run.inputs.shard import Shard
from sm_imgcheck.run.resume.fingerprint import RunFingerprint
from sm_imgcheck.run.work import Outcome

__all__ = ["Lines", "line_of"]

_BLOCK = 1 << 20
_STARTS = (b'{"path": ', b'{"file": ')
"""How a manifest begins, and the index of packed files."""


class Lines:
    """A file of lines in the making: it gets its name when it is whole."""

    def __init__(self, place: str, *, force: bool = False) -> None:
        """Raise OutputError where it would replace a file: at the start, not after hours of work.

        force: it may replace one of its kind, and no other: an input or a spec in its place is a slip of the hand.
        """
        _check_place(place, force=force)
        self.place = place
        # Without a name, where the system has such files (O_TMPFILE, open(2)): a killed run leaves nothing behind, and
        # no link stands in the way. On the disk of its place: where that one is full, it is known when a line is added.
        folder = None if is_remote(place) else os.path.dirname(place) or "."
        with self._output_errors():
            self._file: Any = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

    def add(self, line: str) -> None:
        """One line, without its end. Raises OutputError."""
        with self._output_errors():
            self._file.write(line.encode() + b"\n")

    def finish(self) -> None:
        """Put the file in its place. Raises OutputError."""
        with self._output_errors():
            self._file.seek(0)
            store(self.place).write(self.place, iter(partial(self._file.read, _BLOCK), b""), force=True)
            self._file.close()

    def drop(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self._file.close()

    @contextmanager
    def _output_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"{for_terminal(self.place)} cannot be written: {error.strerror or error}") from error


def _check_place(place: str, *, force: bool) -> None:
    """Raise OutputError, StoreError unless a file of lines may be put there."""
    shown, where = for_terminal(place), store(place)
    if place == "-":
        raise OutputError("- is standard output, where the report goes: name a file (./- is one of that name)")
    if not is_remote(place) and (what := local.no_file(place)):
        raise OutputError(f"{shown} is {what}: name a file{' in it' * (what == 'a folder')}")
    if (there := where.stat(place)) is None:
        return
    if not force:
        raise OutputError(f"{shown} exists: --force replaces it, and so does --resume")
    if there.size and not where.head(place, len(_STARTS[0])).startswith(_STARTS):
        raise OutputError(f"{shown} exists and was not made by this program: remove it, or name another file")


def line_of(done: Outcome, fingerprint: RunFingerprint, shard: Shard) -> str:
    """What is said of one input. No clocks; a name that is not UTF-8 comes with its bytes, as in reports."""
    result = done.result
    record: dict[str, Any] = name_of("path", result.path)
    record |= {
        "kind": result.kind,
        "status": result.status,
        "size": done.size,
        "sha256": done.sha256 or None,
        "findings": plain(result.findings),
        "skipped": for_json(result.skipped),
        "bug": for_json(result.bug),
        **(name_of("output", done.output) if done.output else {"output": None}),
        "row": done.row,
        "spec_sha256": fingerprint.spec_sha256,
        "versions": dict(fingerprint.libraries),
    }
    return dumps(record | ({"shard": f"{shard.index}/{shard.of}"} if shard.of > 1 else {}))
