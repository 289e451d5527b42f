"""``discover``: the preprocessing of a model from its predictions."""

import io
import json
import sys
from contextlib import chdir, redirect_stdout

import numpy as np
import pytest
from models import FLOAT, PROTOTYPES, TensorProto, helper, mean_color_model, prototype_model, write_onnx
from PIL import Image

from sm_imgcheck import load_spec
from sm_imgcheck.cli import main

TENSORS = ("right.npy", "reversed.npy", "unit.npy", "small.npy", "photos/00.png", "missing.npy")
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photographs and models, which all tests share."""
    path = tmp_path_factory.mktemp("discover")
    (path / "photos").mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        label = number % len(PROTOTYPES)
        color = 255 * PROTOTYPES[label] + rng.normal(0, 8, 3)
        pixels = (color + rng.normal(0, 20, (24, 20, 3))).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(path / f"photos/{number:02}.png")
        rows.append(f"{number:02}.png,{label}\n")
    (path / "labels.csv").write_text("photo,class\n" + "".join(rows))
    (path / "bad.png").write_bytes(b"x")
    prototype_model(path / "imagenet.onnx", (PROTOTYPES - MEAN) / STD, gain=4)
    prototype_model(path / "bgr.onnx", 2 * PROTOTYPES[:, ::-1] - 1, gain=25)
    tensor_of(path, "right.npy", "BGR")
    tensor_of(path, "reversed.npy", "RGB")
    tensor_of(path, "unit.npy", "BGR", 0.0)
    np.save(path / "small.npy", np.zeros((1, 3, 8, 8), np.float32))
    return path


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def bgr_run(folder):
    """Exit code and output of one search with the results that several tests check."""
    tensors = [f"--tensor={name}" for name in TENSORS]
    with chdir(folder), redirect_stdout(io.StringIO()) as output:
        code = main(["discover", "--model", "bgr.onnx", "photos", "bad.png", "-o", "spec.yaml", *tensors])
    return code, output.getvalue()


def tensor_of(here, name, order, low=-1.0, number=16):
    """Write a tensor of photographs, NCHW, in an order and a range from ``low`` to 1."""
    images = [np.asarray(Image.open(here / f"photos/{index:02}.png").resize((16, 16))) for index in range(number)]
    pixels = np.stack(images)[..., :: 1 if order == "RGB" else -1].transpose(0, 3, 1, 2)
    np.save(here / name, (pixels / np.float32(255) * (1 - low) + low).astype(np.float32))


@pytest.fixture
def discover(here, capsys):
    def command(model, *arguments, photos=("photos",)):
        code = main(["discover", "--model", model, *photos, *arguments])
        return code, *capsys.readouterr()

    return command


def test_report_has_recipe_ranking_open_questions_and_mistakes(bgr_run):
    _, out = bgr_run
    assert "\nBGR, divided by 127.5, minus 1: probability " in out
    assert "values: divided by 127.5, minus 1 or divided by 128, minus 1 (differ by less than 2 %)" in out
    assert "channels in RGB order" in out
    assert "Check: convert one photograph" in out


@pytest.mark.slow
def test_labels_identify_mean_and_std(discover):
    code, out, _ = discover("imagenet.onnx", "--labels", "labels.csv", "--format", "json", "--tensor", "right.npy")
    document = json.loads(out)
    assert code == 1  # the tensor is not normalized by ImageNet mean and std
    (record,) = document["tensors"]
    assert (record["path"], record["images"], record["expected_channel_order"]) == ("right.npy", 16, "RGB")
    assert {finding["code"][:3] for finding in record["findings"]} == {"VAL"}
    assert (document["recipe"]["order"], document["recipe"]["values"]) == ("RGB", "ImageNet mean and std")
    assert document["score"] == "labels"
    assert document["accuracy"] > 0.95
    assert document["runs"] < 1500


def test_spec_is_written_and_loads(bgr_run, here):
    assert "Spec: spec.yaml" in bgr_run[1]
    spec = load_spec("spec.yaml")
    assert (spec.contract.channel_order, spec.contract.layout, spec.contract.dtype) == ("BGR", "NCHW", "float32")
    assert (spec.contract.values.low, spec.contract.values.high) == (-1, 1)
    text = (here / "spec.yaml").read_text()
    assert "from the model's predictions on 40 photographs: probability" in text
    assert main(["compare", "bgr.onnx", "photos", "-s", "spec.yaml", "-q", "--fail-on", "never"]) == 0


def test_spec_to_standard_output_omits_the_report(discover):
    _, out, _ = discover("bgr.onnx", "-o", "-")
    assert out.startswith("# ")
    assert "probability %" not in out


def test_existing_outputs_are_refused_before_the_search(discover, here):
    (here / "mine.yaml").write_text("mine")
    assert discover("absent.onnx", "-o", "mine.yaml")[2] == "error: mine.yaml exists: --force replaces it\n"
    assert (
        discover("absent.onnx", "--picture", "photos/00.png")[2] == "error: photos/00.png exists: --force replaces it\n"
    )
    assert "its folder does not exist" in discover("absent.onnx", "-o", "absent/spec.yaml")[2]
    assert "got a folder, expected a file name" in discover("absent.onnx", "-o", "photos", "--force")[2]
    assert (here / "mine.yaml").read_text() == "mine"


def test_embedding_is_scored_by_its_neighbors(discover, here):
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["averages"]),
        helper.make_node("Concat", ["averages"] * 4, ["long"], axis=1),
        helper.make_node("Flatten", ["long"], ["output"]),
    ]
    write_onnx(here / "embedding.onnx", nodes, {"image": ["N", 3, 16, 16]}, {"output": ["N", 12]})
    photos = [f"photos/{number:02}.png" for number in range(26)]
    code, out, _ = discover("embedding.onnx", "--output-kind", "embedding", "--format", "json", photos=photos)
    document = json.loads(out)
    assert code == 1
    assert document["model"]["output_form"] == "embedding of 12 numbers"
    assert set(document["features"]) == {"information", "margin", "agreement"}
    code, out, _ = discover("embedding.onnx", "--output-kind", "embedding", photos=photos[:9])
    assert "output read as embedding of 12 numbers\n" in out
    assert "photographs: got 9, expected at least 24" in out
    code, _, err = discover("embedding.onnx", "--output-kind", "embedding", "--labels", "labels.csv", photos=photos)
    assert err.endswith("is read as embedding of 12 numbers: it has no class numbers\n")


def test_segmentation_finds_the_order(discover, here):
    """The classes of the pixels are the prototypes of the colors, in BGR and -1..1."""
    prototypes = 2 * PROTOTYPES[:, ::-1] - 1
    weights = {
        "kernel": (50 * prototypes[..., None, None]).astype(np.float32),
        "bias": (-25 * (prototypes**2).sum(1)).astype(np.float32),
    }
    node = helper.make_node("Conv", ["image", "kernel", "bias"], ["out"])
    write_onnx(here / "mask.onnx", [node], {"image": ["N", 3, 16, 16]}, {"out": ["N", 5, 16, 16]}, weights)
    code, out, _ = discover("mask.onnx")
    assert "output read as segmentation, logits of 5 classes for 16x16 pixels (HxW)\n" in out
    assert "information of the predicted pixels" in out
    assert "Traceback" not in out
    assert code in (0, 1)


def configuration(here, mean, std, **more):
    text = {"image_mean": mean, "image_std": std, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True}
    size = {"do_resize": True, "size": {"height": 16, "width": 16}, "resample": 2}
    settings = {"image_processor_type": "ViTImageProcessor", **text, **size, **more}
    (here / "preprocessor_config.json").write_text(json.dumps(settings))


def test_configuration_is_contradicted_by_the_predictions(discover, here):
    configuration(here, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
    code, out, _ = discover("bgr.onnx", "--config", "preprocessor_config.json")
    assert code == 0
    assert "BGR, divided by 127.5, minus 1: probability " in out
    assert ": RGB, divided by 127.5, minus 1; contradicted by the predictions (0 %)" in out


def test_configuration_is_confirmed_by_labels(discover, here):
    configuration(here, list(MEAN), list(STD))
    arguments = ("--config", "preprocessor_config.json", "--labels", "labels.csv", "--format", "json")
    document = json.loads(discover("imagenet.onnx", *arguments)[1])
    assert document["configuration"]["relation"] == "confirmed"
    assert document["by_configuration"] is False


@pytest.mark.slow
def test_configuration_values_become_a_candidate_recipe(discover, here):
    configuration(here, [0.3, 0.3, 0.3], [0.9, 0.9, 0.9])
    _, out, _ = discover("imagenet.onnx", "--config", "preprocessor_config.json")
    assert "RGB, values of the configuration; " in out


def test_missing_configuration_is_one_line(discover):
    code, _, err = discover("bgr.onnx", "--config", "missing.json")
    assert code == 2
    assert len(err.splitlines()) == 1


def test_preview_has_a_panel_for_each_recipe(discover, here):
    assert discover("bgr.onnx", "--picture", "ranking.png")[0] == 0
    with Image.open("ranking.png") as image:
        assert image.width > 4 * 256
    code, _, err = discover("bgr.onnx", "--picture", "photos/00.png", "--force", photos=["photos"])
    assert code == 2
    assert "name another file" in err


def test_dry_run_prints_the_number_of_runs(discover):
    code, out, _ = discover("bgr.onnx", "--dry-run")
    assert code == 0
    assert out.startswith("40 photographs, 20 recipes: at most ")
    assert len(out.splitlines()) == 1


def test_too_few_photographs_write_no_spec(discover, here):
    code, out, err = discover("bgr.onnx", "-o", "few.yaml", photos=[f"photos/0{number}.png" for number in range(4)])
    assert code == 1
    assert "photographs: got 4, expected at least 8" in out
    assert err == "no spec written: the preprocessing is not determined\n"
    assert not (here / "few.yaml").exists()


def test_photographs_of_one_class_are_undetermined(discover):
    photos = [f"photos/{number:02}.png" for number in range(0, 40, 5)]
    code, out, _ = discover("bgr.onnx", photos=photos)
    assert code == 1
    assert "the predictions depend too little on the photograph" in out
    assert "No recipe is excluded" in out
    record = json.loads(discover("bgr.onnx", "--format", "json", photos=photos)[1])
    assert {each["probability"] for each in record["ranking"]} == {None}
    assert record["remaining"] == record["ranking"]


def test_model_with_random_weights_is_undetermined(discover, here):
    rng = np.random.default_rng(3)
    nodes, weights, name = [], {}, "image"
    for layer, (inputs, outputs) in enumerate([(3, 8), (8, 8), (8, 5)]):
        weights[f"w{layer}"] = rng.normal(0, 0.15, (outputs, inputs, 3, 3)).astype(np.float32)
        nodes += [helper.make_node("Conv", [name, f"w{layer}"], [f"c{layer}"])]
        nodes += [helper.make_node("Tanh", [f"c{layer}"], [f"t{layer}"])]
        name = f"t{layer}"
    nodes += [helper.make_node("GlobalAveragePool", [name], ["p"]), helper.make_node("Flatten", ["p"], ["logits"])]
    write_onnx(here / "random.onnx", nodes, {"image": ["N", 3, 16, 16]}, {"logits": ["N", 5]}, weights)
    code, out, _ = discover("random.onnx", "--format", "json")
    assert code == 1
    assert json.loads(out)["recipe"] is None


def test_model_that_normalizes_inside_is_undetermined(discover, here):
    nodes = [
        helper.make_node("InstanceNormalization", ["image", "one", "zero"], ["normal"]),
        helper.make_node("Flatten", ["normal"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    weights = {
        "one": np.ones(3, np.float32),
        "zero": np.zeros(3, np.float32),
        "weights": np.random.default_rng(0).normal(0, 0.3, (768, 5)).astype(np.float32),
    }
    write_onnx(here / "normal.onnx", nodes, {"image": ["N", 3, 16, 16]}, {"logits": ["N", 5]}, weights)
    code, out, _ = discover("normal.onnx", "--format", "json")
    assert code == 1
    assert json.loads(out)["recipe"] is None


def test_uint8_input_yields_only_channel_order(discover, here):
    prototype_model(here / "uint8.onnx", 255 * PROTOTYPES[:, ::-1], gain=25 / 127.5**2, dtype=TensorProto.UINT8)
    code, out, _ = discover("uint8.onnx", "-o", "uint8.yaml")
    assert code == 0
    assert "BGR, 0..255, not scaled: probability" in out
    assert load_spec("uint8.yaml").contract.dtype == "uint8"


def test_non_distribution_output_prints_one_line(discover, here):
    node = helper.make_node("Identity", ["image"], ["map"])
    write_onnx(here / "map.onnx", [node], {"image": ["N", 3, 16, 16]}, {"map": ["N", 3, 16, 16]})
    code, _, err = discover("map.onnx")
    assert code == 2
    assert err == (
        "error: model map.onnx: outputs: got map [1, 3, 16, 16], expected boxes with scores, "
        "a segmentation [N, C, H, W], scores of classes [N, K] or an embedding [N, D]; --output-name selects one "
        "output, --output-kind names its kind\n"
    )


def test_model_with_dynamic_size_requires_size_option(discover, here):
    prototype_model(here / "any.onnx", 2 * PROTOTYPES[:, ::-1] - 1, gain=25, size=None)
    code, _, err = discover("any.onnx")
    assert (code, "pass --size" in err, len(err.splitlines())) == (2, True, 1)
    arguments = ("--size", "24x16", "--labels", "labels.csv")
    assert discover("any.onnx", *arguments, photos=[f"photos/{number:02}.png" for number in range(16)])[0] in (0, 1)


@pytest.mark.parametrize("size", ["0", "x", "1x2x3", "99999"])
def test_invalid_size_is_a_usage_error(discover, size):
    code, _, err = discover("bgr.onnx", "--size", size)
    assert code == 2
    assert "--size" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("00.png,0\n", "39 photographs have no label, such as photos/01.png"),
        ("photo,class\n00.png,cat\n", "row 2: got 00.png,cat, expected PHOTO,CLASS"),
        ("x" * 200_000, "labels l.csv: field larger than field limit"),
    ],
)
def test_invalid_labels_file_prints_one_line(discover, here, text, words):
    (here / "l.csv").write_text(text)
    code, _, err = discover("bgr.onnx", "--labels", "l.csv")
    assert code == 2
    assert words in err
    assert len(err.splitlines()) == 1


def test_label_above_output_classes_prints_one_line(discover, here):
    (here / "l.csv").write_text("".join(f"{number:02}.png,{number}\n" for number in range(40)))
    code, _, err = discover("bgr.onnx", "--labels", "l.csv")
    assert code == 2
    assert "got class 39, expected 0..4 (classes of the output)" in err


def test_undecodable_photographs_are_counted(bgr_run):
    _, out = bgr_run
    assert "40 photographs, " in out
    assert "; 1 could not be decoded" in out


def test_undecodable_photographs_only_print_one_line(discover):
    code, _, err = discover("bgr.onnx", photos=["bad.png"])
    assert code == 2
    assert err == "error: photographs: none of 1 can be decoded; sm-imgcheck validate shows why\n"


def test_folder_without_photographs_prints_one_line(discover, here):
    (here / "empty").mkdir()
    code, _, err = discover("bgr.onnx", photos=["empty"])
    assert (code, err) == (2, "error: no photographs in empty\n")


def test_model_with_5_channels_prints_one_line(discover, here):
    node = helper.make_node("Identity", ["image"], ["out"])
    write_onnx(here / "five.onnx", [node], {"image": (["N", 5, 16, 16], FLOAT)}, {"out": ["N", 5, 16, 16]})
    code, _, err = discover("five.onnx")
    assert code == 2
    assert "expected 1 or 3 channels" in err


def test_fixed_batch_of_one_is_supported(discover, here):
    mean_color_model(here / "one.onnx", size=16, batch=1)
    photos = [f"photos/{number:02}.png" for number in range(3)]
    assert discover("one.onnx", "--format", "json", photos=photos)[0] == 1


def test_tensors_are_compared_with_the_result(bgr_run):
    code, out = bgr_run
    assert code == 1
    assert "right.npy: channel order BGR, as expected: probability" in out
    assert "reversed.npy: channel order RGB, expected BGR: probability" in out
    assert "error  SHP" in out
    assert "small.npy: not compared: " in out
    assert "photos/00.png: not compared: got an image, expected a tensor such as a .npy file" in out
    assert "missing.npy: not compared" in out


def test_python_option_runs_the_model_in_the_given_interpreter(discover, here):
    photos = [f"photos/{number:02}.png" for number in range(9)]
    code, out, _ = discover("bgr.onnx", "--python", sys.executable, "--labels", "labels.csv", photos=photos)
    assert code in (0, 1)
    assert "BGR" in out
    assert "9 photographs" in out
    code, _, err = discover("bgr.onnx", "--python", str(here / "absent"))
    assert code == 2
    assert len(err.splitlines()) == 1
