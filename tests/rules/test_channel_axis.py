"""Gray arrays without a channel axis are batches, not channels: one finding, and one reading for every server."""

import json

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

import sm_imgcheck
from sm_imgcheck.core.layouts import lost_axis, reading
from sm_imgcheck.spec.parse import parse

GRAY = np.asarray(Image.fromarray(picture(48, 64)).convert("L"))
RGB = {"dtype": "uint8", "channel_order": "RGB", "value_range": [0, 255]}
ONE = {**RGB, "channel_order": "GRAY"}


def codes(array, spec, **options):
    return [finding.code for finding in sm_imgcheck.validate(array, spec, **options).findings]


@pytest.mark.parametrize("size", [[48, 64], ["H", "W"]], ids=["fixed", "open"])
@pytest.mark.parametrize("batch", [1, 4, 7])
def test_gray_batch_for_a_color_model_misses_one_axis(batch, size):
    array = np.stack([GRAY] * batch)
    report = sm_imgcheck.validate(array, {**RGB, "shape": ["N", *size, 3]})
    (finding,) = report.findings
    assert finding.code == "SHP109"
    assert f"got NHW [{batch}, 48, 64], expected NHWC" in finding.message
    assert ".convert" in finding.message
    assert finding.fixed_by == "color"
    made = sm_imgcheck.convert(array, {**RGB, "shape": ["N", *size, 3]})
    assert (made == array[..., np.newaxis]).all()
    assert made.shape == (batch, 48, 64, 3)


@pytest.mark.parametrize("batch", [1, 7])
def test_gray_batch_for_channels_first_misses_one_axis(batch):
    array = np.stack([GRAY] * batch)
    assert codes(array, {**RGB, "shape": ["N", 3, 48, 64]}) == ["SHP109"]


@pytest.mark.parametrize(
    ("array", "spec", "expected"),
    [
        (GRAY[np.newaxis], {**ONE, "shape": ["N", 48, 64, 1]}, ["SHP109"]),
        (GRAY[np.newaxis], {**ONE, "shape": ["N", 1, 48, 64]}, ["SHP102"]),
        (GRAY, {**ONE, "shape": ["N", 48, 64, 1]}, ["SHP102", "SHP109"]),
        (GRAY, {**RGB, "shape": ["N", 48, 64, 3]}, ["SHP102", "SHP109"]),
        (GRAY[..., np.newaxis], {**RGB, "shape": [48, 64, 3]}, ["SHP107"]),
        (GRAY[np.newaxis], {**ONE, "shape": ["N", 48, 64]}, []),
    ],
    ids=["gray NHWC", "gray NCHW", "gray HW", "color HW", "one channel", "NHW"],
)
def test_missing_axes_are_counted_once(array, spec, expected):
    assert codes(array, spec) == expected


def test_source_image_keeps_nhw_layout_of_gray_batch():
    source = encode_image(Image.fromarray(GRAY), "PNG")
    report = sm_imgcheck.validate(GRAY[np.newaxis], {**RGB, "shape": ["N", 48, 64, 3]}, source=source)
    assert [finding.code for finding in report.findings] == ["SHP109"]
    assert report.facts.layout == "NHW"


@pytest.mark.parametrize(
    ("shape", "wanted", "axis"),
    [
        ((1, 48, 64), ["N", 48, 64, 3], "C"),
        ((48, 64, 3), ["N", 48, 64, 3], "N"),
        ((3, 48, 64), ["N", 3, 48, 64], "N"),
        ((1, 48, 64, 3), ["N", 48, 64, 3], ""),
        ((48, 64), [48, 64, 3], "C"),
    ],
)
def test_missing_axis_is_named_from_the_shape(shape, wanted, axis):
    assert lost_axis(shape, parse({**RGB, "shape": wanted}).contract) == axis


def test_color_planes_are_read_as_chw():
    assert reading((3, 48, 64), parse({**RGB, "shape": ["N", 48, 64, 3]}).contract) == "CHW"
    assert reading((4, 48, 64), parse({**RGB, "shape": ["N", 3, 48, 64]}).contract) == "CHW"
    assert reading((1, 48, 64), parse({**RGB, "shape": [3, 48, 64]}).contract) == "CHW"


@pytest.mark.parametrize("stack", ["tensorflow-serving", "triton", "mlflow"])
def test_servers_report_no_missing_batch_dimension(stack):
    spec = {**RGB, "shape": ["N", 48, 64, 3], "payload": {"stack": stack}, "name": "x"}
    rows = GRAY[np.newaxis].tolist()
    body = {
        "tensorflow-serving": {"instances": rows},
        "mlflow": {"instances": rows},
        "triton": {"inputs": [{"name": "x", "datatype": "UINT8", "shape": [1, 48, 64], "data": rows}]},
    }[stack]
    report = sm_imgcheck.validate(json.dumps(body).encode(), spec, content_type="application/json")
    assert report.findings
    assert not [finding for finding in report.findings if "no batch axis" in finding.message]
