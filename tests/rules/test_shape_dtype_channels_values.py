"""Checks of facts against a contract: small values, no arrays, both sides of each boundary."""

import pytest

from sm_imgcheck import rules
from sm_imgcheck.core.types import Candidate, Facts, Values
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.spec.parse import parse

NHWC = {"shape": ["N", 224, 224, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
NCHW = {**NHWC, "shape": ["N", 3, 224, 224]}
IMAGENET = {
    "normalize": {"units": "unit", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"},
    "value_range": None,
}
RIGHT = Facts(shape=(1, 224, 224, 3), layout="NHWC", dtype="float32", channel_order="RGB", low=0.0, high=1.0)


def spec(**changes):
    return parse({key: value for key, value in {**NHWC, **changes}.items() if value is not None})


def facts(**changes):
    from dataclasses import replace

    return replace(RIGHT, **changes)


def affine(low, high, channels=3):
    return canonical(Values(low=low, high=high), channels)


def findings_by_code(seen, wanted, kind="tensor"):
    candidate = Candidate(path="x.npy", kind=kind, facts=seen)
    return {finding.code: finding for finding in rules.run(candidate, wanted)}


def test_correct_tensor_has_no_findings():
    assert findings_by_code(facts(), spec()) == {}


@pytest.mark.parametrize(
    ("code", "seen", "wanted", "expected", "actual"),
    [
        ("SHP101", {"shape": (150528,), "layout": "?"}, {}, "NHWC [N, 224, 224, 3]", "[150528]"),
        ("SHP102", {"shape": (224, 224, 3), "layout": "HWC"}, {}, "NHWC", "HWC"),
        ("SHP103", {"shape": (2, 224, 224, 3)}, {"shape": [1, 224, 224, 3]}, "1", "2"),
        ("SHP104", {}, {"shape": [224, 224, 3]}, "HWC", "NHWC"),
        ("SHP105", {"shape": (1, 3, 224, 224), "layout": "NCHW"}, {}, "NHWC", "NCHW"),
        ("SHP105", {"shape": (3, 224, 224), "layout": "CHW"}, {"shape": [224, 224, 3]}, "HWC", "CHW"),
        ("SHP106", {"shape": (1, 225, 224, 3)}, {}, "224x224", "225x224"),
        ("SHP106", {"shape": (1, 31, 224, 3)}, {"shape": ["N", "32..1024", 224, 3]}, "32..1024x224", "31x224"),
        ("SHP107", {"shape": (1, 224, 224, 1), "channel_order": "GRAY"}, {}, "3", "1"),
        ("SHP107", {"shape": (1, 224, 224, 4), "channel_order": "RGBA"}, {}, "3", "4"),
        ("DTY101", {"dtype": "float64"}, {}, "float32", "float64"),
        ("DTY102", {"byte_order": "swapped"}, {}, "native", "swapped"),
        ("DTY103", {"fortran": True}, {}, "C order", "Fortran order"),
        ("DTY104", {"dtype": "object", "low": None, "high": None}, {}, "float32", "object"),
        ("CHN101", {"channel_order": "BGR"}, {}, "RGB", "BGR"),
        ("VAL101", {"values": affine(0, 255), "high": 255.0}, {}, "0..1", "0..255"),
        ("VAL102", {"values": affine(0, 1 / 255), "high": 1 / 255}, {}, "0..1", "0..0.003922"),
        ("VAL103", {"values": affine(-1, 1), "low": -1.0, "recipe": "divided by 127.5, minus 1"}, {}, "0..1",
         "divided by 127.5, minus 1"),
        ("VAL104", {"low": -0.7}, {}, "0..1", "-0.7..1"),
        ("VAL104", {"high": 1.2}, {}, "0..1", "0..1.2"),
        ("VAL106", {"nans": 3, "infinities": 1}, {}, "finite", "3 NaN and 1 infinite"),
        ("VAL107", {"constant": True, "high": 0.0}, {}, "an image", "0"),
        ("VAL108", {"high": 1.0}, {"expect_range": [0, 0.9]}, "0..0.9", "0..1"),
    ],
)  # fmt: skip
def test_each_rule_reports_actual_and_expected(code, seen, wanted, expected, actual):
    findings = findings_by_code(facts(**seen), spec(**wanted))
    assert list(findings) == [code]
    assert (findings[code].expected, findings[code].actual) == (expected, actual)
    assert findings[code].certainty == "certain"


@pytest.mark.parametrize(
    ("code", "seen", "wanted"),
    [
        ("SHP103", {"shape": (7, 224, 224, 3)}, {}),
        ("SHP106", {"shape": (1, 32, 1024, 3)}, {"shape": ["N", "32..1024", "32..1024", 3]}),
        ("VAL101", {"values": affine(0, 255), "dtype": "uint8"}, {"dtype": "uint8", "value_range": [0, 255]}),
        ("VAL103", {"values": affine(0, 1)}, {}),
        ("VAL104", {"low": -0.0005, "high": 1.0005}, {}),
        ("VAL106", {}, {}),
        ("VAL108", {}, {"expect_range": [0, 1]}),
    ],
)  # fmt: skip
def test_value_inside_the_boundary_has_no_finding(code, seen, wanted):
    assert code not in findings_by_code(facts(**seen), spec(**wanted))


def test_overshoot_of_a_float_bicubic_is_accepted():
    wanted = {"resize": {"library": "torch", "interpolation": "bicubic", "dtype": "float32"}}
    assert "VAL104" not in findings_by_code(facts(low=-0.2, high=1.2), spec(**wanted))
    assert "VAL104" in findings_by_code(facts(low=-0.2, high=1.2), spec())


def test_swapped_height_and_width_is_hinted():
    finding = findings_by_code(facts(shape=(1, 320, 224, 3)), spec(shape=["N", 224, 320, 3]))["SHP106"]
    assert "swapped" in finding.message


def test_reversed_mean_order_is_reported_once():
    reversed_mean = Values(mean=(0.406, 0.456, 0.485), std=(0.225, 0.224, 0.229))
    seen = facts(values=canonical(reversed_mean, 3), low=-2.1, high=2.6)
    findings = findings_by_code(seen, spec(**IMAGENET))
    assert list(findings) == ["CHN103"]
    assert findings["CHN103"].expected == "RGB"


@pytest.mark.parametrize(
    ("wanted", "seen", "probability"),
    [
        ({"value_range": [0, 255]}, {"low": 0.01, "high": 0.97}, 0.98),
        ({"value_range": [-1, 1]}, {"low": 0.0, "high": 0.97}, 0.9),
        (IMAGENET, {"low": 0.0, "high": 0.97}, 0.9),
    ],
)
def test_unlikely_range_is_a_warning_with_its_probability(wanted, seen, probability):
    finding = findings_by_code(facts(**seen), spec(**wanted))["VAL105"]
    assert (finding.severity, finding.certainty, finding.probability) == ("warning", "likely", probability)


def test_assumed_order_is_a_notice():
    finding = findings_by_code(facts(assumed=("channel_order=RGB",)), spec())["CHN102"]
    assert finding.severity == "notice"
    assert "--assume channel_order=BGR" in finding.message


def test_unusable_candidate_has_one_finding():
    candidate = Candidate(path="x", kind="unknown", problem=rules.all_rules()["VAL106"].finding("is a riddle"))
    findings = rules.run(candidate, spec())
    assert [(finding.code, finding.message) for finding in findings] == [("VAL106", "is a riddle")]


def test_every_check_has_a_title_and_a_page():
    for code, rule in rules.all_rules().items():
        assert rule.title.endswith("."), code
        assert len(rule.page) > 80, code
        assert rule.name == rule.name.lower()
