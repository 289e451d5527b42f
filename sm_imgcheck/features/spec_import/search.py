"""Files, folders and archives as drafts. Archives are read as streams, without unpacking to disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.spec_import.archives import archive_files, is_archive
from sm_imgcheck.io.stores.local import open_local_file
from sm_imgcheck.spec.importers import read_draft, recognize
from sm_imgcheck.spec.importers._draft import Draft
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["SkippedFile", "collect_drafts", "local_file"]

_MOST_ENTRIES = 5_000
_MOST_DRAFTS = 50
_DEEPEST = 6
_CONFIG_FOLDERS = {"configs", "config"}
_BASE_FOLDERS = ("_base_", "Base")
_NEVER = {"__pycache__", "node_modules"}


@frozen
class SkippedFile:
    """A file of a known vocabulary that is not imported."""

    file: str
    reason: str
    """A whole message, with the name of the file."""


def collect_drafts(path: str, input_name: str) -> tuple[list[Draft], list[SkippedFile]]:
    """Drafts of one path, and files that were refused.

    Raises ImgcheckError for a path that does not exist, and for a single file that cannot be imported.
    """
    if os.path.isdir(path):  # noqa: PTH112 - as the user typed it
        return _several(_folder_files(path), path, input_name)
    file = local_file(path)
    if is_archive(file):
        return _several(archive_files(file), path, input_name)
    return [read_draft(file, input_name)], []


def _several(files: Iterator[SourceFile], path: str, input_name: str) -> tuple[list[Draft], list[SkippedFile]]:
    drafts: list[Draft] = []
    code: list[Draft] = []
    skipped: list[SkippedFile] = []
    for file in files:
        try:
            importer = recognize(file)
            if importer is not None:
                (code if importer.is_code else drafts).append(importer.read(file, input_name))
        except ImgcheckError as error:
            skipped.append(SkippedFile(file=file.name, reason=str(error)))
        if len(drafts) > _MOST_DRAFTS:
            raise ImgcheckError(
                f"{for_terminal(path)}: got more than {_MOST_DRAFTS} configuration and model files, expected those of "
                "one model; name the files or a folder inside"
            )
    return drafts or code, skipped


def _folder_files(folder: str) -> Iterator[SourceFile]:
    """Ordinary files, by name, folders after the files in them; hidden ones are skipped."""
    left = _MOST_ENTRIES
    pending = [(folder, 0)]
    while pending:
        here, depth = pending.pop(0)
        try:
            with os.scandir(here) as entries:
                entries_here = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise ImgcheckError(f"{for_terminal(here)}: cannot be read: {error.strerror}") from None
        for entry in entries_here:
            left -= 1
            if left < 0:
                raise ImgcheckError(
                    f"{for_terminal(folder)}: got more than {_MOST_ENTRIES} entries, expected the folder of one model"
                )
            if entry.name.startswith(".") or entry.name in _NEVER:
                continue
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEEPEST:
                        pending.append((entry.path, depth + 1))
                elif entry.is_file():
                    yield local_file(entry.path)


def _is_inside(neighbor: str, path: str) -> bool:
    """Whether a file is in the folder of configurations around ``path``: the nearest one that has base files."""
    for folder in list(Path(path).resolve().parents)[:_DEEPEST]:
        if folder.name in _CONFIG_FOLDERS or any((folder / base).is_dir() for base in _BASE_FOLDERS):
            return Path(neighbor).resolve().is_relative_to(folder)
    return False


def local_file(path: str) -> SourceFile:
    """A file on this machine."""
    try:
        with open_local_file(path) as stream:
            size = os.fstat(stream.fileno()).st_size
    except OSError as error:
        raise ImgcheckError(f"{for_terminal(path)}: cannot be read: {error.strerror}") from None

    def sibling(other: str) -> SourceFile | None:
        neighbor = os.path.normpath(os.path.join(os.path.dirname(path), other))  # noqa: PTH118, PTH120
        is_inside = os.path.basename(other) == other or _is_inside(neighbor, path)  # noqa: PTH119
        return local_file(neighbor) if is_inside and os.path.isfile(neighbor) else None  # noqa: PTH113

    return SourceFile(for_terminal(path), size, lambda: open_local_file(path), sibling)
