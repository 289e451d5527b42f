"""``identify``, and ``validate --source``: what is reported about tensors of unknown origin."""

import io
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_images import jpeg, picture

from sm_imgcheck import ImgcheckError, identify, validate
from sm_imgcheck.cli import main

BODY = jpeg(picture(120, 160), quality=95)
BGR = cv2.imdecode(np.frombuffer(BODY, np.uint8), cv2.IMREAD_COLOR)
SMALL = cv2.resize(BGR, (64, 64)).astype(np.float32)
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
WRONG = ((SMALL / 255 - MEAN) / STD).transpose(2, 0, 1)[np.newaxis]
SPEC = """
shape: [N, 3, 64, 64]
dtype: float32
channel_order: RGB
normalize: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], order: RGB}
resize: {mode: stretch, interpolation: bilinear}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.jpg").write_bytes(BODY)
    (tmp_path / "spec.yaml").write_text(SPEC)
    np.save("wrong.npy", WRONG)
    return tmp_path


@pytest.fixture
def run_cli(here, capsys):
    def command(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_identify_without_source_reports_facts_from_values(run_cli):
    code, out, _ = run_cli("identify", "wrong.npy")
    assert code == 0
    assert out.splitlines()[0].startswith("wrong.npy: float32 [1, 3, 64, 64] NCHW, -1.")
    assert "RGB" not in out.splitlines()[0]  # no evidence for an order
    assert "  layout  NCHW: 1 image, 64x64 (HxW), 3 channels" in out
    assert "  values  ImageNet mean and std, in RGB order" in out
    assert "  order   " in out


def test_identify_with_source_reports_the_pipeline(run_cli):
    code, out, _ = run_cli("identify", "wrong.npy", "--source", "cat.jpg")
    assert code == 0
    assert (
        "made from cat.jpg: stretched to 64x64 by OpenCV INTER_LINEAR without antialias, BGR, "
        "ImageNet mean and std in RGB order on BGR data, float32 NCHW (equal in every value)"
    ) in out
    assert "resize_opencv  (mode=stretch, size=[64, 64], interpolation=bilinear, dtype=uint8)" in out
    assert "the model" not in out  # no spec is given


def test_identify_with_spec_lists_sections_in_order(run_cli):
    code, out, _ = run_cli("identify", "wrong.npy", "--source", "cat.jpg", "-s", "spec.yaml")
    assert code == 1
    order = ["By its source:", "From the values alone:", "Compared against spec.yaml:", "CHN101", "CHN103", "PIX106"]
    order += ["Plan to the tensor that the model expects:", "The spec's plan from cat.jpg:", "resize_pillow"]
    places = [out.index(words) for words in order]
    assert places == sorted(places)
    assert "likely" not in out  # everything is observed
    assert "CHN102" not in out


def test_identify_of_converted_tensor_matches_the_spec(run_cli):
    run_cli("convert", "cat.jpg", "-s", "spec.yaml", "-o", "out", "-q")
    code, out, _ = run_cli("identify", "out/cat.npy", "--source", "cat.jpg", "-s", "spec.yaml")
    assert code == 0
    assert "it matches the spec" in out
    assert "This image does not distinguish:" not in out or "kernel" in out


def test_validate_with_source_names_the_interpolation_mismatch(run_cli):
    code, out, _ = run_cli("validate", "wrong.npy", "--source", "cat.jpg", "-s", "spec.yaml")
    assert code == 1
    assert "made from cat.jpg: stretched to 64x64 by OpenCV" in out
    assert "What the spec does instead, from the image (JPEG, 120x160 (HxW), RGB" in out
    assert "PIX106  interpolation-mismatch" in out


def test_json_has_the_same_keys_for_every_result(run_cli):
    ways = [("wrong.npy",), ("wrong.npy", "--source", "cat.jpg"), ("absent.npy",), ("wrong.npy", "-s", "spec.yaml")]
    records = [json.loads(run_cli("identify", *way, "--format", "json")[1]) for way in ways]
    assert {" ".join(record) for record in records} == {
        "version path kind facts source description plausible std mean spec findings plan skipped"
    }
    alone, by_source, absent, held = records
    assert alone["description"]["values"] == "ImageNet mean and std, in RGB order"
    assert alone["source"] is None
    assert by_source["source"]["exact"] is True
    assert by_source["source"]["traits"]["kernel"] == ["OpenCV INTER_LINEAR without antialias"]
    assert by_source["source"]["origins"][0]["max_difference"] == 0
    assert by_source["source"]["spec"]["steps"] == []
    assert absent["findings"][0]["code"] == "SRC101"
    assert held["plan"]["steps"] == []  # no step is missing


def test_validate_json_has_source_description_and_fix(run_cli):
    _, out, _ = run_cli("validate", "wrong.npy", "--source", "cat.jpg", "-s", "spec.yaml", "--format", "json")
    (result,) = json.loads(out)["results"]
    assert result["source"]["comparison"].startswith("it decodes BGR, stretches to 64x64 with OpenCV INTER_LINEAR")
    assert result["source"]["comparison"].endswith("; the spec requires Pillow bilinear, RGB")
    assert [step["op"] for step in result["source"]["fixed_by"]] == ["resize_pillow"]
    assert result["source"]["spec"]["max_difference"] > 1
    _, out, _ = run_cli("validate", "wrong.npy", "-s", "spec.yaml", "--format", "json")
    assert json.loads(out)["results"][0]["source"] is None


def identify_array(run_cli, array, *more):
    np.save("it.npy", array)
    return run_cli("identify", "it.npy", *more)


@pytest.mark.parametrize(
    ("array", "code", "words"),
    [
        (SMALL.astype(np.float64), 0, "0..255, not scaled, stored as float64"),
        (SMALL / 255 / 255, 0, "divided by 255 twice"),
        ((SMALL / 200).astype(np.uint8), 0, "scaled values that were cast, or a mask"),
        (cv2.resize(BGR.astype(np.float32), (48, 48)), 0, "on no even grid, as after a resize in floats"),
        (((SMALL * 0.5 + 30).round() / 255 - 0.2) / 0.3, 0, "known up to multiples of 1/255"),
        (((SMALL * 0.5 + 30).round() / 255 - 0.2) / STD, 0, "(ImageNet's, in RGB order)"),
        (np.full((64, 64, 3), 0.5), 1, "all are 0.5: no image content"),
        (np.full((64, 64, 3), np.nan), 1, "12,288 NaN: no mapping can be identified"),
        (np.zeros((2, 3, 4, 5, 6)), 1, "not an image or a batch of images"),
        (np.arange(7.0), 1, "no layout explains the shape [7]"),
        (np.where(np.arange(3) == 1, 7, SMALL), 0, "the same value all over channel 1"),
        (np.array(["a"]), 1, "expected numbers"),
        (SMALL[..., 0], 0, "one channel"),
    ],
)
def test_unusual_tensors_are_described_in_one_line(run_cli, array, code, words):
    got, out, err = identify_array(run_cli, array)
    assert words in out
    assert (got, err) == (code, "")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.random.default_rng(0).random((1, 64, 64, 3), np.float32), "no known pipeline makes it from cat.jpg"),
        (np.full((64, 64, 3), 0.5), "not compared with cat.jpg"),
        (cv2.resize(cv2.GaussianBlur(BGR, (0, 0), 2), (64, 64)), "shows cat.jpg, by an unknown pipeline"),
        (np.full((64, 64, 3), np.nan), "12,288 NaN"),
        (np.zeros((2, 3, 4, 5, 6)), "no image"),
    ],
)
@pytest.mark.slow
def test_tensor_unrelated_to_source_exits_with_1(run_cli, array, words):
    code, out, err = identify_array(run_cli, array, "--source", "cat.jpg")
    assert words in out
    assert (code, err) == (1, "")


@pytest.mark.parametrize("array", [np.zeros((0, 64, 64, 3), np.float32), np.zeros((1, 64, 64, 3), np.complex64)])
def test_array_without_values_exits_with_1(run_cli, array):
    code, out, err = identify_array(run_cli, array)
    assert "no values" in out
    assert (code, err) == (1, "")


def test_batch_reports_the_image_made_from_source(run_cli):
    noise = np.random.default_rng(0).integers(0, 256, SMALL.shape).astype(np.float32)
    code, out, _ = identify_array(run_cli, np.stack([noise, SMALL]), "--source", "cat.jpg")
    assert code == 0
    assert "image 1 of the batch made from cat.jpg: stretched to 64x64" in out


def test_archive_member_and_standard_input_are_identified(run_cli, monkeypatch):
    np.savez("all.npz", a=SMALL / 255, b=WRONG)
    code, out, _ = run_cli("identify", "all.npz::a")
    assert (code, "divided by 255" in out) == (0, True)
    assert run_cli("identify", "all.npz")[0] == 1
    stdin = type("In", (), {"buffer": io.BytesIO(Path("wrong.npy").read_bytes())})
    monkeypatch.setattr(sys, "stdin", stdin)
    code, out, _ = run_cli("identify", "-")
    assert (code, out.partition(":")[0]) == (0, "stdin")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("identify", "cat.jpg"), "got an image, expected a tensor"),
        (("identify", "wrong.npy", "--source", "absent.jpg"), "source image absent.jpg: cannot be opened"),
        (("identify", "wrong.npy", "--source", "wrong.npy"), "source image wrong.npy: got a tensor"),
        (("identify", "wrong.npy", "--source", "spec.yaml"), "source image spec.yaml: "),
        (
            ("validate", "wrong.npy", "-s", "spec.yaml", "--source", "absent.jpg"),
            "source image absent.jpg: cannot be opened",
        ),
        (
            ("validate", "cat.jpg", "-s", "spec.yaml", "--source", "absent.jpg"),
            "source image absent.jpg: cannot be opened",
        ),
        (("validate", "cat.jpg", "-s", "spec.yaml", "--source", ""), "got an empty text; omit the option"),
    ],
)
def test_invalid_arguments_exit_with_2(run_cli, arguments, words):
    code, out, err = run_cli(*arguments)
    assert (code, out) == (2, "")
    assert words in err


@pytest.mark.slow
def test_identify_function_matches_validate_with_source(here):
    result = identify(WRONG, source=BODY)
    assert result.facts.channel_order == "BGR"
    assert result.findings == ()
    assert result.ideal.plan is None
    held = identify("wrong.npy", source=here / "cat.jpg", spec="spec.yaml", assume={"layout": "NCHW"})
    assert [one.code for one in held.findings] == ["CHN101", "CHN103", "PIX106"]
    assert held.findings == validate(WRONG, "spec.yaml", source=BODY).findings
    assert identify(WRONG.tolist()).origins is None
    with pytest.raises(ImgcheckError, match="got an image, expected a tensor"):
        identify(BODY)
    with pytest.raises(TypeError, match="the path of an image"):
        identify(WRONG, source=3)


@pytest.mark.slow
def test_tensors_from_one_pipeline_are_grouped(run_cli):
    np.save("same.npy", WRONG)
    np.save("other.npy", np.random.default_rng(0).random(WRONG.shape, np.float32))
    _, out, _ = run_cli("validate", "wrong.npy", "same.npy", "other.npy", "--source", "cat.jpg", "-s", "spec.yaml")
    where = out.index("Pipelines from their images:")
    lines = out[where:].splitlines()[1:3]
    assert lines[0].startswith("  2: it decodes BGR, stretches to 64x64 with OpenCV INTER_LINEAR without antialias, ")
    assert lines[1] == "  1: not made from its source image by any known pipeline"


def test_suggested_command_fixes_the_tensor(run_cli):
    _, out, _ = run_cli("validate", "wrong.npy", "--source", "cat.jpg", "-s", "spec.yaml")
    command = out.rstrip().splitlines()[-1].split()
    assert command == [
        "sm-imgcheck",
        "validate",
        "wrong.npy",
        "-s",
        "spec.yaml",
        "--source",
        "cat.jpg",
        "--emit",
        "out",
    ]
    run_cli(*command[1:])
    right = (SMALL[..., ::-1] / 255 - MEAN) / STD  # BGR shows only with the source: convert does not change it
    assert np.abs(np.load("out/wrong.npy")[0].transpose(1, 2, 0) - right).max() < 1e-5


@pytest.mark.parametrize(
    ("array", "name"),
    [(255 - SMALL.astype(np.uint8), "inverted (255 - x)"), (1 - SMALL / 255, "inverted (1 - x / 255)")],
)
def test_inverted_values_are_named_and_fixed(run_cli, array, name):
    np.save("odd.npy", array[..., ::-1])
    _, out, _ = run_cli("validate", "odd.npy", "--source", "cat.jpg", "-s", "spec.yaml", "--emit", "out")
    assert f"normalization: got {name} (" in out
    assert f"undo what was done to the values ({name})" in out
    right = (SMALL[..., ::-1] / 255 - MEAN) / STD
    assert np.abs(np.load("out/odd.npy")[0].transpose(1, 2, 0) - right).max() < 1e-5


QUANTIZED = """
shape: [N, 64, 64, 3]
dtype: int8
channel_order: RGB
value_range: [-1, 1]
quantize: {scale: 0.0078125, zero_point: -3}
resize: {mode: stretch, interpolation: bilinear, library: opencv}
"""


def test_quantized_integers_are_checked_and_fixed_by_source(here, run_cli):
    (here / "int8.yaml").write_text(QUANTIZED)
    run_cli("convert", "cat.jpg", "-s", "int8.yaml", "-o", "right", "-q")
    assert run_cli("validate", "right/cat.npy", "--source", "cat.jpg", "-s", "int8.yaml", "--emit", "same")[0] == 0
    right = np.load("right/cat.npy")
    np.testing.assert_array_equal(np.load("same/cat.npy"), right)
    np.save("shifted.npy", (SMALL[np.newaxis, ..., ::-1] - 128).astype(np.int8))  # the usual int8, not this model's
    _, out, _ = run_cli("validate", "shifted.npy", "--source", "cat.jpg", "-s", "int8.yaml", "--emit", "out")
    assert "VAL103" in out
    assert "undo what was done to the values (minus 128)" in out
    np.testing.assert_array_equal(np.load("out/shifted.npy"), right)


def test_gray_source_is_described_as_decoded_to_gray(here, run_cli):
    Image.fromarray(picture(120, 160)[..., 1]).save("gray.jpg")
    small = Image.open("gray.jpg").resize((64, 64), Image.Resampling.BILINEAR)
    np.save("gray.npy", np.asarray(small, np.float32)[np.newaxis, ..., np.newaxis] / 255)
    (here / "gray.yaml").write_text(
        "shape: [N, 64, 64, 1]\nlayout: NHWC\ndtype: float32\nchannel_order: GRAY\nvalue_range: [0, 1]\n"
        "resize: {mode: stretch, interpolation: bilinear}\n"
    )
    code, out, _ = run_cli("identify", "gray.npy", "--source", "gray.jpg")
    assert code == 0
    assert "by Pillow bilinear, GRAY, divided by 255, float32 NHWC (equal in every value)" in out
    code, out, _ = run_cli("validate", "gray.npy", "gray.npy", "--source", "gray.jpg", "-s", "gray.yaml")
    assert code == 0
    assert "it decodes GRAY, stretches to 64x64 with Pillow bilinear, divides by 255; as the spec requires" in out
