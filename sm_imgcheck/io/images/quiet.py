"""Capture the warnings, logs and output of image libraries, and keep the relevant lines."""

from __future__ import annotations

import os
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TypeVar

from sm_imgcheck.core.errors import CandidateError

__all__ = ["quietly"]

T = TypeVar("T")

# `warnings.catch_warnings` and a redirected descriptor belong to the whole process: two threads that enter and leave
# them crosswise would leave them swapped for good.
CAPTURE_LOCK = threading.Lock()
PAPER_BYTES = 4096
# The prefix of bytes as Python writes them, in messages of Pillow.
BYTES_REPR = re.compile(r"\bb('[^']*'|\"[^\"]*\")")


def quietly(work: Callable[[], T], *, lines: list[str] | None = None) -> tuple[T, tuple[str, ...]]:
    """Return the result of ``work()`` and its Python warnings; any exception becomes a CandidateError.

    lines: receives the lines that it prints to the process's standard error, which is redirected while it runs; None:
    it prints none.
    """
    import logging  # 4 ms, which a JPEG that simplejpeg decodes does not need

    # Without any handler `logging` prints errors itself; a program that has set up logging still gets them.
    logger = logging.getLogger("PIL")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    capture = nullcontext() if lines is None else no_stderr(lines)
    with CAPTURE_LOCK, warnings.catch_warnings(record=True) as caught_warnings, capture:
        warnings.simplefilter("always")
        try:
            result = work()
        except CandidateError:
            raise
        except MemoryError:
            raise CandidateError("SRC120", "out of memory") from None
        except Exception as problem:  # noqa: BLE001 - plugins raise whatever their parsing runs into
            code = "SRC120" if "DecompressionBomb" in type(problem).__name__ else "SRC112"
            raise CandidateError(code, f"cannot be decoded: {name_failure(problem)}") from None
    return result, tuple(dict.fromkeys(str(entry.message)[:200] for entry in caught_warnings))


def name_failure(problem: Exception) -> str:
    """Return a decoder's exception as one short line; as damage where its text is only about the decoder's code."""
    words = BYTES_REPR.sub(r"\1", " ".join(str(problem).split()))[:200]
    is_readable = isinstance(problem, (OSError, ValueError, SyntaxError)) and " " in words and " object" not in words
    return words if is_readable else "its structure is damaged"


@contextmanager
def no_stderr(lines: list[str]) -> Iterator[None]:
    """Capture the standard error of C code, the only output of errors in OpenCV, libpng and libtiff.

    lines: receives the lines, the first 4096 bytes of them and on Linux only; elsewhere they are lost.
    """
    try:
        stderr_copy = os.dup(2)
    except OSError:
        yield
        return
    paper = open_paper()
    try:
        os.dup2(paper, 2)
        yield
    finally:
        os.dup2(stderr_copy, 2)
        os.close(stderr_copy)
        if os.fstat(paper).st_size:  # the null device has none
            lines += os.pread(paper, PAPER_BYTES, 0).rstrip(b"\0").decode("utf-8", "replace").splitlines()
        os.close(paper)


def open_paper() -> int:
    """Return a file for output with a limited size: a damaged fax can cause a warning for each of its rows."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # a sandbox may not support the call
            paper = os.memfd_create("printed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(paper, PAPER_BYTES)
            fcntl.fcntl(paper, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
            return paper
    return os.open(os.devnull, os.O_RDWR)
