"""Python code, and code in Markdown, that builds transforms of Albumentations. It is parsed and never executed."""

from __future__ import annotations

from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._albumentations_state import albumentations_draft
from sm_imgcheck.spec.importers._compose_code import evaluation_transforms, is_compose_code
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["IMPORTER"]

_TITLE = "Albumentations code"


def matches(file: SourceFile) -> float:
    """By an import of Albumentations and a Compose."""
    return 0.6 if is_compose_code(file, "albumentations") else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the array that the transforms of evaluation make."""
    del input_name
    builder = DraftBuilder(file)
    return albumentations_draft(evaluation_transforms(file, builder), builder, _TITLE)


IMPORTER = Importer(
    rank=33,
    title=_TITLE,
    requires="Python code, or Markdown with it, that imports albumentations and has one Compose([...]) for evaluation",
    marks=("albumentations", "A.Compose", "ToTensorV2", "import"),
    matches=matches,
    read=read,
    is_code=True,
)
