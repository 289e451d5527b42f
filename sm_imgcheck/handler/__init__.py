"""The user's own handler: run in a child process of its own interpreter, and its tensor checked like any other.

It runs the user's code, with the user's rights: limits of time and memory keep a run whole, they are no sandbox.
``_child.py`` and ``_in_child`` are what runs there: plain Python, which needs NumPy at most.
"""

from __future__ import annotations

from sm_imgcheck.handler.candidates import handled
from sm_imgcheck.handler.runner import Handler, Runner

__all__ = ["Handler", "Runner", "handled"]
