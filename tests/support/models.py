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


PROTOTYPES = np.array([[0.9, 0.2, 0.1], [0.8, 0.6, 0.1], [0.3, 0.7, 0.1], [0.6, 0.4, 0.3], [0.2, 0.3, 0.1]])
"""Mean colors of five classes, R, G, B as shares of 255."""


def prototype_model(path: Path, prototypes: np.ndarray, *, gain: float, size: object = 16, dtype: int = FLOAT) -> Path:
    """A classifier by the near mean color, of an image [N, 3, size, size]; prototypes: as the input has them."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=FLOAT),
        helper.make_node("GlobalAveragePool", ["float"], ["pooled"]),
        helper.make_node("Reshape", ["pooled", "shape"], ["mean"]),
        helper.make_node("Sub", ["mean", "prototypes"], ["difference"]),
        helper.make_node("Mul", ["difference", "difference"], ["square"]),
        helper.make_node("ReduceSum", ["square", "axis"], ["distance"], keepdims=0),
        helper.make_node("Mul", ["distance", "gain"], ["exponent"]),
        helper.make_node("Exp", ["exponent"], ["near"]),
        helper.make_node("Mul", ["near", "ten"], ["logits"]),
    ]
    weights = {
        "shape": np.int64([-1, 1, 3]),
        "axis": np.int64([2]),
        "prototypes": np.float32(prototypes[None]),
        "gain": np.float32([-gain]),
        "ten": np.float32([10]),
    }
    inputs = {"image": (["N", 3, size, size], dtype)}
    return write_onnx(path, nodes, inputs, {"logits": ["N", len(prototypes)]}, weights)


def write_tflite(path: Path, matrix: np.ndarray, *, size: int = 8) -> Path:
    """A TensorFlow Lite classifier: softmax of the mean color of float32 [1, size, size, 3] times a matrix [K, 3]."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def tensor(shape, kind, buffer, name, signature=None):
        made = schema.TensorT()
        made.shape, made.type, made.buffer, made.name = shape, kind, buffer, name
        made.shapeSignature = signature
        return made

    def buffer(array=None):
        made = schema.BufferT()
        made.data = None if array is None else np.frombuffer(array.tobytes(), np.uint8)
        return made

    def operator(code, inputs, outputs, kind, options):
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, outputs
        made.builtinOptionsType, made.builtinOptions = kind, options
        return made

    def opcode(code):
        made = schema.OperatorCodeT()
        made.builtinCode = made.deprecatedBuiltinCode = code
        made.version = 1
        return made

    classes = len(matrix)
    float32, int32 = schema.TensorType.FLOAT32, schema.TensorType.INT32
    graph = schema.SubGraphT()
    graph.tensors = [
        tensor([1, size, size, 3], float32, 0, "image", [-1, size, size, 3]),
        tensor([2], int32, 1, "axes"),
        tensor([1, 3], float32, 0, "mean", [-1, 3]),
        tensor([classes, 3], float32, 2, "matrix"),
        tensor([1, classes], float32, 0, "logits", [-1, classes]),
        tensor([1, classes], float32, 0, "scores", [-1, classes]),
    ]
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    options = schema.BuiltinOptions
    graph.operators = [
        operator(0, [0, 1], [2], options.ReducerOptions, schema.ReducerOptionsT()),
        operator(1, [2, 3, -1], [4], options.FullyConnectedOptions, schema.FullyConnectedOptionsT()),
        operator(2, [4], [5], options.SoftmaxOptions, softmax),
    ]
    graph.inputs, graph.outputs = [0], [5]
    model = schema.ModelT()
    model.version, model.subgraphs = 3, [graph]
    codes = schema.BuiltinOperator
    model.operatorCodes = [opcode(code) for code in (codes.MEAN, codes.FULLY_CONNECTED, codes.SOFTMAX)]
    model.buffers = [buffer(), buffer(np.int32([1, 2])), buffer(np.float32(matrix))]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path
