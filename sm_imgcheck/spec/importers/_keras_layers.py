"""Layers of a Keras model configuration, and the range of pixels that enters those that preprocess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["KerasLayer", "PixelRange", "layers_of", "pixel_range"]

_MOST_LAYERS = 20_000
_MOST_CONSTANTS = 64
_DEEPEST = 8
_SCALING = ("Rescaling", "Normalization")
_OPERATIONS = {
    "truediv": "divide", "TrueDivide": "divide", "divide": "divide", "Divide": "divide", "RealDiv": "divide",
    "multiply": "multiply", "Multiply": "multiply", "Mul": "multiply",
    "subtract": "add", "Subtract": "add", "Sub": "add", "add": "add", "Add": "add", "AddV2": "add", "BiasAdd": "add",
    "bias_add": "add",
}  # fmt: skip
"""Functions of TFOpLambda (Keras 2), classes of ``keras.src.ops`` (Keras 3), TensorFlowOpLayer (Keras 2.0 to 2.3)."""
_NEUTRAL = {
    "getitem", "GetItem", "Stack", "stack", "concat", "Concatenate", "cast", "Cast", "expand_dims", "ExpandDims",
    "StridedSlice", "reverse", "Flip", "InputLayer", "RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast",
    "RandomTranslation", "RandomCrop", "RandomBrightness", "Resizing", "CenterCrop", "ZeroPadding2D", "GaussianNoise",
    "identity", "Identity",
}  # fmt: skip
"""Layers that do not scale: the search continues after them."""
_CONTAINERS = ("Functional", "Sequential", "Model")


@frozen
class KerasLayer:
    """One layer."""

    kind: str
    """Class name without its package."""
    config: Mapping[str, Json]
    inbound: Json = None
    """``inbound_nodes``: constants of operations are here."""

    @property
    def operation(self) -> str:
        """The function of an operation, or the class."""
        if self.kind in ("TFOpLambda", "SlicingOpLambda"):
            return str(self.config.get("function", "")).rpartition(".")[2].strip("_")
        if self.kind == "TensorFlowOpLayer":
            node = self.config.get("node_def")
            text = node.get("op") if isinstance(node, Mapping) else None
            return str(text or "")
        return self.kind


@frozen
class PixelRange:
    """What enters a model that scales inside."""

    high: int
    """255 or 1; the low end is 0."""
    reason: str


def layers_of(document: Mapping[str, Json]) -> Iterator[KerasLayer]:
    """All layers, including those of nested models, in the order of the file."""
    stack: list[Json] = [dict(document)]
    count = 0
    while stack:
        entry = stack.pop()
        count += 1
        if not isinstance(entry, Mapping) or count > _MOST_LAYERS:
            continue
        config = entry.get("config")
        kind = str(entry.get("class_name", "")).rpartition(">")[2]
        if isinstance(config, list):  # Sequential of Keras 2.2 and older
            stack += reversed(config[:_MOST_LAYERS])
        elif isinstance(config, Mapping):
            yield KerasLayer(kind=kind, config=config, inbound=entry.get("inbound_nodes"))
            inner = config.get("layers")
            if isinstance(inner, list):
                stack += reversed(inner[:_MOST_LAYERS])
            inner_layer = config.get("layer")
            if isinstance(inner_layer, Mapping):
                stack.append(dict(inner_layer))


def pixel_range(layers: Sequence[KerasLayer]) -> PixelRange | None:
    """The range that the first scaling layer expects; None where no layer before the first other one scales."""
    for layer in layers:
        if layer.kind in _SCALING:
            high = _entering(layer)
            return None if high is None else PixelRange(high=high, reason=f"layer {layer.kind}: {_summary(layer)}")
        operation = _OPERATIONS.get(layer.operation)
        if operation is not None:
            high, constant = _entering_operation(layer, operation)
            if high is not None:
                return PixelRange(high=high, reason=f"operation {layer.operation} with {constant:g}")
        elif layer.kind not in _CONTAINERS and layer.operation not in _NEUTRAL:
            break
    # Rescaling after other layers, such as a backbone with preprocessing inside a larger model
    return None


def _entering(layer: KerasLayer) -> int | None:
    """The high end of the input range of the layer: 255 or 1."""
    if layer.kind == "Rescaling":
        scale, offset = numbers(layer.config.get("scale")), numbers(layer.config.get("offset", 0.0))
        if scale is None or offset is None:
            return None
        for high in (255, 1):
            ends = [scale[0] * end + offset[0] for end in (0, high)]
            if max(map(abs, ends)) <= 3 and abs(ends[1] - ends[0]) >= 0.5:
                return high
        return None
    mean = numbers(layer.config.get("mean"))
    return 255 if mean is not None and max(mean) > 2 else None


def _entering_operation(layer: KerasLayer, operation: str) -> tuple[int | None, float]:
    """The range by the constant of an operation: 127.5 divides pixels, 0.229 a range up to 1."""
    constants = [abs(value) for value in _constants(layer) if value]
    if not constants:
        return None, 0.0
    constant = max(constants)
    if operation == "divide":
        return (255 if 2 < constant <= 256 else 1 if 0.05 < constant < 0.6 else None), constant
    if operation == "multiply":
        return (255 if 0.002 < constant < 0.05 else 1 if 1.5 < constant < 6 else None), constant
    return (255 if constant > 2 else None), constant


def _constants(layer: KerasLayer) -> list[float]:
    """Numbers among the arguments of an operation, without those of shapes and node numbers."""
    values: list[float] = []
    pending: list[tuple[Json, int]] = [(layer.config.get("constants"), 0)]
    for node in layer.inbound if isinstance(layer.inbound, list) else []:
        if isinstance(node, Mapping):  # Keras 3
            pending += [(node.get("args"), 0), (node.get("kwargs"), 0)]
        elif isinstance(node, list):  # Keras 2: [name, node, tensor, arguments], or a list of those
            calls = node if node and isinstance(node[0], list) else [node]
            pending += [(call[3], 0) for call in calls[:4] if isinstance(call, list) and len(call) > 3]
    while pending and len(values) < _MOST_CONSTANTS:
        value, depth = pending.pop(0)
        if depth > _DEEPEST:
            continue
        if isinstance(value, Mapping):
            if value.get("class_name") == "__keras_tensor__":
                continue
            pending += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            pending += [(inner, depth + 1) for inner in value[:_MOST_CONSTANTS]]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            values += numbers(value) or []
    return values


def _summary(layer: KerasLayer) -> str:
    keys = ("scale", "offset") if layer.kind == "Rescaling" else ("mean", "variance")
    return ", ".join(f"{key} {str(layer.config.get(key))[:60]}" for key in keys)
