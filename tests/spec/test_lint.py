import pytest

from sm_imgcheck.spec.lint import lint
from specs import spec

HALF = {"value_range": None, "dtype": "float32"}
INT8 = {"dtype": "int8", "value_range": [-1, 1]}


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"shape": ["N", "H", "W", 3]}, "shape", "height and width not fixed, and no resize"),
        ({"shape": ["N", "H", 224, 3]}, "shape", "height not fixed"),
        ({"shape": [8, 224, 224, 3]}, "shape[0]", "batch size 8"),
        ({"dtype": "bfloat16"}, "dtype", "NumPy does not support bfloat16"),
        ({**HALF, "normalize": {"mean": 127.5, "std": 127.5, "units": "unit"}}, "normalize.units", "byte expected?"),
        ({**HALF, "normalize": {"mean": 0.5, "std": 0.5, "units": "byte"}}, "normalize.units", "unit expected?"),
        ({**HALF, "normalize": {"mean": [0.406, 0.456, 0.485]}}, "normalize.mean", "red and blue swapped"),
        (
            {**HALF, "channel_order": "BGR", "normalize": {"mean": [0.485, 0.456, 0.406], "order": "BGR"}},
            "normalize.mean",
            "ImageNet mean and std with red and blue swapped",
        ),
        ({**INT8, "quantize": {"scale": 0.001}}, "quantize", "values are clipped"),
        ({**INT8, "quantize": {"scale": 0.1}}, "quantize", "fewer than 128 of 256"),
        ({"expect_range": [0, 0.5]}, "expect_range", "narrower than the spec's values, 0 to 1"),
        ({"decode": {"library": "tensorflow"}}, "decode.exif", "ignores the EXIF orientation"),
        ({"resize": {"mode": "shortest_edge", "size": 200}}, "geometry", "adds a black border"),
    ],
)
def test_suspicious_spec_has_one_warning(changes, place, message):
    (doubt,) = lint(spec(**changes))
    assert doubt.place == place
    assert message in doubt.message


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"shape": [1, 224, 224, 3]},
        {"shape": [224, 224, 3]},
        {"dtype": "float16", "value_range": [0, 255]},
        {**HALF, "normalize": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}},
        {**HALF, "normalize": {"mean": 0, "std": 1, "units": "byte"}},
        {**HALF, "normalize": {"mean": [123, 117, 104], "units": "byte"}},
        {"shape": ["N", 28, 28, 1], "channel_order": "GRAY", **HALF, "normalize": {"mean": 0.5}},
        {**INT8, "quantize": {"scale": 0.0078125}},
        {"expect_range": [0, 1]},
        {"expect_range": [-1, 2]},
        {"decode": {"library": "tensorflow", "exif": "ignore"}},
        {"resize": {"mode": "shortest_edge", "size": 224}},
    ],
)
def test_unsuspicious_spec_has_no_warning(changes):
    assert lint(spec(**changes)) == ()


def test_bicubic_float_resize_with_exact_expect_range_warns():
    smooth = {"library": "torch", "interpolation": "bicubic", "dtype": "float32"}
    assert [doubt.place for doubt in lint(spec(expect_range=[0, 1], resize=smooth))] == ["expect_range"]
    assert lint(spec(expect_range=[-1, 2], resize=smooth)) == ()
