"""The manifests of the shards of a run as one, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from json import dumps, loads
from typing import IO, Any

from sm_imgcheck.core.errors import ImgcheckError, StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import is_remote, store, strip_file_scheme
from sm_imgcheck.io.stores.local import opened
from sm_imgcheck.run.database import as_blob, temporary

__all__ = ["Merged", "merged"]

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
    empty: int = 0
    """Parts without a line."""
    made_by: tuple[str, dict[str, Any], str] | None = None
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
        empty = True
        for record in _records(part):
            empty = False
            _compare(record, part, found)
            record.pop("shard", None)
            row = (as_blob(_path(record)), number, dumps(record))
            if not base.execute("INSERT OR IGNORE INTO lines VALUES (?, ?, ?)", row).rowcount:
                (first,) = base.execute("SELECT part FROM lines WHERE path = ?", row[:1]).fetchone()
                both = f"in {for_terminal(parts[first])} and in {for_terminal(part)}"
                found.tell(f"{for_terminal(_path(record))} is {both}: --force keeps the first")
        found.empty += empty
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


def _records(part: str) -> Iterator[dict[str, Any]]:
    """What each line says. Raises ImgcheckError."""
    with _opened(part) as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST), b""), 1):
            yield _record(line, f"{for_terminal(part)}, line {number}")


def _record(line: bytes, where: str) -> dict[str, Any]:
    fields = (("path", str), ("findings", list), ("spec_sha256", str), ("versions", dict))
    try:
        record: dict[str, Any] = loads(line)
        if line.endswith(b"\n") and all(isinstance(record[key], kind) for key, kind in fields):
            _path(record), _shard(record)
            return record
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        pass
    raise ImgcheckError(f"{where}: is no line of a manifest, as --manifest writes them, or not all of it is there")


def _path(record: dict[str, Any]) -> str:
    """The name as the system has it."""
    raw = record.get("path_bytes")
    return record["path"] if raw is None else bytes.fromhex(raw).decode("utf-8", "surrogateescape")


def _shard(record: dict[str, Any]) -> tuple[int, int] | None:
    """Index and number; None for a line of an undivided run."""
    if "shard" not in record:
        return None
    index, _, of = record["shard"].partition("/")
    return int(index), int(of)


def _compare(record: dict[str, Any], part: str, found: Merged) -> None:
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
        if len(missing) > found.empty:
            named = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
            found.tell(f"of {of} shards these are in no part: {named}; --force goes without")
