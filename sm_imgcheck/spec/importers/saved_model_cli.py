"""Text of ``saved_model_cli show --all``."""

from __future__ import annotations

import re

from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft
from sm_imgcheck.spec.importers._signatures import signature_draft
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput

__all__ = ["IMPORTER"]

_TITLE = "saved_model_cli text"
_SIGNATURE = re.compile(r"signature_def\[['\"]?([^\]'\"]{1,200})['\"]?\]")
_INPUT = re.compile(r"inputs\[['\"]?([^\]'\"]{1,200})['\"]?\]\s*tensor_info")
_OUTPUT = re.compile(r"outputs\[['\"]?")
_TYPE = re.compile(r"dtype:\s*(DT_\w{1,20})")
_SHAPE = re.compile(r"shape:\s*(\([-\d,\s]{0,200}\)|unknown_rank)")


def matches(file: SourceFile) -> float:
    """By the words that the tool prints."""
    start = file.start
    return 0.9 if "tensor_info" in start and "inputs[" in start and "dtype: DT_" in start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    return signature_draft(file, _TITLE, _signatures(file.text[:200_000]), input_name)


IMPORTER = Importer(
    rank=64,
    title=_TITLE,
    requires="the output of saved_model_cli show --dir DIR --all",
    marks=("saved_model_cli", "signature_def", "tensor_info", "DT_FLOAT", "serving_default"),
    matches=matches,
    read=read,
)


def _signatures(text: str) -> dict[str, list[TensorInput]]:
    """Line by line: a signature, its inputs with type and shape, its outputs."""
    signatures: dict[str, list[TensorInput]] = {}
    inputs = signatures.setdefault("serving_default", [])
    name = dtype = ""
    for line in text.splitlines():
        if signature := _SIGNATURE.search(line):
            inputs = signatures.setdefault(signature[1], [])
            name = dtype = ""
        elif tensor := _INPUT.search(line):
            name, dtype = tensor[1], ""
        elif _OUTPUT.search(line):
            name = ""
        elif name and (kind := _TYPE.search(line)):
            dtype = kind[1]
        elif name and dtype and (shape := _SHAPE.search(line)):
            inputs.append(TensorInput(name=name, dtype=dtype, dims=_dims(shape[1])))
            name = ""
    return signatures


def _dims(text: str) -> tuple[int | None, ...] | None:
    if text == "unknown_rank":
        return None
    sides = [side.strip() for side in text.strip("()").split(",") if side.strip()]
    return tuple(int(side) if side.isdigit() and len(side) < 10 and int(side) > 0 else None for side in sides[:16])
