"""The reports of ``spec show``, ``spec lint`` and ``spec list``."""

from __future__ import annotations

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Spec
from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.spec.yaml import document

__all__ = ["LintContent", "LintedSpec", "Preset", "PresetContent", "ShowContent"]


class ShowContent(ReportContent[Spec]):
    """A spec with every default, as it may be loaded again."""

    indent = 2

    def record(self, row: Spec) -> dict[str, object]:
        """The keys of the language."""
        resolved: dict[str, object] = _records.plain(row.resolved)
        return resolved

    def words(self, row: Spec) -> str:
        """YAML."""
        return document(row.resolved)


@frozen
class LintedSpec:
    """The problems of a spec, each ``source:line:column: key: message``; a spec without errors can be used."""

    name: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class LintContent(ReportContent[LintedSpec]):
    """Each spec with its problems."""

    key = ""
    indent = 1

    def record(self, row: LintedSpec) -> dict[str, object]:
        """One spec."""
        record = {"errors": _records.plain(row.errors), "warnings": _records.plain(row.warnings)}
        return _records.name_of("spec", row.name) | record

    def words(self, row: LintedSpec) -> str:
        """A line for each problem."""
        name = for_terminal(row.name)
        lines = [f"error: {error}" for error in row.errors] + [f"warning: {warning}" for warning in row.warnings]
        return "\n".join(lines or [f"{name}: OK"]) + "\n"


@frozen
class Preset:
    """A spec that is shipped."""

    name: str
    description: str
    sha256: str


class PresetContent(ReportContent[Preset]):
    """Each preset on a line."""

    key = ""
    indent = 1

    def record(self, row: Preset) -> dict[str, object]:
        """One preset."""
        record: dict[str, object] = _records.plain(row)
        return record

    def words(self, row: Preset) -> str:
        """Name and description."""
        return f"{row.name:<28} {row.description}\n"
