"""Specs from example tensors, and from a pipeline that is run on photographs."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Decode, Spec
from sm_imgcheck.features.handler import Handler, HandlerRunner, call_handler
from sm_imgcheck.features.spec_import import ImportedSpec, imported_from_draft
from sm_imgcheck.features.spec_import.identified import Example, identified_draft
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, open_file
from sm_imgcheck.spec.parse import parse

__all__ = ["import_pipeline", "import_tensors"]

_NEUTRAL = {
    "shape": ["N", "H", "W", 3],
    "layout": "NHWC",
    "dtype": "float32",
    "channel_order": "RGB",
    "value_range": [0, 1],
    "resize": "none",
}
"""A spec for the call of the function, which does not depend on it."""


def import_tensors(pairs: Sequence[tuple[str, str]]) -> ImportedSpec:
    """The spec of example tensors. pairs: paths of a tensor and of its photograph."""
    examples = [Example(name=for_terminal(photo), image=_bytes(photo), tensor=_tensor(path)) for path, photo in pairs]
    source = ", ".join(for_terminal(path) for path, _ in pairs)
    draft = identified_draft(examples, source, "example tensors")
    return imported_from_draft(draft, [draft])


def import_pipeline(pipeline: str, photos: Sequence[str], *, python: str = "") -> ImportedSpec:
    """The spec of a function. pipeline: ``FILE.py:FUNCTION``; default: the function of a container.

    It runs in a child process with the user's rights. Raises ImgcheckError where it fails on a photograph.
    """
    file, colon, function = pipeline.rpartition(":")
    if not colon or not file.endswith(".py"):
        file, function = pipeline, ""
    spec = parse(_NEUTRAL)
    examples: list[Example] = []
    with HandlerRunner(Handler(file=file, function=function, python=python)) as runner:
        for photo in photos:
            candidate, _ = call_handler(photo, runner, spec)
            if candidate.problem is not None:
                raise ImgcheckError(f"{for_terminal(photo)}: {candidate.problem.message}")
            if candidate.data is None or candidate.kind != "tensor":
                raise ImgcheckError(f"{for_terminal(photo)}: {for_terminal(pipeline)} returned no tensor")
            examples.append(Example(name=for_terminal(photo), image=_bytes(photo), tensor=candidate.data))
        examples += _rotated_example(examples[0], runner, spec)
    draft = identified_draft(examples, for_terminal(pipeline), "pipeline")
    return imported_from_draft(draft, [draft])


def _rotated_example(example: Example, runner: HandlerRunner, spec: Spec) -> list[Example]:
    """The first photograph with an EXIF orientation, which shows whether the function applies it."""
    image = with_orientation(example.image)
    if image is None:
        return []
    with TemporaryDirectory(prefix="sm-imgcheck-") as folder:
        path = Path(folder, "rotated.jpg")
        path.write_bytes(image)
        candidate, _ = call_handler(str(path), runner, spec)
    if candidate.problem is not None or candidate.kind != "tensor" or candidate.data is None:
        return []
    return [Example(name=f"{example.name} with EXIF orientation 6", image=image, tensor=candidate.data)]


def with_orientation(image: bytes) -> bytes | None:
    """A JPEG with EXIF orientation 6 in front of its other segments; None for other files."""
    if not image.startswith(b"\xff\xd8\xff"):
        return None
    entry = struct.pack("<HHII", 0x0112, 3, 1, 6)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    body = b"Exif\0\0" + tiff
    return image[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + image[2:]


def _bytes(photo: str) -> bytes:
    with open_file(photo) as (file, size):
        if size > MAX_FILE_BYTES:
            raise ImgcheckError(
                f"{for_terminal(photo)}: file size: got {size}, expected at most {MAX_FILE_BYTES} bytes"
            )
        return file.read()


def _tensor(path: str) -> object:
    candidate = read.read(path, Decode())
    if candidate.problem is not None:
        raise ImgcheckError(f"{for_terminal(path)}: {candidate.problem.message}")
    if candidate.kind != "tensor":
        raise ImgcheckError(f"{for_terminal(path)}: got an image, expected a tensor such as a .npy file")
    return candidate.data
