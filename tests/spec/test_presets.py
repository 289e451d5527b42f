"""The shipped specs: each is usable, names its source, and states every default."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sm_imgcheck.spec.json_schema import schema
from sm_imgcheck.spec.lint import lint
from sm_imgcheck.spec.load import load, presets
from sm_imgcheck.spec.yaml import read

FOLDER = Path(__file__).parents[2] / "specs"

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture(params=presets())
def name(request):
    return request.param


def spec_text_values(name):
    return read((FOLDER / f"{name}.yaml").read_bytes(), name).value


def test_presets_are_exactly_the_listed_names():
    assert set(presets()) == {
        "clip-vit-base-patch32",
        "detr-resnet-50",
        "dinov2-base",
        "keras-caffe",
        "keras-efficientnet-b0",
        "keras-inception-v3",
        "keras-tf",
        "keras-torch",
        "mobilenet-int8",
        "mobilenet-uint8",
        "opencv-dnn-caffe-ssd300",
        "pillow-bgr-01",
        "pillow-rgb-01",
        "pillow-rgb-pm1",
        "siglip-base-patch16",
        "timm-imagenet-235",
        "timm-inception",
        "timm-vit-base-patch16",
        "torchvision-convnext-tiny",
        "torchvision-efficientnet-b0",
        "torchvision-imagenet",
        "torchvision-imagenet-232",
        "torchvision-inception-342",
        "torchvision-swin-t",
        "vit-base-patch16",
        "yolo-letterbox-640",
    }


def test_preset_has_no_lint_warning(name):
    assert lint(load(name)) == ()


def test_preset_is_valid_for_the_schema(name):
    Draft202012Validator(schema()).validate(spec_text_values(name))


def test_preset_has_source_url_and_description(name):
    spec = load(name)
    assert spec.source.startswith("https://")
    assert 20 < len(spec.description) < 100


def test_preset_states_every_default_explicitly(name):
    given = spec_text_values(name)
    assert {"shape", "layout", "dtype", "channel_order", "decode", "resize"} < set(given)
    assert ("value_range" in given) != ("normalize" in given)
    assert {"mode", "size", "interpolation", "library", "dtype"} <= set(given["resize"])
    if "normalize" in given:
        assert {"units", "order"} < set(given["normalize"])
    resolved = load(name).resolved
    assert given["decode"] == {key: value for key, value in resolved["decode"].items() if key != "max_pixels"}


@pytest.mark.parametrize(
    ("names", "exif"),
    [
        ("pillow-rgb-01 pillow-bgr-01 pillow-rgb-pm1 keras-tf keras-torch keras-caffe mobilenet-uint8", "ignore"),
        ("torchvision-imagenet torchvision-imagenet-232 torchvision-inception-342 timm-inception", "ignore"),
        ("clip-vit-base-patch32 vit-base-patch16 siglip-base-patch16", "apply"),
        ("yolo-letterbox-640 opencv-dnn-caffe-ssd300", "apply"),
    ],
)
def test_preset_exif_policy_follows_its_library(names, exif):
    assert {load(name).decode.exif for name in names.split()} == {exif}


@pytest.mark.parametrize(
    ("name", "layout", "order", "mean", "std", "units"),
    [
        ("keras-torch", "NHWC", "RGB", *IMAGENET, "unit"),
        ("keras-caffe", "NHWC", "BGR", (103.939, 116.779, 123.68), None, "byte"),
        ("torchvision-imagenet", "NCHW", "RGB", *IMAGENET, "unit"),
        ("torchvision-imagenet-232", "NCHW", "RGB", *IMAGENET, "unit"),
        ("torchvision-inception-342", "NCHW", "RGB", *IMAGENET, "unit"),
        ("timm-inception", "NCHW", "RGB", *HALF, "unit"),
        ("vit-base-patch16", "NCHW", "RGB", *HALF, "unit"),
        ("siglip-base-patch16", "NCHW", "RGB", *HALF, "unit"),
        ("opencv-dnn-caffe-ssd300", "NCHW", "BGR", (104, 117, 123), None, "byte"),
    ],
)
def test_presets_with_normalize_have_mean_std_and_units(name, layout, order, mean, std, units):
    contract = load(name).contract
    assert (contract.layout, contract.channel_order) == (layout, order)
    assert (contract.values.mean, contract.values.std, contract.values.units) == (mean, std, units)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("keras-tf", -1, 1), ("pillow-rgb-01", 0, 1), ("yolo-letterbox-640", 0, 1), ("mobilenet-uint8", 0, 255)],
)
def test_presets_with_value_range_have_low_and_high(name, low, high):
    values = load(name).contract.values
    assert (values.low, values.high, values.mean) == (low, high, None)


@pytest.mark.parametrize(
    ("name", "edge", "side", "interpolation", "rounding"),
    [
        ("torchvision-imagenet", 256, 224, "bilinear", "round"),
        ("torchvision-imagenet-232", 232, 224, "bilinear", "round"),
        ("torchvision-inception-342", 342, 299, "bilinear", "round"),
        ("timm-inception", 341, 299, "bicubic", "round"),
        ("clip-vit-base-patch32", 224, 224, "bicubic", "floor"),
        ("timm-imagenet-235", 235, 224, "bicubic", "round"),
        ("timm-vit-base-patch16", 248, 224, "bicubic", "round"),
        ("torchvision-efficientnet-b0", 256, 224, "bicubic", "round"),
        ("torchvision-convnext-tiny", 236, 224, "bilinear", "round"),
        ("torchvision-swin-t", 232, 224, "bicubic", "round"),
        ("dinov2-base", 256, 224, "bicubic", "floor"),
    ],
)
def test_presets_with_shortest_edge_have_size_and_crop(name, edge, side, interpolation, rounding):
    resize, crop = load(name).geometry
    assert (resize.op, resize.params["mode"], resize.params["size"]) == ("resize_pillow", "shortest_edge", edge)
    assert resize.params["interpolation"] == interpolation
    assert (crop.op, crop.params["size"], crop.params["rounding"]) == ("crop", [side, side], rounding)


def test_pillow_presets_differ_only_in_order_and_range():
    a, b, c = (load(name) for name in ("pillow-rgb-01", "pillow-bgr-01", "pillow-rgb-pm1"))
    assert a.geometry == b.geometry == c.geometry
    (step,) = a.geometry
    assert (step.op, step.params["size"], step.params["interpolation"]) == ("resize_pillow", [224, 224], "bicubic")
    assert (a.contract.channel_order, b.contract.channel_order) == ("RGB", "BGR")
    assert (a.contract.values.low, b.contract.values.low, c.contract.values.low) == (0, 0, -1)


def test_int8_preset_has_scale_1_128_and_zero_point_0():
    quantize = load("mobilenet-int8").contract.quantize
    assert (quantize.scale, quantize.zero_point, quantize.rounding) == (1 / 128, 0, "half_away")


def test_at_most_30_presets_are_shipped():
    assert len(presets()) <= 30


def test_detr_preset_has_size_800_and_max_size_1333():
    (resize,) = load("detr-resnet-50").geometry
    assert (resize.params["size"], resize.params["max_size"], resize.params["rounding"]) == (800, 1333, "detr")
