"""Train small classifiers with known preprocessing, on generated images; export them to ONNX.

    python tests/fit/small_models.py FOLDER         writes FOLDER/NAME.onnx, FOLDER/images/*.png and FOLDER/labels.csv

Each model is a convolutional network of three layers for eight classes of objects in front of a sky and a ground. Like
objects in photographs, the classes have typical shapes and typical, mostly warm colors. Training uses NumPy alone and
takes less than a minute for each model on one core. ``RECIPES`` has the preprocessing of each model.
"""

from __future__ import annotations

import argparse
import colorsys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw, ImageFilter

SIZE = 32
"""Height and width of the model's input."""
CLASSES = 8
_TOP = 6.0
"""Largest activation: ReLU6, as in MobileNet and EfficientNet-Lite."""
_MEAN, _STD = 120.0, 30.0
"""Mean and std of gray levels, for training."""
_HUES = (0.0, 0.05, 0.09, 0.14, 0.25, 0.33, 0.97, 0.11)
_IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
_CAFFE = np.array([123.68, 116.779, 103.939])


class Recipe(NamedTuple):
    """The preprocessing that a model is trained with."""

    mapping: str
    order: str
    geometry: str


RECIPES = {
    "a": Recipe("divided by 255", "RGB", "stretch"),
    "b": Recipe("divided by 127.5, minus 1", "RGB", "crop"),
    "c": Recipe("ImageNet mean and std", "RGB", "crop"),
    "d": Recipe("caffe mean", "BGR", "crop"),
    "e": Recipe("0..255, not scaled", "BGR", "stretch"),
    "f": Recipe("divided by 255", "GRAY", "stretch"),
    "g": Recipe("divided by 255", "BGR", "crop"),
    "h": Recipe("divided by 127.5, minus 1", "BGR", "stretch"),
    "i": Recipe("ImageNet mean and std", "RGB", "stretch"),
    "j": Recipe("caffe mean", "BGR", "stretch"),
    "k": Recipe("0..255, not scaled", "RGB", "crop"),
    "l": Recipe("divided by 127.5, minus 1", "GRAY", "crop"),
    "m": Recipe("divided by 127.5, minus 1", "RGB", "stretch"),
    "n": Recipe("ImageNet mean and std", "BGR", "crop"),
}
"""Fitting uses the models of the first half, testing those of the second."""


