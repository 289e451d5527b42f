"""Buffers read under a wrong shape: a row stride, and copies side by side; exact where possible, else in words."""

import io

import numpy as np
import pytest
from PIL import Image
from sample_images import jpeg, picture

from sm_imgcheck import validate
from sm_imgcheck.features.identify.misread import misreadings, row_length, rows_of, tile_of
from sm_imgcheck.ops.compare import said
from sm_imgcheck.ops.execute import apply
from sm_imgcheck.ops.traits import traits

SIDE = 64
CONTRACT = {
    "shape": ["N", SIDE, SIDE, 3],
    "dtype": "float32",
    "channel_order": "RGB",
    "resize": {"mode": "stretch", "interpolation": "bilinear", "library": "pillow"},
}
UNIT = {**CONTRACT, "value_range": [0, 1]}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "units": "unit"}


@pytest.fixture(scope="module")
def photo():
    """A JPEG file with edges at many places, which show the length of its rows."""
    rng = np.random.default_rng(5)
    pixels = picture(120, 170, seed=8).astype(int)
    for _ in range(120):
        y, x = rng.integers(0, 110), rng.integers(0, 160)
        pixels[y : y + rng.integers(8, 40), x : x + rng.integers(8, 40)] += rng.integers(-80, 80, 3)
    return jpeg(np.clip(pixels, 0, 255).astype(np.uint8), quality=95)


def resize_photo(body):
    return np.asarray(Image.open(io.BytesIO(body)).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def with_stride(pixels, padding):
    """Rows with padding, read under the shape of the pixels."""
    rows = np.pad(pixels.reshape(len(pixels), -1), ((0, 0), (0, padding)))
    return rows.ravel()[: pixels.size].reshape(pixels.shape)


def scale_to_unit(pixels):
    return (pixels / np.float32(255)).astype(np.float32)[None]


def find_codes(tensor, body, spec=UNIT):
    return {finding.code: finding for finding in validate(tensor, spec, source=body).findings}


def assert_named(tensor, body, words):
    """The tensor has one exact pipeline with this step, which makes it, and the step is an error."""
    result = validate(tensor, UNIT, source=body)
    origin = result.origins[0]
    assert origin.exact
    assert words in said([traits(origin.steps, origin.before)])
    again = body
    for step in origin.steps:
        again = apply(step, again)
    assert np.abs(again - tensor).max() < 1e-6
    assert "PIX109" in {finding.code for finding in result.findings}


@pytest.mark.parametrize(("padding", "order"), [(16, 1), (3, -1)])
def test_row_stride_is_named(padding, order, photo):
    tensor = scale_to_unit(with_stride(np.ascontiguousarray(resize_photo(photo)[..., ::order]), padding))
    assert_named(tensor, photo, f"rows read with their padding of {padding} numbers (row stride)")


def test_copies_of_the_resized_image_are_named(photo):
    half = np.asarray(Image.open(io.BytesIO(photo)).resize((SIDE // 2, SIDE // 2), Image.Resampling.BILINEAR))
    assert_named(scale_to_unit(np.tile(half, (2, 2, 1))), photo, "copies side by side, to 64x64 after the resize")


def test_copies_of_the_source_are_named(photo):
    source = np.tile(np.asarray(Image.open(io.BytesIO(photo))), (1, 2, 1))
    pixels = np.asarray(Image.fromarray(source).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    assert_named(scale_to_unit(pixels), photo, "copies side by side, to 120x340 before the resize")


@pytest.mark.slow
def test_row_stride_of_pixels_that_were_normalized_after_it_is_reported_in_words(photo):
    pixels = with_stride(resize_photo(photo), 16) / 255
    tensor = ((pixels - IMAGENET["mean"]) / IMAGENET["std"]).astype(np.float32)[None]
    findings = find_codes(tensor, photo, {**CONTRACT, "normalize": IMAGENET})
    assert "PIX101" not in findings
    assert "in rows of 208, and were read as rows of 192 (row stride)" in findings["PIX102"].message


def test_copies_of_a_changed_image_are_reported_in_words(photo):
    half = np.asarray(Image.open(io.BytesIO(photo)).resize((SIDE // 2, SIDE // 2))).astype(np.float32) / 255
    changed = (half**0.3 + np.random.default_rng(3).normal(0, 0.05, half.shape)).astype(np.float32)
    findings = find_codes(np.tile(changed, (2, 2, 1))[None], photo)
    assert "PIX101" not in findings
    assert "it consists of equal copies of 32x32, which show the image" in findings["PIX102"].message


def test_row_stride_of_another_image_is_a_mismatch(photo):
    other = np.roll(picture(SIDE, SIDE, seed=21), (20, 30), (0, 1))
    assert "PIX101" in find_codes(scale_to_unit(with_stride(other, 16)), photo)


@pytest.mark.parametrize("padding", [0, 1, 8, 48])
def test_row_length_is_that_of_the_buffer(padding, photo):
    pixels = resize_photo(photo)
    stride = with_stride(pixels, padding)
    assert row_length(stride) == SIDE * 3 + padding
    rows = rows_of(stride, SIDE * 3 + padding)
    assert np.array_equal(rows, pixels[: len(rows)])


def test_rows_of_a_narrower_image_have_its_length(photo):
    narrow = np.asarray(Image.open(io.BytesIO(photo)).resize((60, 68)))
    image = narrow.ravel()[: SIDE * 60 * 3].reshape(60, SIDE, 3)
    assert row_length(image) == 180
    assert np.array_equal(rows_of(image, 180), narrow[:64])


def test_noise_has_no_row_length_and_no_other_reading():
    noise = np.random.default_rng(1).normal(size=(SIDE, SIDE, 3)).astype(np.float32)
    assert row_length(noise) == 0
    assert list(misreadings(noise)) == []


def test_single_and_flat_images_are_not_copies(photo):
    assert tile_of(resize_photo(photo)) is None
    assert tile_of(np.zeros((SIDE, SIDE, 3), np.float32)) is None
    third = np.tile(resize_photo(photo)[:21, :21], (3, 3, 1))
    assert tile_of(third).shape == (21, 21, 3)


def test_single_pixel_has_no_row_length():
    assert row_length(np.ones((1, 1, 3), np.uint8)) == 0


def test_column_of_pixels_has_rows_of_one_pixel_at_least(photo):
    column = resize_photo(photo)[:, :1]
    assert row_length(column) in (0, 3, 4, 5)
    assert all(min(image.shape) > 0 for _, image in misreadings(column))


def test_scalar_with_a_source_is_not_compared(photo):
    findings = find_codes(np.float32(3), photo)
    assert "SRC108" not in findings
    assert "SHP101" in findings
