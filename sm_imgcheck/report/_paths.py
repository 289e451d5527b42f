"""Paths in reports for machines: relative to the checkout where they are below it, with ``/`` between names."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from urllib.parse import quote

from sm_imgcheck.core.escape import for_json
from sm_imgcheck.io.stores import is_remote, strip_file_scheme
from sm_imgcheck.report import _records

__all__ = ["json_path", "relative_path", "uri_of"]


@lru_cache(16)  # each format uses the path of the same entry
def relative_path(root: str, path: str) -> tuple[str, str]:
    """Return the file of a candidate, and the name of the array in it (empty: the file is the candidate).

    root: an absolute folder. A local file below it is relative to it; another path, and an address in a store, is
    unchanged. Lone surrogates are bytes that are not UTF-8.
    """
    if is_remote(path):
        return path, ""
    file, member = strip_file_scheme(path), ""
    if ".npz::" in file:
        stem, _, member = file.rpartition(".npz::")
        file = f"{stem}.npz"
    if root:
        absolute = os.path.abspath(file)  # noqa: PTH100 - links are not resolved
        parent = f"{root.rstrip(os.sep)}{os.sep}"
        file = absolute[len(parent) :] if absolute.startswith(parent) else file
    return file.replace(os.sep, "/"), member


@lru_cache(16)
def json_path(path: str) -> str:
    """Return a path as a JSON string in ASCII, in quotes."""
    return f'"{path}"' if _JSON_CHARACTERS.fullmatch(path) else _records.encode(for_json(path))


_JSON_CHARACTERS = re.compile(r"[A-Za-z0-9_./ +=:@,-]*")
"""Characters that JSON does not escape; most paths have no others."""


_URI_CHARACTERS = re.compile(r"[A-Za-z0-9_.~/-]*")
"""Characters of a path that a URI does not escape."""


def uri_of(path: str) -> str:
    """Return a file of ``relative_path`` as a URI: relative, ``file:`` for an absolute path, or that of a store."""
    if is_remote(path):
        return quote(os.fsencode(path), safe=":/")
    text = path if _URI_CHARACTERS.fullmatch(path) else quote(os.fsencode(path), safe="/")
    return f"file://{text}" if path.startswith("/") else text
