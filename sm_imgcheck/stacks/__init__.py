"""Serving stacks: one file each; adding a stack is adding a file.

The file's name with hyphens is the stack's (``tensorflow_serving`` is ``tensorflow-serving``). A module offers

* ``CONTENT_TYPES``: the ones that it decodes without code of the user's, compared exactly unless the module says so;
* ``BODY_LIMIT``: bytes that its server takes, None where none is known; ``LIMIT_SETTING``: what raises it;
* ``ENVELOPES``: the forms of body that go with it, the best first;
* ``receive(body, content_type, spec) -> Received | Refused``: what its predict function would see. Never raises,
  loads no pickle, and is bounded whatever the body claims. An empty content type stands for none at all;
* where ``code --for`` can write a handler: ``HANDLER``, the text of the functions that the stack calls in a user's
  file, and ``IMPORTS``, the lines that it needs besides. In the text ``$name`` stands for the tensor's name, quoted as
  a Python string (never inside a docstring, which it could end), ``$join`` for the expression that joins ``tensors``,
  ``$lengths`` for the shortest and longest length of each axis, ``$dtype`` for the dtype's name and ``$input`` for
  shape and dtype in words, both quoted.
"""

from __future__ import annotations

import sys
from types import ModuleType

from sm_imgcheck import folder

__all__ = ["stack", "stacks"]


def stacks() -> tuple[str, ...]:
    """The names of all stacks."""
    return tuple(name.replace("_", "-") for name in folder.names(sys.modules[__name__]))


def stack(name: str) -> ModuleType:
    """The module of a stack. Raises ModuleNotFoundError."""
    return folder.load(sys.modules[__name__], name.replace("-", "_"))
