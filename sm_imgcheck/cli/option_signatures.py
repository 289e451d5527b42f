"""Signatures of commands: groups of options are frozen types, whose fields become the flat signature that typer reads.

This module also lists the choices of options, such as the modules of a folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from itertools import islice
from typing import Any, TypeVar, get_args, get_type_hints

import typer
from typer.core import TyperCommand

from sm_imgcheck.core.frozen import field_names, fields_of

T = TypeVar("T", str, str | None)

__all__ = [
    "PanelCommand",
    "choices",
    "constants",
    "group_options",
    "memory_option",
    "one_of",
    "python_option",
    "text_option",
    "timeout_option",
]

_LONGEST = 604_800.0
"""Seconds: a week."""
_LARGEST = 1 << 20
"""GiB: a pebibyte."""


def group_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with each field of its groups as an option, in their order, that receives the groups.

    A group is a parameter whose type is a frozen type; any other parameter does not change.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    names = {name: field_names(kind) for name, kind in groups.items()}

    @wraps(command)
    def flat(**values: object) -> None:
        for name, kind in groups.items():
            values[name] = kind(**{field: values.pop(field) for field in names[name]})
        command(**values)

    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        group = groups.get(parameter.name)
        annotation = parameter.replace(annotation=hints[parameter.name])
        _complete(*get_args(annotation.annotation)[1:])
        parameters += [annotation] if group is None else _options(group)
    flat.__signature__ = signature(command).replace(parameters=parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flat


def _options(group: Any) -> Iterator[Parameter]:
    """A keyword for each field, with the option that its annotation carries; without a default it is required."""
    texts = any(isinstance(hint, str) for hint in group.__annotations__.values())
    hints = get_type_hints(group, include_extras=True) if texts else group.__annotations__
    for field in fields_of(group):
        default = Parameter.empty if field.default is MISSING else field.default
        option = get_args(hints[field.name])[1]
        _complete(option)
        option.rich_help_panel = option.rich_help_panel or getattr(group, "PANEL", None)
        yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])


def _complete(*options: Any) -> None:
    """Let shells complete what ``one_of`` allows."""
    for option in options:
        choices_ = getattr(option.callback, "allowed", None)
        if choices_ is not None and option.autocompletion is None:
            option.autocompletion = _completion(choices_)


def _completion(choices_: Sequence[str]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [word for word in choices_ if word.startswith(incomplete)]

    return complete


class PanelCommand(TyperCommand):
    """A command whose ``--help`` lists its options by panel: the ``PANEL`` of their group, or their own."""

    def format_options(self, context: Any, formatter: Any) -> None:
        """Write a section for each panel, in the order in which the options name them."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None:
                title = "Arguments" if parameter.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(parameter, "rich_help_panel", None) or title, []).append(record)
        for title in sorted(panels, key=lambda name: (*_PANELS, name).index(name)):
            with formatter.section(title):
                formatter.write_dl(panels[title])


_PANELS = ("Arguments", "Options", "Input", "Handler", "Model", "Checks", "Output", "Run")


def choices(folder: str) -> tuple[str, ...]:
    """Names of the modules in a folder of the package; none is imported: see ``sm_imgcheck.core.plugins``."""
    names = (entry.partition(".") for entry in os.listdir(_path(folder)) if entry[0] not in "_.")  # noqa: PTH208
    return tuple(sorted({name for name, _, suffix in names if suffix in {"", "py"}}))


def constants(file: str, names: tuple[str, ...]) -> dict[str, str]:
    """The texts of one-line constants of a file of the package, without quotes; the file is not imported."""
    with open(_path(file), encoding="utf-8") as lines:  # noqa: PTH123
        pairs = (line.rstrip().partition(" = ") for line in lines)
        entry = ((name, value.strip('"')) for name, _, value in pairs if name in names)
        return dict(islice(entry, len(names)))


def _path(name: str) -> str:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib costs more
    return os.path.join(here, *name.split("/"))  # noqa: PTH118


def python_option(text: str) -> Any:
    """Return the option ``--python`` for the interpreter of a child process."""
    return typer.Option("--python", metavar="PATH", help=text, show_default=False)


def timeout_option(text: str, *, most: float = _LONGEST) -> Any:
    """Return the option ``--timeout`` in seconds; most: its largest value."""
    return typer.Option("--timeout", metavar="SECONDS", help=text, min=0.1, callback=at_most(most))


def memory_option(text: str) -> Any:
    """Return the option ``--memory`` in GiB, at most a pebibyte; its default is 8, or less on a small machine."""
    default = "Default: 8, or three quarters of the machine's memory where that is less."
    return typer.Option(
        "--memory",
        metavar="GIB",
        help=f"{text} {default}",
        min=0.05,
        show_default=False,
        callback=at_most(_LARGEST),
    )


def text_option(text: str, metavar: str = "TEXT") -> Any:
    """Return an option with a text as its value, empty by default."""
    return typer.Option(help=text, metavar=metavar, callback=said, show_default=False)


def one_of(*choices_: str) -> Callable[[str | None], str | None]:
    """Make a callback that refuses every other value, and names the nearest."""

    def check(value: str | None) -> str | None:
        if value is None or value in choices_:
            return value
        from sm_imgcheck.cli.suggestions import value_hint

        raise typer.BadParameter(f"got {value!r}, expected one of {', '.join(choices_)}{value_hint(value, choices_)}")

    check.allowed = choices_  # type: ignore[attr-defined]
    return check


def at_most(most: float) -> Callable[[float | None], float | None]:
    """Make a callback that refuses a larger number, and NaN, which passes every comparison of ``min`` and ``max``."""

    def check(value: float | None) -> float | None:
        if value is None or value <= most:
            return value
        raise typer.BadParameter(f"got {value:g}, expected a number up to {most:,.0f}")

    return check


def said(context: typer.Context, option: typer.CallbackParam, value: T) -> T:
    """Reject an empty text: ``"$SHARD"``, where that is not set, would select all of it on every machine."""
    source = context.get_parameter_source(option.name or "")
    if not value and source is not None and source.name == "COMMANDLINE":
        raise typer.BadParameter("got an empty text; omit the option or pass a value")
    return value