def affine(recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset per stored channel, from 0..255."""
    if recipe.mapping == "ImageNet mean and std":
        scale, offset = 1 / (255 * _IMAGENET[1]), -_IMAGENET[0] / _IMAGENET[1]
    elif recipe.mapping == "caffe mean":
        scale, offset = np.ones(3), -_CAFFE
    else:
        low, high = {"0": (0, 255), "divided by 255": (0, 1), "divided by 127.5, minus 1": (-1, 1)}[
            recipe.mapping if recipe.mapping.startswith("d") else "0"
        ]
        scale, offset = np.full(3, (high - low) / 255), np.full(3, float(low))
    if recipe.order == "BGR":
        return scale[::-1].copy(), offset[::-1].copy()
    return (scale[:1], offset[:1]) if recipe.order == "GRAY" else (scale, offset)


def draw(label: int, rng: np.random.Generator) -> Image.Image:
    """An image of one class, 64 to 104 pixels wide and high."""
    image, light = background(rng)
    draw_object(image, rng, label, light)
    return add_noise(image, rng)


def background(rng: np.random.Generator) -> tuple[Image.Image, float]:
    """A sky and a ground with stones and clouds; and its light, 0.5..1."""
    width, height = (int(length) for length in rng.integers(64, 104, 2))
    image = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(image)
    horizon, light = rng.uniform(0.3, 0.7) * height, rng.uniform(0.5, 1)
    sky = np.array([120, 170, 235]) * light * rng.uniform(0.85, 1.15, 3)
    ground = np.array([110, 95, 60]) * light * rng.uniform(0.7, 1.3, 3)
    for row in range(height):
        color = (
            sky + (255 * light - sky) * 0.6 * row / horizon if row < horizon else ground * (0.7 + 0.3 * row / height)
        )
        pen.line([(0, row), (width, row)], fill=tuple(int(each) for each in color.clip(0, 255)))
    for _ in range(int(rng.integers(2, 6))):  # stones and clouds
        _blob(pen, rng, width, height, rng.uniform(0.03, 0.08), (0.08, rng.uniform(0, 0.25), rng.uniform(0.3, 0.9)))
    return image, light


def draw_object(image: Image.Image, rng: np.random.Generator, label: int, light: float) -> tuple[float, float, float]:
    """Draw an object of a class; its center and its half side, in pixels."""
    hue = (_HUES[label] + rng.normal(0, 0.02)) % 1
    color = (hue, rng.uniform(0.6, 0.95), light * rng.uniform(0.6, 1))
    return _shape(ImageDraw.Draw(image), rng, label, image.size, _rgb(color), _rgb((hue, color[1], color[2] * 0.55)))


def add_noise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The image blurred, and with noise."""
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.1)))
    pixels = np.asarray(image) + rng.normal(0, rng.uniform(2, 9), (image.height, image.width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _rgb(color: tuple[float, float, float]) -> tuple[int, ...]:
    return tuple(int(255 * each) for each in colorsys.hsv_to_rgb(*color))


def _blob(pen, rng, width, height, size, color):
    x, y, r = rng.uniform(0, width), rng.uniform(0, height), size * min(width, height)
    pen.ellipse([x - 2 * r, y - r, x + 2 * r, y + r], fill=_rgb(color))


def _shape(pen, rng, label, size, light, dark):
    """The object: its outline and its pattern belong to its class. Returns its center and its half side."""
    r = rng.uniform(0.2, 0.33) * min(size)
    x, y = (rng.uniform(r + 2, length - r - 2) for length in size)
    outline(pen, label, (x, y, r), light)
    if label in (4, 5, 6, 7):
        for step in (-0.4, 0, 0.4):
            pen.line([(x - r * 0.6, y + step * r), (x + r * 0.6, y + step * r)], fill=dark, width=2)
    elif label in (1, 3):
        pen.ellipse([x - r / 2, y - r / 2, x + r / 2, y + r / 2], fill=dark)
    return x, y, r


def outline(pen, label, place, fill):
    """The filled outline of a class. place: center and half side."""
    x, y, r = place
    box = [x - r, y - r, x + r, y + r]
    if label in (0, 4):
        pen.ellipse(box, fill=fill)
    elif label in (1, 5):
        pen.rectangle(box, fill=fill)
    elif label in (2, 6):
        pen.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=fill)
    else:
        pen.polygon([(x, y - r), (x - r, y), (x, y + r), (x + r, y)], fill=fill)


def shrink(
    image: Image.Image, geometry: str, size: int = SIZE, filter_: Image.Resampling = Image.Resampling.BILINEAR
) -> np.ndarray:
    """Pixels of shape [size, size, ...]."""
    if geometry == "stretch":
        return np.asarray(image.resize((size, size), filter_))
    short = round(size / 0.875)
    ratio = short / min(image.size)
    width, height = (max(short, round(length * ratio)) for length in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    return np.asarray(image.resize((width, height), filter_).crop((left, top, left + size, top + size)))


def reorder(pixels: np.ndarray, order: str) -> np.ndarray:
    """Pixels of shape [N, H, W, C] in the channel order of a recipe, as float32."""
    if order == "GRAY":
        return (pixels @ np.array([0.299, 0.587, 0.114])).round()[..., None].astype(np.float32)
    return (pixels[..., ::-1] if order == "BGR" else pixels).astype(np.float32)


class Network:
    """Three convolutions, global average pooling, one dense layer; trained with Adam."""

    def __init__(self, channels: int, rng: np.random.Generator, strides=(2, 2, 2), outputs: int = CLASSES) -> None:
        self.strides = strides
        sizes = [(5, channels, 16), (3, 16, 32), (3, 32, 48)]
        self.weights: list[np.ndarray] = []
        for kernel, inputs, filters in sizes:
            spread = np.sqrt(2 / (kernel * kernel * inputs))
            self.weights += [
                rng.normal(0, spread, (kernel * kernel * inputs, filters)).astype(np.float32),
                np.zeros(filters, np.float32),
            ]
        self.weights += [rng.normal(0, 0.1, (48, outputs)).astype(np.float32), np.zeros(outputs, np.float32)]
        self.kernels = [5, 3, 3]
        self._moments = [(np.zeros_like(each), np.zeros_like(each)) for each in self.weights]
        self._steps = 0

    def convolve(self, batch: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, tuple[int, ...]]]:
        """Columns, output and input shape of each convolution."""
        layers = []
        for layer, (kernel, stride) in enumerate(zip(self.kernels, self.strides, strict=True)):
            windows = sliding_window_view(batch, (kernel, kernel), axis=(1, 2))[:, ::stride, ::stride]
            columns = np.ascontiguousarray(windows.transpose(0, 1, 2, 4, 5, 3)).reshape(*windows.shape[:3], -1)
            output = (columns @ self.weights[2 * layer] + self.weights[2 * layer + 1]).clip(0, _TOP)
            layers.append((columns, output, batch.shape))
            batch = output
        return layers

    def forward(self, batch: np.ndarray) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, tuple[int, ...]]]]:
        """Logits, and what the backward pass needs."""
        layers = self.convolve(batch)
        return layers[-1][1].mean((1, 2)) @ self.weights[6] + self.weights[7], layers

    def step(self, batch: np.ndarray, labels: np.ndarray, rate: float) -> None:
        """One step of Adam on the cross-entropy."""
        logits, layers = self.forward(batch)
        scores = np.exp(logits - logits.max(1, keepdims=True))
        scores /= scores.sum(1, keepdims=True)
        scores[np.arange(len(labels)), labels] -= 1
        scores /= len(labels)
        last = layers[-1][1]
        gradients = [last.mean((1, 2)).T @ scores, scores.sum(0)]
        delta = np.broadcast_to((scores @ self.weights[6].T)[:, None, None] / np.prod(last.shape[1:3]), last.shape)
        self.descend(layers, delta, gradients, rate)

    def descend(self, layers, delta: np.ndarray, gradients: list[np.ndarray], rate: float) -> None:
        """Update all weights. delta: gradient of the last convolution's output; gradients: of the head."""
        for layer in (2, 1, 0):
            columns, output, shape = layers[layer]
            delta = delta * ((output > 0) & (output < _TOP))
            flat = delta.reshape(-1, delta.shape[-1])
            gradients = [columns.reshape(len(flat), -1).T @ flat, flat.sum(0), *gradients]
            if layer:
                stride = self.strides[layer]
                delta = _input_gradient(delta @ self.weights[2 * layer].T, self.kernels[layer], stride, shape)
        self._update(gradients, rate)

    def _update(self, gradients: list[np.ndarray], rate: float) -> None:
        self._steps += 1
        correction = np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        for number, gradient in enumerate(gradients):
            mean, square = self._moments[number]
            mean[...] = 0.9 * mean + 0.1 * gradient
            square[...] = 0.999 * square + 0.001 * gradient**2
            change = correction * mean / (np.sqrt(square) + 1e-7) + 5e-4 * self.weights[number]
            self.weights[number] = (self.weights[number] - rate * change).astype(np.float32)


