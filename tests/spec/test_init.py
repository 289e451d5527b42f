import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.spec.init import TEMPLATE, format_commented_spec, infer_spec
from sm_imgcheck.spec.parse import parse
from sm_imgcheck.spec.yaml import read
from specs import BASE

IMAGENET = ("normalize", {"units": "unit", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"})
CAFFE = ("normalize", {"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"})


@pytest.mark.parametrize(
    ("shape", "dtype", "ends", "expected"),
    [
        ((1, 224, 224, 3), "float32", (0, 1), (["N", 224, 224, 3], "NHWC", "RGB", ("value_range", [0, 1]))),
        ((8, 3, 64, 48), "float16", (-1, 0.9), (["N", 3, 64, 48], "NCHW", "RGB", ("value_range", [-1, 1]))),
        ((3, 64, 48), "float32", (-2.1, 2.6), ([3, 64, 48], "CHW", "RGB", IMAGENET)),
        ((64, 48, 3), "float64", (-123.6, 151), ([64, 48, 3], "HWC", "BGR", CAFFE)),
        ((1, 28, 28), "float32", (0, 255), ([1, 28, 28], "CHW", "GRAY", ("value_range", [0, 255]))),
        ((28, 28), "uint8", (3, 250), ([28, 28], "HW", "GRAY", ("value_range", [0, 255]))),
        ((1, 1, 28, 28), "uint8", (0, 1), (["N", 1, 28, 28], "NCHW", "GRAY", ("value_range", [0, 255]))),
        ((1, 4, 64, 64), "float32", (0, 1), (["N", 4, 64, 64], "NCHW", "RGBA", ("value_range", [0, 1]))),
        ((1, 3, 224, 3), "float32", (0, 1), (["N", 3, 224, 3], "NHWC", "RGB", ("value_range", [0, 1]))),
        ((1, 64, 64, 3), "int8", (-100, 90), (["N", 64, 64, 3], "NHWC", "RGB", ("value_range", [-128, 127]))),
        ((1, 64, 64, 3), "int32", (0, 90), (["N", 64, 64, 3], "NHWC", "RGB", ("value_range", [0, 255]))),
    ],
)
def test_example_tensor_gives_shape_layout_and_range(shape, dtype, ends, expected):
    found, why = infer_spec(shape, dtype, *ends, {})
    key, value = expected[3]
    assert (found["shape"], found["layout"], found["channel_order"], found[key]) == (*expected[:3], value)
    assert parse(found).contract.dtype == dtype
    assert f"the example's values are {ends[0]:.6g} to {ends[1]:.6g}" in why[key]
    assert all("guess" in why[name] for name in ("layout", key))


def test_given_keys_override_the_example():
    said = {"layout": "NCHW", "channel_order": "BGR", "value_range": [0, 2]}
    found, why = infer_spec((1, 3, 224, 3), "float32", 0, 1, said)
    assert {key: found[key] for key in said} == said
    assert "value_range" not in why
    assert not set(said) & set(why)


@pytest.mark.parametrize(
    ("shape", "dtype", "ends", "message"),
    [
        ((1, 224, 224, 5), "float32", (0, 1), "expected an image of 1, 3 or 4 channels"),
        ((10,), "float32", (0, 1), "expected an image"),
        ((1, 1, 1, 1, 3), "float32", (0, 1), "expected an image"),
        ((), "float32", (0, 1), "expected an image"),
        ((64, 64, 3), "complex64", (0, 1), "dtype: got complex64"),
        ((64, 64, 3), "float32", (-1000, 1000), "set it with --value-range"),
        ((64, 64, 3), "uint8", (0, 256), "set it with --value-range"),
        ((64, 64, 1), "float32", (-2, 2), "set it with --value-range"),
    ],
)
def test_invalid_example_is_refused(shape, dtype, ends, message):
    with pytest.raises(ImgcheckError, match=message):
        infer_spec(shape, dtype, *ends, {})


def test_channel_order_selects_the_channel_axis():
    assert infer_spec((1, 64, 64, 1), "float32", 0, 1, {"channel_order": "gray"})[0]["layout"] == "NHWC"
    with pytest.raises(ImgcheckError, match="expected an image of 3 channels"):
        infer_spec((1, 64, 64, 1), "float32", 0, 1, {"channel_order": "RGB"})


@pytest.mark.parametrize(
    "given",
    [
        TEMPLATE,
        BASE,
        {**BASE, "resize": {"mode": "shortest_edge", "size": 256}, "decode": {"exif": "ignore"}, "name": "x"},
        {**BASE, "geometry": [{"crop": {"square": 1}}, {"resize": {}}]},
    ],
)
def test_commented_spec_round_trips_through_yaml(given):
    text = format_commented_spec(given, {"shape": "an example"})
    assert read(text.encode(), "x").value == given
    assert "# an example\nshape: " in text


def test_commented_keys_are_valid_when_uncommented():
    """Each line offered in a comment is a line of the language."""
    text = format_commented_spec(
        {"shape": BASE["shape"], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}, {}
    )
    start = text.index("# decode:")
    offered = [line.removeprefix("# ") for line in text[start : text.index("\n\n", start)].splitlines()]
    decode = read("\n".join(offered).encode(), "x").value["decode"]
    assert parse({**BASE, "decode": {**decode, "alpha": "composite"}}).decode.background == (255, 255, 255)
    for key in ("resize", "payload", "expect_range", "name", "layout"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"# {key}: ")]
        assert parse({**BASE, **read(line.removeprefix("# ").encode(), "x").value})
