"""The table ``[tool.sm-imgcheck]`` of pyproject.toml: defaults of options, specs by path, ignored findings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any

from typer import BadParameter

from sm_imgcheck.cli.options import DEFAULT_SPEC
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.suggestions import nearest

if TYPE_CHECKING:
    from sm_imgcheck.run.inputs.exclude import PathPatterns
    from sm_imgcheck.run.suppress import PathIgnore

__all__ = [
    "Configuration",
    "exclude_patterns",
    "find_configuration",
    "parse_table",
    "schema",
    "spec_in_parents",
    "spec_name",
]

_FILE = "pyproject.toml"
_SPEC = "sm-imgcheck.yaml"
_LARGEST = 16 << 20
_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT}
_CODES = {"type": "array", "items": _TEXT, "minItems": 1}
_OPTIONS = ("select", "ignore", "fail-on", "as-request", "baseline")
"""Keys that are defaults of options of ``validate``."""
_KEYS: dict[str, dict[str, Any]] = {
    "spec": {**_TEXT, "description": "Spec of all paths: a file relative to this one, or a preset."},
    "specs": {
        "type": "array",
        "description": "Specs by path; the last entry that matches is used.",
        "items": {
            "type": "object",
            "properties": {"paths": _CODES, "spec": _TEXT},
            "required": ["paths", "spec"],
            "additionalProperties": False,
        },
    },
    "select": {**_TEXTS, "description": "Rules to check, as --select."},
    "ignore": {**_TEXTS, "description": "Rules to ignore, as --ignore."},
    "fail-on": {"enum": ["never", "unfixable", "error", "warning"], "description": "As --fail-on."},
    "exclude": {**_TEXTS, "description": "Patterns of paths in the syntax of .gitignore, as --exclude."},
    "as-request": {"type": "boolean", "description": "Check photos as files that are sent, as --as-request."},
    "baseline": {**_TEXT, "description": "File of known findings, as --baseline."},
    "per-path-ignores": {
        "type": "array",
        "description": "Rules that are ignored in some files, each with a reason.",
        "items": {
            "type": "object",
            "properties": {"paths": _CODES, "codes": _CODES, "reason": _TEXT},
            "required": ["paths", "codes", "reason"],
            "additionalProperties": False,
        },
    },
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the table."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "[tool.sm-imgcheck] in pyproject.toml",
        "type": "object",
        "properties": _KEYS,
        "additionalProperties": False,
    }


@frozen
class Configuration:
    """A valid table, and the folder of its file."""

    folder: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def defaults(self) -> dict[str, object]:
        """Return the defaults of options by the name of their parameter. Raises ImgcheckError for an unknown code."""
        for key in ("select", "ignore"):
            self._check_codes(key, self.values.get(key, []))
        defaults = {key.replace("-", "_"): self.values[key] for key in _OPTIONS if key in self.values}
        if "baseline" in defaults:
            defaults["baseline"] = os.path.relpath(os.path.join(self.folder, defaults["baseline"]))  # noqa: PTH118
        return defaults

    def exclude(self) -> tuple[PathPatterns, ...]:
        """Return the patterns of excluded paths, and those of the nearest .sm-imgcheckignore."""
        from sm_imgcheck.run.inputs.exclude import IGNORE_FILE, PathPatterns

        patterns = [(self.folder, self.values["exclude"], f"{_FILE}: exclude")] if self.values.get("exclude") else []
        files = (os.path.join(folder, IGNORE_FILE) for folder in _folders())  # noqa: PTH118
        if file := next((file for file in files if os.path.isfile(file)), ""):  # noqa: PTH113
            patterns.append((os.path.dirname(file), _lines(file), IGNORE_FILE))  # noqa: PTH120
        return tuple(PathPatterns(folder, lines, source=source) for folder, lines, source in patterns)

    def ignores(self) -> tuple[PathIgnore, ...]:
        """Return the rules that are ignored in some files. Raises ImgcheckError for an unknown code."""
        entries = self.values.get("per-path-ignores", ())
        if not entries:
            return ()
        from sm_imgcheck.run.inputs.exclude import PathPatterns
        from sm_imgcheck.run.suppress import PathIgnore

        for number, entry in enumerate(entries):
            self._check_codes(f"per-path-ignores[{number}].codes", entry["codes"])
        return tuple(
            PathIgnore(
                patterns=PathPatterns(self.folder, entry["paths"], source=f"{_FILE}: per-path-ignores"),
                codes=tuple(code.upper() for code in entry["codes"]),
                reason=entry["reason"],
            )
            for entry in entries
        )

    def _check_codes(self, key: str, words: list[str]) -> None:
        if not words:
            return
        from sm_imgcheck.cli.check_options import check_codes

        try:
            check_codes(words)
        except BadParameter as error:
            raise ImgcheckError(f"{self._source_of(key)}: {error.message}") from None

    def _source_of(self, key: str) -> str:
        """Return the file and the key for messages."""
        return f"{for_terminal(os.path.relpath(os.path.join(self.folder, _FILE)))}: [tool.sm-imgcheck] {key}"  # noqa: PTH118

    def place_of_spec(self, name: str) -> str:
        """Return where the table names a spec, for messages; empty where it does not."""
        keys = {"spec": self.values.get("spec", "")}
        keys |= {f"specs[{number}].spec": entry["spec"] for number, entry in enumerate(self.values.get("specs", ()))}
        return next((self._source_of(key) for key, spec in keys.items() if spec and self._path(spec) == name), "")

    def spec_of(self, paths: Sequence[str]) -> str:
        """Return the spec of these paths; empty where the table names none.

        Raises ImgcheckError where they have different specs.
        """
        entries = self._patterns()
        default = self._path(self.values.get("spec", ""))
        by_spec: dict[str, str] = {}
        for path in paths if entries else ():
            matches = [spec for patterns, spec in entries if patterns.match(path, folder=os.path.isdir(path))]  # noqa: PTH112
            by_spec.setdefault(self._path(matches[-1]) if matches else default, path)
        if len(by_spec) > 1:
            names = ", ".join(f"{for_terminal(path)} ({spec or 'no spec'})" for spec, path in by_spec.items())
            raise ImgcheckError(f"paths of {len(by_spec)} specs: {names}; this command accepts the paths of one spec")
        return next(iter(by_spec), default)

    def spec_names(self) -> tuple[str, ...]:
        """Return the names of all specs, without repetition: the default first, then those by path."""
        names = [self.values.get("spec", ""), *(entry["spec"] for entry in self.values.get("specs", ()))]
        return tuple(dict.fromkeys(self._path(name) for name in names if name))

    def spec_of_file(self, path: str) -> str:
        """Return the spec of one file; empty where the table names none."""
        matches = [spec for patterns, spec in self._patterns() if patterns.match(path)]
        return self._path(matches[-1] if matches else self.values.get("spec", ""))

    def _patterns(self) -> tuple[tuple[PathPatterns, str], ...]:
        """Return the entries of ``specs``, made once for each table."""
        return _read_patterns(
            self.folder, tuple((tuple(entry["paths"]), entry["spec"]) for entry in self.values.get("specs", ()))
        )

    def _path(self, name: str) -> str:
        """Return a file relative to the current folder; a preset unchanged."""
        file = os.path.join(self.folder, name)  # noqa: PTH118
        is_file = name and (os.path.exists(file) or "/" in name or name.endswith((".yaml", ".yml", ".json")))  # noqa: PTH110
        return os.path.relpath(file) if is_file else name


@cache
def _read_patterns(
    folder: str, entries: tuple[tuple[tuple[str, ...], str], ...]
) -> tuple[tuple[PathPatterns, str], ...]:
    from sm_imgcheck.run.inputs.exclude import PathPatterns

    return tuple((PathPatterns(folder, paths, source=f"{_FILE}: specs"), spec) for paths, spec in entries)


@cache
def find_configuration() -> Configuration:
    """Return the table of the nearest pyproject.toml that has one, here or in a parent folder.

    The search ends at the root of a repository. Raises ImgcheckError for an invalid table.
    """
    for folder in _folders():
        file = os.path.join(folder, _FILE)  # noqa: PTH118
        try:
            with open(file, "rb") as stream:  # noqa: PTH123
                body = stream.read(_LARGEST)
        except OSError:
            continue
        if b"sm-imgcheck" not in body.replace(b"\0", b""):  # in UTF-16 too, which is refused, not passed over
            continue
        table = parse_table(body, os.path.relpath(file))
        if table is not None:
            return Configuration(folder=folder, values=table)
    return Configuration()


def spec_in_parents() -> str:
    """Return the nearest sm-imgcheck.yaml in a parent folder; empty without one."""
    files = (os.path.join(folder, _SPEC) for folder in _folders())  # noqa: PTH118
    return next((os.path.relpath(file) for file in files if os.path.isfile(file)), "")  # noqa: PTH113


def _lines(file: str) -> list[str]:
    """Return the lines of an ignore file, without a byte order mark; bytes that are not UTF-8 as in file names."""
    name = for_terminal(os.path.relpath(file))
    try:
        with open(file, "rb") as stream:  # noqa: PTH123
            body = stream.read(_LARGEST)
    except OSError as error:
        raise ImgcheckError(f"{name} cannot be read: {error.strerror}") from None
    if b"\0" in body:
        raise ImgcheckError(f"{name}: got UTF-16 or binary data, expected lines of text in UTF-8")
    return [line.removesuffix("\r") for line in body.decode("utf-8-sig", "surrogateescape").split("\n")]


def _folders() -> list[str]:
    """Return the current folder and its parents, up to the root of the repository."""
    folders = [os.getcwd()]  # noqa: PTH109
    while not os.path.lexists(os.path.join(folders[-1], ".git")):  # noqa: PTH118
        parent = os.path.dirname(folders[-1])  # noqa: PTH120
        if parent == folders[-1]:
            break
        folders.append(parent)
    return folders


def parse_table(body: bytes, file: str) -> dict[str, Any] | None:
    """Return the table in a pyproject.toml; None without one. Raises ImgcheckError for an invalid one."""
    import tomllib

    try:
        tool = tomllib.loads(body.decode("utf-8-sig")).get("tool", {})  # editors of Windows write a byte order mark
    except UnicodeDecodeError:
        raise ImgcheckError(f"{for_terminal(file)}: invalid TOML: not UTF-8 text") from None
    except ValueError as error:
        raise ImgcheckError(f"{for_terminal(file)}: invalid TOML: {error}") from None
    table: Any = tool.get("sm-imgcheck") if isinstance(tool, dict) else None
    if table is None:
        return None
    problems = _problems(table, schema(), "")
    if problems:
        lines = [f"{for_terminal(file)}: [tool.sm-imgcheck] {for_terminal(problem)}" for problem in problems]
        raise ImgcheckError("\n".join(lines))
    return dict(table)


_TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool}
_NAMES = {"object": "a table", "array": "a list", "string": "a text", "boolean": "true or false"}


def _problems(value: Any, rule: Mapping[str, Any], place: str) -> list[str]:
    """Return what is wrong under the keywords of JSON Schema that ``schema`` uses."""
    if "enum" in rule:
        if value in rule["enum"]:
            return []
        hint = nearest(value, rule["enum"]) if isinstance(value, str) else ""
        return [f"{place}: got {value!r}, expected one of {', '.join(rule['enum'])}{hint}"]
    if not isinstance(value, _TYPES[rule["type"]]):
        return [f"{place or 'tool.sm-imgcheck'}: got {value!r}, expected {_NAMES[rule['type']]}"]
    if not value and ("minLength" in rule or "minItems" in rule):
        return [f"{place}: is empty"]
    problems: list[str] = []
    if rule["type"] == "array":
        for number, item in enumerate(value):
            problems += _problems(item, rule["items"], f"{place}[{number}]")
    if rule["type"] == "object":
        problems += _problems_of_table(value, rule, f"{place}." if place else "")
    return problems


def _problems_of_table(table: Mapping[str, Any], rule: Mapping[str, Any], start: str) -> list[str]:
    keys = rule["properties"]
    problems = []
    for key, item in table.items():
        if key in keys:
            problems += _problems(item, keys[key], f"{start}{key}")
        else:
            hint = nearest(key, keys) or f", expected one of {', '.join(keys)}"
            problems.append(f"{start}{key}: unknown key{hint}")
    return problems + [f"{start}{key}: is missing" for key in rule.get("required", ()) if key not in table]


def spec_name(name: str, paths: Sequence[str] = ()) -> str:
    """The spec to load: without ``-s`` that of the configuration, or sm-imgcheck.yaml here or in a parent folder."""
    if name != DEFAULT_SPEC:
        return name
    name_in_table = find_configuration().spec_of(paths)
    if name_in_table or os.path.exists(name):  # noqa: PTH110
        return name_in_table or name
    return spec_in_parents() or name


def exclude_patterns(patterns: list[str] | None) -> tuple[PathPatterns, ...]:
    """The patterns of ``--exclude``, of the configuration and of the ignore file."""
    from sm_imgcheck.run.inputs.exclude import PathPatterns

    option_patterns = (PathPatterns(".", patterns),) if patterns else ()
    return (*option_patterns, *find_configuration().exclude())
