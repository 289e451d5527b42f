"""Threads of libraries: one process runs per processor, so none of them starts threads. Light."""

from __future__ import annotations

import os

__all__ = ["VARIABLES", "one_thread_each"]

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
"""Environment variables with the number of threads of a library."""


def one_thread_each() -> None:
    """Set libraries, for this process and all its children, to start no threads; settings of the user stay."""
    for name in VARIABLES:
        os.environ.setdefault(name, "1")
