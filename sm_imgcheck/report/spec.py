"""The reports of ``spec show``, ``spec lint`` and ``spec list``."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Spec, Status
from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.report._entries import Assessment, FileEntry, problem_finding
from sm_imgcheck.spec.yaml import document

__all__ = ["LintContent", "LintedSpec", "Preset", "PresetContent", "ShowContent"]


class ShowContent(ReportContent[Spec]):
    """A spec with every default, as it may be loaded again."""

    indent = 2

    def record(self, row: Spec) -> dict[str, object]:
        """The keys of the language."""
        values: dict[str, object] = _records.plain(row.resolved)
        return values

    def words(self, row: Spec) -> str:
        """YAML."""
        return document(row.resolved)


@frozen
class LintedSpec:
    """The problems of a spec, each ``source:line:column: key: message``; a spec without errors can be used."""

    name: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    line: int = 1
    """Line of the first error, counted from 1."""


class LintContent(ReportContent[LintedSpec]):
    """Each spec with its problems."""

    key = ""
    folds = True
    indent = 1
    document_title = "sm-imgcheck spec lint"

    def __init__(self, *, strict: bool = False) -> None:
        """strict: warnings fail too."""
        self.fail_on = "warning" if strict else "error"

    def entries(self, row: LintedSpec) -> Iterator[FileEntry]:
        """The spec with its problems as findings."""
        errors = [problem_finding("invalid-spec", text.removeprefix(f"{row.name}: ")) for text in row.errors]
        warnings = [problem_finding("doubtful-spec", text, "warning") for text in row.warnings]
        status: Status = "failed" if errors else "ok"
        assessment = Assessment(kind="spec", status=status, findings=(*errors, *warnings))
        yield FileEntry(path=row.name, assessment=assessment, line=row.line)

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
    folds = True
    indent = 1

    def record(self, row: Preset) -> dict[str, object]:
        """One preset."""
        record: dict[str, object] = _records.plain(row)
        return record

    def words(self, row: Preset) -> str:
        """Name and description."""
        return f"{row.name:<28} {row.description}\n"
