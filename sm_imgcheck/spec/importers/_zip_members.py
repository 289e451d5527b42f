"""Model files that are zip archives: members by name, within limits."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["ZIP_MAGIC", "read_member"]

ZIP_MAGIC = b"PK\x03\x04"
_MOST_MEMBERS = 100_000
_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)


def read_member(file: SourceFile, title: str, choose: Callable[[list[str]], str], *, limit: int) -> bytes | None:
    """The content of one member of a zip archive; None where ``choose`` returns an empty name.

    title: of the format, for messages. choose: from the names of the members. Raises ImgcheckError for a damaged
    archive, a member of more than ``limit`` bytes, and a file that is itself inside a compressed stream.
    """
    where = f"{for_terminal(file.name)}: {title}"
    with file.open() as stream:
        if not stream.seekable():
            raise ImgcheckError(f"{where} inside an archive: got a stream, expected the file itself")
        try:
            with zipfile.ZipFile(stream) as archive:
                name = choose(archive.namelist()[:_MOST_MEMBERS])
                if not name:
                    return None
                with archive.open(name) as content:
                    body = content.read(limit + 1)
        except _DAMAGE as error:
            raise ImgcheckError(f"{where}: damaged: {for_terminal(str(error)[:200])}") from None
    if len(body) > limit:
        raise ImgcheckError(f"{where}: {for_terminal(name)}: got more than {limit} bytes")
    return body
