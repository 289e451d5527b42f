"""Two specs compared in effect: spelling does not count, and the largest change of pixels is first."""

import json

import numpy as np
import pytest
from model_files import onnx_model
from PIL import Image

from sm_imgcheck.cli import main
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.spec_diff import diff_specs
from sm_imgcheck.features.spec_diff.image import built_in_image
from sm_imgcheck.features.spec_diff.resolve import ComparedSpec, resolve_compared
from sm_imgcheck.spec.parse import parse

BASE = {"shape": ["N", 3, 64, 64], "layout": "NCHW", "dtype": "float32", "channel_order": "RGB", "value_range": [-1, 1]}


@pytest.fixture(scope="module")
def image():
    return built_in_image()


def torch_spec(name="spec", drop=(), **changes):
    mapping = {key: value for key, value in {**BASE, **changes}.items() if key not in drop}
    return ComparedSpec(name=name, spec=parse(mapping))


EQUAL = {
    "unit-half": {"drop": ["value_range"], "normalize": {"units": "unit", "mean": 0.5, "std": 0.5}},
    "byte-half": {"drop": ["value_range"], "normalize": {"units": "byte", "mean": [127.5] * 3, "std": [127.5] * 3}},
    "resize-spelled-out": {
        "resize": {"mode": "stretch", "size": [64, 64], "interpolation": "bicubic", "library": "pillow"}
    },
    "geometry-form": {"geometry": [{"resize": {"size": [64, 64]}}]},
    "description": {"description": "another text", "source": "elsewhere"},
    "dtype-spelling": {"dtype": "TYPE_FP32"},
    "batch-symbol": {"shape": [-1, 3, 64, 64]},
}


@pytest.mark.parametrize("case", EQUAL)
def test_different_spelling_is_equal_in_effect(case, image):
    result = diff_specs(torch_spec(), torch_spec(**EQUAL[case]), image, "image")
    assert result.differences == ()
    assert result.equal


DIFFERENT = {
    "value_range": {"value_range": [0, 1]},
    "channel_order": {"channel_order": "BGR"},
    "resize": {"resize": {"interpolation": "bilinear"}},
    "layout": {"layout": "NHWC", "shape": ["N", 64, 64, 3]},
    "dtype": {"dtype": "float16"},
    "decode.exif": {"decode": {"exif": "ignore"}},
}


@pytest.mark.parametrize("field", DIFFERENT)
def test_changed_field_is_the_only_difference(field, image):
    result = diff_specs(torch_spec(), torch_spec(**DIFFERENT[field]), image, "image")
    assert [difference.field for difference in result.differences] == [field]
    assert not result.equal


def test_differences_are_ordered_by_the_change_of_pixels(image):
    other = torch_spec(channel_order="BGR", resize={"interpolation": "bilinear"}, decode={"exif": "ignore"})
    result = diff_specs(torch_spec(), other, image, "image")
    assert [difference.field for difference in result.differences] == ["channel_order", "resize", "decode.exif"]
    means = [difference.change.mean for difference in result.differences]
    assert means[0] > means[1] > means[2] == 0
    assert result.total.mean > 0


def test_layout_changes_no_pixels(image):
    result = diff_specs(torch_spec(), torch_spec(layout="NHWC", shape=["N", 64, 64, 3]), image, "image")
    assert result.differences[0].change.maximum == 0


def test_different_size_is_the_first_difference(image):
    other = torch_spec(shape=["N", 3, 32, 32], channel_order="BGR")
    result = diff_specs(torch_spec(), other, image, "image")
    assert result.differences[0].change.mean is None
    assert (result.differences[0].change.first_size, result.differences[0].change.second_size) == ((64, 64), (32, 32))


def test_mean_listed_in_reversed_order_is_equal(image):
    mean = [0.485, 0.456, 0.406]
    rgb = torch_spec(drop=["value_range"], channel_order="BGR", normalize={"mean": mean, "order": "RGB"})
    bgr = torch_spec(drop=["value_range"], channel_order="BGR", normalize={"mean": mean[::-1], "order": "BGR"})
    assert diff_specs(rgb, bgr, image, "image").equal


def test_importable_files_are_compared_and_unknown_fields_named(tmp_path, image):
    (tmp_path / "model.onnx").write_bytes(onnx_model([("x", "float32", ["n", 3, 224, 224])]))
    result = diff_specs(
        resolve_compared("torchvision-imagenet"), resolve_compared(str(tmp_path / "model.onnx")), image, "image"
    )
    assert result.unknown == ("channel_order", "value_range", "resize")
    assert not result.equal


def test_imported_configuration_equals_its_preset(tmp_path, image):
    config = {"image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}, "resample": 2}
    path = tmp_path / "preprocessor_config.json"
    path.write_text(json.dumps(config))
    assert diff_specs(resolve_compared("vit-base-patch16"), resolve_compared(str(path)), image, "image").equal


def test_missing_file_is_refused():
    with pytest.raises(ImgcheckError, match="no such file"):
        resolve_compared("no-such-spec.yaml")


def test_spec_diff_compares_on_the_given_image(tmp_path, capsys):
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (300, 200), (200, 30, 60)).save(photo)
    assert main(["spec", "diff", "keras-tf", "keras-tf", "--source", str(photo)]) == 0
    capsys.readouterr()
    assert main(["spec", "diff", "keras-tf", "keras-torch", "--source", str(photo), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"][0]["field"] == "value_range"
    assert main(["spec", "diff", "keras-tf", "keras-torch", "--source", str(tmp_path / "absent.jpg")]) == 2
    assert "absent.jpg: cannot be opened" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "reason"), [("x.npy", "got a tensor, expected an image"), ("notes.txt", "text")])
def test_spec_diff_refuses_a_source_that_is_not_an_image(tmp_path, capsys, name, reason):
    np.save(tmp_path / "x.npy", np.zeros((1, 224, 224, 3), np.float32))
    (tmp_path / "notes.txt").write_text("hello")
    assert main(["spec", "diff", "pillow-rgb-01", "pillow-bgr-01", "--source", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: source image {tmp_path / name}: {reason}\n")
