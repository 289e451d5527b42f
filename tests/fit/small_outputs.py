"""Train small detectors, segmentation networks and embeddings with known preprocessing; export them to ONNX.

    python tests/fit/small_outputs.py FOLDER         writes FOLDER/NAME.onnx and FOLDER/scenes/*.png

The networks and the objects are those of ``small_models``; a scene has one to three objects. Training uses NumPy alone
and takes at most two minutes for each model on one core. ``MODELS`` has the preprocessing and the output of each.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnx import helper
from PIL import Image, ImageDraw
from small_models import (
    _MEAN,
    _STD,
    CLASSES,
    RECIPES,
    SIZE,
    Network,
    Recipe,
    add_noise,
    background,
    convolutions,
    draw_all,
    draw_object,
    fold,
    input_shape,
    outline,
    reorder,
    shrink,
    train,
    write,
)

SCENE = 64
"""Height and width of the input of detectors and segmentation networks."""
GRID = 12
"""Cells of their output along each axis."""
_FIRST, _STEP = 8.0, 4.0
"""Center of the first cell, and distance of two cells, in pixels."""
_FORM = "yolo8 yolo5 tensorflow detr retinanet boxes segmentation probabilities nhwc"


class Model(NamedTuple):
    """A model with its preprocessing."""

    recipe: Recipe
    output: str
    """For a scene: one of ``_FORM``; for an embedding: pooled, unit or linear."""


def _model(letter: str, output: str) -> Model:
    return Model(RECIPES[letter], output)


MODELS = {
    "detector-a": _model("a", "yolo8"),
    "detector-b": _model("d", "tensorflow"),
    "detector-c": _model("h", "detr"),
    "detector-d": _model("c", "yolo5"),
    "detector-e": _model("g", "retinanet"),
    "detector-f": _model("m", "yolo8"),
    "detector-g": _model("n", "boxes"),
    "detector-h": _model("k", "yolo5"),
    "segmentation-a": _model("c", "segmentation"),
    "segmentation-b": _model("h", "probabilities"),
    "segmentation-c": _model("g", "segmentation"),
    "segmentation-d": _model("b", "nhwc"),
    "embedding-a": _model("a", "pooled"),
    "embedding-b": _model("d", "linear"),
    "embedding-c": _model("h", "unit"),
    "embedding-d": _model("c", "linear"),
    "embedding-e": _model("g", "pooled"),
    "embedding-f": _model("m", "unit"),
    "embedding-g": _model("n", "linear"),
    "embedding-h": _model("k", "unit"),
}
FITTED = ("a", "b", "c", "d")
"""Last letters of the models that thresholds are fitted on; of segmentation networks a and b."""


class Scene(NamedTuple):
    """An image with its objects."""

    image: Image.Image
    objects: Image.Image
    """Number of the object of each pixel, from 1; 0: none."""
    labels: tuple[int, ...]
    """Class of each object."""


def draw_scene(rng: np.random.Generator) -> Scene:
    """One to three objects, which may hide each other."""
    image, light = background(rng)
    objects = Image.new("L", image.size)
    labels = tuple(int(label) for label in rng.integers(0, CLASSES, rng.integers(1, 4)))
    for number, label in enumerate(labels, 1):
        outline(ImageDraw.Draw(objects), label, draw_object(image, rng, label, light), number)
    return Scene(add_noise(image, rng), objects, labels)


def cell_targets(scene: Scene, geometry: str) -> np.ndarray:
    """Class (8: none) and box (offset of the center, width, height) of each cell; shape [GRID, GRID, 5]."""
    numbers = shrink(scene.objects, geometry, SCENE, Image.Resampling.NEAREST)
    targets = np.zeros((GRID, GRID, 5), np.float32)
    targets[..., 0] = CLASSES
    centers = (_FIRST + _STEP * np.arange(GRID)).astype(int)
    cells = numbers[np.ix_(centers, centers)]
    for number, label in enumerate(scene.labels, 1):
        rows, columns = np.nonzero(numbers == number)
        if not len(rows):
            continue
        y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
        box = [(x - centers[None]) / 8, (y - centers[:, None]) / 8]
        inside = cells == number
        targets[inside, 0] = label
        targets[inside, 1] = np.broadcast_to(box[0], cells.shape)[inside]
        targets[inside, 2] = np.broadcast_to(box[1], cells.shape)[inside]
        targets[inside, 3:] = (np.ptp(columns) / 16 - 1, np.ptp(rows) / 16 - 1)
    return targets


def train_cells(pixels: np.ndarray, targets: np.ndarray, seed: int, epochs: int = 14) -> Network:
    """Train a network for each cell's class and box. pixels: [N, H, W, C]; targets: [N, GRID, GRID, 5]."""
    rng = np.random.default_rng(seed)
    network = Network(pixels.shape[-1], rng, strides=(2, 2, 1), outputs=CLASSES + 5)
    inputs = ((pixels - _MEAN) / _STD).astype(np.float32)
    steps = epochs * (len(inputs) // 32)
    for number in range(steps):
        chosen = rng.integers(0, len(inputs), 32)
        batch, wanted = inputs[chosen], targets[chosen]
        if number % 2:
            batch, wanted = batch[:, :, ::-1], wanted[:, :, ::-1] * np.float32([1, -1, 1, 1, 1])
        layers = network.convolve(np.ascontiguousarray(batch))
        features = layers[-1][1]
        head = _head_gradient(features @ network.weights[6] + network.weights[7], wanted)
        flat = head.reshape(-1, head.shape[-1])
        gradients = [features.reshape(len(flat), -1).T @ flat, flat.sum(0)]
        network.descend(layers, head @ network.weights[6].T, gradients, 3e-3 * (1 - number / steps) + 1e-5)
    return network


def _head_gradient(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Gradient of cross-entropy of the classes and squared error of the boxes."""
    logits, labels = outputs[..., : CLASSES + 1], targets[..., 0].astype(int)
    scores = np.exp(logits - logits.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    scores -= np.eye(CLASSES + 1, dtype=np.float32)[labels]
    is_object = labels < CLASSES
    boxes = (outputs[..., CLASSES + 1 :] - targets[..., 1:]) * is_object[..., None] * 0.2
    return (np.concatenate([scores, boxes], -1) * 8 / labels.size).astype(np.float32)


def cell_accuracy(network: Network, pixels: np.ndarray, targets: np.ndarray) -> float:
    """Share of object cells with the right class."""
    features = network.convolve(((pixels - _MEAN) / _STD).astype(np.float32))[-1][1]
    labels = (features @ network.weights[6] + network.weights[7])[..., : CLASSES + 1].argmax(-1)
    is_object = targets[..., 0] < CLASSES
    return float((labels == targets[..., 0])[is_object].mean())


def export_cells(network: Network, channels: int, path: Path, output: str, layout: str) -> None:
    """Write a detector or a segmentation network with one of the outputs in ``_FORM``."""
    nodes, weights = convolutions(network, channels, layout)
    weights |= {"w": network.weights[6].T[..., None, None].copy(), "b": network.weights[7]}
    nodes.append(helper.make_node("Conv", ["features", "w", "b"], ["cells"]))
    builder = _Graph(nodes, weights)
    outputs = (
        builder.segmentation(output)
        if output in ("segmentation", "probabilities", "nhwc")
        else (builder.detector(output))
    )
    write(path, nodes, weights, input_shape(channels, layout, SCENE), outputs)


class _Graph:
    """Nodes and constants that are added to a graph."""

    def __init__(self, nodes: list, weights: dict[str, np.ndarray]) -> None:
        self.nodes, self.weights = nodes, weights

    def add(self, kind: str, inputs: list[str], name: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, name: str, values) -> str:
        self.weights[name] = np.asarray(values)
        return name

    def slice(self, source: str, start: int, end: int, axis: int, name: str) -> str:
        ends = [
            self.constant(f"{name}_{part}", np.int64([each]))
            for part, each in zip("sea", (start, end, axis), strict=True)
        ]
        return self.add("Slice", [source, *ends], name)

    def segmentation(self, output: str) -> dict[str, list]:
        classes = self.slice("cells", 0, CLASSES + 1, 1, "classes")
        sizes = self.constant("sizes", np.float32([1, 1, 4, 4]))
        big = self.add("Resize", [classes, "", sizes], "out" if output == "segmentation" else "big", mode="linear")
        if output == "segmentation":
            return {"out": ["N", CLASSES + 1, 4 * GRID, 4 * GRID]}
        if output == "probabilities":
            self.add("Softmax", [big], "masks", axis=1)
            return {"masks": ["N", CLASSES + 1, 4 * GRID, 4 * GRID]}
        self.add("Transpose", [big], "Identity", perm=[0, 2, 3, 1])
        return {"Identity": ["N", 4 * GRID, 4 * GRID, CLASSES + 1]}

    def detector(self, output: str) -> dict[str, list]:
        count = GRID * GRID
        flat = self.add("Reshape", ["cells", self.constant("flat_shape", np.int64([0, CLASSES + 5, count]))], "flat")
        logits = self.slice(flat, 0, CLASSES + 1, 1, "cell_logits")
        boxes = self._boxes(self.slice(flat, CLASSES + 1, CLASSES + 5, 1, "cell_boxes"))
        if output == "detr":
            self.add("Transpose", [logits], "logits", perm=[0, 2, 1])
            scaled = self.add("Div", [boxes, self.constant("size", np.float32(SCENE))], "scaled")
            self.add("Transpose", [scaled], "pred_boxes", perm=[0, 2, 1])
            return {"logits": ["N", count, CLASSES + 1], "pred_boxes": ["N", count, 4]}
        shares = self.add("Softmax", [logits], "shares", axis=1)
        classes = self.slice(shares, 0, CLASSES, 1, "class_shares")
        if output == "yolo8":
            self.add("Concat", [boxes, classes], "output0", axis=1)
            return {"output0": ["N", CLASSES + 4, count]}
        if output == "yolo5":
            none = self.slice(shares, CLASSES, CLASSES + 1, 1, "none")
            some = self.add("Sub", [self.constant("whole", np.float32(1.00001)), none], "some")
            each = self.add("Div", [classes, some], "conditional")
            self.add("Transpose", [self.add("Concat", [boxes, some, each], "all", axis=1)], "output", perm=[0, 2, 1])
            return {"output": ["N", count, CLASSES + 5]}
        corners = self._corners(boxes)
        if output == "retinanet":
            self.add("Transpose", [classes], "scores", perm=[0, 2, 1])
            self.add("Transpose", [corners], "boxes", perm=[0, 2, 1])
            return {"scores": ["N", count, CLASSES], "boxes": ["N", count, 4]}
        return self._best(output, classes, corners)

    def _boxes(self, raw: str) -> str:
        """Center, width and height in pixels, [N, 4, cells]."""
        axis = _FIRST + _STEP * np.arange(GRID)
        columns, rows = np.meshgrid(axis, axis)
        zeros = np.zeros(GRID * GRID)
        base = np.stack([columns.ravel(), rows.ravel(), zeros + 16, zeros + 16])[None].astype(np.float32)
        gain = self.constant("box_gain", np.float32([8, 8, 16, 16])[None, :, None])
        return self.add("Add", [self.add("Mul", [raw, gain], "offsets"), self.constant("base", base)], "pixel_boxes")

    def _corners(self, boxes: str) -> str:
        half = np.float32([[1, 0, -0.5, 0], [0, 1, 0, -0.5], [1, 0, 0.5, 0], [0, 1, 0, 0.5]])
        return self.add("MatMul", [self.constant("half", half), boxes], "corners")

    def _best(self, output: str, classes: str, corners: str) -> dict[str, list]:
        """The 20 best cells: four tensors, or one with rows of corners, score and class."""
        best = self.add("ReduceMax", [classes], "best", axes=[1], keepdims=0)
        self.nodes.append(
            helper.make_node("TopK", [best, self.constant("k", np.int64([20]))], ["top_scores", "top_cells"], axis=1)
        )
        numbers = self.add("Cast", [self.add("ArgMax", [classes], "numbers", axis=1, keepdims=0)], "labels", to=1)
        labels = self.add("GatherElements", [numbers, "top_cells"], "top_labels", axis=1)
        rows = self.add("Transpose", [corners], "rows", perm=[0, 2, 1])
        places = self.add("Unsqueeze", ["top_cells", self.constant("last", np.int64([2]))], "places")
        repeats = self.constant("repeats", np.int64([1, 1, 4]))
        chosen = self.add("GatherElements", [rows, self.add("Tile", [places, repeats], "tiled")], "chosen", axis=1)
        if output == "boxes":
            columns = [self.add("Unsqueeze", [each, "last"], f"{each}_column") for each in ("top_scores", labels)]
            self.add("Concat", [chosen, *columns], "output0", axis=2)
            return {"output0": ["N", 20, 6]}
        swapped = self.add("Gather", [chosen, self.constant("yx", np.int64([1, 0, 3, 2]))], "swapped", axis=2)
        self.add("Div", [swapped, self.constant("size", np.float32(SCENE))], "detection_boxes")
        self.add("Identity", [labels], "detection_classes")
        self.add("Identity", ["top_scores"], "detection_scores")
        ones = self.add("ReduceSum", ["top_scores", self.constant("one_axis", np.int64([1]))], "sums", keepdims=0)
        zero = self.add("Mul", [ones, self.constant("nil", np.float32(0))], "nothing")
        self.add("Add", [zero, self.constant("twenty", np.float32(20))], "num_detections")
        return {
            "detection_boxes": ["N", 20, 4],
            "detection_classes": ["N", 20],
            "detection_scores": ["N", 20],
            "num_detections": ["N"],
        }


def export_embedding(network: Network, channels: int, path: Path, output: str, layout: str, seed: int) -> None:
    """Write a classifier without its last layer. unit: of length 1; linear: with a random rotation to 32 numbers."""
    nodes, weights = convolutions(network, channels, layout)
    name = "pooled" if output == "pooled" else "flat"
    nodes.append(helper.make_node("GlobalAveragePool", ["features"], ["averages"]))
    nodes.append(helper.make_node("Flatten", ["averages"], [name]))
    length = 48
    if output != "pooled":
        rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(48, 48)))[0][:, :32]
        weights["rotation"] = rotation.astype(np.float32)
        name, length = "embedding" if output == "linear" else "rotated", 32
        nodes.append(helper.make_node("MatMul", ["flat", "rotation"], [name]))
    if output == "unit":
        nodes.append(helper.make_node("LpNormalization", [name], ["output"], axis=1, p=2))
        name = "output"
    write(path, nodes, weights, input_shape(channels, layout, SIZE), {name: ["N", length]})


def scenes(number: int, seed: int) -> list[Scene]:
    """Generated scenes."""
    rng = np.random.default_rng(seed)
    return [draw_scene(rng) for _ in range(number)]


def main() -> None:
    """Train and export all models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=3000, help="training images")
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    options = parser.parse_args()
    (options.folder / "scenes").mkdir(parents=True, exist_ok=True)
    for number, scene in enumerate(scenes(200, 2)):
        scene.image.save(options.folder / "scenes" / f"{number:03}.png")
    data, tests = scenes(options.images, 1), scenes(200, 4)
    images, labels = draw_all(options.images, 1)
    for seed, (name, (recipe, output)) in enumerate(MODELS.items()):
        if name not in options.models:
            continue
        layout, path = "NHWC" if seed % 3 == 1 else "NCHW", options.folder / f"{name}.onnx"
        if name.startswith("embedding"):
            pixels = np.stack([shrink(image, recipe.geometry) for image in images])
            network = train(reorder(pixels, recipe.order), labels, seed)
            fold(network, recipe)
            export_embedding(network, 3, path, output, layout, seed)
            print(f"{name}: {recipe}", flush=True)
            continue
        inputs, targets = (
            [
                np.stack(parts)
                for parts in (
                    [shrink(scene.image, recipe.geometry, SCENE) for scene in part],
                    [cell_targets(scene, recipe.geometry) for scene in part],
                )
            ]
            for part in (data, tests)
        )
        network = train_cells(reorder(inputs[0], recipe.order), inputs[1], seed)
        accuracy = cell_accuracy(network, reorder(targets[0], recipe.order), targets[1])
        fold(network, recipe)
        export_cells(network, 3, path, output, layout)
        print(f"{name}: {recipe}, {output}, accuracy of object cells {accuracy:.2f}", flush=True)


if __name__ == "__main__":
    main()
