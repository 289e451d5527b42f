"""Configurations that extend base files: the files of a chain, merged, without leaving the folder of configurations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["ChainedConfig", "chain_notes", "merge", "read_chain"]

_DEEPEST = 10
_MOST_FILES = 40
_MOST_LISTED = 3
_DELETE = "_delete_"
Reader = Callable[[SourceFile, Mapping[str, Json]], dict[str, Json]]


@frozen
class ChainedConfig:
    """A configuration with the values of its base files."""

    values: Mapping[str, Json]
    """By top-level name; the last file of the chain decides."""
    files: tuple[str, ...]
    """Names of the base files that were read."""
    missing: tuple[str, ...]
    """Base files that were not read: absent, outside the folder, or beyond the limits."""


class _Chain:
    def __init__(self, bases_of: Callable[[SourceFile], list[str]], read: Reader) -> None:
        self.bases_of = bases_of
        self.read = read
        self.files: dict[str, None] = {}
        self.missing: dict[str, None] = {}

    def values(self, file: SourceFile, names: tuple[str, ...]) -> dict[str, Json]:
        """The merged values of a file and its bases. names: this file and those that extend it."""
        base_values: dict[str, Json] = {}
        for base in self.bases_of(file):
            base_file = file.sibling(base) if len(names) < _DEEPEST and len(self.files) < _MOST_FILES else None
            if base_file is None or base_file.name in names:
                self.missing[base] = None
                continue
            self.files[base_file.name] = None
            base_values = merge(base_values, self.values(base_file, (*names, base_file.name)))
        return merge(base_values, self.read(file, base_values))


def read_chain(file: SourceFile, bases_of: Callable[[SourceFile], list[str]], read: Reader) -> ChainedConfig:
    """The values of a file over those of its bases, which are read first.

    bases_of: relative paths of the bases of a file. read: top-level values of one file, given those of its bases.
    """
    chain = _Chain(bases_of, read)
    values = chain.values(file, (file.name,))
    return ChainedConfig(
        values=values,
        files=tuple(chain.files),
        missing=tuple(for_terminal(name[:120]) for name in chain.missing),
    )


def chain_notes(config: ChainedConfig, key: str) -> Iterator[str]:
    """Which base files were read and which were not. key: that names them."""
    if config.files:
        names = ", ".join(re.split(r"[/\\]|::", name)[-1] for name in config.files[:_MOST_LISTED])
        rest = f" and {len(config.files) - _MOST_LISTED} more" if len(config.files) > _MOST_LISTED else ""
        yield f"with the values of {for_terminal(names)}{rest}"
    if config.missing:
        names = ", ".join(config.missing[:_MOST_LISTED])
        yield f"{key}: {names} is not read: values of these base files are not known"


def merge(base: Mapping[str, Json], child: Mapping[str, Json]) -> dict[str, Json]:
    """Mappings merged key by key; other values, and mappings with ``_delete_``, replace those of the base."""
    result = dict(base)
    for key, value in child.items():
        before = result.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping) and not value.get(_DELETE):
            result[key] = merge(before, value)
        else:
            result[key] = value
    return result
