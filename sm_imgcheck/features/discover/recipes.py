"""Candidate recipes: each named value mapping in each channel order, as an input of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Affine, Values
from sm_imgcheck.core.value_mapping import RECIPES, canonical, reverse_channels
from sm_imgcheck.features.discover.model import ModelInput

__all__ = [
    "InputFormat",
    "InputRecipe",
    "candidate_recipes",
    "decode_batch",
    "encode_batch",
    "input_format",
    "input_spec",
    "is_near",
    "mistakes_of",
    "written_values",
]

_NEAR = 0.02
"""Share of a mapping's span by which two mappings may differ and be one class."""


@frozen
class InputFormat:
    """How the model's input is laid out."""

    layout: str
    """NCHW, NHWC, CHW or HWC."""
    dtype: str
    height: int
    width: int
    channels: int
    quantization: tuple[float, int] | None = None
    assumed: tuple[str, ...] = ()
    """Properties that the model's file does not contain."""


@frozen
class InputRecipe:
    """A value mapping and a channel order."""

    name: str
    """Name of the mapping; in a class, of its first member."""
    order: str
    """RGB, BGR or GRAY."""
    affine: Affine
    """Per stored channel."""
    values: Values
    """As the spec has them, for channels in ``order``."""
    members: tuple[str, ...] = ()
    """Names of mappings that differ by less than 2 % of the span, which no prediction distinguishes."""

    @property
    def label(self) -> str:
        """``RGB, divided by 255``."""
        return f"{self.order}, {self.name}"

    def with_name(self, name: str) -> InputRecipe:
        """The same mapping and order under another name."""
        return replace_fields(self, name=name)


def candidate_recipes(channels: int, dtype: str, quantization: tuple[float, int] | None) -> tuple[InputRecipe, ...]:
    """All recipes for an input. An integer input without quantization expects pixels 0..255."""
    orders = ("RGB", "BGR") if channels == 3 else ("GRAY",)
    recipes = [recipe for order in orders for recipe in _of_order(order)]
    if np.dtype(dtype).kind in "iu" and quantization is None:
        return tuple(recipe for recipe in recipes if recipe.name == RECIPES[0][0])
    return tuple(recipes)


def _of_order(order: str) -> Iterator[InputRecipe]:
    """One recipe for each class of mappings, in the order of ``RECIPES``."""
    classes: list[tuple[str, Affine, Values, list[str]]] = []
    for name, values in RECIPES:
        if order == "GRAY" and values.mean is not None:
            values = _gray(values)  # noqa: PLW2901
        affine = canonical(values, len(order) if order != "GRAY" else 1)
        if order == "BGR":
            values, affine = _reversed(values), reverse_channels(affine)  # noqa: PLW2901
        near = next((each for each in classes if is_near(each[1], affine)), None)
        if near is None:
            classes.append((name, affine, values, [name]))
        else:
            near[3].append(name)
    for name, affine, values, members in classes:
        yield InputRecipe(name=name, order=order, affine=affine, values=values, members=tuple(members))


def _gray(values: Values) -> Values:
    """Mean and std of three channels for one: their averages."""
    assert values.mean is not None
    std = values.std or (1.0, 1.0, 1.0)
    mean = round(sum(values.mean) / len(values.mean), 4)
    return Values(units=values.units, mean=(mean,), std=(round(sum(std) / len(std), 4),))


def _reversed(values: Values) -> Values:
    if values.mean is None:
        return values
    std = None if values.std is None else values.std[::-1]
    return Values(units=values.units, mean=values.mean[::-1], std=std)


def is_near(first: Affine, second: Affine) -> bool:
    """Whether two mappings are one class."""
    return _difference(first, second) < _NEAR


def _difference(first: Affine, second: Affine) -> float:
    """Largest difference at black or white, as a share of the span of the first."""
    shares = [
        max(abs(b - d), abs(255 * a + b - 255 * c - d)) / abs(255 * a)
        for a, b, c, d in zip(first.scale, first.offset, second.scale, second.offset, strict=True)
    ]
    return max(shares)


