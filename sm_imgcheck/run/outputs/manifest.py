"""The manifest: a line for each input, in the order of the listing, the same bytes whenever and however it was made.

The manifests of the shards of a run are merged into one in bounded memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from json import dumps, loads
from typing import IO, TYPE_CHECKING

from sm_imgcheck.core.errors import ImgcheckError, OutputError, StoreError
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.io.stores import is_remote, local, store, strip_file_scheme
from sm_imgcheck.io.stores.local import opened
from sm_imgcheck.report._records import name_of, plain
from sm_imgcheck.run.database import as_blob, temporary
from sm_imgcheck.run.inputs.listing import Shard
from sm_imgcheck.run.resume.fingerprint import RunFingerprint
from sm_imgcheck.run.work import Outcome

if TYPE_CHECKING:
    from typing import TypedDict

    class ManifestLine(TypedDict, total=False):
        """What is used of a line when manifests are merged; ``line_of`` writes more."""

        path: str
        path_bytes: str
        findings: list[object]
        spec_sha256: str
        versions: dict[str, object]
        shard: str


__all__ = ["Lines", "Merged", "line_of", "merged"]

_BLOCK = 1 << 20
_STARTS = (b'{"path": ', b'{"file": ')
"""How a manifest begins, and the index of packed files."""


class Lines:
    """A file of lines in the making: it gets its name when it is whole."""

    def __init__(self, place: str, *, force: bool = False, resumes: bool = True) -> None:
        """Raise OutputError where it would replace a file: at the start, not after hours of work.

        force: it may replace one of its kind, and no other: an input or a spec in its place is a slip of the hand.
        resumes: whether the command has --resume, which stands for force too.
        """
        _check_place(place, force=force, resumes=resumes)
        self.place = place
        # Without a name, where the system has such files (O_TMPFILE, open(2)): a killed run leaves nothing behind, and
        # no link stands in the way. On the disk of its place: where that one is full, it is known when a line is added.
        folder = None if is_remote(place) else os.path.dirname(place) or "."
        with self._output_errors():
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

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


def _check_place(place: str, *, force: bool, resumes: bool) -> None:
    """Raise OutputError, StoreError unless a file of lines may be put there."""
    shown, where = for_terminal(place), store(place)
    if place == "-":
        raise OutputError("- is standard output, where the report goes: name a file (./- is one of that name)")
    if not is_remote(place) and (what := local.no_file(place)):
        raise OutputError(f"{shown} is {what}: name a file{' in it' * (what == 'a folder')}")
    if (there := where.stat(place)) is None:
        return
    if not force:
        raise OutputError(f"{shown} exists: --force replaces it{', and so does --resume' if resumes else ''}")
    if there.size and not where.head(place, len(_STARTS[0])).startswith(_STARTS):
        raise OutputError(f"{shown} exists and was not made by this program: remove it, or name another file")


def line_of(done: Outcome, fingerprint: RunFingerprint, shard: Shard) -> str:
    """What is said of one input. No clocks; a name that is not UTF-8 comes with its bytes, as in reports."""
    result = done.result
    record = {
        **name_of("path", result.path),
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


_LONGEST = 16 << 20
"""Of a line, in bytes."""
_LARGEST = 2 << 30
"""Of a part in a store, in bytes: it is read whole."""


@dataclass(slots=True, kw_only=True)
class Merged:
    """What was found in the parts."""

    tell: Callable[[str], None]
    """Told what is wrong where that is no reason to stop; otherwise raises."""
    inputs: int = 0
    counts: list[int] = field(default_factory=list)
    """Lines of each part. One without a line counts as a shard without candidates: nothing in it says which."""
    made_by: tuple[str, dict[str, object], str] | None = None
    """Spec and versions of the first line, and its part."""
    shards: dict[int, set[int]] = field(default_factory=dict)
    """By the number of shards, those that are there."""


def merged(parts: Sequence[str], found: Merged) -> Iterator[str]:
    """The lines of all parts in the order of their paths, without what says the shard: as of one run over everything.

    Raises ImgcheckError for a part that cannot be read or is no manifest; of parts of different specs or versions, of
    an input that is in two of them and of shards that are in none, ``found.tell`` is told.
    """
    base = temporary("CREATE TABLE lines (path BLOB UNIQUE, part INT, line TEXT)")
    for number, part in enumerate(parts):
        found.counts.append(0)
        for record in _records(part):
            found.counts[-1] += 1
            _compare(record, part, found)
            record.pop("shard", None)
            row = (as_blob(_path(record)), number, dumps(record))
            if not base.execute("INSERT OR IGNORE INTO lines VALUES (?, ?, ?)", row).rowcount:
                (first,) = base.execute("SELECT part FROM lines WHERE path = ?", row[:1]).fetchone()
                both = f"in {for_terminal(parts[first])} and in {for_terminal(part)}"
                found.tell(f"{for_terminal(_path(record))} is {both}: --force keeps the first")
    _look_for_missing(found)
    for (line,) in base.execute("SELECT line FROM lines ORDER BY path"):
        found.inputs += 1
        yield line


def _opened(part: str) -> IO[bytes]:
    try:
        if is_remote(part):
            return BytesIO(store(part).read(part, _LARGEST))
        return opened(strip_file_scheme(part))
    except (OSError, StoreError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise ImgcheckError(f"{for_terminal(part)} cannot be read: {said}") from error


def _records(part: str) -> Iterator[ManifestLine]:
    """What each line says. Raises ImgcheckError."""
    with _opened(part) as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST), b""), 1):
            yield _record(line, f"{for_terminal(part)}, line {number}")


def _record(line: bytes, where: str) -> ManifestLine:
    fields = (("path", str), ("findings", list), ("spec_sha256", str), ("versions", dict))
    try:
        record: ManifestLine = loads(line)
        if line.endswith(b"\n") and all(isinstance(record.get(key), kind) for key, kind in fields):
            _path(record), _shard(record)
            return record
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        pass
    raise ImgcheckError(f"{where}: is no line of a manifest, as --manifest writes them, or not all of it is there")


def _path(record: ManifestLine) -> str:
    """The name as the system has it."""
    raw = record.get("path_bytes")
    return record["path"] if raw is None else bytes.fromhex(raw).decode("utf-8", "surrogateescape")


def _shard(record: ManifestLine) -> tuple[int, int] | None:
    """Index and number; None for a line of an undivided run."""
    if "shard" not in record:
        return None
    index, _, of = record["shard"].partition("/")
    return int(index), int(of)


def _compare(record: ManifestLine, part: str, found: Merged) -> None:
    """Hold the spec and the versions of a line against the first line's, and note its shard."""
    made_by = (record["spec_sha256"], record["versions"])
    if found.made_by is None:
        found.made_by = (*made_by, part)
    elif made_by != found.made_by[:2]:
        spec, versions, first = found.made_by
        differs = ["the spec"] if made_by[0] != spec else []
        differs += sorted(name for name in made_by[1].keys() | versions if made_by[1].get(name) != versions.get(name))
        found.made_by = (*made_by, part)  # said once for each change
        found.tell(
            f"{for_terminal(part)} was not made by what made {for_terminal(first)}: other versions of "
            f"{for_terminal(', '.join(differs))}; --force merges them all the same"
        )
    if (shard := _shard(record)) is not None:
        found.shards.setdefault(shard[1], set()).add(shard[0])


def _look_for_missing(found: Merged) -> None:
    if len(found.shards) > 1:
        found.tell(
            f"the parts are of runs with {' and '.join(map(str, sorted(found.shards)))} shards: --force merges them"
        )
        return
    for of, there in found.shards.items():
        missing = [index for index in range(min(of, 1_000_000)) if index not in there]
        if len(missing) > found.counts.count(0):
            named = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
            found.tell(f"of {of} shards these are in no part: {named}; --force goes without")
