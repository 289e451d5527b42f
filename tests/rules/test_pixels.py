"""The identified pipeline of a tensor's source image, compared with the spec."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, jpeg, picture

from sm_imgcheck import process, rules
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.types import Candidate, Facts, Header, Options, Origin, Plan, SourceComparison, Step
from sm_imgcheck.spec.parse import parse

FACTS = Facts(shape=(64, 64, 3), layout="HWC", dtype="uint8", channel_order="RGB", low=0, high=255)
SPEC = parse({"shape": [64, 64, 3], "dtype": "uint8", "channel_order": "RGB", "value_range": [0, 255]})
DECODE = Step(op="decode", params={"dct": "accurate", "gray": False})
STRETCH = {"mode": "stretch", "size": [64, 64], "max_size": None, "rounding": "floor"}
RESIZE = Step(op="resize_pillow", params={**STRETCH, "interpolation": "bilinear", "dtype": "uint8"})
FLAT = Step(op="color", params={"mode": "RGBA", "to": "RGB", "alpha": "drop", "background": [255] * 3, "to_gray": ""})
WHITE = Step(op="color", params={**FLAT.params, "alpha": "composite"})
WANTED = (DECODE, RESIZE)


def origin(*steps, **changes):
    return Origin(steps=steps, facts=FACTS, mean_difference=0.0, max_difference=0.0, **changes)


def pixel_findings(*origins, mean=2.0, most=40.0, wanted=WANTED):
    plan = Plan(steps=wanted, before=FACTS, after=(FACTS,) * len(wanted))
    header = Header(format="JPEG", mode="RGB", height=48, width=64)
    ideal = SourceComparison(source="a.jpg", header=header, plan=plan, mean_difference=mean, max_difference=most)
    candidate = Candidate(path="x", kind="tensor", facts=FACTS, origins=origins, ideal=ideal)
    return [(one.code, one.severity, one.message) for one in rules.run(candidate, SPEC) if one.code[:3] == "PIX"]


def resize_step(op="resize_pillow", **changes):
    return Step(op=op, params={**RESIZE.params, **changes})


@pytest.mark.parametrize(
    ("steps", "code", "words"),
    [
        (WANTED, "", ""),
        ((DECODE, Step(op="orient", params={"orientation": 6}), RESIZE), "PIX103", "left as stored"),
        ((Step(op="decode", params={"dct": "tensorflow"}), RESIZE), "PIX104", "TensorFlow's fast DCT"),
        (
            (DECODE, resize_step(mode="shortest_edge", size=64)),
            "PIX105",
            "resize mode: got shortest edge to 64, expected stretched",
        ),
        (
            (DECODE, resize_step(interpolation="bicubic")),
            "PIX106",
            "interpolation: got Pillow bicubic, expected Pillow bilinear",
        ),
        ((DECODE, resize_step("resize_opencv")), "PIX106", "OpenCV INTER_LINEAR without antialias"),
        ((DECODE, resize_step("resize_torch", antialias=False, dtype="float32")), "PIX106", "PyTorch bilinear without"),
        ((DECODE, RESIZE, Step(op="mirror")), "PIX107", "horizontal flip: got mirrored, expected not mirrored"),
        ((DECODE, FLAT, RESIZE), "PIX108", "color conversion: got alpha dropped, expected no conversion"),
        (
            (DECODE, WHITE, RESIZE),
            "PIX108",
            "color conversion: got alpha composited onto white, expected no conversion",
        ),
    ],
)
def test_each_differing_trait_has_its_code(steps, code, words):
    told = pixel_findings(origin(*steps))
    assert [one[0] for one in told] == ([code] if code else [])
    assert all(words in message for _, _, message in told)


def test_missing_resize_is_reported():
    messages = [message for _, _, message in pixel_findings(origin(DECODE))]
    assert [message.partition(" (")[0] for message in messages] == [
        "resize mode: got not resized, expected stretched to 64x64",
        "interpolation: got no resize, expected Pillow bilinear",
    ]


@pytest.mark.parametrize(
    ("mean", "most", "severity"),
    [(0.12, 1.0, "notice"), (1.2, 15.0, "warning"), (2.6, 15.0, "error"), (0.3, 40.0, "error"), (None, None, "error")],
)
def test_pixel_difference_sets_the_severity(mean, most, severity):
    ((_, weight, message),) = pixel_findings(origin(DECODE, resize_step(interpolation="bicubic")), mean=mean, most=most)
    assert weight == severity
    assert ("(difference: at most " in message) is (most is not None)


def test_differences_between_tied_origins_are_ignored():
    cropped = origin(DECODE, resize_step(mode="shortest_edge", size=64, interpolation="bicubic"))
    stretched = origin(DECODE, resize_step(interpolation="bicubic"))
    assert [code for code, _, _ in pixel_findings(stretched, cropped)] == ["PIX106"]
    assert pixel_findings(origin(*WANTED), cropped) == []


def test_different_image_and_unknown_pipeline_are_reported():
    assert [code for code, _, _ in pixel_findings()] == ["PIX101"]
    near = replace(origin(DECODE, Step(op="mirror")), exact=False, mean_difference=3.21, max_difference=71.2)
    ((code, severity, message),) = pixel_findings(near)
    assert (code, severity) == ("PIX102", "warning")
    assert "(difference 3.2 gray levels on average, at most 71.2): not resized, mirrored, RGB" in message


def test_tensor_without_source_has_no_pixel_finding():
    assert not [one for one in rules.run(Candidate(path="x", kind="tensor", facts=FACTS), SPEC) if "PIX" in one.code]


BODY = jpeg(picture(90, 120), quality=95)
RGB = np.asarray(Image.open(io.BytesIO(BODY)).resize((64, 64), Image.Resampling.BILINEAR))
UNIT = {"shape": [1, 64, 64, 3], "dtype": "float32", "value_range": [0, 1]}


def validate_with_source(array, source=BODY, **changes):
    resize = {"mode": "stretch", "interpolation": "bilinear"}
    spec = {**UNIT, "channel_order": "RGB", "resize": resize, **changes}
    return process(array, spec, Options(source=source))


def test_order_and_values_are_observed_not_assumed():
    result = validate_with_source((RGB[None, ..., ::-1] / np.float32(127.5) - 1).astype("float32"))
    assert [one.code for one in result.findings] == ["CHN101", "VAL103"]
    assert result.facts.channel_order == "BGR"
    assert result.facts.assumed == ()
    assert result.facts.recipe == "divided by 127.5, minus 1"
    assert result.ideal.max_difference == 0
    assert [step.op for step in result.plan.steps] == ["to_pixels", "reorder", "cast", "scale"]


def test_tensor_made_by_the_spec_has_no_findings():
    result = validate_with_source((RGB[None] / np.float32(255)).astype("float32"))
    assert result.findings == ()
    assert result.origins[0].exact
    assert result.ideal.source == "the source image"


def test_noise_reports_source_mismatch():
    result = validate_with_source(np.random.default_rng(0).random((1, 64, 64, 3), np.float32))
    assert result.origins == ()
    assert "PIX101" in [one.code for one in result.findings]


@pytest.mark.parametrize(
    "array", [np.full((1, 64, 64, 3), np.nan, np.float32), np.zeros((2, 3, 4, 5, 6)), np.array(["x"])]
)
def test_non_image_array_is_not_searched(array):
    result = validate_with_source(array)
    assert result.origins is None
    assert result.findings


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (b"", "the source image: "),
        (b"nonsense", "the source image: "),
        (BODY[:200], "the source image: "),
        ("/nowhere.jpg", "source image /nowhere.jpg: cannot be opened"),
        (b"\x93NUMPY\x01\x00", "the source image: "),
    ],
)
def test_non_image_source_is_an_error(source, why):
    with pytest.raises(ImgcheckError, match="source image") as error:
        validate_with_source(RGB[None], source)
    assert str(error.value).startswith(why)


def test_source_refused_by_the_spec_still_identifies_the_pipeline():
    gray = encode_image(Image.fromarray(picture(90, 120, 1).squeeze()), "PNG")
    array = np.asarray(Image.open(io.BytesIO(gray)).convert("RGB").resize((64, 64), 2))
    result = validate_with_source((array[None] / np.float32(255)).astype("float32"), gray, decode={"gray": "reject"})
    assert result.origins[0].exact
    assert "gray" in result.ideal.refused
    assert result.ideal.plan is None
