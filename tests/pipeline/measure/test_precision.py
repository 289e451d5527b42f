"""Values once stored with fewer digits: the precision is measured, and no finding is lost by it."""

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

import sm_imgcheck
from sm_imgcheck.core.value_mapping import RECIPES, canonical
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.pipeline.measure.precision import max_rounding, shown_precision, spacing


def through_bfloat16(array):
    """Round float32 to the nearest bfloat16."""
    bits = array.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


WAYS = {
    "float16": lambda array: array.astype(np.float16).astype(np.float32),
    "bfloat16": through_bfloat16,
    "3 decimals": lambda array: np.round(array.astype(np.float64), 3).astype(np.float32),
    "4 decimals": lambda array: np.round(array.astype(np.float64), 4),
    "": lambda array: array.astype(np.float32),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("recipe", ["divided by 255", "ImageNet mean and std", "caffe mean"])
def test_reduced_precision_is_identified(way, recipe):
    affine = canonical(dict(RECIPES)[recipe], 3)
    image = picture(64, 64) * 0.9371341  # as after a resize in floats
    facts = measure(WAYS[way](image * np.array(affine.scale) + np.array(affine.offset))[np.newaxis], None, {})
    assert facts.precision == way


@pytest.mark.parametrize(
    "values",
    [
        picture().astype(np.float32),
        (picture().astype(np.float32) - 128) / 128,
        picture().astype(np.float32) / 255,
        (picture() > 99).astype(np.float32),
        picture().astype(np.float16),
        picture(),
    ],
    ids=["0..255", "by 128", "by 255", "mask", "float16", "uint8"],
)
def test_values_of_full_precision_have_no_precision_label(values):
    assert shown_precision(values, [values.reshape(-1)]) == ""


def test_spacing_equals_the_spacing_of_the_dtype():
    values = np.array([0.3, 1.0, 100.0, -2.5])
    assert (spacing(values, "float16") == np.spacing(np.abs(values).astype(np.float16))).all()
    assert (spacing(values, "float32") == np.spacing(np.abs(values).astype(np.float32))).all()
    assert (spacing(values, "2 decimals") == 0.01).all()
    assert max_rounding("uint8", 255.0) == 0.0


IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
SPEC = {"shape": ["N", 3, 72, 96], "dtype": "float32", "channel_order": "RGB", "normalize": IMAGENET}


@pytest.mark.parametrize("resize", ["uint8", "float32"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.sample(5)
def test_no_finding_is_lost_with_lower_precision(way, resize):
    """BGR data with RGB statistics."""
    image = picture(144, 150)
    spec = {**SPEC, "resize": {"size": [72, 96], "library": "opencv", "interpolation": "bilinear", "dtype": resize}}
    right = sm_imgcheck.convert(encode_image(Image.fromarray(image), "PNG"), spec)[0]
    mean, std = (np.float32(IMAGENET[key])[:, None, None] for key in ("mean", "std"))
    wrong = (right * std + mean)[::-1] * 1.0
    tensor = WAYS[way]((wrong - mean) / std)[np.newaxis].astype(np.float32)
    report = sm_imgcheck.validate(tensor, spec, source=encode_image(Image.fromarray(image), "PNG"))
    assert {finding.code for finding in report.findings} == {"CHN101", "CHN103"}
    assert report.origins[0].exact


@pytest.mark.parametrize("way", ["float16", "3 decimals", ""])
def test_recipe_is_named_without_source(way):
    image = picture(72, 96).astype(np.float32) / 255
    array = WAYS[way]((image[..., ::-1] - np.float32(IMAGENET["mean"])) / np.float32(IMAGENET["std"]))
    assert measure(array[np.newaxis], None, {}).recipe == "ImageNet mean and std, in RGB order"


def test_half_precision_case_keeps_its_findings(shared_cases):
    case = shared_cases / "silent" / "03-half-precision"
    report = sm_imgcheck.validate(case / "bgr_via_float16.npy", "torchvision-imagenet", source=str(case / "photo.jpg"))
    assert {finding.code for finding in report.findings} == {"CHN101", "CHN103"}
