"""The policy of Python's garbage collector. Light: it is imported before anything else.

Imported objects stay until the program ends, so a collection among them frees no memory. The benchmark
``tests/bench/gc_policy.py`` prints the gain for a short command and for a run over many images.
"""

from __future__ import annotations

import gc

__all__ = ["enable_for_run", "end_without", "freeze_imports", "start_without"]


def start_without() -> None:
    """Disable the collector while a command imports and parses; a run over many candidates enables it again."""
    gc.disable()


def freeze_imports() -> None:
    """Exempt all objects of now from collection.

    In the process that workers are forked from, this also keeps their shared pages shared: a collection writes to them.
    """
    gc.freeze()


def enable_for_run() -> None:
    """Exempt all objects of now from collection, and collect what a run makes from now on.

    Only after ``start_without``: a program that calls ``main`` many times would keep the garbage of each call.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def end_without() -> None:
    """Exempt all objects from the collections at the end of the interpreter, just before it.

    They free memory that the system frees a moment later: 28 of the 204 ms of ``validate`` on one image.
    """
    gc.freeze()
