"""Candidate recipes, and the model's input made by each."""

import numpy as np
import pytest

from sm_imgcheck.features.discover.model import ModelInput
from sm_imgcheck.features.discover.recipes import (
    InputFormat,
    candidate_recipes,
    encode_batch,
    input_format,
    mistakes_of,
)

PIXELS = np.zeros((1, 2, 2, 3), np.uint8)
PIXELS[..., 0] = 255


def recipe(label, channels=3):
    return next(each for each in candidate_recipes(channels, "float32", None) if each.label == label)


def format_of(layout="NCHW", dtype="float32", **more):
    return InputFormat(layout=layout, dtype=dtype, height=2, width=2, channels=3, **more)


def test_each_mapping_is_a_candidate_in_both_orders():
    labels = [each.label for each in candidate_recipes(3, "float32", None)]
    assert len(labels) == len(set(labels)) == 20
    assert {"RGB, divided by 255", "BGR, caffe mean", "BGR, ImageNet mean and std"} <= set(labels)


def test_mappings_within_two_percent_are_one_class():
    assert recipe("RGB, divided by 255").members == ("divided by 255", "divided by 256")
    assert "divided by 128, minus 1" in recipe("BGR, divided by 127.5, minus 1").members


def test_gray_input_has_one_order():
    assert {each.order for each in candidate_recipes(1, "float32", None)} == {"GRAY"}


def test_integer_input_has_only_pixel_recipes():
    assert [each.label for each in candidate_recipes(3, "uint8", None)] == [
        "RGB, 0..255, not scaled",
        "BGR, 0..255, not scaled",
    ]
    assert len(candidate_recipes(3, "int8", (0.1, 0))) == 20


def test_encoding_has_order_values_and_layout():
    batch = encode_batch(PIXELS, recipe("BGR, divided by 127.5, minus 1"), format_of())
    assert (batch.shape, batch.dtype.name) == ((1, 3, 2, 2), "float32")
    assert batch[0, :, 0, 0].tolist() == [-1, -1, 1]


def test_encoding_of_per_channel_values_follows_the_stored_order():
    batch = encode_batch(PIXELS, recipe("BGR, caffe mean"), format_of("NHWC"))
    assert batch[0, 0, 0] == pytest.approx([-103.939, -116.779, 255 - 123.68], abs=1e-3)


def test_quantized_input_is_rounded_and_clipped():
    format_ = format_of("NHWC", "uint8", quantization=(1 / 255, 10))
    assert encode_batch(PIXELS, recipe("RGB, divided by 255"), format_)[0, 0, 0].tolist() == [255, 10, 10]


@pytest.mark.parametrize(
    ("shape", "size", "layout", "lengths"),
    [
        ((None, 3, 224, 320), None, "NCHW", (224, 320, 3)),
        ((1, 224, 320, 3), None, "NHWC", (224, 320, 3)),
        ((1, 28, 28), None, "", ()),
        ((3, 32, 32), None, "CHW", (32, 32, 3)),
        ((None, 1, 28, 28), None, "NCHW", (28, 28, 1)),
        ((None, 3, None, None), (64, 96), "NCHW", (64, 96, 3)),
        ((), (64, 64), "NCHW", (64, 64, 3)),
    ],
)
def test_format_is_read_from_the_shape(shape, size, layout, lengths):
    format_ = input_format(ModelInput(name="x", shape=shape, dtype="float32"), size)
    if not layout:
        layout, lengths = "CHW", (28, 28, 1)  # the first axis has one entry
    assert isinstance(format_, InputFormat)
    assert (format_.layout, (format_.height, format_.width, format_.channels)) == (layout, lengths)


@pytest.mark.parametrize(
    ("shape", "size", "words"),
    [
        ((None, 3, None, None), None, "lets height or width vary; pass --size"),
        ((None, 3, 224, 224), (32, 32), "got --size 32x32, expected 224x224"),
        ((None, 12, 224, 224), None, "expected 1 or 3 channels"),
    ],
)
def test_unknown_input_format_is_one_line(shape, size, words):
    problem = input_format(ModelInput(name="x", shape=shape, dtype="float32"), size)
    assert isinstance(problem, str)
    assert words in problem


def test_mistakes_have_order_scaling_and_statistics():
    recipes = candidate_recipes(3, "float32", None)
    names = list(mistakes_of(recipe("RGB, ImageNet mean and std"), recipes))
    assert names == [
        "channels in BGR order",
        "0..255, not scaled",
        "divided by 255",
        "divided by 255 twice",
        "mean and std in the other channel order",
    ]
    assert "mean and std in the other channel order" not in mistakes_of(recipe("RGB, divided by 255"), recipes)
