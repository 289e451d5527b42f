"""The report of ``spec import``: YAML as text; fields with source and certainty as JSON."""

from __future__ import annotations

from sm_imgcheck.features.spec_import import ImportedSpec
from sm_imgcheck.report import ReportContent, _records

__all__ = ["ImportContent"]


class ImportContent(ReportContent[ImportedSpec]):
    """One imported spec."""

    indent = 2

    def record(self, row: ImportedSpec) -> dict[str, object]:
        """Sources, fields, notes and skipped files."""
        record: dict[str, object] = {
            "version": 1,
            "sources": [{"file": file, "vocabulary": vocabulary} for file, vocabulary in row.sources],
            "fields": [
                {
                    "key": field.key,
                    "value": _records.plain(field.value),
                    "source": field.source,
                    "certainty": field.certainty,
                }
                for field in row.fields
            ],
            "notes": list(row.notes),
            "skipped": [{"file": entry.file, "reason": entry.reason} for entry in row.skipped],
            "spec": _records.plain(row.mapping),
        }
        return record

    def words(self, row: ImportedSpec) -> str:
        """YAML."""
        return row.text
