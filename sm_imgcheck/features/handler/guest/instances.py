"""Instances of the user's classes."""

from __future__ import annotations

import inspect
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from .asynchronous import resolve
from .calls import MissingFunction
from .environment import environment_cause
from .error_lines import error_summary
from .errors import involves_stub
from .models import call_within
from .source_imports import imports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .calls import UserFile

__all__ = ["LoadFailed", "find_application", "make_instance", "prepare"]

_FACTORY = re.compile(r"(?:(?:make|create|get|build|init|setup)_)?app(?:lication)?")
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
    positional = [item for item in parameters if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)]
    missing = _names_without_default(parameters)
    variadic = any(item.kind is item.VAR_POSITIONAL for item in parameters)
    if len(missing) > len(arguments):
        names = ", ".join(missing[len(arguments) :])
        raise MissingFunction(
            f"class {kind.__name__} needs constructor arguments ({names}): add a function that makes the instance "
            "and calls it",
            user.names_of_file(),
        )
    values = list(arguments) if variadic else list(arguments)[: len(positional)]
    return prepare(user, f"{kind.__name__}(...)", lambda: kind(*values))


def find_application(user: UserFile, is_app: Callable[[object], bool], *packages: str) -> Any:
    """The first application among the names of the file, else that of a factory without required parameters; or None.

    packages: the web framework, without whose import no factory is called. Raises LoadFailed where the factory fails.
    """
    for value in user.names.values():
        if is_app(value):
            return value
    for name, factory in user.names.items() if any(imports(user.source, entry) for entry in packages) else ():
        if (
            inspect.isfunction(factory)
            and _FACTORY.fullmatch(name)
            and not _names_without_default(inspect.signature(factory).parameters.values())
        ):
            app = prepare(user, name, partial(_make, factory))
            if is_app(app):
                return app
    return None


def _make(factory: Callable[[], object]) -> object:
    return resolve(factory())


def _names_without_default(parameters: Iterable[inspect.Parameter]) -> list[str]:
    """Names of the parameters without defaults."""
    return [item.name for item in parameters if item.default is item.empty and item.kind not in (2, 4)]


def prepare(user: UserFile, name: str, function: Callable[[], object]) -> object:
    """Run the part of the user's code that loads the model. Raises LoadFailed where missing files may be the cause."""
    try:
        return call_within(user.settings["seconds"], function)
    except Exception as error:
        if not isinstance(error, _CERTAIN) or involves_stub(error, user.recorder):
            raise LoadFailed(_text(name, error, user.settings["file"])) from error
        raise


def _text(name: str, error: BaseException, file: str) -> str:
    fix = environment_cause(error, file) or "--model-dir names the folder of the model's files"
    return f"{name} raised {error_summary(error, 200)}; {fix}"
