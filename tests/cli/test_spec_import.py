"""``sm-imgcheck spec import`` from the command line."""

import contextlib
import io
import json
from types import SimpleNamespace

import pytest
from model_files import onnx_model

from sm_imgcheck import cli


def run(*arguments, folder):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([str(argument) for argument in arguments])
    out_text, err_text = (stream.buffer.getvalue().decode() for stream in (out, err))
    return SimpleNamespace(returncode=code, stdout=out_text, stderr=err_text)


@pytest.fixture
def folder(tmp_path):
    config = {"image_processor_type": "ViTImageProcessor", "size": 224, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    (tmp_path / "model.onnx").write_bytes(onnx_model([("x", "float32", [1, 3, 224, 224])]))
    return tmp_path


def test_import_writes_a_spec_that_loads(folder):
    done = run("spec", "import", ".", "-o", "spec.yaml", folder=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert "assumed, verify:" in done.stderr
    text = (folder / "spec.yaml").read_text()
    assert "# preprocessor_config.json: image_mean" in text
    assert run("spec", "lint", "spec.yaml", folder=folder).returncode == 0


def test_import_refuses_to_replace_different_file(folder):
    (folder / "spec.yaml").write_text("mine")
    done = run("spec", "import", ".", "-o", "spec.yaml", folder=folder)
    assert done.returncode == 2
    assert (folder / "spec.yaml").read_text() == "mine"
    assert run("spec", "import", ".", "-o", "spec.yaml", "--force", folder=folder).returncode == 0


def test_import_never_replaces_its_source(folder):
    config = folder / "preprocessor_config.json"
    before = config.read_bytes()
    done = run("spec", "import", config.name, "-o", config.name, "--force", folder=folder)
    assert (done.returncode, config.read_bytes()) == (2, before)
    assert "is an input: name another file" in done.stderr


def test_strict_refuses_unknown_fields(folder):
    done = run("spec", "import", "model.onnx", "--strict", "-o", "spec.yaml", folder=folder)
    assert done.returncode == 2
    assert "channel_order" in done.stderr
    assert not (folder / "spec.yaml").exists()
    assert run("spec", "import", ".", "--strict", folder=folder).returncode == 0


def test_json_has_value_source_and_certainty_of_each_field(folder):
    done = run("spec", "import", "model.onnx", "--format", "json", folder=folder)
    fields = {field["key"]: field for field in json.loads(done.stdout)["fields"]}
    assert fields["shape"] == {
        "key": "shape",
        "value": [1, 3, 224, 224],
        "source": "model.onnx: graph input x",
        "certainty": "stated",
    }
    assert fields["channel_order"]["certainty"] == "unknown"


@pytest.mark.parametrize("path", ["no-such-file.json", "empty.json"])
def test_unusable_path_is_one_error(folder, path):
    (folder / "empty.json").write_text("")
    done = run("spec", "import", path, folder=folder)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")


def test_spec_with_unknown_values_is_not_loaded(folder):
    run("spec", "import", "model.onnx", "-o", "spec.yaml", folder=folder)
    done = run("spec", "show", "spec.yaml", folder=folder)
    assert done.returncode == 2
    assert "channel_order" in done.stderr


def test_diff_exits_with_0_for_equal_and_1_for_different_specs(folder):
    equal = run("spec", "diff", "pillow-rgb-01", "pillow-rgb-01", folder=folder)
    assert (equal.returncode, equal.stdout) == (0, "pillow-rgb-01 and pillow-rgb-01: equal in effect\n")
    different = run("spec", "diff", "pillow-rgb-01", "pillow-bgr-01", "--format", "json", folder=folder)
    assert different.returncode == 1
    record = json.loads(different.stdout)
    assert [difference["field"] for difference in record["differences"]] == ["channel_order"]
    assert record["differences"][0]["change"]["mean"] > 1
    assert run("spec", "diff", "pillow-rgb-01", "nothing.yaml", folder=folder).returncode == 2
