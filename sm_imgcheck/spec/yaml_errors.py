"""YAML syntax errors in plain words: the error, its position and the fix."""

from __future__ import annotations

import re
from typing import NamedTuple

from sm_imgcheck.core.errors import Problem
from sm_imgcheck.io.lazy_imports import yaml
from sm_imgcheck.spec.problems import format_value

__all__ = ["syntax_problem"]


class _Pattern(NamedTuple):
    """One kind of PyYAML error."""

    context: str
    """Regular expression of what PyYAML was parsing."""
    problem: str
    """Regular expression of its message."""
    message: str
    """Replacement; ``{}`` is the first group of ``problem``."""
    at_context: bool = False
    """Whether the position is the start of what PyYAML was parsing."""


_INDENTATION = "indentation: expected the same column as the other entries of this mapping or list"
_PATTERNS = (
    _Pattern("", r"found character '\\t'", "tab character: indent with spaces"),
    _Pattern("", r"found character (.+) that cannot start", "{} cannot start a value; put the value in quotes"),
    _Pattern("simple key", "could not find", "missing colon; expected `key: value`", at_context=True),
    _Pattern("", "sequence entries are not", "`-` after other text; start the list on a new line, or write [a, b]"),
    _Pattern("", "mapping keys are not", "`?` after other text; put the value in quotes"),
    _Pattern("block [mc]", "but found '<block", _INDENTATION),
    _Pattern("block [mc]", "but found '-'", _INDENTATION),
    _Pattern("block [mc]", r"but found '(<scalar>|<alias>|<anchor>|<tag>|\[|\{)'", "text after a value; use quotes"),
    _Pattern("block [mc]", "but found '(.+)'", "unexpected `{}`; remove it, or put the value in quotes"),
    _Pattern("flow sequence", "expected", "missing `]` or comma in the list that starts here", at_context=True),
    _Pattern("flow mapping", "expected", "missing `}` or comma in the mapping that starts here", at_context=True),
    _Pattern("node", "stream end", "end of the file: missing `]`, `}` or a value"),
    _Pattern("node", "but found '<", "missing value"),
    _Pattern("node", "but found '(.+)'", "missing value before `{}`"),
    _Pattern("quoted scalar", "stream|separator", "missing closing quote", at_context=True),
    _Pattern(
        "quoted scalar",
        "unknown escape character '(.+)'",
        "unknown escape `\\{}`; use single quotes",
    ),
    _Pattern("quoted scalar", r"escape sequence of (\d)", "escape sequence: expected {} hexadecimal digits"),
    _Pattern("directive", "", "invalid `%` directive; remove the line"),
    _Pattern("", "YAML directive|incompatible YAML|tag handle '", "unsupported directive or tag; remove it"),
    _Pattern("", "<document start>", "text after the end of the document; remove it, or put the value in quotes"),
    _Pattern("alias|anchor", "", "`*` or `&` without a name; put the value in quotes"),
    _Pattern("tag", "", "invalid tag; put a value that starts with `!` in quotes"),
    _Pattern("block scalar", "", "text after `|` or `>`; put the value in quotes"),
)


def syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    """Return a PyYAML error as a problem with its position. ``text``: the complete document."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Problem(
            place="", message=f"invalid YAML: character {chr(error.character)!a}; remove it", line=line, column=column
        )
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(place="", message="invalid YAML", line=1, column=1)
    message, at_context = _describe(error, text)
    mark = (error.context_mark if at_context else None) or error.problem_mark or error.context_mark
    line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    return Problem(place="", message=f"invalid YAML: {message}", line=line, column=column)


def _describe(error: yaml.MarkedYAMLError, text: str) -> tuple[str, bool]:
    """Return the message, and whether its position is the start of what PyYAML was parsing."""
    problem, context = error.problem or "", error.context or ""
    if problem == "mapping values are not allowed here":
        return _unexpected_colon(error.problem_mark, text), False
    for pattern in _PATTERNS:
        match = re.search(pattern.problem, problem)
        if match and re.search(pattern.context, context):
            group = match[1] if match.re.groups else ""
            return pattern.message.replace("{}", group if group.isprintable() else ascii(group)), pattern.at_context
    return format_value(problem), False


def _unexpected_colon(mark: yaml.error.Mark | None, text: str) -> str:
    """Return the message for a colon after a value, in the same line or, by its indentation, in the line before."""
    line = "" if mark is None else text.split("\n")[mark.line][: mark.column]
    if re.search(r":\s|[\[{]", line.lstrip()):
        return "second colon in one line; put the value in quotes, or start the inner key on a new line"
    return "indentation: a key below a value; expected the same column as the key above"
