"""Triton ``config.pbtxt``: inputs with format, dims, reshape and the batch rule."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._pbtxt import Message, PbtxtError, parse_pbtxt
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input, layout_of

__all__ = ["IMPORTER"]

_TITLE = "Triton model configuration"
_INPUT = re.compile(r"^[ \t]*input\s*:?\s*[\[{]", re.MULTILINE)
_FORMATS = {"FORMAT_NCHW": "NCHW", "FORMAT_NHWC": "NHWC"}


def matches(file: SourceFile) -> float:
    """By an input message with data_type and dims."""
    start = file.start
    if file.json is not None:
        inputs = file.object.get("input")
        first = inputs[0] if isinstance(inputs, list) and inputs else None
        return 0.95 if isinstance(first, Mapping) and {"data_type", "dims"} <= first.keys() else 0.0
    if not start:
        return 0.0
    has_suffix = file.base.endswith(".pbtxt")
    keys = sum(word in start for word in ("data_type", "dims", "max_batch_size", "TYPE_", "platform", "backend"))
    if _INPUT.search(start) and keys >= 2:
        return 0.95 if has_suffix or keys >= 3 else 0.7
    return 0.6 if has_suffix and keys >= 2 and "node {" not in start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    where = for_terminal(file.name)
    try:
        config = _message(file.object) if file.json is not None else parse_pbtxt(file.text)
    except PbtxtError as error:
        raise ImgcheckError(f"{where}: config.pbtxt: {error}") from None
    has_batch = _integer(config, "max_batch_size") > 0
    inputs = [_input(entry) for entry in config.get("input", [])[:100] if isinstance(entry, dict)]
    if not inputs and "input" not in config:
        raise ImgcheckError(
            f"{where}: inputs: got none; Triton completes the configuration from the model file: import that, or the "
            "JSON of GET /v2/models/NAME"
        )
    inputs = [(_as_encoded(tensor), message) for tensor, message in inputs]
    candidates = [_with_batch(tensor) if has_batch else tensor for tensor, _ in inputs]
    if has_batch:
        _refuse_repeated_batch(where, inputs)
    choice = image_input(file.name, candidates, input_name)
    tensor, message = inputs[candidates.index(choice)]
    layout = _FORMATS.get(_word(message, "format"), "")
    if layout and not has_batch and len(tensor.dims or ()) == 3:
        layout = layout.removeprefix("N")
    builder = DraftBuilder(file)
    where_input = f"input {for_terminal(tensor.name[:80])}"
    add_tensor(
        builder, tensor, where=where_input, layout=layout, layout_source=f"{where_input} format", add_batch=has_batch
    )
    if "reshape" in message:
        builder.note(f"{where_input}: reshape: Triton gives the model another shape; requests have dims")
    builder.state("payload.stack", "triton", "config.pbtxt")
    if tensor.is_encoded and _word(message, "data_type") == "TYPE_UINT8":
        builder.note("TYPE_UINT8 with one axis: the bytes of the encoded image, as DALI decodes them")
    elif tensor.is_encoded:
        builder.note("TYPE_STRING: usually the encoded image; in binary form each element has a 4-byte length in front")
    return builder.build(_TITLE, "model", missing="not stated: config.pbtxt has no color order, values or resize")


IMPORTER = Importer(
    rank=70,
    title=_TITLE,
    requires="config.pbtxt with input { name data_type dims }, or its JSON",
    marks=("config.pbtxt", "max_batch_size", "data_type", "dims", "instance_group", "platform", "TYPE_FP32"),
    matches=matches,
    read=read,
)


def _message(document: Mapping[str, Json]) -> Message:
    """The JSON of ``GET /v2/models/NAME/config`` as the message of ``config.pbtxt``."""
    lists = {key: value if isinstance(value, list) else [value] for key, value in document.items()}
    return {key: [_field(entry) for entry in entries] for key, entries in lists.items()}


def _field(value: Json) -> str | Message:
    return _message(value) if isinstance(value, Mapping) else str(value)


def _refuse_repeated_batch(where: str, inputs: list[tuple[TensorInput, Message]]) -> None:
    """Refuse dims of an image that contain the batch which max_batch_size adds."""
    for tensor, _ in inputs:
        dims = tensor.dims or ()
        if len(dims) == 4 and dims[0] in (1, None) and layout_of(dims) is not None:
            raise ImgcheckError(
                f"{where}: dims: got {tensor.label}, expected three axes, because max_batch_size above 0 adds the "
                "batch dimension; remove the first axis, or set max_batch_size to 0"
            )


def _word(message: Message, key: str) -> str:
    values = message.get(key, [])
    last = values[-1] if values else ""
    return last if isinstance(last, str) else ""


def _integer(message: Message, key: str) -> int:
    text = _word(message, key)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _input(message: Message) -> tuple[TensorInput, Message]:
    sides = [side for side in message.get("dims", [])[:16] if isinstance(side, str)]
    dims = tuple(
        int(side) if side.isascii() and side.isdigit() and 0 < len(side) < 10 and int(side) > 0 else None
        for side in sides
    )
    return TensorInput(name=_word(message, "name"), dtype=_word(message, "data_type"), dims=dims), message


def _as_encoded(tensor: TensorInput) -> TensorInput:
    """A uint8 input of one axis of any length is the encoded image: the decoders of DALI read it."""
    if tensor.dtype == "TYPE_UINT8" and tensor.dims == (None,):
        return TensorInput(name=tensor.name, dtype="bytes", dims=tensor.dims)
    return tensor


def _with_batch(tensor: TensorInput) -> TensorInput:
    dims = None if tensor.dims is None else (None, *tensor.dims)
    if tensor.is_encoded:
        dims = tensor.dims
    return TensorInput(name=tensor.name, dtype=tensor.dtype, dims=dims)
