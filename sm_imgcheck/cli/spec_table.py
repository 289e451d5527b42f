"""The specs of a run: one, or those that [tool.sm-imgcheck] selects by path."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from sm_imgcheck.cli.configuration import Configuration, find_configuration
from sm_imgcheck.cli.options import DEFAULT_SPEC
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Spec

if TYPE_CHECKING:
    from sm_imgcheck.run.inputs.item import Item

__all__ = ["SpecTable", "read_spec_table"]

_NO_SPEC = "has no spec: [tool.sm-imgcheck] has no spec and no entry of specs for this path; exclude it, or add one"


@frozen
class SpecTable:
    """Several specs, and which candidate has which of them."""

    configuration: Configuration
    names: tuple[str, ...]
    """Presets, and paths relative to the current folder."""
    specs: tuple[Spec, ...]
    """In the order of the names."""

    @property
    def sha256(self) -> str:
        """Digest of the specs and of their patterns, in hexadecimal."""
        selection = [spec.sha256 for spec in self.specs], self.configuration.values.get("specs")
        return sha256(json.dumps(selection).encode()).hexdigest()

    def assign(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the candidates with the index of their spec; a candidate without a spec has a problem."""
        index = {name: number for number, name in enumerate(self.names)}
        for item in items:
            name = self.configuration.spec_of_file(item.path)
            yield replace(item, spec=index[name]) if name else replace(item, problem=item.problem or _NO_SPEC)


def read_spec_table(name: str, paths: Sequence[str]) -> SpecTable | None:
    """Return the table for a run without ``-s``; None where all paths have one spec.

    Raises SpecError, and ImgcheckError for an invalid configuration.
    """
    from sm_imgcheck.cli.session import load_and_warn

    configuration = find_configuration() if name == DEFAULT_SPEC else Configuration()
    names = configuration.spec_names()
    are_files = all(os.path.isfile(path) for path in paths)  # noqa: PTH113
    if len(names) < 2 or (are_files and len({configuration.spec_of_file(path) for path in paths}) == 1):
        return None
    return SpecTable(configuration=configuration, names=names, specs=tuple(map(load_and_warn, names)))
