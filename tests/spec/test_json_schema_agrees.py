"""The JSON Schema and the loader accept and reject the same specs, each mistake with one clear error."""

import pytest
from jsonschema import Draft202012Validator

from sm_imgcheck.core.errors import SpecError
from sm_imgcheck.serving.envelopes import ENVELOPES
from sm_imgcheck.serving.stacks import STACKS
from sm_imgcheck.spec.json_schema import schema
from sm_imgcheck.spec.load import load
from sm_imgcheck.spec.yaml import read

VALIDATOR = Draft202012Validator(schema())
SHAPE, DTYPE, ORDER, RANGE = "shape: [N, 224, 224, 3]", "dtype: float32", "channel_order: RGB", "value_range: [0, 1]"
BASE = f"{SHAPE}\n{DTYPE}\n{ORDER}\n"
OPEN = "shape: [N, 3, H, W]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
GOOD = f"{BASE}{RANGE}\n"
INT8 = GOOD.replace("float32", "int8")

RIGHT = [
    GOOD,
    GOOD.replace("RGB", "bgr"),
    GOOD.replace("RGB", "Rgb"),
    GOOD.replace("float32", "TYPE_FP32"),
    GOOD.replace("float32", "torch.float16"),
    GOOD.replace("float32", "tensor(float)"),
    GOOD.replace("float32", "'<f4'"),
    GOOD.replace("float32", "np.float32"),
    GOOD.replace("float32", "half"),
    GOOD.replace("N, 224, 224", "-1, 224.0, 224"),
    GOOD.replace("N, 224, 224", "null, H, W"),
    GOOD.replace("N, 224, 224", "batch, height, width"),
    GOOD.replace("N, 224, 224", "N, '32..640', '..640'"),
    GOOD.replace("N, 224, 224", "'?', '32..', '*'"),
    GOOD.replace("N, 224, 224, 3", "N, 3, 224, 224"),
    GOOD.replace("N, 224, 224, 3", "224, 224, 3"),
    GOOD + "layout: nhwc\n",
    f"shape: [28, 28]\n{DTYPE}\nchannel_order: GRAY\n{RANGE}\nlayout: HW\n",
    f"shape: [N, 28, 28, 1]\n{DTYPE}\nchannel_order: gray\nnormalize: {{mean: 0.5, std: [0.5]}}\n",
    f"shape: [N, 64, 64, 4]\n{DTYPE}\nchannel_order: RGBA\nnormalize: {{mean: [0, 0, 0, 0], std: [1, 1, 1, 1]}}\n",
    BASE.replace("float32", "uint8"),
    BASE + "normalize: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}\n",
    BASE + "normalize: {mean: [123, 117, 104], units: byte}\n",
    BASE + "normalize: {std: 0.5}\n",
    BASE + "normalize: {mean: 127.5, std: 127.5, units: BYTE}\n",
    BASE + "value_range: null\nnormalize: {mean: 0.5}\n",
    BASE.replace("RGB", "BGR") + "normalize: {mean: [0.485, 0.456, 0.406], order: RGB}\n",
    INT8.replace("[0, 1]", "[-128, 127]"),
    INT8.replace("[0, 1]", "[-1, 1]") + "quantize: {scale: 0.0078125}\n",
    INT8 + "quantize: {scale: 0.004, zero_point: -128, rounding: half_away}\n",
    GOOD + "expect_range: [-2.2, 2.7]\n",
    GOOD + "decode: {exif: ignore, library: opencv}\n",
    GOOD + "decode: {alpha: composite, background: [0, 0, 0]}\n",
    GOOD + "decode: {max_pixels: 1000000, truncated: allow, icc: null}\n",
    GOOD + "resize: none\n",
    GOOD + "resize: {mode: none}\n",
    GOOD + "resize: {mode: stretch, size: [224, 224]}\n",
    GOOD + "resize: {mode: shortest_edge, size: 256, interpolation: bilinear}\n",
    GOOD + "resize: {mode: shortest_edge, size: 256, crop: center, crop_rounding: floor}\n",
    GOOD + "resize: {mode: letterbox, fill: 114, library: opencv}\n",
    GOOD + "resize: {mode: letterbox, fill: [114, 114, 114]}\n",
    GOOD + "resize: {mode: cover, rounding: half_up}\n",
    GOOD + "resize: {library: torch, antialias: true, interpolation: bicubic}\n",
    GOOD + "resize: {library: tensorflow, dtype: float32}\n",
    GOOD + "resize: {crop: none}\n",
    GOOD + "geometry: []\nresize: null\n",
    GOOD + "geometry: [{crop: {fraction: 0.875}}, {resize: {size: [224, 224]}}]\n",
    GOOD + "geometry: [{crop: {square: 1}}, {resize: {mode: stretch, size: 224}}]\n",
    GOOD + "geometry: [{resize: null}]\n",
    GOOD + "geometry: [{resize: {mode: longest_edge, size: 224}}, {pad: {size: [224, 224], fill: 0}}]\n",
    GOOD + "geometry: [{resize: {}}, {pad: {multiple_of: 32, position: top_left}}]\n",
    OPEN + "resize: {mode: closest_edge, size: [518, 518], multiple_of: 14, multiple_rounding: ceil}\n",
    OPEN + "resize: {mode: keep, multiple_of: 14}\n",
    GOOD + "geometry: [{pad: {aspect: [1, 1], fill: 3}}, {resize: {}}]\n",
    GOOD + "payload: {stack: pytorch, envelope: npy, endpoint: async}\n",
    GOOD + "name: x\npayload: {stack: triton, envelope: triton-binary}\n",
    GOOD + "payload: {envelope: image, content_type: image/jpeg, max_bytes: 1000}\n",
    GOOD + "payload: {stack: custom, envelope: raw, content_type: a/b}\n",
    GOOD + "golden: [{image: a.jpg, tensor: a.npy}, {image: b.jpg, tensor: b.npy, tolerance: 1.5}]\n",
    GOOD + "name: serving_default_x\ndescription: |\n  Two\n  lines\nsource: https://example.com\nversion: 1\n",
    "extends: torchvision-imagenet\n",
    "extends: torchvision-imagenet\nresize: {interpolation: bicubic}\n",
    "extends: keras-tf\nnormalize: {mean: 0.5, std: 0.5}\ndtype: float16\n",
    "extends: keras-tf\ndecode: {exif: ignore}\nexpect_range: null\n",
]
WRONG = [
    BASE,
    f"{SHAPE}\n{DTYPE}\n{RANGE}\n",
    f"{SHAPE}\n{ORDER}\n{RANGE}\n",
    f"{DTYPE}\n{ORDER}\n{RANGE}\n",
    GOOD + "shap: 1\n",
    GOOD + "version: 2\n",
    GOOD + "name: 3\n",
    GOOD + "source: [a]\n",
    GOOD.replace(SHAPE, "shape: 224"),
    GOOD.replace(SHAPE, "shape: null"),
    GOOD.replace("N, 224", "N, 0"),
    GOOD.replace("N, 224", "N, -2"),
    GOOD.replace("N, 224", "N, 70000"),
    GOOD.replace("N, 224", "N, X"),
    GOOD.replace("N, 224", "N, 2.5"),
    GOOD.replace("N, 224", "N, true"),
    GOOD.replace("N, 224", "N, '..'"),
    GOOD.replace("N, 224", "N, '0..5'"),
    GOOD.replace(SHAPE, "shape: [3]"),
    GOOD.replace(SHAPE, "shape: [N, 1, 224, 224, 3]"),
    GOOD + "layout: NHCW\n",
    GOOD + "layout: HWC\n",
    f"shape: [28, 28]\n{DTYPE}\n{ORDER}\n{RANGE}\nlayout: HW\n",
    GOOD.replace("float32", "flaot32"),
    GOOD.replace("float32", "float"),
    GOOD.replace("float32", "32"),
    GOOD.replace("float32", "float32)"),
    GOOD.replace("RGB", "RBG"),
    GOOD.replace("[0, 1]", "[0, 1, 2]"),
    GOOD.replace("[0, 1]", "[0, x]"),
    GOOD.replace("[0, 1]", "[0, .inf]"),
    GOOD.replace("[0, 1]", "0..1"),
    GOOD + "normalize: {mean: 0.5}\n",
    BASE + "normalize: {}\n",
    BASE + "normalize: {order: RGB}\n",
    BASE + "normalize: {mean: '0.5'}\n",
    BASE + "normalize: {std: 0}\n",
    BASE + "normalize: {mean: [0.5, 0.5]}\n",
    BASE + "normalize: {mean: [0.5, 0.5, 0.5, 0.5]}\n",
    BASE + "normalize: {mean: [123, 117, 104]}\n",
    BASE + "normalize: {mean: 0.5, units: bytes}\n",
    GOOD + "quantize: {scale: 0.1}\n",
    INT8.replace("[0, 1]", "[-1, 1]") + "quantize: {zero_point: 1}\n",
    BASE.replace("float32", "int8") + "quantize: {scale: 1}\n",
    GOOD + "decode: {exif: true}\n",
    GOOD + "decode: {max_pixels: 0}\n",
    GOOD + "decode: {background: [0, 0, 0]}\n",
    GOOD + "decode: apply\n",
    GOOD + "resize: stretch\n",
    GOOD + "resize: {size: 224}\n",
    GOOD + "resize: {}\ngeometry: []\n",
    GOOD + "resize: {size: [1, 2, 3]}\n",
    GOOD + "resize: {antialias: yes}\n",
    GOOD + "resize: {antialias: true}\n",
    GOOD + "resize: {mode: shortest_edge, size: [256, 256]}\n",
    GOOD + "resize: {mode: stretch, rounding: floor}\n",
    GOOD + "resize: {mode: cover, rounding: detr}\n",
    GOOD + "resize: {mode: none, size: [224, 224]}\n",
    GOOD + "resize: {library: opencv, interpolation: hamming}\n",
    GOOD + "resize: {library: tensorflow, interpolation: bicubic, dtype: uint8}\n",
    GOOD + "geometry: [{crop: {fraction: 0.5}, pad: {size: 224}}]\n",
    GOOD + "geometry: [{rotate: {}}]\n",
    GOOD + "geometry: [{crop: {}}]\n",
    GOOD + "geometry: [{crop: {fraction: 0.5, square: 1}}, {resize: {}}]\n",
    GOOD + "geometry: [{resize: {mode: none}}]\n",
    GOOD + "geometry: [{resize: {}}, {pad: {fill: 0}}]\n",
    GOOD + "payload: {stack: pytorhc}\n",
    GOOD + "payload: {envelope: numpy}\n",
    GOOD + "payload: {stack: pytorch, envelope: raw}\n",
    GOOD + "payload: {endpoint: sync}\n",
    GOOD + "golden: [{image: a.jpg}]\n",
    "extends: keras-tf\nresize: {sise: 3}\n",
    "extends: 3\n",
]