def mistakes_of(recipe: InputRecipe, recipes: tuple[InputRecipe, ...]) -> dict[str, InputRecipe]:
    """The usual mistakes with a recipe, by name: order, scaling, division by 255 twice, mean and std in wrong order."""
    others = [each for each in recipes if each.order != recipe.order and each.name == recipe.name]
    mistakes = {f"channels in {other.order} order": other for other in others}
    for other in recipes:
        if other.order == recipe.order and other.name in (RECIPES[0][0], RECIPES[1][0]) and other.name != recipe.name:
            mistakes[other.name] = other
    twice = Affine(scale=tuple(a / 255 for a in recipe.affine.scale), offset=recipe.affine.offset)
    if recipe.name != RECIPES[0][0]:
        mistakes["divided by 255 twice"] = _with_affine(recipe, "divided by 255 twice", twice)
    if len({*recipe.affine.offset}) > 1:
        name = "mean and std in the other channel order"
        mistakes[name] = _with_affine(recipe, name, reverse_channels(recipe.affine))
    return mistakes


def _with_affine(recipe: InputRecipe, name: str, affine: Affine) -> InputRecipe:
    return replace_fields(recipe, name=name, affine=affine)


def encode_batch(pixels: np.ndarray, recipe: InputRecipe, format_: InputFormat) -> np.ndarray:
    """The model's input for RGB or gray pixels, uint8 [N, H, W, C]."""
    channels = pixels[..., ::-1] if recipe.order == "BGR" else pixels
    scale, offset = (np.array(each, np.float32) for each in (recipe.affine.scale, recipe.affine.offset))
    values = channels.astype(np.float32) * scale + offset
    dtype = np.dtype(format_.dtype)
    if format_.quantization is not None:
        values = np.rint(values / format_.quantization[0]) + format_.quantization[1]
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        values = values.clip(limits.min, limits.max)
    if format_.layout.endswith("CHW"):
        values = values.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(values, dtype=dtype)


def decode_batch(images: np.ndarray, recipe: InputRecipe, format_: InputFormat) -> np.ndarray:
    """RGB or gray pixels, float32 [N, H, W, C], of inputs of the model: the reverse of ``encode_batch``."""
    values = images.astype(np.float32)
    if format_.layout.endswith("CHW"):
        values = values.transpose(0, 2, 3, 1)
    if format_.quantization is not None:
        values = (values - format_.quantization[1]) * format_.quantization[0]
    scale, offset = (np.array(each, np.float32) for each in (recipe.affine.scale, recipe.affine.offset))
    pixels = (values - offset) / scale
    return pixels[..., ::-1] if recipe.order == "BGR" else pixels


def input_spec(recipe: InputRecipe, format_: InputFormat) -> dict[str, Any]:
    """A spec of the input alone, without a resize."""
    lengths = {"N": "N", "H": format_.height, "W": format_.width, "C": format_.channels}
    key, value = written_values(recipe.values, recipe.order)
    spec: dict[str, Any] = {
        "shape": [lengths[axis] for axis in format_.layout],
        "layout": format_.layout,
        "dtype": format_.dtype,
        "channel_order": recipe.order,
        key: value,
        "resize": "none",
    }
    if format_.quantization is not None:
        spec["quantize"] = {"scale": format_.quantization[0], "zero_point": format_.quantization[1]}
    return spec


def written_values(values: Values, order: str) -> tuple[str, Any]:
    """Key and value of a value mapping in the spec language."""
    if values.mean is None:
        return "value_range", [values.low, values.high]
    normalize: dict[str, Any] = {"units": values.units, "mean": list(values.mean)}
    if values.std is not None and set(values.std) != {1}:
        normalize["std"] = list(values.std)
    return "normalize", {**normalize, "order": order} if order != "GRAY" else normalize


def input_format(image: ModelInput, size: tuple[int, int] | None) -> InputFormat | str:
    """How the input is laid out; where that cannot be known, what is missing."""
    shape, missing = image.shape, []
    if not shape:
        shape, missing = (None, 3, None, None), ["NCHW, 3 channels"]
    lengths = shape[-3:]
    first, last = lengths[0] in (1, 3), lengths[2] in (1, 3)
    if first == last and not first:
        return f"channels: got {image}, expected 1 or 3 channels"
    chw = first
    height, width = lengths[1:] if chw else lengths[:2]
    if size is not None and ((height or size[0]), (width or size[1])) != size:
        return f"size: got --size {size[0]}x{size[1]}, expected {height or 'any'}x{width or 'any'} (model file)"
    height, width = (height, width) if size is None else size
    if not height or not width:
        return f"size: {image} lets height or width vary; pass --size"
    if not image.dtype:
        missing.append("float32")
    letters = "CHW" if chw else "HWC"
    return InputFormat(
        layout=letters if len(shape) == 3 else f"N{letters}",
        dtype=image.dtype or "float32",
        height=height,
        width=width,
        channels=int((lengths[0] if chw else lengths[2]) or 3),
        quantization=image.quantization,
        assumed=tuple(missing),
    )
