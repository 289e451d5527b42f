"""``compare``: the model's predictions to candidates as stored and as corrected."""

import json

import numpy as np
import pytest
from models import helper, mean_color_model, write_onnx
from PIL import Image

from sm_imgcheck.cli import main

SPEC = """
shape: [N, 3, 8, 8]
dtype: float32
channel_order: RGB
value_range: [0, 1]
resize: {mode: stretch}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC)
    mean_color_model(tmp_path / "m.onnx")
    pixels = np.random.default_rng(0).integers(0, 100, (8, 8, 3), dtype=np.uint8)
    pixels[..., 0] += 100  # red
    Image.fromarray(pixels).save("red.png")
    red = np.float32(pixels.transpose(2, 0, 1)[None] / np.float32(255))
    np.save("good.npy", red)
    np.save("bgr.npy", red[:, ::-1])
    np.save("raw.npy", red * 255)
    np.save("flat.npy", red[0])
    (tmp_path / "labels.txt").write_text("red\ngreen\nblue\n")
    return tmp_path


@pytest.fixture
def compare(here, capsys):
    def command(*arguments, spec="spec.yaml"):
        code = main(["compare", *arguments, "-s", spec])
        return code, *capsys.readouterr()

    return command


def test_correct_tensor_has_one_prediction(compare):
    code, out, _ = compare("m.onnx", "good.npy", "--labels", "labels.txt")
    assert code == 0
    assert "0 red" in out
    assert "after convert" not in out


def test_wrong_channel_order_changes_the_top_class(compare):
    code, out, _ = compare("m.onnx", "bgr.npy", "--assume", "channel_order=BGR", "--labels", "labels.txt")
    assert code == 1
    assert "top class changes; total variation 0.88" in out
    assert "MDL103  prediction-changes" in out
    assert "top class: got 2 blue" in out
    assert "expected 0 red" in out


def test_unscaled_values_report_finding_and_prediction_distance(compare):
    code, out, _ = compare("m.onnx", "raw.npy", "--format", "json")
    document = json.loads(out)
    codes = [finding["code"] for finding in document["results"][0]["findings"]]
    assert code == 1
    assert "VAL101" in codes
    assert document["results"][0]["distance"]["total_variation"] > 0.01
    assert document["results"][0]["candidate"]["images"][0][0]["class"] == 0


def test_missing_batch_dimension_explains_the_runtime_error(compare):
    code, out, _ = compare("m.onnx", "flat.npy")
    assert code == 1
    assert "tensor: got float32 [3, 8, 8], expected image float32 [?, 3, 8, 8] (model file)" in out
    assert "Missing batch dimension" in out
    assert "no prediction" in out


def test_image_is_compared_after_convert(compare):
    code, out, _ = compare("m.onnx", "red.png", "--format", "json")
    result = json.loads(out)["results"][0]
    finding = next(each for each in result["findings"] if each["code"] == "MDL101")
    assert finding["severity"] == "notice"
    assert result["candidate"] is None
    assert result["converted"]["images"][0][0]["class"] == 0
    assert code == 1  # an image as decoded does not match the spec


def test_spec_rejected_by_model_reports_mdl102(compare, here):
    (here / "other.yaml").write_text(SPEC.replace("8, 8", "9, 9"))
    code, out, _ = compare("m.onnx", "red.png", spec="other.yaml")
    assert code == 1
    assert "MDL102  model-rejects-spec" in out
    assert "corrected tensor: got float32 [1, 3, 9, 9]" in out


def test_folder_report_ends_with_totals(compare, here):
    (here / "tensors").mkdir()
    red = np.load("good.npy")
    for number in range(3):
        np.save(f"tensors/{number}.npy", red[:, ::-1] if number else red)
    code, out, _ = compare("m.onnx", "tensors", "--assume", "channel_order=BGR")
    lines = out.splitlines()
    assert code == 1
    assert lines[0].startswith("tensors/0.npy: class 0 ")
    assert "3 candidates, 3 compared" in lines
    assert "top class changes: 3 of 3 images (100 %)" in lines
    document = json.loads(compare("m.onnx", "tensors", "--assume", "channel_order=BGR", "--format", "json")[1])
    assert document["summary"]["changed"] == document["summary"]["images"] == 3


def test_jsonl_has_a_line_for_each_candidate(compare):
    code, out, _ = compare("m.onnx", "good.npy", "raw.npy", "--format", "jsonl")
    assert code == 1
    assert [json.loads(line)["path"] for line in out.splitlines() if "path" in json.loads(line)] == [
        "good.npy",
        "raw.npy",
    ]


def test_quiet_prints_failures_only(compare):
    _, out, _ = compare("m.onnx", "good.npy", "flat.npy", "-q")
    assert out.startswith("flat.npy: ")
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nb\n", "labels l: got 2 names, expected 3"),
        ('["a", "b", "c", "d"]', "labels l: got 4 names, expected 3"),
        ("{", "labels l: invalid JSON"),
        ('{"x": "a"}', 'expected "0", "1", "2"'),
        (b"\xff\xfe\x00", "got binary data, expected UTF-8 text"),
    ],
)
def test_invalid_labels_file_prints_one_line(compare, here, text, message):
    (here / "l").write_bytes(text if isinstance(text, bytes) else text.encode())
    code, _, err = compare("m.onnx", "good.npy", "--labels", "l")
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("text", ['["red", "green", "blue"]', '{"0": "red", "1": "green", "2": ["n02", "blue"]}'])
def test_labels_are_read_from_json(compare, here, text):
    (here / "l").write_text(text)
    assert "0 red" in compare("m.onnx", "good.npy", "--labels", "l")[1]


def test_non_distribution_output_is_compared_by_difference(compare, here):
    node = helper.make_node("Mul", ["image", "two"], ["out"])
    weights = {"two": np.float32([2])}
    write_onnx(here / "map.onnx", [node], {"image": ["N", 3, 8, 8]}, {"out": ["N", 3, 8, 8]}, weights)
    code, out, _ = compare("map.onnx", "raw.npy")
    assert code == 1
    assert "largest difference " in out
    assert "MDL103" not in out


def test_prediction_with_nan_is_reported(compare, here):
    node = helper.make_node("Div", ["image", "image"], ["out"])
    write_onnx(here / "nan.onnx", [node], {"image": ["N", 3, 8, 8]}, {"out": ["N", 3, 8, 8]})
    np.save("zero.npy", np.zeros((1, 3, 8, 8), np.float32))
    _, out, _ = compare("nan.onnx", "zero.npy")
    assert "MDL106  non-finite-prediction" in out


def test_unknown_output_is_refused(compare):
    code, _, err = compare("m.onnx", "good.npy", "--output-name", "x")
    assert (code, err) == (2, "error: --output-name: got x, expected one of scores\n")


def test_missing_candidate_reports_src101(compare):
    code, out, _ = compare("m.onnx", "missing.npy")
    assert code == 1
    assert "SRC101" in out


def test_invalid_model_file_prints_one_line(compare, here):
    (here / "bad.onnx").write_bytes(b"x")
    code, out, err = compare("bad.onnx", "good.npy")
    assert (code, out) == (2, "")
    assert err.startswith("error: model bad.onnx: onnxruntime cannot load it: ")
    assert len(err.splitlines()) == 1


def test_folder_without_candidates_exits_with_2(compare, here):
    (here / "empty").mkdir()
    code, _, err = compare("m.onnx", "empty")
    assert code == 2
    assert "no candidates in empty" in err


def pooling_model(here, name, output, shape, *more):
    """A model with three averages, and further nodes, as its output."""
    nodes = [helper.make_node("GlobalAveragePool", ["image"], ["averages"]), *more]
    write_onnx(here / name, nodes, {"image": ["N", 3, 8, 8]}, {output: shape})
    return name


def test_embedding_is_compared_by_its_cosine(compare, here):
    tile = helper.make_node("Concat", ["averages"] * 4, ["long"], axis=1)
    name = pooling_model(
        here, "embedding.onnx", "embedding", ["N", 12], tile, helper.make_node("Flatten", ["long"], ["embedding"])
    )
    code, out, _ = compare(name, "bgr.npy", "--assume", "channel_order=BGR")
    assert code == 1
    assert "MDL104  prediction-shifts    embedding: got cosine 0." in out
    assert "embedding  shape" in out
    assert "largest difference 0." in out
    _, out, _ = compare(name, "bgr.npy", "good.npy", "--assume", "channel_order=BGR")
    assert "cosine: 0." in out
    assert "top class" not in out


def test_mask_is_compared_by_its_pixels(compare, here):
    node = helper.make_node("Softmax", ["image"], ["masks"], axis=1)
    write_onnx(here / "mask.onnx", [node], {"image": ["N", 3, 8, 8]}, {"masks": ["N", 3, 8, 8]})
    code, out, _ = compare("mask.onnx", "bgr.npy", "--assume", "channel_order=BGR", "--format", "json")
    result = json.loads(out)["results"][0]
    assert code == 1
    assert result["candidate"]["kind"] == "segmentation"
    assert result["candidate"]["images"][0][0]["share"] > 0.5
    assert result["distance"]["changed"] == 1


def test_boxes_are_compared_by_their_classes(compare, here):
    boxes = np.random.default_rng(0).uniform(0, 8, (1, 30, 2)).astype(np.float32)
    weights = {
        "boxes": np.concatenate([boxes, boxes + 2], 2),
        "gain": np.float32([[1.5]]),
        "offset": np.zeros((1, 30, 1), np.float32),
    }
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["averages"]),
        helper.make_node("Reshape", ["averages", "row"], ["rows"]),
        helper.make_node("Mul", ["rows", "gain"], ["strong"]),
        helper.make_node("Add", ["strong", "offset"], ["scores"]),
        helper.make_node("Identity", ["boxes"], ["corners"]),
    ]
    weights["row"] = np.int64([1, 1, 3])
    outputs = {"scores": [1, 30, 3], "corners": [1, 30, 4]}
    write_onnx(here / "boxes.onnx", nodes, {"image": [1, 3, 8, 8]}, outputs, weights)
    code, out, _ = compare("boxes.onnx", "bgr.npy", "--assume", "channel_order=BGR")
    assert code == 1
    assert "set of classes with a score of 0.5 or more: got class 2" in out
    assert "expected class 0" in out
    assert "at x 0." in out
    (here / "two.txt").write_text("red\ngreen\n")
    code, _, err = compare("boxes.onnx", "bgr.npy", "--labels", "two.txt")
    assert (code, err) == (2, "error: labels two.txt: got 2 names, expected 3 (classes of the output)\n")


def test_kind_that_does_not_fit_is_one_line(compare):
    code, _, err = compare("m.onnx", "good.npy", "--output-kind", "detector")
    assert code == 2
    assert "expected boxes with scores" in err
    assert len(err.splitlines()) == 1
