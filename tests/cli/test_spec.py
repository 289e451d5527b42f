"""``sm-imgcheck spec``: what is printed where, and the exit codes."""

import json

import numpy as np
import pytest

from sm_imgcheck.cli import main
from sm_imgcheck.spec.json_schema import schema
from sm_imgcheck.spec.load import load, presets
from sm_imgcheck.spec.parse import parse
from sm_imgcheck.spec.yaml import read


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run ``spec`` with arguments in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def spec(*arguments):
        try:
            code = main(["spec", *arguments])
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return spec


def test_show_prints_the_resolved_spec(run, tmp_path):
    code, out, err = run("show", "torchvision-imagenet")
    assert (code, err) == (0, "")
    assert read(out.encode(), "out").value == load("torchvision-imagenet").resolved
    assert out.startswith("version: 1\nname: input\n")
    (tmp_path / "sm-imgcheck.yaml").write_text(out)
    assert run("show") == (0, out, "")


def test_show_as_json_prints_a_loadable_spec(run):
    code, out, _ = run("show", "keras-caffe", "--format", "json")
    assert code == 0
    assert parse(json.loads(out)) == load("keras-caffe")


def test_invalid_spec_lists_every_problem_with_position(run, tmp_path):
    (tmp_path / "bad.yaml").write_text("shape: 3\ndtype: float31\n")
    code, out, err = run("show", "bad.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("error: bad.yaml:1:1: channel_order: missing: ")
    assert "bad.yaml:1:1: shape: got 3, expected a list" in err
    assert "bad.yaml:2:1: dtype: got 'float31', expected a dtype" in err
    code, _, err = run("show", "torchvision-imagnet")
    assert code == 2
    assert "did you mean torchvision-imagenet?" in err
    assert run("show")[0] == 2


def test_lint_prints_warnings_and_errors(run, tmp_path):
    (tmp_path / "bad.yaml").write_text("shape: 3\n")
    (tmp_path / "odd.yaml").write_text("extends: pillow-rgb-01\nshape: [8, 224, 224, 3]\n")
    assert run("lint", "keras-tf") == (0, "keras-tf: OK\n", "")
    code, out, _ = run("lint", "odd.yaml")
    assert (code, out) == (
        0,
        "warning: odd.yaml:2:9: shape[0]: batch size 8: a single image is a batch of 1; write N for any batch size\n",
    )
    code, out, _ = run("lint", "bad.yaml", "keras-tf", "nothing.yaml")
    assert code == 2
    assert any(line.startswith("error: bad.yaml:1:1: shape: got 3") for line in out.splitlines())
    assert out.splitlines()[-2:] == [
        "keras-tf: OK",
        "error: nothing.yaml: no such file; sm-imgcheck spec list shows the presets",
    ]


def test_schema_command_prints_the_schema(run):
    code, out, _ = run("schema")
    assert code == 0
    assert json.loads(out) == schema()


def test_schema_is_written_to_a_file(run, tmp_path):
    assert run("schema", "-o", "x.json") == (0, "", "")
    assert json.loads((tmp_path / "x.json").read_text()) == schema()
    (tmp_path / "x.json").write_text("{}")
    assert run("schema", "-o", "x.json")[0] == 2
    assert run("schema", "-o", "x.json", "--force")[0] == 0


def test_init_writes_the_schema_that_its_first_line_names(run, tmp_path):
    (tmp_path / "models").mkdir()
    assert run("init", "-o", "models/a.yaml") == (0, "", "")
    line = (tmp_path / "models/a.yaml").read_text().splitlines()[0]
    path = tmp_path / "models" / line.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(path.read_text()) == schema()
    path.write_text("{}")
    assert run("init", "-o", "models/b.yaml") == (0, "", "")
    assert path.read_text() == "{}"


def test_init_to_standard_output_writes_no_file(run, tmp_path):
    code, out, _ = run("init")
    assert (code, list(tmp_path.iterdir())) == (0, [])
    assert out.startswith("# yaml-language-server: $schema=")


def test_list_command_prints_every_preset(run):
    code, out, _ = run("list")
    assert code == 0
    assert tuple(line.split()[0] for line in out.splitlines()) == presets()


class TestInit:
    def test_full_disk_leaves_no_partial_file(self, run, tmp_path, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("sm_imgcheck.io.stores.local.os.replace", full)
        code, _, err = run("init", "-o", "model.yaml")
        assert code == 2
        assert "model.yaml cannot be written: No space left on device" in err
        assert list(tmp_path.iterdir()) == []

    def test_init_without_options_prints_an_example_spec(self, run):
        code, out, _ = run("init")
        assert code == 0
        assert "# an example: replace with the input of your model\nshape: [N, 224, 224, 3]\n" in out
        assert parse(read(out.encode(), "out").value)

    def test_init_with_options_writes_their_values(self, run):
        options = "--shape 1,3,224,224 --dtype FP32 --channel-order bgr --mean 104,117,123 --units byte --order BGR"
        options += " --resize shortest_edge --size 256 --library opencv --exif ignore --name data"
        code, out, _ = run("init", *options.split(), "--description", "a model", "--source", "https://example.com")
        assert code == 0
        assert "an example: write" not in out
        assert read(out.encode(), "out").value == {
            "name": "data",
            "description": "a model",
            "source": "https://example.com",
            "shape": [1, 3, 224, 224],
            "dtype": "FP32",
            "channel_order": "bgr",
            "normalize": {"units": "byte", "mean": [104, 117, 123], "order": "BGR"},
            "decode": {"exif": "ignore"},
            "resize": {"mode": "shortest_edge", "size": 256, "library": "opencv"},
        }

    @pytest.mark.parametrize("shape", ["N,224,224,3", "[N, 224, 224, 3]", "-1,224,224,3"])
    def test_init_accepts_lists_with_and_without_brackets(self, run, shape):
        code, out, _ = run("init", "--shape", shape, "--value-range", "-1,1", "--size", "224,224")
        assert code == 0
        assert parse(read(out.encode(), "out").value).contract.values.low == -1

    def test_init_with_extends_writes_only_changes(self, run):
        code, out, _ = run("init", "--extends", "keras-tf", "--value-range", "0,1")
        assert code == 0
        assert read(out.encode(), "out").value == {"extends": "keras-tf", "value_range": [0, 1]}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--shape", "1,2"], "but no axis is 3"),
            (["--dtype", "float31"], "did you mean float32?"),
            (["--value-range", "0,1", "--mean", "0.5"], "conflicts with value_range"),
            (["--shape", "[[["], "invalid YAML"),
            (["--extends", "keras-fd"], "did you mean keras-tf?"),
            (["--from-tensor", "nothing.npy"], "nothing.npy: "),
        ],
    )
    def test_init_refuses_invalid_options(self, run, options, message):
        code, out, err = run("init", *options)
        assert (code, out) == (2, "")
        assert message in err

    def test_init_from_tensor_writes_its_properties(self, run, tmp_path):
        np.save(tmp_path / "x.npy", np.linspace(-1, 1, 3 * 32 * 32, dtype="f4").reshape(1, 3, 32, 32))
        code, out, _ = run("init", "--from-tensor", "x.npy", "--channel-order", "BGR")
        assert code == 0
        assert read(out.encode(), "out").value == {
            "shape": ["N", 3, 32, 32],
            "layout": "NCHW",
            "dtype": "float32",
            "channel_order": "BGR",
            "value_range": [-1, 1],
        }
        assert "# guessed: the example's values are -1 to 1\nvalue_range" in out

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.full((8, 8, 3), np.nan, "f4"), "holds NaN or infinity"),
            (np.zeros((8, 8, 3), bool), "dtype bool, expected numbers"),
            (np.zeros((0, 8, 3), "f4"), "holds 0 values"),
            (np.zeros((1, 8, 8, 7), "f4"), "expected an image of 1, 3 or 4 channels"),
            (np.zeros((8, 8, 3), "c8"), "dtype complex64, expected numbers"),
        ],
    )
    def test_init_from_tensor_refuses_undetermined_tensor(self, run, tmp_path, array, message):
        np.save(tmp_path / "x.npy", array)
        code, out, err = run("init", "--from-tensor", "x.npy")
        assert (code, out) == (2, "")
        assert message in err

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--shape", "N,3,64,64"], "size: got 32x32 (HxW), expected 64x64"),
            (["--shape", "N,3,32..48,64"], "size: got 32x32 (HxW), expected 32..48x64"),
            (["--dtype", "float16"], "dtype: got float32, expected float16"),
            (["--value-range", "0,255"], "value range: got -1..1, expected 0..255"),
        ],
    )
    def test_init_from_tensor_refuses_options_that_the_tensor_contradicts(self, run, tmp_path, options, message):
        np.save(tmp_path / "x.npy", np.linspace(-1, 1, 3 * 32 * 32, dtype="f4").reshape(1, 3, 32, 32))
        code, out, err = run("init", "--from-tensor", "x.npy", *options)
        assert (code, out) == (2, "")
        assert f"--from-tensor x.npy contradicts the other options: {message}" in err

    def test_init_from_tensor_accepts_a_more_general_shape(self, run, tmp_path):
        np.save(tmp_path / "x.npy", np.linspace(-1, 1, 3 * 32 * 32, dtype="f4").reshape(1, 3, 32, 32))
        code, out, _ = run("init", "--from-tensor", "x.npy", "--shape", "N,3,16..64,W")
        assert code == 0
        assert read(out.encode(), "out").value["shape"] == ["N", 3, "16..64", "W"]

    def test_init_from_tensor_refuses_an_image(self, run, tmp_path):
        from PIL import Image

        Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
        code, _, err = run("init", "--from-tensor", "x.png")
        assert code == 2
        assert "x.png: is an image, expected a tensor" in err

    def test_init_never_replaces_the_spec_that_it_extends(self, run, tmp_path):
        assert run("init", "-o", "model.yaml")[0] == 0
        before = (tmp_path / "model.yaml").read_bytes()
        code, _, err = run("init", "--extends", "model.yaml", "-o", "./model.yaml", "--force")
        assert (code, err) == (2, "error: ./model.yaml is an input: name another file\n")
        assert (tmp_path / "model.yaml").read_bytes() == before

    def test_init_writes_file_and_keeps_different_one(self, run, tmp_path):
        assert run("init", "-o", "model.yaml") == (0, "", "")
        assert load(tmp_path / "model.yaml").contract.layout == "NHWC"
        assert run("init", "-o", "model.yaml") == (0, "", ""), "an equal one is left alone"
        other = ("init", "-o", "model.yaml", "--name", "data")
        code, _, err = run(*other)
        assert code == 2
        assert "model.yaml exists with other content: --force replaces it" in err
        assert run(*other, "--force")[0] == 0
        assert load(tmp_path / "model.yaml").name == "data"
        code, _, err = run("init", "-o", "no/folder/model.yaml")
        assert code == 2
        assert "cannot be written" in err


def test_help_names_the_commands(run):
    code, out, _ = run("--help")
    assert code == 0
    assert all(f"  {name} " in out for name in ("show", "lint", "schema", "list", "init"))


def test_lint_as_json_has_each_spec_with_its_problems(run, tmp_path):
    (tmp_path / "bad.yaml").write_text("shape: 3\n")
    (tmp_path / "odd.yaml").write_text("extends: pillow-rgb-01\nshape: [8, 224, 224, 3]\n")
    code, out, _ = run("lint", "keras-tf", "bad.yaml", "odd.yaml", "--format", "json")
    fine, bad, odd = json.loads(out)
    assert code == 2
    assert fine == {"spec": "keras-tf", "errors": [], "warnings": []}
    assert bad["errors"][-1].startswith("bad.yaml:1:1: ")
    assert (odd["errors"], len(odd["warnings"])) == ([], 1)


def test_list_as_json_names_every_preset(run):
    listed = {preset["name"]: preset for preset in json.loads(run("list", "--format", "json")[1])}
    assert tuple(listed) == presets()
    assert listed["keras-tf"]["sha256"] == load("keras-tf").sha256
