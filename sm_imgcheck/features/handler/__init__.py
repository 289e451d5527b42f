"""The user's own handler: run in a child process, and its tensor checked like any other.

It runs the user's code, with the user's rights: the limits of time and memory are not a sandbox.
``child_main.py`` and ``guest`` are what runs there: plain Python, which needs NumPy at most.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sm_imgcheck.features.handler.call import call_handler
    from sm_imgcheck.features.handler.review import review_result
    from sm_imgcheck.features.handler.runner import Handler, HandlerRunner

__all__ = ["Handler", "HandlerRunner", "call_handler", "review_result"]

_MODULES = {"Handler": "runner", "HandlerRunner": "runner", "call_handler": "call", "review_result": "review"}


def __getattr__(name: str) -> object:
    """Import a public name at its first use: a model's process needs ``session`` alone."""
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
