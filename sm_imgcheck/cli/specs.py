"""The specs of a command: from ``-s``, or by path from [tool.sm-imgcheck]."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from sm_imgcheck.cli.configuration import Configuration, find_configuration, spec_name
from sm_imgcheck.cli.options import DEFAULT_SPEC
from sm_imgcheck.core.digests import sha256_of
from sm_imgcheck.core.errors import ImgcheckError, SpecError
from sm_imgcheck.core.escape import argument, for_terminal
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Spec
from sm_imgcheck.spec import load

if TYPE_CHECKING:
    from sm_imgcheck.run.inputs.item import Item

__all__ = ["SpecTable", "load_and_warn", "load_spec", "read_spec_table"]

_NO_SPEC = "has no spec: [tool.sm-imgcheck] has no spec and no entry of specs for this path; exclude it, or add one"


def load_spec(name: str, paths: Sequence[str] = (), *, warn: bool = True) -> Spec:
    """Return the spec of ``-s``. Raises SpecError, or ImgcheckError where none is given and no default exists.

    paths: those of the command line, among which a spec without ``-s`` may be. warn: print its lint warnings on
    standard error; a command that loads the spec again does so without.
    """
    configuration = _configuration(name)
    name = spec_name(name, paths)
    if name == DEFAULT_SPEC and not os.path.exists(name):  # noqa: PTH110 - the name stays as it is shown
        spec_path = next((path for path in paths if path in load.presets() or path.endswith((".yaml", ".yml"))), "")
        if spec_path:
            raise ImgcheckError(
                f"no spec: {for_terminal(spec_path)} is a PATH here; pass it as -s {argument(spec_path)}"
            )
        raise ImgcheckError(
            f"no spec: {name} does not exist; pass a spec or a preset with -s (sm-imgcheck spec list), or write one "
            "(sm-imgcheck spec init)"
        )
    return _load(name, configuration, warn=warn)


def _load(name: str, configuration: Configuration, *, warn: bool = True) -> Spec:
    """Load a spec; the error for a missing one has the key of the configuration that names it."""
    try:
        return load_and_warn(name) if warn else load.load(name)
    except SpecError:  # it has the file and the line
        raise
    except ImgcheckError as error:
        if place := configuration.place_of_spec(name):
            raise ImgcheckError(f"{place}: {error}") from None
        raise


def load_and_warn(spec: str | Mapping[str, object], source: str = "") -> Spec:
    """Load a spec and print its lint warnings on standard error, also with ``-q``: they affect every result.

    source: name of a mapping in the warnings.
    """
    from sm_imgcheck.spec.lint import load_and_lint

    spec_value, problems = load_and_lint(spec)
    for problem in problems:
        typer.echo(f"warning: {problem.in_file(for_terminal(source or str(spec)))}", err=True)
    return spec_value


@frozen
class SpecTable:
    """Several specs, and which candidate has which of them."""

    configuration: Configuration
    names: tuple[str, ...]
    """Presets, and paths relative to the current folder."""
    specs: tuple[Spec, ...]
    """In the order of the names."""

    @property
    def name(self) -> str:
        """Number of the specs."""
        return f"{len(self.names)} specs"

    @property
    def sha256(self) -> str:
        """Digest of the specs and of their patterns, in hexadecimal."""
        from json import dumps  # for machine formats and journals only

        return sha256_of(dumps([[spec.sha256 for spec in self.specs], self.configuration.values.get("specs")]).encode())

    def assign(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the candidates with the index of their spec; a candidate without a spec has a problem."""
        index = {name: number for number, name in enumerate(self.names)}
        for item in items:
            name = self.configuration.spec_of_file(item.path)
            changes = {"spec": index[name]} if name else {"problem": item.problem or _NO_SPEC}
            yield replace_fields(item, **changes)


def read_spec_table(name: str, paths: Sequence[str]) -> SpecTable | None:
    """Return the table for a run without ``-s``; None where all paths have one spec.

    Raises SpecError, and ImgcheckError for an invalid configuration.
    """
    configuration = _configuration(name)
    names = configuration.spec_names()
    are_files = all(os.path.isfile(path) for path in paths)  # noqa: PTH113
    if len(names) < 2 or (are_files and len({configuration.spec_of_file(path) for path in paths}) == 1):
        return None
    specs = tuple(_load(each, configuration) for each in names)
    return SpecTable(configuration=configuration, names=names, specs=specs)


def _configuration(name: str) -> Configuration:
    """Return the table; an empty one for a spec of ``-s``."""
    return find_configuration() if name == DEFAULT_SPEC else Configuration()
