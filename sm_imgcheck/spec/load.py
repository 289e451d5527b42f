"""Load spec files by path or preset name, within limits, and join them with the specs that they extend."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from sm_imgcheck.core.errors import ImgcheckError, Position, Problem, SpecError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.suggestions import nearest
from sm_imgcheck.core.types import Probe, Spec
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.io.stores.local import open_local_file
from sm_imgcheck.spec.parse import parse
from sm_imgcheck.spec.problems import format_value, position_of
from sm_imgcheck.spec.yaml import read

__all__ = ["LoadedSpec", "join", "load", "load_with_positions", "presets", "resolve_spec"]

_MOST_BYTES = 256 * 1024
"""A spec is a page of text; larger files are rejected."""
_MOST_PARENTS = 16
_SUFFIXES = (".yaml", ".yml", ".json")


@frozen
class _SpecSource:
    """The keys of a spec as written, with those of the specs that it extends."""

    mapping: Mapping[str, object]
    """With the keys of the parent."""
    positions: Mapping[str, Position] = field(default_factory=dict)
    """Positions of the keys in this file; empty when the spec is not a file."""
    problems: tuple[Problem, ...] = ()
    parent: str = ""
    """Name of the parent, printable."""
    golden_folder: str = ""
    """Base of the relative paths of ``golden``: the folder of the file that contains the key."""
    complete: bool = True
    """False: a parent could not be read, so that keys may be missing."""

    def locate(self, problem: Problem) -> Problem:
        """Return a problem with a position: of its key, of the key that inherits it, or of the first key."""
        if problem.line is not None or not self.positions:
            return problem
        key = problem.place
        if key.startswith("geometry") and "resize" in self.mapping:
            key = "resize"
        if position := position_of(key, self.positions):
            return replace_fields(problem, line=position.line, column=position.column)
        return self.inherit(problem) if self.parent else self.at_start(problem)

    def inherit(self, problem: Problem) -> Problem:
        """Return a problem of the parent, at the position of ``extends``."""
        line, column = self.positions.get("extends", (None, None))
        message = f"{problem.message} (inherited from {self.parent})"
        return Problem(place=problem.place, message=message, line=line, column=column)

    def at_start(self, problem: Problem) -> Problem:
        """Return a problem at the position of the first key."""
        line, column = self.positions.get("", (None, None))
        return replace_fields(problem, line=line, column=column)


@frozen
class LoadedSpec:
    """A spec with the positions of its keys."""

    spec: Spec
    locate: Callable[[Problem], Problem]
    """``locate(problem)``: the problem with its position in the file; unchanged when the spec is not a file."""


def load(spec: str | os.PathLike[str] | Mapping[str, object]) -> Spec:
    """Load a spec: a path, the name of a preset, or a mapping of the spec language.

    A bare name is a preset first and a file second; a name with a separator or a suffix, and a Path, is a file.
    ``extends`` and ``golden`` paths of a mapping are relative to the working directory, those of a file to its folder.
    Raises SpecError with all problems of the spec, ImgcheckError for a missing file or preset, TypeError for any other
    type.
    """
    return load_with_positions(spec).spec


def load_with_positions(spec: str | os.PathLike[str] | Mapping[str, object]) -> LoadedSpec:
    """Load a spec as ``load`` does, and return it with the positions of its keys."""
    if not isinstance(spec, (str, os.PathLike, Mapping)):
        kind = type(spec).__name__
        raise TypeError(f"spec: got {kind}, expected a path, the name of a preset, a mapping or a Spec")
    if isinstance(spec, Mapping):
        source = "spec"
        spec_source = _join_parent(_SpecSource(mapping=spec), folder=Path(), chain=())
    else:
        source, path = for_terminal(os.fsdecode(spec)), _locate(spec)
        spec_source = _read(path, source, chain=())
    try:
        spec_value = parse(
            spec_source.mapping, source=source, positions=spec_source.positions, partial=not spec_source.complete
        )
    except SpecError as error:
        raise SpecError(source, (*spec_source.problems, *map(spec_source.locate, error.problems))) from None
    if spec_source.problems:
        raise SpecError(source, spec_source.problems)
    golden = tuple(_with_folder(probe, spec_source.golden_folder) for probe in spec_value.golden)
    return LoadedSpec(spec=replace_fields(spec_value, golden=golden), locate=spec_source.locate)


def _with_folder(probe: Probe, folder: str) -> Probe:
    """Return a probe with paths that can be opened. ``resolved`` and the digest keep them as written."""
    return {**probe, "image": _join(folder, probe["image"]), "tensor": _join(folder, probe["tensor"])}


def _join(folder: str, path: str) -> str:
    return path if is_remote(path) else os.path.join(folder, path)  # noqa: PTH118


def resolve_spec(spec: Spec | str | os.PathLike[str] | Mapping[str, object]) -> Spec:
    """Return a Spec unchanged; load anything else."""
    return spec if isinstance(spec, Spec) else load(spec)


def presets() -> tuple[str, ...]:
    """Return the names of the presets, sorted."""
    return tuple(sorted(path.stem for path in _preset_folder().glob("*.yaml")))


def _preset_folder() -> Path:
    """Return the folder ``presets`` of a wheel, or ``specs`` of the repository in an editable install."""
    here = Path(__file__).parents[1]
    wheel_folder = here / "presets"
    return wheel_folder if wheel_folder.is_dir() else here.parent / "specs"


def _locate(spec: str | os.PathLike[str], folder: Path = Path()) -> Path:
    """Return the file of a name or path; relative paths start from ``folder``."""
    text = os.fsdecode(spec)
    has_separator = any(separator in text for separator in (os.sep, os.altsep) if separator)
    bare = isinstance(spec, str) and not has_separator and not text.endswith(_SUFFIXES)
    if bare and text in presets():
        return _preset_folder() / f"{text}.yaml"
    path, name = folder / text, for_terminal(text)
    try:
        if path.is_dir():
            raise ImgcheckError(f"{name}: got a folder, expected a spec file or the name of a preset")
        if path.exists():
            return path
    except OSError as error:
        raise ImgcheckError(f"{name[:200]}: {error.strerror}") from None
    except ValueError:  # a null byte in the name, up to Python 3.12
        pass
    missing = "no such file or preset" if bare else "no such file"
    raise ImgcheckError(f"{name}: {missing}{_presets_near(Path(text).stem)}")


def _presets_near(word: str) -> str:
    """Return a clause with the nearest preset, the presets whose description contains the word, or the list command."""
    if hint := nearest(word, presets(), cutoff=0.75):
        return hint
    letters = re.sub(r"[^a-z]+", " ", word.lower()).split()
    descriptions = {name: f"{name} {load(name).description}".lower() for name in presets()}
    matches = [name for name, text in descriptions.items() if any(len(part) > 2 and part in text for part in letters)]
    if len(matches) > 1:
        return f"; presets that mention it: {', '.join(matches)}; sm-imgcheck spec diff A B shows how they differ"
    return f"; presets that mention it: {matches[0]}" if matches else "; sm-imgcheck spec list shows the presets"


def _read(path: Path, source: str, chain: tuple[Path, ...]) -> _SpecSource:
    """Read a file and the specs that it extends. ``chain``: the files that extend this one."""
    document = read(_bytes(path, source), source)
    if not isinstance(document.value, Mapping):
        line, column = document.positions[""]
        problem = Problem(place="", message=_not_a_mapping(document.value), line=line, column=column)
        raise SpecError(source, (*document.problems, problem))
    child = _SpecSource(
        mapping=document.value,
        positions=document.positions,
        problems=document.problems,
        golden_folder=os.path.dirname(path),  # noqa: PTH120 - empty for the working directory
    )
    return _join_parent(child, folder=path.parent, chain=(*chain, path.resolve()))


def _join_parent(child: _SpecSource, *, folder: Path, chain: tuple[Path, ...]) -> _SpecSource:
    """Return a spec joined with the spec that it extends; a parent that cannot be read is a problem."""
    name = child.mapping.get("extends")
    if name is None:
        return child
    mapping = {key: value for key, value in child.mapping.items() if key != "extends"}
    try:
        parent = _read(_parent(name, folder, chain), for_terminal(str(name)), chain)
    except ImgcheckError as error:
        line, column = child.positions.get("extends", (None, None))
        problems = (
            Problem(place="extends", message=message, line=line, column=column) for message in str(error).splitlines()
        )
        return replace_fields(child, mapping=mapping, problems=(*child.problems, *problems), complete=False)
    child = replace_fields(child, parent=for_terminal(str(name)))
    return replace_fields(
        child,
        mapping=join(parent.mapping, mapping),
        problems=(*child.problems, *map(child.inherit, parent.problems)),
        golden_folder=child.golden_folder if "golden" in mapping else parent.golden_folder,
        complete=parent.complete,
    )


def _parent(parent: object, folder: Path, chain: tuple[Path, ...]) -> Path:
    """Return the file that is extended. Raises ImgcheckError."""
    if not isinstance(parent, str) or not parent:
        raise ImgcheckError(f"got {format_value(parent)}, expected the name of a preset or a local file")
    name = for_terminal(parent)
    if "://" in parent or parent.startswith(("//", "\\\\")):
        raise ImgcheckError(f"{name}: got a remote location, expected a local file; download it first")
    file = _locate(parent, folder)
    if not file.is_file():
        raise ImgcheckError(f"{name}: not a regular file")
    if file.resolve() in chain:
        raise ImgcheckError(f"circular: {' -> '.join(for_terminal(path.name) for path in (*chain, file))}")
    if len(chain) > _MOST_PARENTS:
        raise ImgcheckError(f"more than {_MOST_PARENTS} specs extend one another")
    return file


def _not_a_mapping(value: object) -> str:
    if value is None:
        return "the file is empty, expected a mapping with shape, dtype, channel_order and value_range"
    return f"got a {'list' if isinstance(value, list) else 'single value'}, expected a mapping of keys"


def _bytes(path: Path, source: str) -> bytes:
    """Return the bytes of a file. Raises ImgcheckError for a file that cannot be read or is too large."""
    try:
        with open_local_file(os.fspath(path)) as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ImgcheckError(f"{source}: cannot be read: {error.strerror}") from None
    if len(body) > _MOST_BYTES:
        raise ImgcheckError(f"{source}: larger than {_MOST_BYTES // 1024} KiB, expected a spec")
    return body


_JOINED_KEYS = ("decode", "payload")
"""Mappings of independent keys: joined key by key. Every other key is replaced completely."""
_CLEARS = {
    "value_range": "normalize",
    "normalize": "value_range",
    "resize": "geometry",
    "geometry": "resize",
    "shape": "layout",
}
"""A key of the child removes this key of the parent. The layout of a new shape is inferred again."""


def join(parent: Mapping[str, object], child: Mapping[str, object]) -> dict[str, object]:
    """Return the keys of a spec that extends another. Both are as written: a parent may be incomplete.

    A null in the child removes the parent's key. A ``resize`` without ``mode`` changes single keys of the parent's.
    """
    replaced_keys = {_CLEARS[key] for key in child if key in _CLEARS}
    result = {key: value for key, value in parent.items() if key not in replaced_keys}
    for key, value in child.items():
        result[key] = _merge(result.get(key), value) if _is_merged(key, value) else value
    return result


def _is_merged(key: str, value: object) -> bool:
    """Return whether a mapping is joined: ``resize: {interpolation: bicubic}`` keeps the parent's other keys."""
    return key in _JOINED_KEYS or (key == "resize" and isinstance(value, Mapping) and "mode" not in value)


def _merge(parent: object, child: object) -> object:
    if not isinstance(parent, Mapping) or not isinstance(child, Mapping):
        return child
    result = {**parent, **child}
    if child.get("alpha") in ("drop", "reject") and "background" not in child:
        result.pop("background", None)
    return result
