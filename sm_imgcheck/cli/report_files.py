"""Files of reports: ``--output-file FORMAT:FILE``, and the summary of a CI job."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO

import typer

from sm_imgcheck.cli.option_signatures import choices
from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.media_types import INPUT_SUFFIXES
from sm_imgcheck.core.suggestions import nearest
from sm_imgcheck.io.stores import is_remote, local, store, strip_file_scheme
from sm_imgcheck.report import format_module
from sm_imgcheck.run.inputs.exclude import IGNORE_FILE

__all__ = ["ReportFile", "check_output_files", "open_report_files"]

_BLOCK = 1 << 20
_PART = 1 << 16
"""Characters of a write."""
_INPUT_SUFFIXES = (INPUT_SUFFIXES - {".json"}) | {".yaml", ".yml", ".toml", ".py"}
"""Suffixes of files that a report never replaces."""


def check_output_files(values: list[str] | None) -> list[str] | None:
    """``FORMAT:FILE`` as given. Raises BadParameter for an unknown format, or where the file is missing."""
    formats = choices("report/formats")
    for value in values or []:
        form, separator, path = value.partition(":")
        if not separator or not path or path == "-":
            raise typer.BadParameter(f"got {value!r}, expected FORMAT:FILE, such as junit:report.xml")
        if form not in formats:
            raise typer.BadParameter(
                f"got format {form!r}, expected one of {', '.join(formats)}{nearest(form, formats)}"
            )
    return values


class ReportFile:
    """A report file, which is renamed to its final name when it is complete. Every method raises OutputError."""

    def __init__(self, form: str, path: str, *, appends: bool = False) -> None:
        """appends: append to the file, which other programs write too."""
        self.form, self.path, self.appends = form, strip_file_scheme(path), appends
        self._parts: list[str] = []
        self._length = 0
        folder = None
        with self._output_errors():
            if not is_remote(self.path):
                folder = os.path.dirname(self.path) or "."  # noqa: PTH120 - the name stays as it is
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

    def add(self, text: str) -> None:
        """Write a part, together with others: of many files a part is short."""
        self._parts.append(text)
        self._length += len(text)
        if self._length >= _PART:
            self._write()

    def _write(self) -> None:
        with self._output_errors():
            self._file.write("".join(self._parts).encode("utf-8", "backslashreplace"))
        self._parts, self._length = [], 0

    def finish(self) -> None:
        """Rename the file to its final name."""
        self._write()
        with self._output_errors():
            self._file.seek(0)
            blocks = iter(partial(self._file.read, _BLOCK), b"")
            if self.appends:
                with open(self.path, "ab") as file:  # noqa: PTH123
                    file.writelines(blocks)
            else:
                store(self.path).write(self.path, blocks, force=True)
            self._file.close()

    @contextmanager
    def _output_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(f"{for_terminal(self.path)} cannot be written: {reason}", resumable=False) from error


def open_report_files(
    values: list[str], main_form: str, inputs: Sequence[str], outputs: Sequence[str]
) -> list[ReportFile]:
    """The files of a run, opened. Raises OutputError where one cannot be written, is an input or another output.

    values: ``FORMAT:FILE``. main_form: the format on standard output, which may append to the summary of a CI job.
    """
    pairs = [(form, strip_file_scheme(path)) for form, _, path in (value.partition(":") for value in values)]
    for number, (_, path) in enumerate(pairs):
        _check_place(path, inputs)
        if any(_same(path, other) for other in [*outputs, *(other for _, other in pairs[:number])]):
            raise OutputError(f"{for_terminal(path)} is named by two outputs: name two files")
    files = [ReportFile(form, path) for form, path in pairs]
    for form in dict.fromkeys([main_form, *(form for form, _ in pairs)]):
        variable, other_form = getattr(format_module(form), "ALSO_APPENDS", ("", ""))
        if path := os.environ.get(variable, ""):
            files.append(ReportFile(other_form, path, appends=True))
    return files


def _check_place(path: str, inputs: Sequence[str]) -> None:
    name = for_terminal(path)
    suffix = os.path.splitext(path)[1]  # noqa: PTH122
    if suffix.lower() in _INPUT_SUFFIXES:
        raise OutputError(f"{name} has the suffix of an input ({suffix}): name a file such as report.html")
    if not is_remote(path) and (reason := local.no_file(path)):
        raise OutputError(f"{name} is {reason}: name a file{' in it' * (reason == 'a folder')}")
    if os.path.basename(path) == IGNORE_FILE or any(_same(path, source) for source in inputs):  # noqa: PTH119
        raise OutputError(f"{name} is an input: name another file")


def _same(path: str, other: str) -> bool:
    same: Callable[[str, str], bool] = os.path.samefile
    with suppress(OSError, ValueError):  # one of them is missing, or is not a file name
        return same(path, other)
    return os.path.abspath(path) == os.path.abspath(other)  # noqa: PTH100
