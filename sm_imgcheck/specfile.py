"""Spec files: found by path or preset name, read from YAML within limits, joined with what they extend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sm_imgcheck.errors import ImgcheckError, Problem, SpecError
from sm_imgcheck.escape import for_terminal
from sm_imgcheck.model import Spec
from sm_imgcheck.spec import join, parse
from sm_imgcheck.spec.problems import nearest
from sm_imgcheck.yamltext import read

__all__ = ["MOST_BYTES", "load", "presets"]

MOST_BYTES = 256 * 1024
"""A spec is a page of text; a larger file is something else."""
_MOST_PARENTS = 16
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A spec as it stands in its file, with what it extends already joined in."""

    mapping: Mapping[str, Any]
    lines: Mapping[str, int]
    """Of the keys that stand in this very file."""
    problems: tuple[Problem, ...] = ()
    parent: str = ""
    """What it extends, as written."""


def load(spec: str | os.PathLike[str]) -> Spec:
    """Read a spec: a path, or the name of a preset.

    Raises SpecError with every problem of the spec, ImgcheckError when there is no such file or preset.
    """
    path, source = _locate(spec), _printable(os.fspath(spec))
    written = _joined(path, source, seen=())
    try:
        found = parse(written.mapping, source=source, lines=written.lines)
    except SpecError as error:
        raise SpecError(source, (*written.problems, *_inherited(error.problems, written))) from None
    if written.problems:
        raise SpecError(source, written.problems)
    return found


def presets() -> tuple[str, ...]:
    """Names of the specs that are shipped, sorted."""
    return tuple(sorted(path.stem for path in _preset_folder().glob("*.yaml")))


def _preset_folder() -> Path:
    """``presets`` beside this module in a wheel; ``specs`` of the repository in a source tree or editable install."""
    here = Path(__file__).parent
    shipped = here / "presets"
    return shipped if shipped.is_dir() else here.parent / "specs"


def _locate(spec: str | os.PathLike[str], beside: Path = Path()) -> Path:
    """The file that is meant. A bare name is a preset first; anything with a separator or a suffix is a path."""
    text = os.fspath(spec)
    bare = isinstance(spec, str) and not _has_separator(text) and not text.endswith(_SUFFIXES)
    if bare and text in presets():
        return _preset_folder() / f"{text}.yaml"
    path = beside / text
    if path.is_file() or (path.exists() and not path.is_dir()):
        return path
    shown = _printable(text)
    if path.is_dir():
        raise ImgcheckError(f"{shown}: is a folder, expected a spec file or a preset's name")
    hint = nearest(Path(text).stem, presets()) or "; `sm-imgcheck spec list` shows the presets"
    raise ImgcheckError(f"{shown}: there is no such file{' and no preset of that name' if bare else ''}{hint}")


def _has_separator(text: str) -> bool:
    return any(separator in text for separator in (os.sep, os.altsep) if separator)


def _printable(text: str) -> str:
    return for_terminal(text)


def _joined(path: Path, source: str, seen: tuple[Path, ...]) -> _Written:
    """The file at ``path``, its keys laid over those of what it extends."""
    document = read(_bytes(path, source), source)
    if not isinstance(document.value, Mapping):
        raise SpecError(source, (Problem(place="", message=_no_mapping(document.value), line=document.line),))
    own = dict(document.value)
    parent = own.pop("extends", None)
    if parent is None:
        return _Written(mapping=own, lines=document.lines, problems=document.problems)
    line = document.lines.get("extends")
    above = _parent(parent, path, (*seen, path.resolve()), source, line)
    problems = (*document.problems, *above.problems)
    return _Written(mapping=join(above.mapping, own), lines=document.lines, problems=problems, parent=str(parent))


def _parent(parent: Any, path: Path, seen: tuple[Path, ...], source: str, line: int | None) -> _Written:
    try:
        if not isinstance(parent, str) or not parent:
            raise ImgcheckError("expected a preset's name or a local file")
        if "://" in parent or parent.startswith(("//", "\\\\")):
            raise ImgcheckError(f"{_printable(parent)} is not on this machine; fetch it and extend the local file")
        file = _locate(parent, path.parent)
        if not file.is_file():
            raise ImgcheckError(f"{_printable(parent)} is not an ordinary file")
        if file.resolve() in seen:
            raise ImgcheckError(
                f"{_printable(parent)} extends itself: {' -> '.join(_printable(p.name) for p in (*seen, file))}"
            )
        if len(seen) > _MOST_PARENTS:
            raise ImgcheckError(f"more than {_MOST_PARENTS} specs extend one another")
    except SpecError:
        raise
    except ImgcheckError as error:
        raise SpecError(source, (Problem(place="extends", message=str(error), line=line),)) from None
    return _joined(file, _printable(str(parent)), seen)


def _inherited(problems: tuple[Problem, ...], written: _Written) -> tuple[Problem, ...]:
    """Problems with keys that the file itself does not write are told apart by the name of what it extends."""
    if not written.parent:
        return problems
    return tuple(
        problem
        if problem.line is not None or problem.message.startswith("missing")
        else Problem(
            place=problem.place,
            message=f"{problem.message} (inherited from {_printable(written.parent)})",
            line=written.lines.get("extends"),
        )
        for problem in problems
    )


def _no_mapping(value: Any) -> str:
    if value is None:
        return "the file is empty, expected a mapping with shape, dtype, channel_order and value_range"
    return f"a {'list' if isinstance(value, list) else 'single value'} at the top, expected a mapping of keys"


def _bytes(path: Path, source: str) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ImgcheckError(f"{source}: cannot be read: {error.strerror}") from None
    if len(body) > MOST_BYTES:
        raise ImgcheckError(f"{source}: is larger than {MOST_BYTES // 1024} KiB, so it is no spec")
    return body
