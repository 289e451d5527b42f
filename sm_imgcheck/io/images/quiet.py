"""Image libraries warn, log and print: here nothing of that reaches the terminal, and what matters is kept."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from sm_imgcheck.core.errors import CandidateError

__all__ = ["quietly"]

# `warnings.catch_warnings` and a redirected descriptor belong to the whole process: two threads that enter and leave
# them crosswise would leave them swapped for good.
HEARING = threading.Lock()
PAPER_BYTES = 4096


def quietly(work: Callable[[], Any], *, printed: list[str] | None = None) -> tuple[Any, tuple[str, ...]]:
    """What ``work()`` returns, and what Python warnings it gave; whatever it raises becomes a CandidateError.

    printed: takes the lines that it prints to the process's standard error, which is closed to everybody for as long
    as it runs; None: it prints none.
    """
    # Without any handler `logging` prints errors itself; a program that has set up logging still gets them.
    logger = logging.getLogger("PIL")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    closed = nullcontext() if printed is None else no_stderr(printed)
    with HEARING, warnings.catch_warnings(record=True) as said, closed:
        warnings.simplefilter("always")
        try:
            made = work()
        except CandidateError:
            raise
        except MemoryError:
            raise CandidateError("SRC120", "out of memory") from None
        except Exception as problem:  # noqa: BLE001 - plugins raise whatever their parsing runs into
            code = "SRC120" if "DecompressionBomb" in type(problem).__name__ else "SRC112"
            raise CandidateError(code, f"cannot be decoded: {name_failure(problem)}") from None
    return made, tuple(dict.fromkeys(str(entry.message)[:200] for entry in said))


def name_failure(problem: Exception) -> str:
    """What a decoder's exception says, one short line; of what only its programmers understand, that it is damage."""
    words = " ".join(str(problem).split())[:200]
    telling = isinstance(problem, (OSError, ValueError, SyntaxError)) and " " in words and " object" not in words
    return words if telling else "its structure is damaged"


@contextmanager
def no_stderr(printed: list[str]) -> Iterator[None]:
    """Keep what C code prints to standard error. OpenCV, libpng and libtiff offer Python no other way.

    printed: takes the lines, the first 4096 bytes of them and on Linux only; elsewhere they are lost.
    """
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    paper = open_paper()
    try:
        os.dup2(paper, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        if os.fstat(paper).st_size:  # the null device has none
            printed += os.pread(paper, PAPER_BYTES, 0).rstrip(b"\0").decode("utf-8", "replace").splitlines()
        os.close(paper)


def open_paper() -> int:
    """A file to print on that cannot grow: a damaged fax can complain of every one of its rows."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # a sandbox may not know the call
            paper = os.memfd_create("printed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(paper, PAPER_BYTES)
            fcntl.fcntl(paper, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
            return paper
    return os.open(os.devnull, os.O_RDWR)
