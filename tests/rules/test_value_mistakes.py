"""Wrong value mappings: each mistake by its name, from the values alone and with a source; unknown ones as unknown."""

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

import sm_imgcheck
from sm_imgcheck.core.recipes import candidates, is_unnamed, name_of
from sm_imgcheck.core.types import Affine
from sm_imgcheck.core.value_mapping import same

PIXELS = np.clip(picture(72, 96) * 0.9 + 20, 21, 247).round().astype(np.uint8)
"""Neither black nor white."""
IMAGE = PIXELS.astype(np.float32)
SOURCE = encode_image(Image.fromarray(PIXELS), "PNG")
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
SPEC = {"shape": ["N", 72, 96, 3], "dtype": "float32", "channel_order": "RGB"}
UNIT = {**SPEC, "value_range": [0, 1]}
IMAGENET = {**SPEC, "normalize": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}
ORDER = {"channel_order": "RGB"}


def errors(array, spec, **options):
    report = sm_imgcheck.validate(array.astype(np.float32)[np.newaxis], spec, **options)
    return {finding.code: finding.message for finding in report.findings if finding.severity != "notice"}


NAMED = {
    "divided by 127": IMAGE / 127,
    "divided by 127, minus 1": IMAGE / 127 - 1,
    "minus 128, divided by 256": (IMAGE - 128) / 256,
    "minus 127.5, divided by 128": (IMAGE - 127.5) / 128,
    "ImageNet std without mean, in RGB order": IMAGE / 255 / STD,
    "ImageNet mean without std, in RGB order": IMAGE / 255 - MEAN,
    "ImageNet mean and std, in RGB order, twice": ((IMAGE / 255 - MEAN) / STD - MEAN) / STD,
    "ImageNet mean times 255 and std, in RGB order": (IMAGE / 255 - MEAN * 255) / STD,
    "ImageNet mean times 255 and std, without dividing by 255, in RGB order": (IMAGE - MEAN * 255) / STD,
    "ImageNet mean times 255 without std, in RGB order": IMAGE / 255 - MEAN * 255,
    "ImageNet mean and std without dividing by 255, in RGB order": (IMAGE - MEAN) / STD,
    "divided by 255, then caffe mean, in RGB order": IMAGE / 255 - np.float32([123.68, 116.779, 103.939]),
}


@pytest.mark.parametrize("source", [None, SOURCE], ids=["values alone", "with source"])
@pytest.mark.parametrize("name", NAMED)
@pytest.mark.sample(6)
def test_wrong_value_mapping_is_named_in_val103(name, source):
    found = errors(NAMED[name], UNIT, source=source, assume=ORDER)
    assert set(found) == {"VAL103"}
    assert f"got {name} (" in found["VAL103"]


@pytest.mark.parametrize("source", [None, SOURCE], ids=["values alone", "with source"])
@pytest.mark.parametrize(
    ("array", "spec", "code", "text"),
    [
        (IMAGE / 255 / 255, UNIT, "VAL102", "values divided by 255 twice"),
        ((IMAGE / 255 / 255 - MEAN) / STD, IMAGENET, "VAL102", "values divided by 255 twice"),
        (IMAGE / 255, {**SPEC, "value_range": [0, 255]}, "VAL103", "got divided by 255 ("),
        (
            IMAGE / 255 / 127.5 - 1,
            {**SPEC, "value_range": [-1, 1]},
            "VAL102",
            "divided by 255, then scaled as specified",
        ),
        (IMAGE, UNIT, "VAL101", "values not scaled: got 0..255, expected 0..1"),
    ],
    ids=["0..1", "ImageNet", "divided once", "-1..1", "not scaled"],
)
@pytest.mark.sample(5)
def test_divisions_by_255_are_counted(array, spec, code, text, source):
    found = errors(array, spec, source=source, assume=ORDER)
    assert set(found) == {code}
    assert text in found[code]


PER_IMAGE = {
    "mean and std of each image": (IMAGE - IMAGE.mean()) / IMAGE.std(),
    "mean and std of each channel": (IMAGE - IMAGE.mean((0, 1))) / IMAGE.std((0, 1), ddof=1),
    "division by the maximum": IMAGE / IMAGE.max(),
    "to 0..1 by its own minimum and maximum": (IMAGE - IMAGE.min()) / (IMAGE.max() - IMAGE.min()),
    "to -1..1 by its own": (IMAGE - IMAGE.min()) / (IMAGE.max() - IMAGE.min()) * 2 - 1,
}


