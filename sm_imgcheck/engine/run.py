"""``process`` over many candidates, one after the other, in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from sm_imgcheck.engine.listing import Item
from sm_imgcheck.engine.outputs import Refused
from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.model import Candidate, Options, Result, Spec
from sm_imgcheck.processing import process
from sm_imgcheck.source import MAX_FILE_BYTES

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Sink", "Tell", "handed", "look", "run"]


class Sink(Protocol):
    """Where tensors go: ``outputs.Outputs``, ``outputs.Stream``."""

    def write(self, item: Item, array: np.ndarray[Any, Any]) -> str:
        """Write one tensor and return its place."""
        ...


Tell = Callable[[Item, Exception], str]
"""Told of a candidate that could not be served, and of the cause; answers with the clause for its result."""


def run(
    items: Iterable[Item], spec: Spec, options: Options, sink: Sink | None = None, *, tell: Tell
) -> Iterator[Result]:
    """Yield the result of each candidate as it is done, its tensor written to ``sink`` and let go.

    A tensor that is refused and a bug at one candidate are told, and the run goes on. Raises OutputError where the
    place of all tensors is at fault.
    """
    _keep_freed_memory()
    for item in items:
        try:
            yield _handed_over(look(item, spec, options), item, sink, tell)
        except (ImgcheckError, BrokenPipeError):
            raise
        except Exception as bug:  # noqa: BLE001 - whatever it is, the other candidates are none the worse for it
            yield Result(path=item.path, kind="unknown", bug=tell(item, bug))


def _keep_freed_memory() -> None:
    """Let glibc give the memory of one picture to the next instead of handing it back to the kernel each time.

    It learns from the largest block that it has seen freed, up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD): without this
    one 400 JPEGs cost 180,000 page faults, with it 8,000, which is a quarter of all time. Elsewhere it does nothing.
    """
    import numpy as np

    np.empty(31 << 20, np.uint8)  # never touched: it takes no memory


def _handed_over(result: Result, item: Item, sink: Sink | None, tell: Tell) -> Result:
    if sink is None or result.array is None:
        return replace(result, array=None)
    try:
        return replace(result, array=None, emitted=sink.write(item, result.array))
    except Refused as error:
        return replace(result, array=None, skipped=tell(item, error))


def look(item: Item, spec: Spec, options: Options) -> Result:
    """Process one candidate, under the name by which it was listed."""
    return replace(process(handed(item), spec, options), path=item.path)


def handed(item: Item) -> str | bytes | Candidate:
    """What ``process`` takes for it: its path, what stands on standard input, or why there is nothing to be taken."""
    if item.problem:
        return Candidate(path=item.path, kind="unknown", problem=("SRC101", item.problem))
    return _stdin(item.path) if item.stdin else item.path


def _stdin(name: str) -> bytes | Candidate:
    """All of standard input, unless it is more than a file may hold."""
    body = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    if len(body) <= MAX_FILE_BYTES:
        return body
    return Candidate(path=name, kind="unknown", problem=("SRC101", f"has more than {MAX_FILE_BYTES} bytes: not read"))
