"""``process`` over many candidates, one after the other, in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from sm_imgcheck.engine.listing import Item
from sm_imgcheck.model import Candidate, Options, Result, Spec
from sm_imgcheck.processing import process
from sm_imgcheck.source import MAX_FILE_BYTES

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Sink", "handed", "look", "noting", "run"]


class Sink(Protocol):
    """Where tensors go: ``outputs.Outputs``, ``outputs.Stream``."""

    def write(self, item: Item, array: np.ndarray[Any, Any]) -> str:
        """Write one tensor and return its place."""
        ...


def run(items: Iterable[Item], spec: Spec, options: Options, sink: Sink | None = None) -> Iterator[Result]:
    """Yield the result of each candidate as it is done, its tensor written to ``sink`` and let go."""
    for item in items:
        result = look(item, spec, options)
        emitted = None if sink is None or result.array is None else sink.write(item, result.array)
        yield replace(result, array=None, emitted=emitted)


def look(item: Item, spec: Spec, options: Options) -> Result:
    """Process one candidate, under the name by which it was listed."""
    with noting(item):
        return replace(process(handed(item), spec, options), path=item.path)


def handed(item: Item) -> str | bytes | Candidate:
    """What ``process`` takes for it: its path, or what stands on standard input."""
    return _stdin(item.path) if item.stdin else item.path


@contextmanager
def noting(item: Item) -> Iterator[None]:
    """Say of a bug at which file it happened."""
    try:
        yield
    except Exception as error:
        error.add_note(f"It happened at {item.path}.")
        raise


def _stdin(name: str) -> bytes | Candidate:
    """All of standard input, unless it is more than a file may hold."""
    body = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    if len(body) <= MAX_FILE_BYTES:
        return body
    return Candidate(path=name, kind="unknown", problem=("SRC101", f"has more than {MAX_FILE_BYTES} bytes: not read"))
