"""Files as importers see them: a head that is always read, and the rest within limits. Files are never executed.

A file may be on disk, a member of an archive, or text; importers do not see the difference.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import BinaryIO

from sm_imgcheck.core.errors import ImgcheckError, SpecError
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec import yaml

__all__ = ["HEAD_BYTES", "TEXT_BYTES", "SourceFile"]

HEAD_BYTES = 1 << 16
"""Read of every file, to recognize it."""
TEXT_BYTES = 4 << 20
"""Longest configuration text that is parsed; Keras model configurations have up to 1 MiB."""
_YAML_BYTES = 512 << 10
_YAML_NODES = 60_000
"""OCR configurations list every character."""
_DEEPEST = 100
_DIRECTIVE = re.compile(r"\A%YAML[^\n]*\n---[^\n]*\n")
"""As files of OpenCV begin."""
_CURLY = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})


class SourceFile:
    """One file: ``name`` as messages show it, ``size`` in bytes (None: not known before it is read)."""

    def __init__(
        self,
        name: str,
        size: int | None,
        opener: Callable[[], BinaryIO],
        sibling: Callable[[str], SourceFile | None] = lambda _: None,
    ) -> None:
        """sibling: the file of another name in the same folder, or None; also by a relative path, where it is inside.

        Inside: in the same archive, or in the folder of configurations.
        """
        self.name = name
        self.size = size
        self._opener = opener
        self.sibling = sibling

    @classmethod
    def of_bytes(cls, name: str, body: bytes) -> SourceFile:
        """A file whose content is in memory."""
        return cls(name, len(body), lambda: io.BytesIO(body))

    @property
    def base(self) -> str:
        """Name without folders."""
        return re.split(r"[/\\]|::", self.name)[-1]

    def open(self) -> BinaryIO:
        """The content from its first byte."""
        return self._opener()

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB."""
        with self.open() as stream:
            return stream.read(HEAD_BYTES)

    @cached_property
    def is_text(self) -> bool:
        """Whether the head is text: no NUL byte, and UTF-8 up to a truncated last character."""
        if b"\0" in self.head:
            return False
        try:
            self.head.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return len(self.head) == HEAD_BYTES and error.start > HEAD_BYTES - 4
        return True

    @cached_property
    def start(self) -> str:
        """The head as text; empty for binary files."""
        return self.head.decode("utf-8-sig", "replace") if self.is_text else ""

    def bytes(self, limit: int) -> bytes:
        """The whole content. Raises ImgcheckError for more than ``limit`` bytes."""
        with self.open() as stream:
            body = stream.read(limit + 1)
        if len(body) > limit:
            raise ImgcheckError(f"{self.name}: file size: got more than {limit} bytes, expected at most {limit}")
        return body

    @cached_property
    def text(self) -> str:
        """The whole content as text, curly quotes straightened. Raises ImgcheckError for binary or too long content."""
        body = self.bytes(TEXT_BYTES)
        try:
            return body.decode("utf-8-sig").translate(_CURLY)
        except UnicodeDecodeError as error:
            raise ImgcheckError(f"{self.name}: byte {error.start}: got no UTF-8, expected text") from None

    @cached_property
    def json(self) -> Json:
        """The parsed JSON; None for other content, and for a document nested more than 100 deep."""
        if not self.is_text or self.start.lstrip()[:1] not in ("{", "["):
            return None
        try:
            value: Json = json.loads(self.text)
        except (ValueError, RecursionError, ImgcheckError):
            return None
        return value if _depth(value) <= _DEEPEST else None

    @property
    def json_error(self) -> str:
        """Why a text that begins as a JSON object cannot be parsed; empty for any other."""
        if not self.is_text or not re.match(r"\s*\{\s*[\"}/]", self.start):
            return ""
        try:
            json.loads(self.text)
        except (ValueError, RecursionError, ImgcheckError) as error:
            return str(error)
        return ""

    @property
    def object(self) -> Mapping[str, Json]:
        """The JSON document where it is an object; empty for anything else."""
        return self.json if isinstance(self.json, Mapping) else {}

    @cached_property
    def yaml(self) -> Json:
        """The parsed YAML. Raises ImgcheckError for invalid or too long YAML."""
        if len(self.text) > _YAML_BYTES:
            raise ImgcheckError(f"{self.name}: YAML: got {len(self.text)} characters, expected at most {_YAML_BYTES}")
        body = _DIRECTIVE.sub("\n\n", self.text)
        try:
            return yaml.read(body.encode(), self.name, most_nodes=_YAML_NODES).value
        except SpecError as error:
            raise ImgcheckError(f"{self.name}: {error.problems[0]}") from None


def _depth(value: Json) -> int:
    """How deep lists and objects are nested, without recursion."""
    deepest, stack = 0, [(value, 1)]
    while stack:
        inner, depth = stack.pop()
        deepest = max(deepest, depth)
        if depth > _DEEPEST:
            return depth
        if isinstance(inner, dict):
            stack += [(entry, depth + 1) for entry in inner.values()]
        elif isinstance(inner, list):
            stack += [(entry, depth + 1) for entry in inner]
    return deepest
