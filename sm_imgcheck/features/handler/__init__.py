"""The user's own handler: run in a child process, and its tensor checked like any other.

It runs the user's code, with the user's rights: the limits of time and memory are not a sandbox.
``guest_main.py`` and ``guest`` are what runs there: plain Python, which needs NumPy at most.
"""

from __future__ import annotations

from sm_imgcheck.features.handler.call import call_handler
from sm_imgcheck.features.handler.review import review_result
from sm_imgcheck.features.handler.runner import Handler, HandlerRunner

__all__ = ["Handler", "HandlerRunner", "call_handler", "review_result"]
