"""No tensor is written from a fact that is uncertain, nor from a shape other than that of an image."""

import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from sample_images import landscape

import sm_imgcheck
from sm_imgcheck import cli
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.layouts import likely_reading, reading
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.spec.parse import parse

HEIGHT, WIDTH = 48, 64


PICTURE = landscape()
SMALL = PICTURE[::2, ::2]
FLOATS = SMALL.astype(np.float32) / 255


def spec(**changes):
    return {"shape": ["N", 48, 64, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1], **changes}


BGR = spec(channel_order="BGR")


def test_landscape_has_likely_order_rgb():
    facts = measure(PICTURE, parse(BGR).contract, {})
    assert facts.likely_order == "RGB"
    assert facts.order_probability > 0.9


@pytest.mark.parametrize("array", [PICTURE, SMALL, FLOATS[np.newaxis]], ids=["resize", "scale", "finished"])
def test_likely_wrong_order_is_not_converted_without_assumption(array):
    with pytest.raises(PlanError, match="--assume channel_order=RGB") as raised:
        sm_imgcheck.convert(array, BGR)
    assert raised.value.assumptions == ("channel_order=RGB",)
    with pytest.raises(PlanError, match="--assume channel_order=RGB"):
        sm_imgcheck.plan(array, BGR)
    with pytest.raises(PlanError, match="--assume channel_order=RGB"):
        sm_imgcheck.build_payload(array, BGR)
    expected = sm_imgcheck.convert(array, spec())[..., ::-1]
    assert (sm_imgcheck.convert(array, BGR, assume={"channel_order": "RGB"}) == expected).all()
    assert (sm_imgcheck.convert(array, BGR, allow_guess=True) == expected).all()
    kept = sm_imgcheck.convert(array, BGR, assume={"channel_order": "BGR"})
    assert (kept == expected[..., ::-1]).all()


