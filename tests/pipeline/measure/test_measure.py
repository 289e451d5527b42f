"""Measurements of an array: layout, range, and the mapping of its values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_images import picture

from sm_imgcheck.core.layouts import reading
from sm_imgcheck.core.value_mapping import RECIPES, canonical, same
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.spec.parse import parse

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def contract(shape=("N", 48, 64, 3), **changes):
    mapping = {"shape": list(shape), "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1], **changes}
    if "normalize" in changes:
        del mapping["value_range"]
    return parse(mapping).contract


NHWC, NCHW = contract(), contract(("N", 3, 48, 64))


@pytest.mark.parametrize(
    ("shape", "wanted", "layout"),
    [
        ((1, 48, 64, 3), NHWC, "NHWC"),
        ((1, 3, 48, 64), NHWC, "NCHW"),
        ((48, 64, 3), NHWC, "HWC"),
        ((48, 64, 3), NCHW, "HWC"),
        ((3, 48, 64), NHWC, "CHW"),
        ((48, 64), NHWC, "HW"),
        ((48, 64, 4), NHWC, "HWC"),
        ((1, 64, 48, 3), NHWC, "NHWC"),
        ((5, 3, 100, 100), NHWC, "NCHW"),
        ((3, 480, 3), NHWC, "???"),
        ((30, 480, 3), NHWC, "HWC"),
        ((1, 9216), NHWC, "??"),
        ((8, 9216), NHWC, "??"),
        ((48, 192), NHWC, "??"),
        ((48, 64, 3, 1), NHWC, "????"),
        ((3, 48, 64, 1), NHWC, "????"),
        ((48, 64, 3, 1), NCHW, "????"),
        ((3, 48, 64, 1), NCHW, "????"),
        ((5, 48, 64, 1), NHWC, "NHWC"),
        ((1, 1, 48, 64), NHWC, "NCHW"),
        ((64, 3, 48), NHWC, "???"),
        ((64, 48, 3), NHWC, "HWC"),
        ((1, 3072, 3), NHWC, "???"),
        ((1, 48, 64), NHWC, "NHW"),
        ((1, 48, 64, 3, 1), NHWC, "?????"),
        ((9216,), NHWC, "?"),
        ((), NHWC, ""),
        ((1, 48, 64, 7), NHWC, "????"),
    ],
)
def test_shape_and_contract_give_the_layout(shape, wanted, layout):
    assert reading(shape, wanted) == layout


def map_image(name):
    image = picture().astype(np.float32)
    values = dict(RECIPES)[name]
    affine = canonical(values, len(values.mean or (1, 1, 1)))
    return (image * np.array(affine.scale, np.float32) + np.array(affine.offset, np.float32)), affine


@pytest.mark.parametrize("name", [name for name, _ in RECIPES])
@pytest.mark.parametrize(("dtype", "layout"), [("float32", "NHWC"), ("float64", "NCHW"), ("float16", "NHWC")])
def test_every_standard_mapping_is_recognized_by_its_grid(name, dtype, layout):
    array, affine = map_image(name)
    array = array.astype(dtype)[np.newaxis]
    if layout == "NCHW":
        array = array.transpose(0, 3, 1, 2)
    facts = measure(array, contract(value_range=[-3, 3]), {})
    assert facts.layout == layout
    if dtype == "float16" and facts.values is None:
        # half a float16 step of the caffe range is a tenth of a level: near the limit, so it may be unknown
        assert "caffe" in name or "without dividing" in name or "twice" in name
        return
    assert facts.values is not None
    assert same(facts.values, affine)
    assert facts.recipe.startswith(name)
    assert facts.whole


def test_mean_order_rgb_and_bgr_are_distinguished():
    image = picture().astype(np.float32) / 255
    for order in (1, -1):
        array = (image - np.array(MEAN[::order], np.float32)) / np.array(STD[::order], np.float32)
        facts = measure(array, NHWC, {})
        assert facts.recipe == f"ImageNet mean and std, in {'RGB' if order == 1 else 'BGR'} order"


def test_float_resize_leaves_values_unidentified():
    image = picture(96, 128).astype(np.float32)
    halved = (image[::2, ::2] * 0.3 + image[1::2, 1::2] * 0.7) / 255
    facts = measure(halved[np.newaxis], contract(value_range=[-1, 1]), {})
    assert facts.values is None
    assert not facts.whole
    assert 0 <= facts.low < facts.high <= 1


def test_mostly_black_image_leaves_values_unidentified():
    array = np.zeros((1, 48, 64, 3), np.float32)
    array[0, :, 5] = 1
    assert measure(array, contract(value_range=[-1, 1]), {}).values is None
    assert measure(array, NHWC, {}).values is not None  # the spec's own mapping explains it


def test_assumptions_set_facts_and_are_not_listed_as_assumed():
    array = picture()[..., ::-1].astype(np.float32) / 255 * 0.9
    facts = measure(array, NHWC, {"channel_order": "BGR", "value_range": "0,1", "layout": "HWC"})
    assert facts.channel_order == "BGR"
    assert facts.assumed == ()  # given by the user, not assumed
    assert same(facts.values, canonical(dict(RECIPES)["divided by 255"], 3))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_values_are_counted(bad):
    array = picture().astype(np.float32)
    array[1, 2, 0] = bad
    facts = measure(array, NHWC, {})
    assert (facts.nans, facts.infinities) == ((1, 0) if np.isnan(bad) else (0, 1))
    assert facts.high == 255


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.array([b"a", b"bc"]), "bytes"),
        (np.array(["a"]), "text"),
        (np.zeros(3, [("a", "f4")]), "void32"),
        (np.zeros((2, 2), "c8"), "complex64"),
        (np.zeros((0, 3), "f4"), "float32"),
    ],
)
def test_non_image_array_is_measured_without_values(array, dtype):
    facts = measure(array, NHWC, {})
    assert facts.dtype == dtype
    assert facts.low is None


def test_memory_order_and_byte_order_are_measured():
    facts = measure(np.asfortranarray(picture().astype(">f4")), NHWC, {})
    assert facts.fortran
    assert facts.byte_order == "swapped"
    assert facts.dtype == "float32"
    assert facts.recipe == "0..255, not scaled"


def test_large_transposed_array_is_measured_exactly():
    array = np.broadcast_to(picture(512, 512).astype(np.float32) / 255, (4, 512, 512, 3)).transpose(0, 3, 1, 2)
    facts = measure(array, contract(("N", 3, 512, 512)), {})
    assert (facts.low, facts.high) == (0.0, 1.0)
    assert facts.recipe == "as specified"


@given(st.lists(st.integers(0, 5), max_size=6))
def test_any_shape_is_measured_without_error(shape):
    facts = measure(np.zeros(shape, np.float32), NHWC, {})
    assert len(facts.layout) == len(shape)
