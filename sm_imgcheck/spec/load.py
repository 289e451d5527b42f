"""Spec files: found by path or preset name, read from YAML within limits, joined with the specs that they extend."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

from sm_imgcheck.core.errors import ImgcheckError, Problem, SpecError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.suggestions import nearest
from sm_imgcheck.core.types import Probe, Spec
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.io.stores.local import open_local_file
from sm_imgcheck.spec.parse import parse
from sm_imgcheck.spec.problems import shown
from sm_imgcheck.spec.yaml import read

__all__ = ["join", "load", "presets", "resolve_spec"]

_MOST_BYTES = 256 * 1024
"""A spec is a page of text; a larger file is something else."""
_MOST_PARENTS = 16
_SUFFIXES = (".yaml", ".yml", ".json")


@frozen
class _SpecSource:
    """A spec as it stands in its file."""

    mapping: Mapping[str, object]
    """With what it extends joined in."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Of the keys that stand in this very file."""
    problems: tuple[Problem, ...] = ()
    parent: str = ""
    """What it extends, printable."""
    probes: str = ""
    """The folder that the paths of ``golden`` start from: that of the file in which they stand."""


def load(spec: str | os.PathLike[str] | Mapping[str, object]) -> Spec:
    """Read a spec: a path, the name of a preset, or a mapping of the spec language.

    A bare name is a preset first and a file second; a name with a separator or a suffix, and a Path, is a file.
    What a mapping extends is looked for in the working directory, and so are its ``golden`` files; those of a spec
    file start from its own folder.
    Raises SpecError with every problem of the spec, ImgcheckError when there is no such file or preset, TypeError for
    what is none of the three.
    """
    if not isinstance(spec, (str, os.PathLike, Mapping)):
        kind = type(spec).__name__
        raise TypeError(f"expected a spec: a path, a preset's name, a mapping or what load_spec returns, not {kind}")
    if isinstance(spec, Mapping):
        source = "spec"
        written = _extended(_SpecSource(mapping=spec), source, beside=Path(), seen=())
    else:
        source, path = for_terminal(os.fspath(spec)), _locate(spec)
        written = _read(path, source, seen=())
    try:
        found = parse(written.mapping, source=source, lines=written.lines)
    except SpecError as error:
        raise SpecError(source, (*written.problems, *_inherited(error.problems, written))) from None
    if written.problems:
        raise SpecError(source, written.problems)
    return replace(found, golden=tuple(_placed(probe, written.probes) for probe in found.golden))


def _placed(probe: Probe, folder: str) -> Probe:
    """A probe with its paths as they are opened. What ``resolved`` says, and the digest, is what is written."""
    return {**probe, "image": _opened(probe["image"], folder), "tensor": _opened(probe["tensor"], folder)}


def _opened(path: str, folder: str) -> str:
    return path if is_remote(path) else os.path.join(folder, path)  # noqa: PTH118


def resolve_spec(spec: Spec | str | os.PathLike[str] | Mapping[str, object]) -> Spec:
    """The spec itself, or as ``load`` reads it."""
    return spec if isinstance(spec, Spec) else load(spec)


def presets() -> tuple[str, ...]:
    """Names of the specs that are shipped, sorted."""
    return tuple(sorted(path.stem for path in _preset_folder().glob("*.yaml")))


def _preset_folder() -> Path:
    """``presets`` beside this module in a wheel; ``specs`` of the repository in a source tree or editable install."""
    here = Path(__file__).parents[1]
    shipped = here / "presets"
    return shipped if shipped.is_dir() else here.parent / "specs"


def _locate(spec: str | os.PathLike[str], beside: Path = Path()) -> Path:
    """The file that is meant."""
    text = os.fspath(spec)
    separated = any(separator in text for separator in (os.sep, os.altsep) if separator)
    bare = isinstance(spec, str) and not separated and not text.endswith(_SUFFIXES)
    if bare and text in presets():
        return _preset_folder() / f"{text}.yaml"
    path, name = beside / text, for_terminal(text)
    try:
        if path.is_dir():
            raise ImgcheckError(f"{name}: is a folder, expected a spec file or a preset's name")
        if path.exists():
            return path
    except OSError as error:
        raise ImgcheckError(f"{name[:200]}: {error.strerror}") from None
    except ValueError:  # a null byte in the name, up to Python 3.12
        pass
    what = "no such file or preset" if bare else "no such file"
    raise ImgcheckError(f"{name}: {what}{_presets_near(Path(text).stem)}")


def _presets_near(word: str) -> str:
    """The clause that names presets: the nearest, those that mention the word or its letters, or how to list them."""
    if hint := nearest(word, presets(), cutoff=0.75):
        return hint
    letters = re.sub(r"[^a-z]+", " ", word.lower()).split()
    described = {name: f"{name} {load(name).description}".lower() for name in presets()}
    named = [name for name, text in described.items() if any(len(part) > 2 and part in text for part in letters)]
    if len(named) > 1:
        return f"; presets that mention it: {', '.join(named)}; sm-imgcheck spec diff A B shows how they differ"
    return f"; presets that mention it: {named[0]}" if named else "; sm-imgcheck spec list shows the presets"