def test_gray_model_applies_assumed_order_to_color_weights():
    gray = spec(shape=["N", 48, 64, 1], channel_order="GRAY")
    blue_first = np.ascontiguousarray(SMALL[..., ::-1])
    report = sm_imgcheck.validate(blue_first, gray)
    assert "CHN104" in {finding.code for finding in report.findings}
    with pytest.raises(PlanError, match="--assume channel_order=BGR"):
        sm_imgcheck.convert(blue_first, gray)
    right = sm_imgcheck.convert(SMALL, gray)
    assert (sm_imgcheck.convert(blue_first, gray, assume={"channel_order": "BGR"}) == right).all()
    assert (sm_imgcheck.convert(blue_first, gray, allow_guess=True) == right).all()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a BGR spec and an RGB array."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bgr.yaml").write_text(json.dumps(BGR))
    (tmp_path / "rgb.yaml").write_text(json.dumps(spec()))
    np.save("x.npy", SMALL)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["convert", "-o", "out"],
        ["convert", "-o", "out.npy"],
        ["payload", "-o", "out"],
        ["validate", "--emit", "out", "--fail-on", "never"],
        ["send", "--url", "http://127.0.0.1:9/invocations"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_writing_commands_refuse_the_likely_wrong_order(words, folder, capsys):
    before = sorted(file.name for file in folder.rglob("*") if file.is_file())
    assert cli.main([words[0], "x.npy", "-s", "bgr.yaml", *words[1:]]) == 1
    assert "--assume channel_order=RGB" in "".join(capsys.readouterr())
    assert sorted(file.name for file in folder.rglob("*") if file.is_file()) == before


def test_validate_suggests_the_command_with_the_assumption(folder, capsys):
    cli.main(["validate", "x.npy", "-s", "bgr.yaml"])
    command = capsys.readouterr().out.splitlines()[-1].strip()
    assert command == "sm-imgcheck convert x.npy -s bgr.yaml --assume channel_order=RGB -o out"
    assert cli.main(shlex.split(command)[1:]) == 0
    expected = sm_imgcheck.convert(SMALL, spec())[..., ::-1]
    assert (np.load(folder / "out" / "x.npy") == expected).all()


def test_validate_suggests_no_assumption_that_only_some_candidates_need(folder, capsys):
    np.save("y.npy", np.ascontiguousarray(SMALL[..., ::-1]))
    cli.main(["validate", "x.npy", "y.npy", "-s", "bgr.yaml"])
    command = capsys.readouterr().out.splitlines()[-1].strip()
    assert command == "sm-imgcheck convert x.npy y.npy -s bgr.yaml -o out"


def test_plan_command_refuses_the_likely_wrong_order(folder, capsys):
    assert cli.main(["plan", "x.npy", "-s", "bgr.yaml"]) == 1
    assert "no plan: channel order: probably RGB" in capsys.readouterr().out


def test_probably_misscaled_values_are_not_converted_without_assumption():
    symmetric = spec(value_range=[-1, 1])
    values = (0.02 + 0.9 * FLOATS * (1 + 1e-3 * np.sin(np.arange(3)))).astype(np.float32)[np.newaxis]
    assert "VAL105" in {finding.code for finding in sm_imgcheck.validate(values, symmetric).findings}
    with pytest.raises(PlanError, match="--assume value_range=0,1") as raised:
        sm_imgcheck.convert(values, symmetric)
    assert raised.value.assumptions == ("value_range=0,1",)
    wanted = values * 2 - 1
    assert np.abs(sm_imgcheck.convert(values, symmetric, assume={"value_range": "0,1"}) - wanted).max() < 1e-5
    assert (sm_imgcheck.convert(values, symmetric, assume={"value_range": "-1,1"}) == values).all()


def test_swapped_height_and_width_require_layout_assumption():
    turned = SMALL.transpose(1, 0, 2)
    with pytest.raises(PlanError, match="--assume layout=WHC"):
        sm_imgcheck.convert(turned, spec())
    wide = sm_imgcheck.convert(turned, spec(), assume={"layout": "WHC"})
    assert (wide == sm_imgcheck.convert(SMALL, spec())).all()
    assert sm_imgcheck.convert(turned, spec(), assume={"layout": "HWC"}).shape == (1, 48, 64, 3)


CHW = FLOATS.transpose(2, 0, 1)


@pytest.mark.parametrize("wanted", [["N", 48, 64, 3], ["N", 3, 48, 64], ["N", "H", "W", 3]], ids=str)
@pytest.mark.parametrize(
    ("layout", "array"),
    [
        ("HWCN", FLOATS[..., np.newaxis]),
        ("CHWN", CHW[..., np.newaxis]),
        ("HCW", FLOATS.transpose(0, 2, 1)),
        ("HNCW", FLOATS.transpose(0, 2, 1)[:, np.newaxis]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_permuted_axes_are_converted_only_with_assumed_layout(layout, array, wanted):
    contract = spec(shape=wanted)
    report = sm_imgcheck.validate(array, contract)
    assert [finding.code for finding in report.findings] == ["SHP101"]
    with pytest.raises(PlanError, match="--assume layout="):
        sm_imgcheck.convert(array, contract)
    expected = sm_imgcheck.convert(SMALL, contract)
    got = sm_imgcheck.convert(array, contract, assume={"layout": layout, "channel_order": "RGB"})
    assert np.abs(got - expected).max() < 1e-6


@pytest.mark.parametrize(
    ("array", "wanted", "hint"),
    [
        (FLOATS.reshape(1, -1), ["N", 48, 64, 3], "9216 = 48 x 64 x 3: flattened?"),
        (FLOATS.reshape(-1), ["N", 3, 48, 64], "9216 = 3 x 48 x 64: flattened?"),
        (FLOATS.reshape(48, 192), ["N", 48, 64, 3], "192 = 64 x 3: flattened?"),
        (np.stack([FLOATS.reshape(-1)] * 300), ["N", 48, 64, 3], "9216 = 48 x 64 x 3: flattened?"),
        (np.zeros((1, 150528), np.float32), ["N", "H", "W", 3], "150528 = 224 x 224 x 3: flattened?"),
        (FLOATS[np.newaxis, np.newaxis], ["N", 48, 64, 3], "[48, 64, 3] HWC with extra axes of length 1"),
        (FLOATS.reshape(1, 3072, 3), ["N", 48, 64, 3], ""),
        (CHW.reshape(1, 3, 3072), ["N", 3, 48, 64], ""),
    ],
    ids=lambda value: str(value.shape) if isinstance(value, np.ndarray) else "",
)
def test_non_image_shape_is_reported_with_its_likely_reading(array, wanted, hint):
    contract = spec(shape=wanted)
    report = sm_imgcheck.validate(array, contract)
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["SHP101"]
    assert hint in report.findings[0].message
    for allow_guess in (False, True):
        with pytest.raises(PlanError):
            sm_imgcheck.convert(array, contract, allow_guess=allow_guess)


def test_permuted_axes_in_json_and_request_bodies_are_reported(tmp_path):
    permuted = {"shape": [48, 64, 3, 1], "dtype": "float32", "data": FLOATS[..., np.newaxis].tolist()}
    (tmp_path / "x.json").write_text(json.dumps(permuted))
    assert [finding.code for finding in sm_imgcheck.validate(tmp_path / "x.json", spec()).findings] == ["SHP101"]
    body = io.BytesIO()
    np.save(body, CHW[..., np.newaxis])
    for content, kind in [
        (body.getvalue(), "application/x-npy"),
        (json.dumps(permuted["data"]).encode(), "application/json"),
    ]:
        report = sm_imgcheck.validate(content, spec(), content_type=kind)
        assert "SHP101" in {finding.code for finding in report.findings}


@pytest.mark.parametrize(
    ("shape", "wanted", "order", "layout"),
    [
        ((1, 1, 200, 3), ["N", 1, 200, 3], "RGB", "NHWC"),
        ((1, 200, 3), ["N", 1, 200, 3], "RGB", "HWC"),
        ((1, 3, 3, 224), ["N", 3, 3, 224], "RGB", "NCHW"),
        ((1, 3, 224, 1), ["N", 3, 224, 1], "GRAY", "NHWC"),
        ((1, 3, 1, 640), ["N", 3, "H", "W"], "RGB", "NCHW"),
        ((1, 2, 640, 3), ["N", "H", "W", 3], "RGB", "NHWC"),
        ((1, 480, 640, 3), ["N", "H", "W", 3], "RGB", "NHWC"),
        ((3, 224, 224, 1), ["N", 224, 224, 1], "GRAY", "NHWC"),
        ((3, 224, 224, 1), ["N", "H", "W", 1], "GRAY", "NHWC"),
        ((28, 28), ["N", 28, 28, 1], "GRAY", "HW"),
        ((224, 224), ["N", 224, 224, 3], "RGB", "HW"),
        ((16, 28, 28, 1), ["N", 28, 28, 1], "GRAY", "NHWC"),
        ((784, 28, 28), ["N", 28, 28, 1], "GRAY", "NHW"),
        ((32, 2000, 3), ["N", 32, "W", 3], "RGB", "HWC"),
        ((2, 2, 3), ["N", 224, 224, 3], "RGB", "HWC"),
        ((600, 3000, 3), ["N", 224, 224, 3], "RGB", "HWC"),
        ((1, 224, 224, 4), ["N", 224, 224, 3], "RGB", "NHWC"),
        ((5, 224, 224, 1), ["N", 224, 224, 3], "RGB", "NHWC"),
    ],
)
def test_unambiguous_shapes_keep_their_layout(shape, wanted, order, layout):
    contract = parse(spec(shape=wanted, channel_order=order)).contract
    assert reading(shape, contract) == layout


def test_unrelated_shape_has_no_likely_reading():
    assert likely_reading((7, 11, 13), parse(spec()).contract) is None


def photo(seed=3):
    """A smooth color image, HWC float32 in 0..1, with detail in both directions."""
    rng = np.random.default_rng(seed)
    small = rng.random((6, 8, 3))
    rows, columns = np.linspace(0, 5, 48), np.linspace(0, 7, 64)
    tall = np.stack([[np.interp(rows, range(6), small[:, x, c]) for x in range(8)] for c in range(3)], -1)
    wide = np.stack([[np.interp(columns, range(8), tall[:, y, c]) for y in range(48)] for c in range(3)], -1)
    return wide.astype(np.float32)


@pytest.mark.parametrize("gray", [False, True], ids=["color", "gray"])
def test_reshape_instead_of_transpose_is_an_error(gray):
    right = np.repeat(photo()[..., :1], 3, 2) if gray else photo()
    for array, shape in [
        (right.reshape(1, 3, 48, 64), ["N", 3, 48, 64]),
        (right.transpose(2, 0, 1).reshape(1, 48, 64, 3), ["N", 48, 64, 3]),
    ]:
        contract = spec(shape=shape)
        codes = {finding.code for finding in sm_imgcheck.validate(array, contract).findings}
        assert "SHP108" in codes
        with pytest.raises(PlanError, match="reshape instead of transpose"):
            sm_imgcheck.convert(array, contract, assume={"channel_order": "RGB"})
    for array, shape in [
        (right.transpose(2, 0, 1)[np.newaxis], ["N", 3, 48, 64]),
        (right[np.newaxis], ["N", 48, 64, 3]),
    ]:
        findings = sm_imgcheck.validate(array, spec(shape=shape), assume={"channel_order": "RGB"}).findings
        assert not [finding for finding in findings if finding.code == "SHP108"]
        assert (sm_imgcheck.convert(array, spec(shape=shape), assume={"channel_order": "RGB"}) == array).all()


@pytest.mark.parametrize(
    "picture",
    [
        np.random.default_rng(0).random((48, 64, 3)),
        np.broadcast_to(np.linspace(0, 1, 48)[:, None, None] * [1, 0.5, 0.2], (48, 64, 3)),
        np.broadcast_to(np.linspace(0, 1, 64)[None, :, None] * [1, 0.5, 0.2], (48, 64, 3)),
        np.broadcast_to([1, 0.5, 0.2], (48, 64, 3)),
    ],
    ids=["noise", "vertical gradient", "horizontal gradient", "one color"],
)
def test_patterns_are_not_reported_as_reshaped(picture):
    for array, shape in [(picture, [48, 64, 3]), (np.ascontiguousarray(picture.transpose(2, 0, 1)), [3, 48, 64])]:
        findings = sm_imgcheck.validate(array.astype(np.float32), spec(shape=shape)).findings
        assert not [finding for finding in findings if finding.code == "SHP108"]


@pytest.mark.parametrize("case", ["field-01-reshape-for-transpose/x.npy", "field-02-v2-json-claims-nchw/body.json"])
def test_field_cases_of_reshape_are_errors(case):
    file = Path(__file__).parents[3] / "shared" / "cases" / case
    if not file.exists():
        pytest.skip(f"{file} is absent")
    content_type = "application/json" if file.suffix == ".json" else None
    report = sm_imgcheck.validate(file, file.parent / "spec.yaml", content_type=content_type)
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["SHP108"]


def test_four_channels_are_one_error():
    alpha = np.dstack([SMALL, SMALL[..., 0]])
    findings = sm_imgcheck.validate(alpha[np.newaxis], spec(dtype="uint8", value_range=[0, 255])).findings
    assert [finding.code for finding in findings if finding.severity == "error"] == ["SHP107"]


@pytest.mark.parametrize(
    ("array", "shape", "layout"),
    [
        (FLOATS.reshape(1, -1), ["N", 48, 64, 3], "NHWC"),
        (FLOATS.reshape(-1), ["N", 48, 64, 3], "NHWC"),
        (FLOATS.reshape(1, -1), ["N", 48, 64, 3], "HWC"),
        (FLOATS.reshape(48, 192), ["N", 48, 64, 3], "HWC"),
        (FLOATS.transpose(2, 0, 1).reshape(1, -1), ["N", 48, 64, 3], "NCHW"),
        (FLOATS.transpose(2, 0, 1).reshape(-1), ["N", 3, 48, 64], "CHW"),
        (np.stack([FLOATS, FLOATS]).reshape(2, -1), ["N", 48, 64, 3], "NHWC"),
        (FLOATS[:, :48].reshape(1, -1), ["N", "H", "W", 3], "NHWC"),
        (FLOATS.reshape(1, -1), ["N", 48, "W", 3], "NHWC"),
        (np.round(FLOATS * 255).astype(np.uint8).reshape(1, -1), ["N", 48, 64, 3], "NHWC"),
    ],
)
def test_flattened_tensor_is_reshaped_with_assumed_layout(array, shape, layout):
    given = spec(shape=shape)
    with pytest.raises(PlanError, match="--assume layout="):
        sm_imgcheck.convert(array, given)
    assume = {"layout": layout, "channel_order": "RGB"}
    result = sm_imgcheck.validate(array, given, assume=assume)
    assert ("SHP101", "reshape") in [(finding.code, finding.fixed_by) for finding in result.findings]
    tensor = sm_imgcheck.convert(array, given, assume=assume)
    expected = FLOATS[:, :48] if shape == ["N", "H", "W", 3] else FLOATS
    expected = expected.transpose(2, 0, 1) if shape[1] == 3 else expected
    assert tensor.dtype == np.float32
    assert len(tensor) == (2 if len(array) == 2 else 1)
    np.testing.assert_allclose(tensor[0], expected, atol=2e-3)


@pytest.mark.parametrize(("shape", "layout"), [((1,), "NCHW"), ((1,), "HWC"), ((2, 1), "NCHW"), ((1, 2), "NHWC")])
def test_few_flat_values_report_shp101(shape, layout):
    given = spec(shape=["N", 3, "H", "W"])
    result = sm_imgcheck.validate(np.zeros(shape, np.float32), given, assume={"layout": layout})
    assert [finding.code for finding in result.findings] == ["SHP101"]


@pytest.mark.parametrize(
    ("size", "layout"), [(9217, "NHWC"), (9216 * 2, "HWC"), (9216, "HW"), (0, "NHWC"), (3, "NHWC")]
)
def test_flattened_tensor_of_wrong_size_is_refused(size, layout):
    array = np.zeros((1, size), np.float32)
    with pytest.raises((PlanError, sm_imgcheck.CandidateError)):
        sm_imgcheck.convert(array, spec(), assume={"layout": layout, "channel_order": "RGB"})
