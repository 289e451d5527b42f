"""Importers: specs from files in other vocabularies. One module for each vocabulary; static files only.

Each module defines ``IMPORTER``. Files are recognized by content: the importer with the highest confidence reads one.
"""

from __future__ import annotations

from collections.abc import Callable

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.plugins import Registry
from sm_imgcheck.spec.importers._draft import Draft
from sm_imgcheck.spec.importers._other_formats import other_format
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["IMPORTERS", "Importer", "read_draft", "recognize"]

_THRESHOLD = 0.5
_SUGGESTIONS = 3
_LFS_POINTER = b"version https://git-lfs"
_PICKLE = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@frozen
class Importer:
    """One vocabulary."""

    rank: int
    """Position in lists: common vocabularies first."""
    title: str
    """The vocabulary as messages name it."""
    requires: str
    """What a file of this vocabulary contains, as a noun phrase."""
    marks: tuple[str, ...]
    """Words that such files contain or are named by, to suggest the nearest vocabularies for an unknown file."""
    matches: Callable[[SourceFile], float]
    """Confidence, 0 to 1, that the file is of this vocabulary; from 0.5 on it is."""
    read: Callable[[SourceFile, str], Draft]
    """The draft. The second argument: name of the model's input where a model has several, or empty.

    Raises ImgcheckError for a file of this vocabulary without an image input."""
    is_code: bool = False
    """A program or its documentation: in a folder it is read only where no other file states an input."""


IMPORTERS: Registry[Importer] = Registry(__name__, "IMPORTER")


def recognize(file: SourceFile) -> Importer | None:
    """The importer of a file; None for a file of no known vocabulary.

    Raises ImgcheckError for a pickle and for a pointer of Git LFS.
    """
    if file.head.startswith(_PICKLE):
        raise ImgcheckError(
            f"{file.name}: format: got a Python pickle, which is never loaded because it runs code, expected a "
            "configuration or model file such as preprocessor_config.json or model.onnx"
        )
    if file.head.startswith(_LFS_POINTER):
        raise ImgcheckError(f"{file.name}: content: got a Git LFS pointer, expected the file; run git lfs pull")
    scores = [(importer.matches(file), importer) for importer in map(IMPORTERS.__getitem__, IMPORTERS.by_rank())]
    confidence, best = max(scores, key=lambda pair: pair[0])
    return best if confidence >= _THRESHOLD else None


def read_draft(file: SourceFile, input_name: str = "") -> Draft:
    """What a file states of a model's input. Raises ImgcheckError with the nearest vocabularies for an unknown file."""
    importer = recognize(file)
    if importer is None:
        raise ImgcheckError(_unknown(file))
    return importer.read(file, input_name)


def _unknown(file: SourceFile) -> str:
    text = f"{file.base}\n{file.start}".lower()
    importers = [IMPORTERS[name] for name in IMPORTERS.by_rank()]
    importers.sort(key=lambda importer: -sum(mark.lower() in text for mark in importer.marks) / len(importer.marks))
    nearest = "\n".join(f"  {importer.title}: {importer.requires}" for importer in importers[:_SUGGESTIONS])
    if not file.head:
        return f"{file.name}: file is empty, expected a configuration or model file"
    if json_error := file.json_error:
        return f"{file.name}: JSON: {json_error}, expected a valid document"
    if other := other_format(file):
        return f"{file.name}: format: got {other}"
    return f"{file.name}: got no known configuration or model file, expected one such as:\n{nearest}"
