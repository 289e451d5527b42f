"""The manifest: a line for each input, in the order of the listing, the same bytes for every run of the same inputs.

The manifests of the shards of a run are merged into one in bounded memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from functools import partial
from io import BytesIO
from json import dumps, loads
from typing import IO, TYPE_CHECKING

from sm_imgcheck.core.errors import ImgcheckError, OutputError, StoreError
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.io.stores import is_remote, local, output_state, store, strip_file_scheme
from sm_imgcheck.io.stores.local import open_local_file
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


__all__ = ["ManifestWriter", "MergeResult", "line_of", "merge_lines"]

_BLOCK = 1 << 20
_STARTS = (b'{"path": ', b'{"file": ')
"""How a manifest begins, and the index of packed files."""


class ManifestWriter:
    """An incomplete file of lines: it is renamed when it is complete."""

    def __init__(self, place: str, *, force: bool = False, resumes: bool = True) -> None:
        """Raise OutputError for a file that would be replaced: at the start, not after hours of work.

        force: it may replace a file of its kind, and no other: an input or a spec there is a mistake of the user.
        resumes: whether the command has --resume, which implies force.
        """
        _check_place(place, force=force, resumes=resumes)
        self.place = place
        # Unnamed, where the system has such files (O_TMPFILE, open(2)): a killed run leaves no file, and no link can
        # redirect it. In its folder: a full disk is reported when a line is added.
        folder = None if is_remote(place) else os.path.dirname(place) or "."
        with self._output_errors():
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

    def add(self, line: str) -> None:
        """One line, without its end. Raises OutputError."""
        with self._output_errors():
            self._file.write(line.encode() + b"\n")

    def finish(self) -> None:
        """Move the file to its name. Raises OutputError."""
        with self._output_errors():
            self._file.seek(0)
            store(self.place).write(self.place, iter(partial(self._file.read, _BLOCK), b""), force=True)
            self._file.close()

    def drop(self) -> None:
        """Remove the incomplete file."""
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
    name, where = for_terminal(place), store(place)
    if place == "-":
        raise OutputError("- is standard output, which the report uses: name a file (./- is one of that name)")
    if not is_remote(place) and (what := local.no_file(place)):
        raise OutputError(f"{name} is {what}: name a file{' in it' * (what == 'a folder')}")
    if (existing := output_state(place)) is None:
        return
    if not force:
        raise OutputError(f"{name} exists: --force replaces it{', and so does --resume' if resumes else ''}")
    if existing.size and not where.head(place, len(_STARTS[0])).startswith(_STARTS):
        raise OutputError(f"{name} exists and was not made by this program: remove it, or name another file")


def line_of(outcome: Outcome, fingerprint: RunFingerprint, shard: Shard) -> str:
    """Return the record of one input. No clocks; a name that is not UTF-8 has its bytes too, as in reports."""
    result = outcome.result
    record = {
        **name_of("path", result.path),
        "kind": result.kind,
        "status": result.status,
        "size": outcome.size,
        "sha256": outcome.sha256 or None,
        "findings": plain(result.findings),
        "skipped": for_json(result.skipped),
        "bug": for_json(result.bug),
        **(name_of("output", outcome.output) if outcome.output else {"output": None}),
        "row": outcome.row,
        "spec_sha256": fingerprint.spec_sha256,
        "versions": dict(fingerprint.libraries),
    }
    return dumps(record | ({"shard": f"{shard.index}/{shard.total}"} if shard.total > 1 else {}))


_LONGEST = 16 << 20
"""Longest line, in bytes."""
_LARGEST = 2 << 30
"""Largest part in a store, in bytes: it is read completely."""


@mutable
class MergeResult:
    """What was found in the parts."""

    report: Callable[[str], None]
    """Callback for problems that do not end the merge; without it they are raised."""
    inputs: int = 0
    counts: list[int] = field(default_factory=list)
    """Lines of each part. A part without lines counts as a shard without candidates: it does not name its shard."""
    made_by: tuple[str, dict[str, object], str] | None = None
    """Spec and versions of the first line, and its part."""
    shards: dict[int, set[int]] = field(default_factory=dict)
    """By the number of shards, the shards with a part."""


def merge_lines(parts: Sequence[str], result: MergeResult) -> Iterator[str]:
    """Yield the lines of all parts in the order of their paths, without the shard: as of one run over all inputs.

    Raises ImgcheckError for a part that cannot be read or is not a manifest; parts of different specs or versions, an
    input in two of them and missing shards are reported to ``result.report``.
    """
    base = temporary("CREATE TABLE lines (path BLOB UNIQUE, part INT, line TEXT)")
    for number, part in enumerate(parts):
        result.counts.append(0)
        for record in _records(part):
            result.counts[-1] += 1
            _compare(record, part, result)
            record.pop("shard", None)
            row = (as_blob(_path(record)), number, dumps(record))
            if not base.execute("INSERT OR IGNORE INTO lines VALUES (?, ?, ?)", row).rowcount:
                (first,) = base.execute("SELECT part FROM lines WHERE path = ?", row[:1]).fetchone()
                both = f"in {for_terminal(parts[first])} and in {for_terminal(part)}"
                result.report(f"{for_terminal(_path(record))} is {both}: --force keeps the first")
    _report_missing(result)
    for (line,) in base.execute("SELECT line FROM lines ORDER BY path"):
        result.inputs += 1
        yield line


def _open_part(part: str) -> IO[bytes]:
    try:
        if is_remote(part):
            return BytesIO(store(part).read(part, _LARGEST))
        return open_local_file(strip_file_scheme(part))
    except (OSError, StoreError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise ImgcheckError(f"{for_terminal(part)} cannot be read: {said}") from error


def _records(part: str) -> Iterator[ManifestLine]:
    """Yield the record of each line. Raises ImgcheckError."""
    with _open_part(part) as file:
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
    raise ImgcheckError(f"{where}: not a complete line of a manifest, as --manifest writes them")


def _path(record: ManifestLine) -> str:
    """The name as the system has it."""
    raw = record.get("path_bytes")
    return record["path"] if raw is None else bytes.fromhex(raw).decode("utf-8", "surrogateescape")


def _shard(record: ManifestLine) -> tuple[int, int] | None:
    """Index and number; None for a line of an undivided run."""
    if "shard" not in record:
        return None
    index, _, total = record["shard"].partition("/")
    return int(index), int(total)


def _compare(record: ManifestLine, part: str, result: MergeResult) -> None:
    """Compare the spec and the versions of a line with the first line's, and add its shard."""
    made_by = (record["spec_sha256"], record["versions"])
    if result.made_by is None:
        result.made_by = (*made_by, part)
    elif made_by != result.made_by[:2]:
        spec, versions, first = result.made_by
        differs = ["the spec"] if made_by[0] != spec else []
        differs += sorted(name for name in made_by[1].keys() | versions if made_by[1].get(name) != versions.get(name))
        result.made_by = (*made_by, part)  # reported once for each change
        result.report(
            f"{for_terminal(part)} and {for_terminal(first)}: other versions of "
            f"{for_terminal(', '.join(differs))}; --force merges them anyway"
        )
    if (shard := _shard(record)) is not None:
        result.shards.setdefault(shard[1], set()).add(shard[0])


def _report_missing(result: MergeResult) -> None:
    if len(result.shards) > 1:
        result.report(
            f"the parts are of runs with {' and '.join(map(str, sorted(result.shards)))} shards: --force merges them"
        )
        return
    for total, existing in result.shards.items():
        missing = [index for index in range(min(total, 1_000_000)) if index not in existing]
        if len(missing) > result.counts.count(0):
            listed_numbers = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
            result.report(f"of {total} shards these are missing: {listed_numbers}; --force ignores them")
