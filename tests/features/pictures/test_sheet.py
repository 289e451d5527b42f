"""Previews of tensors: values inverted to gray levels, positions of panels, captions that fit."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFont
from sample_images import picture

from sm_imgcheck.core.types import Affine, Quantize, Step, Values
from sm_imgcheck.core.value_mapping import RECIPES, canonical
from sm_imgcheck.features.pictures.panels import Panel, SheetLine
from sm_imgcheck.features.pictures.sheet import LARGEST, _font, sheet
from sm_imgcheck.ops import execute as pixels
from sm_imgcheck.pipeline.invert import TensorInterpretation, recover_image

PLAIN = Affine(scale=(1.0,) * 3, offset=(0.0,) * 3)
RED, GREEN, BLUE, WHITE, MAGENTA = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (255, 0, 255)


def reading(order="RGB", layout="HWC", values=None, quantize=None):
    channels = 1 if order == "GRAY" else len(order)
    values = values or Affine(scale=(1.0,) * channels, offset=(0.0,) * channels)
    return TensorInterpretation(layout=layout, order=order, values=values, quantize=quantize)


def solid(color, height=10, width=10):
    return np.full((height, width, 3), color, np.uint8)


def read(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def rectangle_of(page, color):
    """Top, left, height and width of the rectangle of one color that a page holds."""
    rows, columns = np.nonzero((page == color).all(axis=-1))
    top, left = rows.min(), columns.min()
    height, width = rows.max() - top + 1, columns.max() - left + 1
    assert len(rows) == height * width
    return int(top), int(left), int(height), int(width)


# Inverting values


@pytest.mark.parametrize(("name", "values"), RECIPES, ids=[name for name, _ in RECIPES])
def test_every_standard_mapping_is_inverted(name, values):
    image = picture(20, 30)
    affine = canonical(values, 3)
    tensor = (image * np.array(affine.scale) + np.array(affine.offset)).astype(np.float32)
    found = recover_image(tensor, reading(values=affine))
    assert np.array_equal(found.pixels, image)
    assert (found.beyond, found.nans) == (0, 0)


@pytest.mark.parametrize("layout", ["HWC", "CHW", "NHWC", "NCHW"])
@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_layout_and_channel_order_are_inverted(layout, order):
    image = picture(20, 30)
    tensor = np.stack([image, 255 - image]) if "N" in layout else image
    tensor = tensor[..., ::-1] if order == "BGR" else tensor
    whole = "NHWC" if "N" in layout else "HWC"
    tensor = tensor.transpose([whole.index(axis) for axis in layout])
    assert np.array_equal(recover_image(tensor, reading(order, layout)).pixels, image)
    if "N" in layout:
        assert np.array_equal(recover_image(tensor, reading(order, layout), image=1).pixels, 255 - image)


@pytest.mark.parametrize("layout", ["HW", "NHW", "HWC", "NCHW"])
def test_gray_tensor_is_repeated_in_all_channels(layout):
    image = picture(20, 30, channels=1)
    tensor = {"HW": image[..., 0], "NHW": image[None, ..., 0], "HWC": image, "NCHW": image[None, None, ..., 0]}[layout]
    assert np.array_equal(recover_image(tensor, reading("GRAY", layout)).pixels, np.repeat(image, 3, axis=-1))


@pytest.mark.parametrize("order", ["RGBA", "BGRA"])
def test_transparent_pixels_show_a_checkerboard(order):
    color = np.array([200, 100, 0], np.uint8)
    tensor = np.zeros((16, 16, 4), np.uint8)
    tensor[..., :3] = color if order == "RGBA" else color[::-1]
    tensor[:8, :, 3] = 255
    found = recover_image(tensor, reading(order)).pixels
    assert (found[:8] == color).all()
    assert (found[8:, :8] == 204).all() or (found[8:, :8] == 255).all()
    assert (found[8:, :8] != found[8:, 8:]).all()


def test_quantized_values_are_inverted():
    image = picture(20, 30)
    values = canonical(Values(low=-1, high=1), 3)
    quantize = Quantize(scale=2 / 255, zero_point=-1)
    tensor = pixels.apply(Step(op="scale", params={"low": -1, "high": 1}), image)
    params = {"scale": quantize.scale, "zero_point": quantize.zero_point, "rounding": "half_even"}
    tensor = pixels.apply(Step(op="quantize", params=params), tensor).clip(-128, 127).astype(np.int8)
    found = recover_image(tensor, reading(values=values, quantize=quantize)).pixels
    assert np.abs(found.astype(int) - image).max() <= 1


def test_values_out_of_range_are_clipped_and_counted():
    tensor = np.full((10, 10, 3), 100, np.float32)
    tensor[:5] = 300
    tensor[5:6] = -300
    found = recover_image(tensor, reading())
    assert (found.pixels[:5] == 255).all()
    assert (found.pixels[5] == 0).all()
    assert (found.pixels[6:] == 100).all()
    assert found.beyond == pytest.approx(0.6)


def test_nan_values_are_magenta_and_counted():
    tensor = np.full((10, 10, 3), 100, np.float32)
    tensor[2, 3, 1] = np.nan
    found = recover_image(tensor, reading())
    assert tuple(found.pixels[2, 3]) == MAGENTA
    assert (found.pixels == MAGENTA).all(axis=-1).sum() == 1
    assert found.nans == pytest.approx(1 / 300)
    assert recover_image(np.full((4, 4, 3), np.inf, np.float32), reading()).beyond == 1


@pytest.mark.parametrize("dtype", ["bool", "int64", "uint64", "float16", ">f4", ">f8"])
def test_every_numeric_dtype_is_read(dtype):
    tensor = np.ones((4, 4, 3), dtype)
    assert (recover_image(tensor, reading(values=Affine(scale=(1 / 255,) * 3, offset=(0,) * 3))).pixels == 255).all()


def test_huge_tensor_is_sampled():
    huge = np.broadcast_to(np.array(RED, np.float32), (9_000, 60_000, 3))
    found = recover_image(huge, reading()).pixels
    assert found.shape == (300, 2000, 3)
    assert (found == RED).all()


# The sheet


def test_panels_are_side_by_side_in_order():
    page = read(sheet([Panel(pixels=solid(color), heading="x") for color in (RED, GREEN, BLUE)]))
    tops, lefts, heights, widths = zip(*(rectangle_of(page, color) for color in (RED, GREEN, BLUE)), strict=True)
    assert len(set(tops)) == 1
    assert list(lefts) == sorted(lefts)
    assert set(heights) == set(widths) == {10 * (LARGEST // 10)}


def test_small_image_is_enlarged_by_an_integer_factor():
    pixels = solid(RED, 224, 200)
    pixels[:1] = GREEN
    page = read(sheet([Panel(pixels=pixels, heading="x")]))
    top, left, height, width = rectangle_of(page, RED)
    assert (height, width) == (446, 400)
    assert rectangle_of(page, GREEN) == (top - 2, left, 2, 400)


def test_large_image_is_reduced_with_its_aspect_ratio():
    page = read(sheet([Panel(pixels=solid(RED, 1000, 2000), heading="x")]))
    assert rectangle_of(page, RED)[2:] == (256, 512)


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1), (1, 1), (2048, 2048)])
def test_extreme_sizes_are_drawn(size):
    page = read(sheet([Panel(pixels=solid(RED, *size), heading="a heading that is wider than the panel itself")]))
    top, left, height, width = rectangle_of(page, RED)
    assert max(height, width) <= LARGEST
    assert left + width < page.shape[1]
    assert top + height < page.shape[0]


def count_dark_pixels(page, top=0, left=0, bottom=None, right=None):
    """How many dark pixels a part of a page has."""
    return int((page[top:bottom, left:right].max(axis=-1) < 128).sum())


def test_captions_are_below_panels_and_notes_last():
    panels = [Panel(pixels=solid(RED), heading="one", lines=("two",)), Panel(pixels=solid(GREEN), heading="three")]
    page = read(sheet(panels, title=("above",), notes=(SheetLine(text="below", tone="error"),))).astype(int)
    bare = read(sheet(panels))
    top, left, height, width = rectangle_of(page, RED)
    assert count_dark_pixels(page, bottom=top - 2) > 50
    assert count_dark_pixels(page, top + height + 2, left, right=left + width) > 50
    assert page.shape[0] > bare.shape[0]
    reddish = (page[..., 0] > page[..., 1] + 100) & (page[..., 0] < 255)
    assert np.nonzero(reddish)[0].min() > top + height + 60


def test_long_text_leaves_the_page_margin_empty():
    text = "a\u4e2d\x1b[31m" * 90 + " words" * 300
    page = read(
        sheet(
            [Panel(pixels=solid(RED), heading=text, lines=(text, "x" * 5000))],
            title=(text,),
            notes=(SheetLine(text=text),),
        )
    )
    for edge in (page[:8], page[-8:], page[:, :16], page[:, -16:]):
        assert (edge == 255).all()
    assert page.shape[0] < 2500
    assert rectangle_of(page, RED)[2] > 0


def test_equal_panels_give_equal_bytes():
    panels = [Panel(pixels=picture(), heading="one", lines=("two",))]
    assert sheet(panels, title=("a",)) == sheet(panels, title=("a",))
    assert sheet(panels, title=("a",)) != sheet(panels, title=("b",))


def test_text_is_drawn_without_freetype(monkeypatch):
    load = ImageFont.load_default

    def without(size=None):
        if size is not None:
            raise ImportError("The _imagingft C module is not installed")
        return ImageFont.load_default_imagefont()

    monkeypatch.setattr(ImageFont, "load_default", without)
    _font.cache_clear()
    try:
        page = read(sheet([Panel(pixels=solid(RED), heading="\u4e2d one", lines=("w" * 500,))]))
    finally:
        monkeypatch.setattr(ImageFont, "load_default", load)
        _font.cache_clear()
    top, _, height, _ = rectangle_of(page, RED)
    assert count_dark_pixels(page, top + height + 2) > 50