def value(text):
    return read(text.encode(), "spec.yaml").value


def test_spec_lists_have_at_least_60_entries():
    assert len(RIGHT) >= 60
    assert len(WRONG) >= 60


@pytest.mark.parametrize("text", RIGHT)
def test_valid_spec_is_accepted_by_loader_and_schema(text):
    load(value(text))
    assert [error.message for error in VALIDATOR.iter_errors(value(text))] == []


@pytest.mark.parametrize("text", WRONG)
def test_invalid_spec_is_one_error_of_loader_and_schema(text):
    with pytest.raises(SpecError) as caught:
        load(value(text))
    assert len(caught.value.problems) == 1
    (error,) = VALIDATOR.iter_errors(value(text))
    assert "under any of the given schemas" not in error.message
    assert len(error.message) < 250


@pytest.mark.parametrize("registry", [STACKS, ENVELOPES])
def test_stacks_and_envelopes_are_enumerated_with_descriptions(registry):
    key = schema()["properties"]["payload"]["properties"]["stack" if registry is STACKS else "envelope"]
    assert key["enum"] == [*registry.by_rank(), None]
    assert all(key["markdownEnumDescriptions"])
    assert len(key["markdownEnumDescriptions"]) == len(key["enum"])


def test_schema_has_a_urn_and_is_valid():
    Draft202012Validator.check_schema(schema())
    assert schema()["$id"].startswith("urn:sm-imgcheck:")
