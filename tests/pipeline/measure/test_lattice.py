"""The grid of the values identifies the mapping where there is one; ambiguous mappings are not named."""

import numpy as np
import pytest
from sample_images import picture

from sm_imgcheck import convert, rules, validate
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.layouts import by_shape
from sm_imgcheck.core.recipes import candidates, explain_ends, plausible, singles
from sm_imgcheck.core.types import Candidate, Channel
from sm_imgcheck.core.value_mapping import same
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.pipeline.measure.lattice import channels_of, constant_channels
from sm_imgcheck.spec.parse import parse

IMAGE = picture(72, 96).astype(np.float32)
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
SPEC = {"shape": ["N", 72, 96, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}


def has_gray_levels(array, values):
    """Whether all values are integers in 0..255 before the mapping."""
    levels = (array - np.array(values.offset)) / np.array(values.scale)
    return levels.min() > -0.1 and levels.max() < 255.1 and np.abs(levels - np.rint(levels)).max() < 0.1


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.sample(3)
def test_mappings_are_named_correctly_or_not_at_all(dtype, monkeypatch):
    """All named mappings, for an image without black and white: named correctly or not at all.

    Two mappings in sequence may have the values of a standard one: minus [123, 117, 104] and divided by 256 has those
    of minus 128 and divided by 256: then the standard one is named.
    """
    monkeypatch.setattr("sm_imgcheck.pipeline.measure.likely_order", lambda *_: ("", 0.0))  # it is slow
    image = np.clip(IMAGE * 0.8 + 20, 0, 255).round()
    named = 0
    for name, affine in (*singles(3), *candidates(3)[::9]):
        if abs(max(affine.scale)) < 1e-6:
            continue
        array = (image * np.float32(affine.scale) + np.float32(affine.offset)).astype(dtype)
        facts = measure(array[None], None, {})
        is_standard = name in dict(singles(3))
        is_named = facts.values is None or same(facts.values, affine, tolerance=0.1)
        assert is_named or (not is_standard and has_gray_levels(array, facts.values)), (name, facts.recipe)
        named += facts.values is not None
    assert named > {"float16": 25, "float32": 50, "float64": 50}[dtype]


@pytest.mark.parametrize(
    ("array", "recipe"),
    [
        ((IMAGE / 255 - MEAN[::-1]) / STD, "ImageNet mean in BGR order and std in RGB order"),
        (((IMAGE / 255) / 255 - MEAN) / STD, "divided by 255, then ImageNet mean and std, in RGB order"),
        (((IMAGE / 255 - MEAN) / STD - MEAN) / STD, "ImageNet mean and std, in RGB order, twice"),
        (IMAGE / 255 - MEAN, "ImageNet mean without std, in RGB order"),
        (
            (IMAGE / 255 - np.float32([0.1, 0.2, 0.3])) / np.float32([0.4, 0.5, 0.6]),
            "mean [0.1, 0.2, 0.3] and std [0.4, 0.5, 0.6] of x / 255",
        ),
        (IMAGE * 3 - 7, "0..255 mapped to -7..758"),
        (IMAGE.astype(np.uint16) * 257, "multiplied by 257, as 16 bits"),
        ((IMAGE - 128).astype(np.int8), "minus 128"),
    ],
)
def test_mapping_is_identified_by_its_value_grid(array, recipe):
    facts = measure(array, None, {})
    assert facts.recipe == recipe
    assert facts.whole
    assert facts.channels == ()


def test_image_without_extremes_gives_step_but_no_mapping():
    image = (IMAGE * 0.5 + 30).round()
    facts = measure((image / 255 - np.float32([0.1, 0.2, 0.3])) / np.float32([0.4, 0.5, 0.6]), None, {})
    assert facts.values is None
    assert [1 / (255 * one.step) for one in facts.channels] == pytest.approx([0.4, 0.5, 0.6], rel=1e-5)
    assert all(100 < one.levels < 255 for one in facts.channels)


def test_extremes_in_any_channel_identify_a_shared_mapping():
    image = IMAGE.copy()
    image[..., 0] = (image[..., 0] * 0.5).round()
    image[..., 1:] = (image[..., 1:] * 0.5 + 127.5).round()
    assert measure(image / 255 * 7, None, {}).recipe == "0..255 mapped to 0..7"


@pytest.mark.parametrize("shift", [np.float32([123, 117, 104]), np.float32([104, 117, 123]), np.float32(128)])
def test_integer_means_leave_the_mapping_unknown(shift):
    image = np.clip(IMAGE, 40, 210)
    facts = measure(image - shift, None, {})
    assert facts.values is None
    assert [one.step for one in facts.channels] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("image", [IMAGE // 4, IMAGE // 2 * 2])
def test_dark_image_leaves_the_mapping_unknown(image):
    facts = measure(image / np.float32(127.5), None, {})
    assert facts.values is None
    assert facts.channels[0].step == pytest.approx(image[image > 0].min() / 127.5)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_float_resize_leaves_no_value_grid(dtype):
    halved = IMAGE.reshape(36, 2, 48, 2, 3)[:, 0, :, 0] * 0.37 + IMAGE.reshape(36, 2, 48, 2, 3)[:, 1, :, 1] * 0.63
    facts = measure((halved / 255).astype(dtype), None, {})
    assert facts.values is None
    assert all(one.step == 0 for one in facts.channels)
    assert plausible(facts.channels)[:2] in (("divided by 255", "divided by 256"), ("divided by 256", "divided by 255"))


@pytest.mark.parametrize("shape", [(1, 256, 3), (256, 1, 3), (16, 16, 1)])
def test_single_pixel_strip_has_a_value_grid(shape):
    array = np.random.default_rng(0).permutation(256 * 3)[: np.prod(shape)].reshape(shape) % 256 * 0.7 + 3
    assert channels_of(array, 2)[0].step == pytest.approx(0.7)


@pytest.mark.parametrize("levels", [2, 9])
def test_few_levels_leave_the_mapping_unknown(levels):
    image = (IMAGE / 255 * (levels - 1)).round() * 20
    assert all(one.step == 0 for one in channels_of(image, 2))
    assert measure(image / 77, None, {}).values is None


def test_float16_spacing_is_not_a_value_grid():
    smooth = np.linspace(96, 104, 4096, dtype=np.float64).reshape(64, 64).astype(np.float16)
    assert channels_of(smooth, None)[0].step == 0


def test_undersampled_ramp_is_not_a_value_grid():
    ramp = np.broadcast_to(np.arange(1000.0), (70, 1000))
    assert channels_of(ramp, None)[0].step == 0


def test_constant_channel_is_named():
    image = IMAGE.astype(np.uint8)
    image[..., 1] = 7
    assert constant_channels(image, 2) == (1,)
    assert constant_channels(np.zeros((4, 4, 3)), 2) == ()
    assert constant_channels(image[..., 0], None) == ()
    (found,) = (one for one in validate(image[None], SPEC).findings if one.code == "VAL107")
    assert found.message == "constant channel: got a single value in channel 1 (G), expected an image in every channel"
    image[..., 2] = 9
    (found,) = (one for one in validate(image[None], SPEC).findings if one.code == "VAL107")
    assert found.message.startswith("constant channel: got a single value in each of channels 1 (G) and 2 (B)")


@pytest.mark.parametrize(
    ("array", "found"),
    [
        ((IMAGE / 255).astype(np.uint8), True),
        (((IMAGE / 255 - MEAN) / STD).astype(np.int8), True),
        (((IMAGE / 255 - MEAN) / STD).astype(np.int8).view(np.uint8), True),
        (np.where(IMAGE > 128, 255, 0).astype(np.uint8), False),
        ((IMAGE / 255 * 4).astype(np.uint8), False),
        (IMAGE.astype(np.uint8), False),
        ((IMAGE > 128).astype(np.float32), False),
    ],
)
def test_scaled_values_cast_to_integers_are_reported(array, found):
    codes = [one.code for one in validate(array[None], SPEC).findings]
    assert ("VAL109" in codes) is found


def test_integers_that_wrapped_around_in_uint8_are_refused():
    wrapped = ((IMAGE / 255 - MEAN) / STD).astype(np.int8).view(np.uint8)[None]
    findings = {finding.code: finding.message for finding in validate(wrapped, SPEC).findings}
    assert "VAL101" not in findings
    assert "got the integers -2..2 (uint8, negative ones wrapped around)" in findings["VAL109"]
    with pytest.raises(PlanError, match="the image is lost"):
        convert(wrapped, SPEC)


@pytest.mark.parametrize("levels", [(1, 2, 254, 255), (0, 1, 2, 255), (0, 1, 254, 255), (0, 255)])
def test_scan_or_labels_in_uint8_keep_their_range(levels):
    array = np.random.default_rng(0).choice(np.array(levels, np.uint8), (1, 48, 64, 3))
    assert "VAL109" not in {finding.code for finding in validate(array, SPEC).findings}
    assert measure(array, None, {}).low == min(levels)


def spec_findings(array):
    spec = parse(SPEC)
    facts = measure(array[None], spec.contract, {})
    return rules.run(Candidate(path="x", kind="tensor", facts=facts), spec)


def spec_codes(array):
    return [one.code for one in spec_findings(array)]


def test_value_grid_impossible_for_the_spec_reports_val110():
    image = (IMAGE * 0.5 + 30).round() / 255
    assert "VAL110" in spec_codes((image - 0.3) / 0.7)
    assert "VAL110" in spec_codes(image - np.float32(0.1001))
    (said,) = (one.message for one in spec_findings(image - np.float32(0.1001)) if one.code == "VAL110")
    assert "offset of the values: got another offset, expected the spec's mean" in said
    (said,) = (one.message for one in spec_findings((image - 0.3) / 0.7) if one.code == "VAL110")
    assert "by channel: got [0.005602, 0.005602, 0.005602], expected [0.003922, 0.003922, 0.003922]" in said
    assert "VAL110" not in spec_codes(image)
    assert "VAL110" not in spec_codes((image * 127).round() / 127.5)  # every second level
    assert "VAL110" not in spec_codes(image**1.1)  # no grid


def test_ambiguous_grid_is_not_named():
    channel = Channel(low=-100, high=100, step=1, levels=200)
    assert explain_ends((channel,) * 3, tolerance=0.02) is None
    assert explain_ends((Channel(low=0, high=200, step=1, levels=200),) * 3, tolerance=0.02) is not None


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 3, 224, 224), "NCHW"),
        ((1, 224, 224, 3), "NHWC"),
        ((3, 224, 224), "CHW"),
        ((224, 224, 3), "HWC"),
        ((224, 224), "HW"),
        ((8, 224, 224), "NHW"),
        ((3, 3, 224, 224), "NCHW"),
        ((1, 28, 28), "CHW"),
        ((16, 9, 9, 9, 3), "?????"),
        ((7,), "?"),
    ],
)
def test_shape_without_spec_gives_its_layout(shape, layout):
    assert by_shape(shape) == layout
