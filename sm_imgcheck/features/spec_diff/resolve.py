"""Specs by name: a preset, a spec file, or a file, folder or archive that can be imported."""

from __future__ import annotations

from pathlib import Path

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Spec
from sm_imgcheck.features.spec_import import import_spec
from sm_imgcheck.features.spec_import.validate import placeholder_spec
from sm_imgcheck.spec.load import load, presets

__all__ = ["ComparedSpec", "resolve_compared"]

_SPEC_SUFFIXES = (".yaml", ".yml")
_SPEC_TITLE = "sm-imgcheck spec"


@frozen
class ComparedSpec:
    """A spec with the fields that its source does not state."""

    name: str
    spec: Spec
    unknown: tuple[str, ...] = ()
    """Top-level keys of FieldDifference.field; the spec has placeholders there."""


def resolve_compared(text: str, *, prefer: str = "") -> ComparedSpec:
    """Read what ``text`` names. Raises ImgcheckError for anything else."""
    name = for_terminal(text)
    path = Path(text)
    if text in presets() or not path.exists():
        return ComparedSpec(name=name, spec=load(text))
    if path.suffix.lower() in _SPEC_SUFFIXES and _is_spec(path):
        return ComparedSpec(name=name, spec=load(text))
    result = import_spec([text], prefer=prefer)
    spec = placeholder_spec(result.mapping)
    return ComparedSpec(name=name, spec=spec, unknown=tuple(field.key for field in result.with_certainty("unknown")))


def _is_spec(path: Path) -> bool:
    """Whether a YAML file is a spec of this program rather than another configuration."""
    from sm_imgcheck.features.spec_import.search import local_file
    from sm_imgcheck.spec.importers import recognize

    importer = recognize(local_file(str(path)))
    return importer is None or importer.title == _SPEC_TITLE