def _input_gradient(columns: np.ndarray, kernel: int, stride: int, shape: tuple[int, ...]) -> np.ndarray:
    """Gradient of the input of a convolution."""
    gradient = np.zeros(shape, np.float32)
    height, width = columns.shape[1:3]
    parts = columns.reshape(*columns.shape[:3], kernel, kernel, shape[-1])
    for row in range(kernel):
        for column in range(kernel):
            rows = slice(row, row + stride * height, stride)
            gradient[:, rows, column : column + stride * width : stride] += parts[:, :, :, row, column]
    return gradient


def train(pixels: np.ndarray, labels: np.ndarray, seed: int, epochs: int = 14) -> Network:
    """Train on pixels [N, H, W, C], which are normalized for training."""
    rng = np.random.default_rng(seed)
    network = Network(pixels.shape[-1], rng)
    inputs = ((pixels - _MEAN) / _STD).astype(np.float32)
    steps = epochs * (len(inputs) // 64)
    for number in range(steps):
        chosen = rng.integers(0, len(inputs), 64)
        batch = inputs[chosen]
        batch = batch[:, :, ::-1] if number % 2 else batch
        batch = np.roll(batch, rng.integers(-2, 3, 2), axis=(1, 2))
        network.step(np.ascontiguousarray(batch), labels[chosen], 3e-3 * (1 - number / steps) + 1e-5)
    return network


def fold(network: Network, recipe: Recipe) -> None:
    """Make the network take the recipe's values instead of (x - mean) / std: an exact change of the first layer."""
    scale, offset = affine(recipe)
    kernel = network.weights[0].reshape(25, len(scale), -1).astype(np.float64)
    factor = 1 / (_STD * scale)  # normalized = factor * value + shift
    shift = (-offset / scale - _MEAN) / _STD
    network.weights[1] = (network.weights[1] + (kernel * shift[:, None]).sum((0, 1))).astype(np.float32)
    network.weights[0] = (kernel * factor[:, None]).reshape(network.weights[0].shape).astype(np.float32)


def export(network: Network, channels: int, path: Path, *, layout: str = "NCHW", normalized: bool = False) -> None:
    """Write an ONNX file; normalized: with an instance normalization as the first layer."""
    nodes, weights = convolutions(network, channels, layout, normalized=normalized)
    weights |= {"w": network.weights[6], "b": network.weights[7]}
    nodes += [
        helper.make_node("GlobalAveragePool", ["features"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    write(path, nodes, weights, input_shape(channels, layout, SIZE), {"scores": ["N", CLASSES]})


def input_shape(channels: int, layout: str, size: int) -> list[str | int]:
    """Shape of the input ``image``."""
    return ["N", channels, size, size] if layout == "NCHW" else ["N", size, size, channels]


def convolutions(
    network: Network, channels: int, layout: str, *, normalized: bool = False
) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    """Nodes from ``image`` to ``features``, and their weights."""
    nodes, name = [], "image"
    weights: dict[str, np.ndarray] = {"bottom": np.float32(0), "top": np.float32(_TOP)}
    if layout == "NHWC":
        nodes.append(helper.make_node("Transpose", [name], ["planes"], perm=[0, 3, 1, 2]))
        name = "planes"
    if normalized:
        weights |= {"one": np.ones(channels, np.float32), "zero": np.zeros(channels, np.float32)}
        nodes.append(helper.make_node("InstanceNormalization", [name, "one", "zero"], ["normal"]))
        name = "normal"
    for layer, (kernel, stride) in enumerate(zip(network.kernels, network.strides, strict=True)):
        matrix = network.weights[2 * layer]
        shape = (kernel, kernel, -1, matrix.shape[1])
        weights[f"w{layer}"] = np.ascontiguousarray(matrix.reshape(shape).transpose(3, 2, 0, 1))
        weights[f"b{layer}"] = network.weights[2 * layer + 1]
        nodes.append(helper.make_node("Conv", [name, f"w{layer}", f"b{layer}"], [f"c{layer}"], strides=[stride] * 2))
        name = f"r{layer}" if layer < 2 else "features"
        nodes.append(helper.make_node("Clip", [f"c{layer}", "bottom", "top"], [name]))
    return nodes, weights


def write(
    path: Path,
    nodes: list[onnx.NodeProto],
    weights: dict[str, np.ndarray],
    shape: list[str | int],
    outputs: dict[str, list[str | int]],
) -> None:
    """Write an ONNX file with one input, ``image``, and outputs of float32."""
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, lengths) for name, lengths in outputs.items()],
        [numpy_helper.from_array(np.asarray(array), key) for key, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())


def draw_all(number: int, seed: int) -> tuple[list[Image.Image], np.ndarray]:
    """Images with their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, number)
    return [draw(int(label), rng) for label in labels], labels


def main() -> None:
    """Train and export all models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=3000, help="training images")
    parser.add_argument("--models", default="".join(RECIPES))
    options = parser.parse_args()
    (options.folder / "images").mkdir(parents=True, exist_ok=True)
    images, labels = draw_all(options.images, 1)
    tests, answers = draw_all(200, 2)
    for number, image in enumerate(tests):
        image.save(options.folder / "images" / f"{number:03}.png")
    rows = [f"images/{number:03}.png,{label}" for number, label in enumerate(answers)]
    (options.folder / "labels.csv").write_text("\n".join(rows) + "\n")
    for seed, (name, recipe) in enumerate(RECIPES.items()):
        if name not in options.models:
            continue
        pixels = np.stack([shrink(image, recipe.geometry) for image in images])
        network = train(reorder(pixels, recipe.order), labels, seed)
        inputs = (reorder(np.stack([shrink(image, recipe.geometry) for image in tests]), recipe.order) - _MEAN) / _STD
        accuracy = (network.forward(inputs.astype(np.float32))[0].argmax(1) == answers).mean()
        fold(network, recipe)
        layout = "NHWC" if seed % 3 == 1 else "NCHW"
        export(network, 1 if recipe.order == "GRAY" else 3, options.folder / f"{name}.onnx", layout=layout)
        print(f"{name}: {recipe}, accuracy {accuracy:.2f}", flush=True)


if __name__ == "__main__":
    main()
