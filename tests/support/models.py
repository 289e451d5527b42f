"""Small ONNX models, written node by node."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = [helper.make_opsetid("", 17)]
FLOAT = TensorProto.FLOAT


def write_onnx(path: Path, nodes: Sequence[onnx.NodeProto], inputs, outputs, weights=None) -> Path:
    """Write a model. inputs, outputs: ``{name: shape}``, or ``{name: (shape, TensorProto type)}``."""

    def values(described):
        for name, shape in described.items():
            lengths, kind = shape if isinstance(shape, tuple) else (shape, FLOAT)
            yield helper.make_tensor_value_info(name, kind, lengths)

    initializers = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    graph = helper.make_graph(list(nodes), "model", list(values(inputs)), list(values(outputs)), initializers)
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def mean_color_model(path: Path, *, size: int = 8, softmax: bool = True, batch: object = "N") -> Path:
    """A classifier of three classes: the channel with the largest mean, of an image [N, 3, size, size]."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Mul", ["flat", "gain"], ["logits"]),
        *([helper.make_node("Softmax", ["logits"], ["scores"], axis=1)] if softmax else []),
    ]
    output = "scores" if softmax else "logits"
    weights = {"gain": np.float32([8])}
    return write_onnx(path, nodes, {"image": [batch, 3, size, size]}, {output: [batch, 3]}, weights)
