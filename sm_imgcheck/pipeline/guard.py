"""The guard around code that reads hostile input: an exception that no input should cause becomes a finding."""

from __future__ import annotations

import os
from collections.abc import Callable

from sm_imgcheck.core.errors import Bug, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import changed
from sm_imgcheck.core.types import Candidate
from sm_imgcheck.rules.source_file import SRC108, SRC120

__all__ = ["WITH_TRACEBACK", "clause", "guarded"]

WITH_TRACEBACK = "SM_IMGCHECK_TRACEBACK"
"""Environment variable: where it is set, an unexpected exception is raised with its traceback and ends the run."""


def guarded(candidate: Candidate, read: Callable[[], Candidate]) -> Candidate:
    """Return what ``read`` returns; where it raises, ``candidate`` with the exception as its problem (SRC108).

    Expected errors (ImgcheckError) and a closed output pipe pass through.
    """
    try:
        return read()
    except (ImgcheckError, Bug, BrokenPipeError):
        raise
    except MemoryError:
        return changed(candidate, problem=SRC120.finding("needs more memory than there is"))
    except Exception as error:
        if os.environ.get(WITH_TRACEBACK):
            raise
        what = f"not checked: sm-imgcheck failed with {clause(error)}"
        return changed(candidate, problem=SRC108.finding(what, actual=type(error).__name__))


def clause(error: BaseException) -> str:
    """An unexpected exception and its place in the code, in one line."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    file = "" if last is None else last.tb_frame.f_code.co_filename.rpartition(os.sep)[2]
    place = "" if last is None else f" ({file}:{last.tb_lineno})"
    return for_terminal(f"{type(error).__name__}: {error}{place}")