def _read(path: Path, source: str, seen: tuple[Path, ...]) -> _SpecSource:
    """The file at ``path``, its keys laid over those of what it extends. ``seen``: the files that led to it."""
    document = read(_bytes(path, source), source)
    if not isinstance(document.value, Mapping):
        raise SpecError(source, (Problem(place="", message=_no_mapping(document.value), line=document.line),))
    folder = os.path.dirname(path)  # noqa: PTH120 - empty for the working directory
    own = _SpecSource(mapping=document.value, lines=document.lines, problems=document.problems, probes=folder)
    return _extended(own, source, beside=path.parent, seen=(*seen, path.resolve()))


def _extended(own: _SpecSource, source: str, *, beside: Path, seen: tuple[Path, ...]) -> _SpecSource:
    """A spec with what it extends joined in."""
    parent = own.mapping.get("extends")
    if parent is None:
        return own
    try:
        file = _parent(parent, beside, seen)
    except ImgcheckError as error:
        problem = Problem(place="extends", message=str(error), line=own.lines.get("extends"))
        raise SpecError(source, (*own.problems, problem)) from None
    name = for_terminal(str(parent))
    above = _read(file, name, seen)
    return _SpecSource(
        mapping=join(above.mapping, {key: value for key, value in own.mapping.items() if key != "extends"}),
        lines=own.lines,
        problems=(*own.problems, *(_from(problem, name, own) for problem in above.problems)),
        parent=name,
        probes=own.probes if "golden" in own.mapping else above.probes,
    )


def _parent(parent: object, beside: Path, seen: tuple[Path, ...]) -> Path:
    """The file that is extended."""
    if not isinstance(parent, str) or not parent:
        raise ImgcheckError(f"{shown(parent)}, expected a preset's name or a local file")
    name = for_terminal(parent)
    if "://" in parent or parent.startswith(("//", "\\\\")):
        raise ImgcheckError(f"{name} is not on this machine; fetch it and extend the local file")
    file = _locate(parent, beside)
    if not file.is_file():
        raise ImgcheckError(f"{name} is not an ordinary file")
    if file.resolve() in seen:
        raise ImgcheckError(f"a circle: {' -> '.join(for_terminal(one.name) for one in (*seen, file))}")
    if len(seen) > _MOST_PARENTS:
        raise ImgcheckError(f"more than {_MOST_PARENTS} specs extend one another")
    return file


def _inherited(problems: tuple[Problem, ...], written: _SpecSource) -> tuple[Problem, ...]:
    """Problems with keys that the file itself does not write are told apart by the name of what it extends."""
    return tuple(
        _from(problem, written.parent, written)
        if written.parent and problem.line is None and not problem.message.startswith("missing")
        else problem
        for problem in problems
    )


def _from(problem: Problem, parent: str, own: _SpecSource) -> Problem:
    """A problem of what is extended, at the line that extends it."""
    line = own.lines.get("extends")
    return Problem(place=problem.place, message=f"{problem.message} (inherited from {parent})", line=line)


def _no_mapping(value: object) -> str:
    if value is None:
        return "the file is empty, expected a mapping with shape, dtype, channel_order and value_range"
    return f"a {'list' if isinstance(value, list) else 'single value'} at the top, expected a mapping of keys"


def _bytes(path: Path, source: str) -> bytes:
    try:
        with open_local_file(os.fspath(path)) as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ImgcheckError(f"{source}: cannot be read: {error.strerror}") from None
    if len(body) > _MOST_BYTES:
        raise ImgcheckError(f"{source}: is larger than {_MOST_BYTES // 1024} KiB, so it is no spec")
    return body


_MERGED = ("decode", "payload")
"""Mappings of independent keys: joined key by key. Every other key is replaced as a whole."""
_CLEARS = {
    "value_range": "normalize",
    "normalize": "value_range",
    "resize": "geometry",
    "geometry": "resize",
    "shape": "layout",
}
"""A key given in the child makes the other key of the parent void. A new shape is read anew."""


def join(parent: Mapping[str, object], child: Mapping[str, object]) -> dict[str, object]:
    """What a spec says that extends another. Both as written, unread: a parent need not be a whole spec.

    A null in the child takes the parent's key away. A ``resize`` without ``mode`` amends the parent's.
    """
    void = {_CLEARS[key] for key in child if key in _CLEARS}
    joined = {key: value for key, value in parent.items() if key not in void}
    for key, value in child.items():
        joined[key] = _over(joined.get(key), value) if _amends(key, value) else value
    return joined


def _amends(key: str, value: object) -> bool:
    """``resize: {interpolation: bicubic}`` over a preset means its resize with another interpolation."""
    return key in _MERGED or (key == "resize" and isinstance(value, Mapping) and "mode" not in value)


def _over(parent: object, child: object) -> object:
    if not isinstance(parent, Mapping) or not isinstance(child, Mapping):
        return child
    joined = {**parent, **child}
    if child.get("alpha") in ("drop", "reject") and "background" not in child:
        joined.pop("background", None)
    return joined
