"""Specs from configuration files, model files, and folders and archives of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.spec_import.join import join_drafts
from sm_imgcheck.features.spec_import.search import SkippedFile, collect_drafts
from sm_imgcheck.features.spec_import.validate import valid_draft
from sm_imgcheck.features.spec_import.write import format_imported_spec
from sm_imgcheck.spec.importers._draft import Draft, DraftField

__all__ = ["ImportedSpec", "import_spec", "imported_from_draft"]


@frozen
class ImportedSpec:
    """A spec with the source of each line."""

    sources: tuple[tuple[str, str], ...]
    """File and vocabulary of each draft that was joined."""
    fields: tuple[DraftField, ...]
    """In the order of the spec language; those without a value have certainty ``unknown``."""
    notes: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]
    """Files that are of a known vocabulary and no image model's."""
    mapping: Mapping[str, object]
    """Known fields as a mapping of the spec language; it loads where no required field is unknown."""
    text: str
    """The spec as YAML, each line with its source."""

    def with_certainty(self, *certainties: str) -> tuple[DraftField, ...]:
        """Fields of these certainties."""
        return tuple(field for field in self.fields if field.certainty in certainties)


def import_spec(paths: Sequence[str], *, prefer: str = "", input_name: str = "") -> ImportedSpec:
    """Import one spec from files, folders and archives; what agrees is joined.

    prefer: name or path of the file, or title of the vocabulary, that decides where two contradict each other.
    input_name: of the model's input, where a model has several. Raises ImgcheckError if no file can be imported,
    and for a contradiction that ``prefer`` does not decide.
    """
    drafts: list[Draft] = []
    skipped: list[SkippedFile] = []
    for path in paths:
        file_drafts, file_errors = collect_drafts(path, input_name)
        drafts += file_drafts
        skipped += file_errors
    if not drafts:
        reasons = "\n".join(entry.reason for entry in skipped[:10])
        raise ImgcheckError(reasons or f"{for_terminal(', '.join(paths))}: got no known configuration or model file")
    return imported_from_draft(join_drafts(drafts, prefer), drafts, skipped)


def imported_from_draft(draft: Draft, drafts: Sequence[Draft], skipped: Sequence[SkippedFile] = ()) -> ImportedSpec:
    """The spec of a draft: fields that make no valid spec become unknown. drafts: those that it was joined from."""
    valid = valid_draft(draft)
    sources = tuple((entry.file, entry.vocabulary) for entry in drafts)
    return ImportedSpec(
        sources=sources,
        fields=valid.fields,
        notes=valid.notes,
        skipped=tuple(skipped),
        mapping=valid.mapping(),
        text=format_imported_spec(valid, sources),
    )
