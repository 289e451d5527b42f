"""The ranking of recipes as an image: the photographs as the model receives them under each, and its top classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.phrases import percentage
from sm_imgcheck.features.discover.find import Discovery
from sm_imgcheck.features.discover.recipes import InputRecipe
from sm_imgcheck.features.discover.search import RecipeScore
from sm_imgcheck.features.pictures.panels import Panel, SheetLine
from sm_imgcheck.features.pictures.sheet import sheet

__all__ = ["draw_discovery"]

_PANELS = 4
_COLUMNS = 3
Pixels = npt.NDArray[np.uint8]


def draw_discovery(discovery: Discovery) -> bytes:
    """Draw the most probable recipes as the bytes of a PNG.

    Each panel has the same photographs, encoded by its recipe and read as the most probable recipe has them: under
    another channel order or value mapping they look wrong.
    """
    classes = discovery.ranking.classes[:_PANELS]
    best = classes[0].recipes[0]
    panels = [_panel(each, best, discovery) for each in classes]
    title = (
        f"{discovery.plan.info.path}: {len(discovery.photos)} photographs, {discovery.runs} model runs",
        "determined" if discovery.verdict.recipe is not None else "not determined",
    )
    notes = [SheetLine(text=reason, tone="warning") for reason in discovery.verdict.reasons]
    return sheet(panels, title=title, notes=notes)


def _panel(entry: RecipeScore, best: InputRecipe, discovery: Discovery) -> Panel:
    recipe = entry.recipes[0]
    readings = discovery.ranking.readings.get(recipe.label)
    lines = [recipe.name]
    if readings is not None:
        lines.append(discovery.plan.reader.measure.caption(readings[: len(discovery.sample)]))
    return Panel(
        pixels=_montage(_as_received(discovery.sample, recipe, best)),
        heading=f"{percentage(entry.probability)} {recipe.order}" if discovery.verdict.is_model else recipe.order,
        lines=tuple(lines),
    )


def _as_received(pixels: Pixels, recipe: InputRecipe, best: InputRecipe) -> Pixels:
    """RGB pixels that a model with the recipe ``best`` decodes the encoded pixels to."""
    channels = pixels[..., ::-1] if recipe.order == "BGR" else pixels
    values = channels * np.array(recipe.affine.scale) + np.array(recipe.affine.offset)
    levels = (values - np.array(best.affine.offset)) / np.array(best.affine.scale)
    levels = levels[..., ::-1] if best.order == "BGR" else levels
    rgb = np.broadcast_to(levels, (*levels.shape[:3], 3)) if levels.shape[-1] == 1 else levels
    return rgb.round().clip(0, 255).astype(np.uint8)


def _montage(images: Pixels) -> Pixels:
    """The images in rows of three, on white."""
    number, height, width, _ = images.shape
    rows = -(-number // _COLUMNS)
    canvas = np.full((rows * height, _COLUMNS * width, 3), 255, np.uint8)
    for place, image in enumerate(images):
        row, column = divmod(place, _COLUMNS)
        canvas[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
    return canvas
