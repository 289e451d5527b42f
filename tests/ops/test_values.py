"""Ops on values and axes against a plain loop over single numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sm_imgcheck.ops.kernels import values

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
f32 = np.float32


def apply_per_value(function, array):
    return np.array([function(f32(x)) for x in array.reshape(-1)], np.float32).reshape(array.shape)


@pytest.mark.parametrize(
    ("low", "high", "plain"),
    [
        (0, 1, lambda x: x / f32(255)),
        (-1, 1, lambda x: x / f32(127.5) - f32(1)),
        (0, 255, lambda x: x),
        (-0.5, 0.5, lambda x: f32(-0.5) + x * f32(1) / f32(255)),
        (16, 235, lambda x: f32(16) + x * f32(219) / f32(255)),
    ],
)
def test_scale_equals_the_written_formula(low, high, plain):
    scaled = values.scale(LEVELS, low=low, high=high)
    assert scaled.dtype == np.float32
    assert (scaled == apply_per_value(plain, LEVELS)).all()


def test_scale_equals_usual_numpy_expressions():
    assert (values.scale(LEVELS, low=0, high=1) == LEVELS.astype("float32") / 255).all()
    assert (values.scale(LEVELS, low=-1, high=1) == LEVELS.astype("float32") / 127.5 - 1).all()


@pytest.mark.parametrize("units", ["unit", "byte"])
@pytest.mark.parametrize("std", [None, [0.229, 0.224, 0.225]])
def test_normalize_subtracts_then_divides_per_channel(units, std):
    image = np.stack([LEVELS[..., 0]] * 3, axis=-1)
    mean = [0.485, 0.456, 0.406]
    got = values.normalize(image, units=units, mean=mean, std=std)
    for channel in range(3):
        want = apply_per_value(
            lambda x, c=channel: (
                ((x / f32(255) if units == "unit" else x) - f32(mean[c])) / (f32(std[c]) if std else f32(1))
            ),
            LEVELS[..., 0],
        )
        assert (got[..., channel] == want).all()


@pytest.mark.parametrize(("rounding", "want"), [("half_even", [0, 2, 2, 0, -2]), ("half_away", [1, 2, 3, -1, -2])])
def test_quantize_uses_the_given_rounding(rounding, want):
    halves = np.array([0.5, 1.5, 2.5, -0.5, -1.5], np.float32)
    got = values.quantize(halves, scale=1, zero_point=0, rounding=rounding)
    assert got.tolist() == want


def test_quantize_divides_by_scale_and_adds_zero_point():
    got = values.quantize(np.array([-1, 0, 1], np.float32), scale=1 / 128, zero_point=-1, rounding="half_even")
    assert got.tolist() == [-129, -1, 127]
    assert values.cast(got, dtype="int8").tolist() == [-128, -1, 127]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_cast_to_integers_rounds_half_to_even_and_clips(dtype):
    info = np.iinfo(dtype)
    halves = np.array([0.5, 1.5, 2.5, 3.4999], np.float64)
    assert values.cast(halves, dtype=dtype).tolist() == [0, 2, 2, 3]
    far = values.cast(np.array([-1e30, 1e30], np.float64), dtype=dtype)
    assert far[0] == info.min
    assert math.isclose(int(far[1]), info.max, rel_tol=1e-9)
    assert int(far[1]) <= info.max


def test_cast_between_integers_clips():
    assert values.cast(np.array([-5, 300], np.int64), dtype="uint8").tolist() == [0, 255]
    assert values.cast(np.array([200], np.uint8), dtype="int8").tolist() == [127]


def test_cast_makes_native_c_order():
    swapped = np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3))
    got = values.cast(swapped, dtype="float32")
    assert got.dtype.isnative
    assert got.flags.c_contiguous
    assert (got == swapped).all()


def test_reorder_and_transpose_keep_the_values():
    image = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert values.reorder(image, order="RGBA", to="BGRA")[0, 0].tolist() == [2, 1, 0, 3]
    first = values.transpose(image, layout="HWC", to="CHW")
    assert first.shape == (4, 2, 3)
    assert first.flags.c_contiguous
    assert (values.transpose(first, layout="CHW", to="HWC") == image).all()
    assert values.batch(image).shape == (1, 2, 3, 4)
    assert values.add_axis(image[..., 0]).shape == (2, 3, 1)
    assert values.drop_axis(image[np.newaxis], axis=0).shape == (2, 3, 4)


def test_drop_axis_refuses_to_lose_images():
    with pytest.raises(ValueError, match="size"):
        values.drop_axis(np.zeros((2, 3, 3)), axis=0)


images = hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3)))


@given(
    images,
    st.sampled_from([((1 / 255,) * 3, (0.0,) * 3), ((1 / 127.5,) * 3, (-1.0,) * 3), ((1.0,) * 3, (-103.9, 0, 7))]),
)
def test_to_pixels_inverts_affine_mapping_exactly(image, affine):
    scale, offset = affine
    mapped = (image * np.array(scale, np.float32) + np.array(offset, np.float32)).astype(np.float32)
    assert (values.to_pixels(mapped, scale=list(scale), offset=list(offset), whole=True) == image).all()


@given(images)
def test_reorder_twice_restores_the_image(image):
    before = image.copy()
    once = values.reorder(image, order="RGB", to="BGR")
    assert (values.reorder(once, order="BGR", to="RGB") == image).all()
    assert (image == before).all()


def test_to_pixels_without_rounding_keeps_fractions():
    got = values.to_pixels(np.array([[[0.5]]], np.float32), scale=[1 / 255], offset=[0.0], whole=False)
    assert got.dtype == np.float32
    assert got.item() == pytest.approx(127.5)
