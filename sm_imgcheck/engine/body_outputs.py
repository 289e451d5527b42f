"""Where request bodies are written, under which suffix, and the list of them for batch transform."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from sm_imgcheck.engine.bodies import Made
from sm_imgcheck.engine.claims import Claims, clash
from sm_imgcheck.engine.items import Item
from sm_imgcheck.engine.outputs import Outputs, Refused
from sm_imgcheck.errors import OutputError
from sm_imgcheck.model import Payload

__all__ = ["Bodies", "suffix_of"]

_SUFFIXES = {
    "application/json": "json",
    "application/jsonlines": "jsonl",
    "application/x-npy": "npy",
    "application/x-npz": "npz",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
    "text/csv": "csv",
}
"""By content type; of any other, ``bin``."""


def suffix_of(content_type: str) -> str:
    """The suffix of a file that holds such a body."""
    return _SUFFIXES.get(content_type.partition(";")[0].strip().lower(), "bin")


@dataclass(slots=True, kw_only=True)
class Bodies:
    """An output folder, one file of it, or standard output."""

    outputs: Outputs
    stream: BinaryIO | None = None
    """Standard output, which takes one body."""
    infix: str = ""
    """Between name and suffix, where the folder may be the candidate's own."""
    manifest: bool = False
    """Whether the bodies are listed in ``manifest.json`` at the end."""
    written: list[str] = field(default_factory=list)
    claims: Claims = field(default_factory=Claims)

    def put(self, made: Made) -> str | None:
        """Write a body and return where; None where there is none. Raises OutputError."""
        payload = made.body.payload
        if payload is None:
            return None
        if self.written and (self.stream or self.outputs.file):
            raise OutputError(
                f"there is more than one body, and -o {'-' if self.stream else self.outputs.file} takes one: name a "
                f"folder. {made.item.path} is in the second: the batch, the form or a limit allows no more in one"
            )
        place = self._stream(payload.body) if self.stream else self._file(made, payload)
        if self.manifest or not self.written:
            self.written.append(place)  # without a manifest the first one is enough: memory stays bounded
        return place

    def finish(self) -> None:
        """Write the list of the bodies, where one is wanted."""
        if self.manifest and self.written and not self.stream:
            from sm_imgcheck.request.paste import manifest

            names = [os.path.relpath(place, self.outputs.folder or ".").replace(os.sep, "/") for place in self.written]
            item = Item(path="the manifest", output=("manifest",), stdin=True)
            replace(self.outputs, file="").put(item, (manifest(names),), "json")

    def _stream(self, body: bytes) -> str:
        assert self.stream is not None
        self.stream.write(body)
        self.stream.flush()
        return "-"

    def _file(self, made: Made, payload: Payload) -> str:
        item = replace(made.item, output=(*made.item.output[:-1], made.item.output[-1] + self.infix))
        suffix = suffix_of(payload.content_type)
        if refused := clash(self.claims, self.outputs.place(item, suffix), item.path):
            raise Refused(refused)
        return self.outputs.put(item, (payload.body,), suffix, made.made_of).place
