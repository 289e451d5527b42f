"""Python code, and code in Markdown, that builds transforms of torchvision. It is parsed and never executed."""

from __future__ import annotations

from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._compose_code import evaluation_transforms, is_compose_code
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torchvision_compose import ComposeState, add_conventions

__all__ = ["IMPORTER"]

_TITLE = "torchvision code"


def matches(file: SourceFile) -> float:
    """By an import of torchvision and a Compose."""
    return 0.6 if is_compose_code(file, "torchvision") and "albumentations" not in file.start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the tensor that the transforms of evaluation make."""
    del input_name
    builder = DraftBuilder(file)
    state = ComposeState(builder)
    for call in evaluation_transforms(file, builder):
        state.add(call)
    state.finish()
    add_conventions(builder)
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=31,
    title=_TITLE,
    requires="Python code, or Markdown with it, that imports torchvision and has one Compose([...]) for evaluation",
    marks=("torchvision", "transforms.Compose", "ToTensor", "import"),
    matches=matches,
    read=read,
    is_code=True,
)
