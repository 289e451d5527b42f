"""Instances of the user's classes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from .calls import MissingFunction
from .errors import involves_stub
from .models import call_within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .calls import UserFile

__all__ = ["LoadFailed", "make_instance", "prepare"]

_CERTAIN = (NameError, AttributeError, SyntaxError, ImportError)
"""Exceptions that no missing file or environment variable explains."""


class LoadFailed(Exception):
    """The user's code could not load its model here; the text is the reason."""


def make_instance(user: UserFile, kind: type, arguments: Sequence[object] = ()) -> Any:
    """An instance. Raises MissingFunction where the class needs arguments that no server passes, or LoadFailed."""
    try:
        parameters = list(inspect.signature(kind).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    needed = [one.name for one in parameters if one.default is one.empty and one.kind not in (2, 4)]
    variadic = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    if len(needed) > len(arguments):
        listed = ", ".join(needed[len(arguments) :])
        raise MissingFunction(
            f"class {kind.__name__} needs constructor arguments ({listed}): add a function that makes the instance "
            "and calls it",
            user.defined(),
        )
    given = list(arguments) if variadic else list(arguments)[: len(positional)]
    return prepare(user, f"{kind.__name__}(...)", lambda: kind(*given))


def prepare(user: UserFile, name: str, function: Callable[[], object]) -> object:
    """Run the part of the user's code that loads the model. Raises LoadFailed where missing files may be the cause."""
    try:
        return call_within(user.settings["seconds"], function)
    except Exception as error:
        if not isinstance(error, _CERTAIN) or involves_stub(error, user.recorder):
            raise LoadFailed(_text(name, error)) from error
        raise


def _text(name: str, error: BaseException) -> str:
    what = " ".join(str(error).split())[:200]
    return f"{name} raised {type(error).__name__}: {what}; --model-dir names the folder of the model's files"