@pytest.mark.parametrize("source", [None, SOURCE], ids=["values alone", "with source"])
@pytest.mark.parametrize("spec", [UNIT, IMAGENET], ids=["0..1", "ImageNet"])
@pytest.mark.parametrize("name", PER_IMAGE)
@pytest.mark.sample(5)
def test_per_image_scaling_is_named(name, spec, source):
    report = sm_imgcheck.validate(PER_IMAGE[name].astype(np.float32)[None], spec, source=source, assume=ORDER)
    (finding,) = (finding for finding in report.findings if finding.severity == "error")
    assert finding.code == "VAL111"
    assert name in finding.message
    assert (finding.fixed_by is not None) is (source is not None)


@pytest.mark.parametrize("least", [0, -1])
def test_scaling_by_the_extremes_of_each_channel_is_named(least):
    levels = np.rint(IMAGE * np.float32([1, 0.9, 0.7]))
    low, high = levels.min((0, 1)), levels.max((0, 1))
    array = ((levels - low) / (high - low) * (1 - least) + least).astype(np.float32)
    found = errors(array, UNIT, assume=ORDER)
    assert f"of each channel of each image to {least}..1 by its own minimum and maximum" in found["VAL111"]


def test_per_image_scaling_is_named_after_a_float_resize():
    resized = (IMAGE[::2, ::2] * 0.37 + IMAGE[1::2, 1::2] * 0.63).repeat(2, 0).repeat(2, 1)
    assert set(errors((resized - resized.mean()) / resized.std(), UNIT, assume=ORDER)) == {"VAL111"}


def test_batch_of_standardized_images_is_named():
    batch = np.stack([(one - one.mean()) / one.std() for one in (IMAGE, IMAGE[::-1] ** 1.1)]).astype(np.float32)
    codes = {finding.code for finding in sm_imgcheck.validate(batch, UNIT, assume=ORDER).findings}
    assert codes == {"VAL111"}


@pytest.mark.parametrize("array", [IMAGE / 255, picture(72, 96).astype(np.float32) / 255], ids=["dull", "full range"])
def test_constant_scaling_gets_no_finding(array):
    assert errors(array, UNIT, assume=ORDER) == {}


def test_unknown_mapping_of_one_image_gets_no_mean_and_std():
    strange = (IMAGE / 255 - np.float32([0.4732, 0.4417, 0.3966])) / np.float32([0.2411, 0.2296, 0.2337])
    found = errors(strange, UNIT, source=SOURCE, assume=ORDER)
    assert set(found) == {"VAL103"}
    assert "an unknown mapping of 0..255 to [" in found["VAL103"]
    assert "mean [" not in found["VAL103"]


def test_round_numbers_are_written_as_mean_and_std():
    affine = Affine(scale=(1 / 127.5, 1 / 100, 1 / 60), offset=(-1.0, -1.2, -2.0))
    assert name_of(affine) == "mean [127.5, 120, 120] and std [127.5, 100, 60] of x in 0..255"
    assert is_unnamed(name_of(affine))


def test_mapping_names_without_chain_are_distinct():
    named = [(name, affine) for name, affine in candidates(3) if ", then" not in name and ", twice" not in name]
    for index, (name, affine) in enumerate(named):
        assert not [other for other, mapping in named[:index] if same(affine, mapping, tolerance=0.01)], name


RGBA = np.dstack([IMAGE, np.full((72, 96), 255, np.float32)])


@pytest.mark.parametrize(
    ("array", "spec", "codes"),
    [
        (RGBA, {**UNIT, "value_range": [0, 255]}, {"SHP107"}),
        (RGBA / 255, UNIT, {"SHP107"}),
        (np.dstack([(IMAGE / 255 - MEAN) / STD, RGBA[..., 3:]]), IMAGENET, {"SHP107"}),
        (((IMAGE[..., :1] / 255 - MEAN[0]) / STD[0]), IMAGENET, {"SHP107"}),
        (IMAGE[..., :1] / 255, UNIT, {"SHP107"}),
        (RGBA, UNIT, {"SHP107", "VAL101"}),
    ],
    ids=["RGBA pixels", "RGBA 0..1", "RGBA ImageNet", "gray ImageNet", "gray 0..1", "RGBA not scaled"],
)
def test_different_channel_count_gets_no_mapping_finding(array, spec, codes):
    assert set(errors(array, spec)) - {"CHN104"} == codes
