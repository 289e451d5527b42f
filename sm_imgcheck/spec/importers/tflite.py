"""TFLite models: the input tensor, its quantization, and the model's metadata. Only the tables that matter are read.

Tables: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs and
https://github.com/google-ai-edge/LiteRT/blob/main/tflite/experimental/support/metadata/metadata_schema.fbs
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._flatbuffer import Blob, FlatError, Table
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._value_mapping import add_scaled

__all__ = ["IMPORTER"]

_TITLE = "TFLite model"
_TYPES = {
    0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 5: "string", 7: "int16", 9: "int8", 10: "float64",
    12: "uint64", 15: "uint32", 16: "uint16", 18: "bfloat16",
}  # fmt: skip
_NORMALIZATION = 1
"""``ProcessUnitOptions.NormalizationOptions``."""
_IMAGE = 2
"""``ContentProperties.ImageProperties``."""
_COLORS = {1: "RGB", 2: "GRAY"}
_MOST_INPUTS = 64


@frozen
class _Quantization:
    scale: float
    zero_point: int


def matches(file: SourceFile) -> float:
    """By the file identifier TFL3."""
    return 0.99 if file.head[4:8] == b"TFL3" else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    builder = DraftBuilder(file)
    with file.open() as stream:
        try:
            model = Table.root(Blob(stream))
            inputs, quantizations = _inputs(model)
            tensor = image_input(file.name, inputs, input_name)
            index = inputs.index(tensor)
            metadata_of_input = _read_metadata(model, index)
            layout = add_tensor(builder, tensor, where=f"input tensor {for_terminal(tensor.name[:80])}")
            if layout is not None:
                _add_values(builder, tensor, quantizations[index], metadata_of_input)
        except FlatError as error:
            raise ImgcheckError(f"{for_terminal(file.name)}: TFLite: {error}, expected a whole model file") from None
    missing = "not stated: the model has no metadata" if metadata_of_input is None else "not stated in the metadata"
    return builder.build(_TITLE, "model", missing=missing)


IMPORTER = Importer(
    rank=50,
    title=_TITLE,
    requires="a .tflite file: a flatbuffer with the identifier TFL3",
    marks=(".tflite", "TFL3", "tflite"),
    matches=matches,
    read=read,
)


def _inputs(model: Table) -> tuple[list[TensorInput], list[_Quantization | None]]:
    graphs = model.tables(2)
    if not graphs:
        raise FlatError("no subgraph")
    tensors, indices = graphs[0].tables(0), graphs[0].integers(1)[:_MOST_INPUTS]
    tensors_found: list[TensorInput] = []
    quantized: list[_Quantization | None] = []
    for index in indices:
        if not 0 <= index < len(tensors):
            raise FlatError("an input index beyond the tensors")
        table = tensors[index]
        shape, signature = table.integers(0), table.integers(7)
        sides = signature if len(signature) == len(shape) else shape
        dims = tuple(side if side > 0 else None for side in sides[:16])
        code = table.scalar(1, 1)
        tensors_found.append(TensorInput(name=table.text(3), dtype=_TYPES.get(code, f"type {code}"), dims=dims))
        quantized.append(_quantization(table.table(4)))
    return tensors_found, quantized


def _quantization(table: Table | None) -> _Quantization | None:
    """QuantizationParameters: scale 2, zero_point 3; one entry for the whole tensor."""
    if table is None:
        return None
    scales, points = table.floats(2), table.longs(3)
    if len(scales) != 1 or not 0 < scales[0] < math.inf:
        return None
    return _Quantization(scale=scales[0], zero_point=points[0] if points else 0)


@frozen
class _TensorMetadata:
    """What the metadata state of the input."""

    color: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def _read_metadata(model: Table, index: int) -> _TensorMetadata | None:
    """TensorMetadata of the input; None without metadata."""
    for entry in model.tables(6):
        if entry.text(0) != "TFLITE_METADATA":
            continue
        buffers = model.tables(4)
        number = entry.scalar(1, 4)
        if not 0 <= number < len(buffers):
            raise FlatError("a metadata index beyond the buffers")
        metadata = buffers[number].nested(0)
        graphs = metadata.tables(3) if metadata is not None else []
        tensors = graphs[0].tables(2) if graphs else []
        return _tensor_metadata(tensors[index]) if index < len(tensors) else None
    return None


def _tensor_metadata(table: Table) -> _TensorMetadata:
    """TensorMetadata: content 3, process_units 4, stats 5."""
    color = ""
    content = table.table(3)
    if content is not None and content.scalar(0, 1) == _IMAGE and (image := content.table(1)) is not None:
        color = _COLORS.get(image.scalar(0, 1), "")
    mean: Sequence[float] = ()
    std: Sequence[float] = ()
    for unit in table.tables(4):
        if unit.scalar(0, 1) == _NORMALIZATION and (options := unit.table(1)) is not None:
            mean, std = options.floats(0), options.floats(1)
    stats = table.table(5)
    high, low = (stats.floats(0), stats.floats(1)) if stats is not None else ((), ())
    return _TensorMetadata(color=color, mean=tuple(mean), std=tuple(std), low=tuple(low), high=tuple(high))


def _add_values(
    builder: DraftBuilder,
    tensor: TensorInput,
    quantization: _Quantization | None,
    metadata_of_input: _TensorMetadata | None,
) -> None:
    """Color and values. NormalizationOptions are of the float values, before any quantization."""
    if metadata_of_input is not None and metadata_of_input.color:
        builder.state("channel_order", metadata_of_input.color, "metadata ImageProperties.color_space")
    has_normalization = (
        metadata_of_input is not None and 1 <= len(metadata_of_input.mean) == len(metadata_of_input.std) <= 4
    )
    plain = quantization is None or (
        tensor.dtype == "uint8" and math.isclose(quantization.scale, 1.0) and quantization.zero_point == 0
    )
    if has_normalization:
        assert metadata_of_input is not None
        finite = all(math.isfinite(entry) for entry in (*metadata_of_input.mean, *metadata_of_input.std))
        if not finite:
            builder.unknown("value_range", "metadata NormalizationOptions: got NaN or infinity")
            return
        contradiction = _contradiction(metadata_of_input)
        if contradiction:
            builder.note(contradiction)
        order = "RGB" if len(set(metadata_of_input.mean)) > 1 or len(set(metadata_of_input.std)) > 1 else ""
        if tensor.dtype == "uint8" and plain:
            builder.infer("value_range", [0, 255], "uint8 with scale 1 and zero point 0: pixels")
            return
        add_scaled(
            builder,
            factor=1.0,
            mean=metadata_of_input.mean,
            std=metadata_of_input.std,
            order=order,
            source="metadata NormalizationOptions: (x - mean) / std, x in 0..255",
        )
        if quantization is not None:
            _add_quantize(builder, quantization)
        return
    if quantization is None:
        return
    if tensor.dtype in ("uint8", "int8"):
        _quantized_only(builder, tensor, quantization)


def _quantized_only(builder: DraftBuilder, tensor: TensorInput, quantization: _Quantization) -> None:
    """Without metadata the quantization gives the range of the float values, usually that of the pixels."""
    least = 0 if tensor.dtype == "uint8" else -128
    low, high = ((end - quantization.zero_point) * quantization.scale for end in (least, least + 255))
    for pair in ([0, 1], [-1, 1], [0, 255]):
        slack = 0.02 * (pair[1] - pair[0])
        if abs(low - pair[0]) < slack and abs(high - pair[1]) < slack:
            builder.assume("value_range", list(pair), f"range of the quantization: {low:.4g} to {high:.4g}")
            _add_quantize(builder, quantization)
            return
    builder.unknown(
        "value_range", f"quantized range {low:.4g} to {high:.4g}: the values before quantization are not stated"
    )


def _add_quantize(builder: DraftBuilder, quantization: _Quantization) -> None:
    builder.state("quantize.scale", quantization.scale, "quantization of the input tensor")
    builder.state("quantize.zero_point", quantization.zero_point, "quantization of the input tensor")
    builder.default("quantize.rounding", "half_away", "TFLite rounds halves away from zero")


def _contradiction(metadata_of_input: _TensorMetadata) -> str:
    """A note where stats and normalization give different ranges, as in some published models."""
    if not metadata_of_input.low or not metadata_of_input.high or not metadata_of_input.std[0]:
        return ""
    low, high = ((end - metadata_of_input.mean[0]) / metadata_of_input.std[0] for end in (0, 255))
    if abs(low - metadata_of_input.low[0]) + abs(high - metadata_of_input.high[0]) <= 0.05 * abs(high - low):
        return ""
    return (
        f"metadata contradict themselves: NormalizationOptions give {low:.4g} to {high:.4g}, stats give "
        f"{metadata_of_input.low[0]:.4g} to {metadata_of_input.high[0]:.4g}; NormalizationOptions are imported"
    )
