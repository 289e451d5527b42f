"""The manifest: a line for each input, in the order of the listing, the same bytes whenever and however it was made."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from json import dumps
from typing import Any

from sm_imgcheck.engine.job import Done
from sm_imgcheck.engine.origin import Origin
from sm_imgcheck.engine.shard import Shard
from sm_imgcheck.errors import OutputError
from sm_imgcheck.escape import for_json, for_terminal
from sm_imgcheck.report._record import plain
from sm_imgcheck.stores import store

__all__ = ["Lines", "line_of", "name_of"]

_BLOCK = 1 << 20


class Lines:
    """A file of lines in the making: it gets its name when it is whole, and until then it is nobody's."""

    def __init__(self, place: str, *, aside: str = "", force: bool = False) -> None:
        """Raise OutputError where there is such a file, unless ``force``: at the start, not after hours of work."""
        if not force and store(place).stat(place) is not None:
            raise OutputError(f"{for_terminal(place)} exists: --force replaces it, and so does --resume")
        self.place = place
        # In a folder of ours: what is for all (/tmp) may be small. The file has no name, and so it never stays behind.
        self._file = tempfile.TemporaryFile(dir=aside or None)  # noqa: SIM115

    def add(self, line: str) -> None:
        """One line, without its end. Raises OutputError."""
        try:
            self._file.write(line.encode() + b"\n")
        except OSError as error:
            raise OutputError(f"{for_terminal(self.place)} cannot be written: {error.strerror}") from error

    def finish(self) -> None:
        """Put the file in its place. Raises OutputError."""
        self._file.seek(0)
        store(self.place).write(self.place, self._blocks(), force=True)
        self._file.close()

    def _blocks(self) -> Iterator[bytes]:
        while block := self._file.read(_BLOCK):
            yield block


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


def name_of(key: str, name: str) -> dict[str, str]:
    """A name as JSON says it; one that is not UTF-8 with its bytes in hexadecimal beside it."""
    shown = for_json(name)
    more = {} if shown == name else {f"{key}_bytes": name.encode("utf-8", "surrogateescape").hex()}
    return {key: shown, **more}
