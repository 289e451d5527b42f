"""The handler that the user names: a file, a folder, or a model archive, and the folder of its model."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import tarfile
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import LocationError, local

__all__ = ["HandlerTarget", "find_target"]

_MOST_SOURCE = 1 << 20  # bytes of the file that are read
_MOST_MEMBERS = 20_000
_MOST_BYTES = 8 << 30  # of the unpacked archive: 5 GiB is the limit of a model of multi-model endpoints
_SUBFOLDERS = ("", "code", "1", "app", "src")
_NAMES = ("inference.py", "handler.py", "model.py", "lambda_function.py", "score.py", "app.py", "main.py", "serve.py")
"""What servers name the file; SageMaker, Hugging Face, Triton, Lambda, Azure and web applications."""


@frozen
class HandlerTarget:
    """A file of Python source, and the folder of its model."""

    file: Path
    model_dir: Path


def find_target(name: str, model_dir: str, scratch: Path) -> HandlerTarget:
    """The handler of a file, a folder or an archive, which is unpacked into ``scratch``. Raises ImgcheckError.

    model_dir: the folder of the model; empty: of an archive its root, of a file in ``code`` the folder around it, else
    the file's own.
    """
    for place in (name, model_dir):
        if "\0" in place:
            raise ImgcheckError(f"{for_terminal(place)}: no such file or folder")
    try:
        return _find(name, model_dir, scratch)
    except OSError as error:  # a folder that may not be searched
        raise ImgcheckError(f"handler {for_terminal(name)}: cannot be read: {error.strerror}") from None


def _find(name: str, model_dir: str, scratch: Path) -> HandlerTarget:
    path = Path(os.path.realpath(name))  # Path.resolve raises for a loop of links
    if path.suffix != ".py" and name.endswith(
        ".py"
    ):  # a link to content under its hash, as in the cache of Hugging Face
        path = Path(os.path.realpath(Path(name).parent)) / Path(name).name
    root = path
    if path.is_file() and (unpack := _unpacker(path, name)) is not None:
        root = scratch / "archive"
        root.mkdir()
        unpack(path, root, name)
    file = root if root.is_file() else _in_folder(root, name)
    _refuse_other_files(file, name)
    if model_dir:
        folder = Path(os.path.realpath(model_dir))
        if not folder.is_dir():
            raise ImgcheckError(f"--model-dir {for_terminal(model_dir)}: no such folder")
        return HandlerTarget(file=file, model_dir=folder)
    in_place = file.parent.name in ("code", "1")
    return HandlerTarget(file=file, model_dir=file.parent.parent if in_place else file.parent)


def _in_folder(folder: Path, name: str) -> Path:
    for place in _SUBFOLDERS:
        for file in _NAMES:
            if (folder / place / file).is_file():
                return folder / place / file
    scripts = [*folder.glob("*.py")] if folder.is_dir() else []
    if len(scripts) == 1:
        return scripts[0]
    what = "got a device, a pipe or a socket, expected a file" if folder.exists() else "no such file"
    what = "missing inference.py: expected FOLDER/inference.py or FOLDER/code/inference.py" if folder.is_dir() else what
    raise ImgcheckError(f"handler {for_terminal(name)}: {what}")


def _unpacker(path: Path, name: str) -> Callable[[Path, Path, str], None] | None:
    """The function that unpacks a file; None: it is not an archive. Raises ImgcheckError."""
    if path.suffix == ".py":
        return None
    head = _head(path, 262, name)
    if head[:2] == b"\x1f\x8b" or head[257:262] == b"ustar":
        return _unpack_tar
    return _unpack_zip if head[:4] == b"PK\x03\x04" else None


def _unpack_tar(path: Path, root: Path, name: str) -> None:
    """Unpack the regular files of ``model.tar.gz`` into ``root``."""
    try:
        with tarfile.open(path) as archive:
            total = 0
            for number, member in enumerate(archive):
                total += member.size
                _check_limits(number, total, name)
                if member.isreg() and (content := archive.extractfile(member)) is not None:
                    _write_member(content, root, member.name)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ImgcheckError(f"handler {for_terminal(name)}: archive cannot be unpacked: {error}") from None


def _unpack_zip(path: Path, root: Path, name: str) -> None:
    """Unpack a ``.mar`` of TorchServe, or a zip file of a Lambda function."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_limits(len(members), sum(member.file_size for member in members), name)
            for member in members:
                if not member.is_dir():
                    with archive.open(member) as content:
                        _write_member(content, root, member.filename)
        _follow_manifest(root)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise ImgcheckError(f"handler {for_terminal(name)}: archive cannot be unpacked: {error}") from None


def _write_member(content: IO[bytes], root: Path, name: str) -> None:
    """Write one member's content below ``root``; skip a member whose path is outside of it.

    The filter "data" of tarfile is younger than Python 3.11.2, which Debian 12 ships.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        return
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as copy:
        shutil.copyfileobj(content, copy)


def _follow_manifest(root: Path) -> None:
    """Copy the handler that TorchServe's manifest names to a standard name."""
    manifest = root / "MAR-INF" / "MANIFEST.json"
    try:
        handler = json.loads(manifest.read_text(encoding="utf-8"))["model"]["handler"].partition(":")[0]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    file = root / (handler if handler.endswith(".py") else f"{handler}.py")
    if file.is_file() and file.resolve().is_relative_to(root.resolve()) and not (root / _NAMES[0]).exists():
        (root / _NAMES[0]).write_bytes(file.read_bytes())


def _check_limits(members: int, size: int, name: str) -> None:
    if members > _MOST_MEMBERS or size > _MOST_BYTES:
        limit = f"{_MOST_MEMBERS:,} members and {_MOST_BYTES >> 30} GiB"
        raise ImgcheckError(
            f"handler {for_terminal(name)}: archive: got {members:,} members and {size:,} bytes or more, "
            f"expected at most {limit}"
        )


def _refuse_other_files(file: Path, name: str) -> None:
    """Raise ImgcheckError for a file that is not a module of Python source."""
    head = _head(file, _MOST_SOURCE, name)
    encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(head).readline)
        b" ".decode(encoding)  # LookupError for a codec of other content than text, such as hex
        is_binary = "\0" in codecs.getincrementaldecoder(encoding)().decode(head)
    except (SyntaxError, LookupError, UnicodeError):
        is_binary = True
    if is_binary and not encoding.startswith("utf-8"):
        got = f"got {encoding}, which cannot decode it"
        raise ImgcheckError(f"handler {for_terminal(name)}: source encoding: {got}; expected the file's own, as UTF-8")
    if is_binary:
        raise ImgcheckError(f"handler {for_terminal(name)}: got a binary file, expected Python source")
    if file.suffix != ".py":
        raise ImgcheckError(f"handler {for_terminal(name)}: got {file.suffix or 'no suffix'}, expected a .py file")


def _head(file: Path, length: int, name: str) -> bytes:
    """The first bytes of a file. Raises ImgcheckError, also for a queue of the system, whose read waits."""
    try:
        return local.head(str(file), length)
    except LocationError as error:
        raise ImgcheckError(f"handler {for_terminal(name)}: {error}") from None
