"""Names of a model's classes (text or JSON), and class numbers of photographs (CSV)."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.pipeline.read import open_file

if TYPE_CHECKING:
    import numpy.typing as npt

    from sm_imgcheck.features.discover.output_kinds import OutputReader

__all__ = [
    "check_class_numbers",
    "check_labels",
    "class_name",
    "labels_of",
    "read_class_names",
    "read_photo_labels",
    "read_text",
]

_MOST_BYTES = 16 << 20
_LONGEST = 60
"""Characters of a name in a report."""


def read_class_names(path: str) -> tuple[str, ...]:
    """Names by class number, which counts from 0. Raises ImgcheckError for another file."""
    text = read_text(path)
    if not text.lstrip().startswith(("[", "{")):
        return tuple(text.rstrip("\n").splitlines())
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ImgcheckError(f"labels {for_terminal(path)}: invalid JSON: {error}") from None
    if isinstance(value, list):
        return tuple(map(_name, value))
    by_number = {int(key): _name(name) for key, name in value.items() if key.isdecimal() and len(key) < 9}
    if len(by_number) != len(value) or sorted(by_number) != list(range(len(by_number))):
        raise ImgcheckError(f'labels {for_terminal(path)}: got an object with other keys, expected "0", "1", "2" ...')
    return tuple(by_number[number] for number in range(len(by_number)))


def _name(value: object) -> str:
    """A name; of ``["n01440764", "tench"]``, as Keras has it, the last."""
    return str(value[-1]) if isinstance(value, list) and value else str(value)


def read_text(path: str) -> str:
    """A small text file. Raises ImgcheckError."""
    try:
        with open_file(path) as (file, size):
            if size > _MOST_BYTES:
                raise ImgcheckError(f"labels {for_terminal(path)}: got {size} bytes, expected at most {_MOST_BYTES}")
            return file.read(size).decode("utf-8-sig")
    except CandidateError as error:
        raise ImgcheckError(f"labels {for_terminal(path)}: {error}") from None
    except UnicodeDecodeError:
        raise ImgcheckError(f"labels {for_terminal(path)}: got binary data, expected UTF-8 text") from None


def check_labels(names: Sequence[str], classes: int, path: str) -> None:
    """Raise ImgcheckError where the number of names is not that of the classes."""
    if names and len(names) != classes:
        raise ImgcheckError(
            f"labels {for_terminal(path)}: got {len(names)} names, expected {classes} (classes of the output)"
        )


def class_name(names: Sequence[str], number: int) -> str:
    """``281 tabby``; without names ``class 281``."""
    return for_terminal(f"{number} {names[number][:_LONGEST]}") if names else f"class {number}"


def read_photo_labels(path: str, photos: Sequence[str]) -> dict[str, int]:
    """Class number of each photograph, from a CSV with rows ``PHOTO,CLASS``. Raises ImgcheckError.

    A photograph is found by its path or its file name; a header line is skipped.
    """
    try:
        rows = [row for row in csv.reader(read_text(path).splitlines()) if row and any(map(str.strip, row))]
    except csv.Error as error:
        raise ImgcheckError(f"labels {for_terminal(path)}: {error}") from None
    labels: dict[str, int] = {}
    for number, row in enumerate(rows):
        if len(row) == 2 and row[1].strip().isdecimal() and len(row[1].strip()) < 10:
            labels[row[0].strip()] = int(row[1])
        elif number:
            raise ImgcheckError(
                f"labels {for_terminal(path)}: row {number + 1}: got {for_terminal(','.join(row)[:80])}, "
                "expected PHOTO,CLASS with a class number"
            )
    by_name = {Path(name).name: label for name, label in labels.items()}
    return {
        photo: labels.get(photo, by_name.get(Path(photo).name, -1))
        for photo in photos
        if photo in labels or Path(photo).name in by_name
    }


def labels_of(names: Sequence[str], labels: Mapping[str, int], path: str) -> npt.NDArray[np.int64] | None:
    """Class numbers of the photographs; None without labels. Raises ImgcheckError where a photograph has none."""
    if not labels:
        return None
    missing = [name for name in names if name not in labels]
    if missing:
        raise ImgcheckError(f"labels {path}: {len(missing)} photographs have no label, such as {missing[0]}")
    return np.array([labels[name] for name in names])


def check_class_numbers(labels: npt.NDArray[np.int64] | None, reader: OutputReader, path: str) -> None:
    """Raise ImgcheckError for a class number that the output does not have."""
    if labels is None:
        return
    if not reader.classes:
        raise ImgcheckError(f"labels {path}: output {reader.output} is read as {reader.form}: it has no class numbers")
    if int(labels.max()) >= reader.classes:
        expected = f"0..{reader.classes - 1} (classes of the output)"
        raise ImgcheckError(f"labels {path}: got class {labels.max()}, expected {expected}")
