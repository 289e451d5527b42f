"""Image libraries warn, log and print: here nothing of that reaches the terminal, and what matters is kept."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sm_imgcheck.errors import CandidateError

__all__ = ["quietly"]

# `warnings.catch_warnings` and a redirected descriptor belong to the whole process: two threads that enter and leave
# them crosswise would leave them swapped for good.
HEARING = threading.Lock()


def quietly(work: Callable[[], Any], *, loud: bool = False) -> tuple[Any, tuple[str, ...]]:
    """What ``work()`` returns, and what Python warnings it gave; whatever it raises becomes a CandidateError.

    loud: it may print to the process's standard error, which is closed to everybody for as long as it runs.
    """
    # Without any handler `logging` prints errors itself; a program that has set up logging still gets them.
    logger = logging.getLogger("PIL")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    with HEARING, warnings.catch_warnings(record=True) as said, no_stderr() if loud else nullcontext():
        warnings.simplefilter("always")
        try:
            made = work()
        except CandidateError:
            raise
        except Exception as problem:  # noqa: BLE001 - plugins raise whatever their parsing runs into
            code = "SRC120" if "DecompressionBomb" in type(problem).__name__ else "SRC112"
            raise CandidateError(code, f"cannot be decoded: {name_failure(problem)}") from None
    return made, tuple(dict.fromkeys(str(entry.message)[:200] for entry in said))


def name_failure(problem: Exception) -> str:
    """What a decoder's exception says, one short line."""
    words = " ".join(str(problem).split())[:200]
    telling = isinstance(problem, (OSError, ValueError, SyntaxError)) and words
    return words if telling else f"{type(problem).__name__} {words}".strip()


@contextmanager
def no_stderr() -> Iterator[None]:
    """Send what C code prints to standard error nowhere. OpenCV, libpng and libtiff offer Python no other way."""
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
