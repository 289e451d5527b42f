"""Models in a child process: loading, rejections, and cleanup."""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from handlers import left_by
from models import FLOAT, TensorProto, helper, mean_color_model, write_onnx

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.discover.model import ModelError, ModelOptions, ModelRunner
from sm_imgcheck.features.discover.runtimes import find_runtime, runtime_names

IMAGE = np.zeros((1, 3, 8, 8), np.float32)


@pytest.fixture(autouse=True)
def _processes_and_folders_are_removed(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    assert left_by(tmp_path) == []
    assert not list(temporary.iterdir())


def runner(path, **options):
    return ModelRunner(ModelOptions(path=str(path), **options))


def load_error(path, **options) -> str:
    with runner(path, **options) as model, pytest.raises(ImgcheckError) as error:
        _ = model.info
    assert "\n" not in str(error.value)
    return str(error.value)


def run_error(path, array=IMAGE, **options) -> ModelError:
    with runner(path, **options) as model:
        _ = model.info
        with pytest.raises(ModelError) as error:
            model.run(array)
    assert "\n" not in str(error.value)
    return error.value


def test_info_has_names_shapes_and_dtypes(tmp_path):
    with runner(mean_color_model(tmp_path / "m.onnx")) as model:
        assert str(model.info.image) == "image float32 [?, 3, 8, 8]"
        assert (model.info.format, model.info.outputs) == ("ONNX", ("scores",))


def test_run_returns_outputs_by_name(tmp_path):
    with runner(mean_color_model(tmp_path / "m.onnx", softmax=False)) as model:
        images = np.zeros((2, 3, 8, 8), np.float32)
        images[0, 1], images[1, 2] = 1, 0.5
        assert model.run(images)["logits"].tolist() == [[0, 8, 0], [0, 0, 4]]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 8, 8), np.float32), "Invalid rank"),
        (np.zeros((1, 8, 8, 3), np.float32), "Got: 8 Expected: 3"),
        (np.zeros((1, 3, 8, 8)), "tensor(double)"),
    ],
)
def test_refused_array_reports_message_of_the_runtime(tmp_path, array, words):
    error = run_error(mean_color_model(tmp_path / "m.onnx"), array)
    assert error.cause == "refused"
    assert words in str(error)


def test_model_runs_again_after_a_refusal(tmp_path):
    with runner(mean_color_model(tmp_path / "m.onnx")) as model:
        with pytest.raises(ModelError):
            model.run(IMAGE[0])
        assert model.run(IMAGE)["scores"].shape == (1, 3)


def test_fixed_batch_length_is_run_in_parts(tmp_path):
    with runner(mean_color_model(tmp_path / "m.onnx", batch=2, softmax=False)) as model:
        images = np.arange(5, dtype=np.float32)[:, None, None, None] * np.ones((5, 3, 8, 8), np.float32)
        assert [row for part, _ in model.run_parts(images) for row in part["logits"][:, 0]] == [0, 8, 16, 24, 32]


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x09" * 50])
def test_invalid_model_file_is_one_line(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    assert load_error(tmp_path / "m.onnx").startswith(f"model {tmp_path}/m.onnx: onnxruntime cannot load it: ")


def test_missing_model_file_is_refused(tmp_path):
    with pytest.raises(ImgcheckError, match="no such file"):
        runner(tmp_path / "m.onnx")


@pytest.mark.parametrize("name", ["m.bin", "m", "folder"])
def test_unknown_model_format_is_refused(tmp_path, name):
    (tmp_path / "m.bin").write_bytes(b"x")
    (tmp_path / "m").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImgcheckError, match=r"expected \.keras"):
        runner(tmp_path / name)


def test_custom_operator_is_one_line(tmp_path):
    node = helper.make_node("Special", ["image"], ["out"], domain="com.example")
    path = write_onnx(tmp_path / "m.onnx", [node], {"image": [1, 3, 8, 8]}, {"out": [1, 3, 8, 8]})
    assert "com.example" in load_error(path)


def two_inputs(path, second=(FLOAT, [1, 3, 8, 8])):
    nodes = [helper.make_node("ReduceMean", ["a"], ["x"]), helper.make_node("ReduceMean", ["b"], ["y"])]
    nodes.append(helper.make_node("Add", ["x", "y"], ["out"]))
    return write_onnx(path, nodes, {"a": [1, 3, 8, 8], "b": (second[1], second[0])}, {"out": [1, 1, 1, 1]})


def test_two_image_inputs_require_input_names(tmp_path):
    path = two_inputs(tmp_path / "m.onnx")
    assert "2 inputs: a float32 [1, 3, 8, 8] and b float32 [1, 3, 8, 8]; pass --input for each" in load_error(path)
    assert "pass --input for each" in load_error(path, inputs=("a",))
    with runner(path, inputs=("a", "b")) as model:
        assert float(model.run(IMAGE + 1)["out"].item()) == 2


def test_unknown_input_name_is_refused(tmp_path):
    assert "--input: got image, expected one of a float32" in load_error(
        two_inputs(tmp_path / "m.onnx"), inputs=("image",)
    )


def test_model_without_image_input_is_refused(tmp_path):
    node = helper.make_node("Identity", ["x"], ["y"])
    assert "expected an image" in load_error(write_onnx(tmp_path / "m.onnx", [node], {"x": [1, 5]}, {"y": [1, 5]}))


def test_text_input_is_refused_with_its_dtype(tmp_path):
    node = helper.make_node("Identity", ["image"], ["out"])
    text = ([1, 3, 8, 8], TensorProto.STRING)
    path = write_onnx(tmp_path / "m.onnx", [node], {"image": text}, {"out": text})
    assert "input image string [1, 3, 8, 8]: expected integers or floating-point numbers" in load_error(path)


def test_length_of_zero_is_one_that_varies(tmp_path):
    node = helper.make_node("Identity", ["image"], ["out"])
    path = write_onnx(tmp_path / "m.onnx", [node], {"image": [0, 3, 8, 8]}, {"out": ["N", 3, 8, 8]})
    with runner(path) as model:
        assert model.info.image.shape == (None, 3, 8, 8)


def tile_model(path, times):
    """Its output has ``times`` as many values as its input."""
    node = helper.make_node("Tile", ["image", "times"], ["out"])
    weights = {"times": np.int64([times, 1, 1, 1])}
    return write_onnx(path, [node], {"image": [1, 3, 8, 8]}, {"out": ["N", 3, 8, 8]}, weights)


def test_output_above_the_limit_is_refused(tmp_path):
    error = run_error(tile_model(tmp_path / "m.onnx", 400_000))
    assert error.cause == "too large"
    assert "outputs: got 307,200,000 bytes" in str(error)


def test_output_of_gigabytes_ends_at_the_memory_limit(tmp_path):
    nodes = [
        helper.make_node("Tile", ["image", "times"], ["large"]),
        helper.make_node("Mul", ["large", "large"], ["square"]),
        helper.make_node("Cos", ["square"], ["cos"]),
        helper.make_node("Sin", ["cos"], ["out"]),
    ]
    weights = {"times": np.int64([1_500_000, 1, 1, 1])}
    path = write_onnx(tmp_path / "m.onnx", nodes, {"image": [1, 3, 8, 8]}, {"out": ["N", 3, 8, 8]}, weights)
    error = run_error(path, most_bytes=300 << 20)
    assert error.cause == "ended"
    assert str(error) == "memory: got more than 0.293 GiB (--memory)"


@pytest.mark.slow  # the model uses its two seconds
def test_hanging_model_ends_at_the_time_limit(tmp_path):
    steps = [helper.make_node("Identity", ["state"], ["next"]), helper.make_node("Identity", ["go"], ["go_on"])]
    body = helper.make_graph(
        steps,
        "body",
        [
            helper.make_tensor_value_info("count", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", FLOAT, [1, 3, 8, 8]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", FLOAT, [1, 3, 8, 8]),
        ],
    )
    node = helper.make_node("Loop", ["most", "yes", "image"], ["out"], body=body)
    weights = {"most": np.array(1 << 60, np.int64), "yes": np.array(True)}
    path = write_onnx(tmp_path / "m.onnx", [node], {"image": [1, 3, 8, 8]}, {"out": [1, 3, 8, 8]}, weights)
    error = run_error(path, seconds=2)
    assert (error.cause, str(error)) == ("ended", "timed out after 2 s (--timeout)")


RUNTIME = """
import os, signal
import numpy as np
FORMAT, PACKAGE, EXTRA, SUFFIXES, MARKER = "fake", "fake", "fake", (".fake",), ""
class Model:
    inputs = [{"name": "x", "shape": [1, 3, 8, 8], "dtype": "float32", "quantization": None}]
    outputs = ["y"]
    def run(self, feeds):
        print("noise on standard output")
        if feeds["x"].max() > 1:
            os.kill(os.getpid(), signal.SIGSEGV)
        return {"y": feeds["x"].sum(axis=(2, 3))}
def load(path, threads):
    return Model()
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A model of a runtime that is one new file; it crashes for values above 1."""
    from sm_imgcheck.core import plugins
    from sm_imgcheck.features.discover import runtimes

    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "fake.py").write_text(RUNTIME)
    monkeypatch.setattr(runtimes, "__path__", [*runtimes.__path__, str(folder)])
    (tmp_path / "m.fake").write_bytes(b"")
    assert "fake" in plugins.names(runtimes)
    yield tmp_path / "m.fake"
    sys.modules.pop("sm_imgcheck.features.discover.runtimes.fake")


def test_runtime_added_as_one_file_loads_its_format(fake):
    with runner(fake) as model:
        assert model.run(IMAGE + 1)["y"].tolist() == [[64, 64, 64]]


def test_crash_is_one_line_and_the_model_is_loaded_again(fake):
    with runner(fake) as model:
        with pytest.raises(ModelError, match="its process ended with signal 11"):
            model.run(IMAGE + 2)
        assert model.run(IMAGE)["y"].tolist() == [[0, 0, 0]]


def test_runtime_modules_import_no_framework():
    assert set(runtime_names()) == {"keras", "onnx", "openvino", "savedmodel", "tflite", "torchscript"}
    modules = {name: find_runtime(os.devnull, name) for name in runtime_names()}
    assert all(module.FORMAT and module.PACKAGE for module in modules.values())
    assert not {"torch", "tensorflow", "openvino", "keras"} & set(sys.modules)


@pytest.mark.parametrize("name", ["m.pt", "m.keras"])
def test_framework_of_gigabytes_needs_an_interpreter(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ImgcheckError, match="needs --python, an interpreter with"):
        runner(tmp_path / name)


def test_missing_package_names_the_install_command(tmp_path):
    (tmp_path / "m.xml").write_text("<net/>")
    pytest.importorskip("sm_imgcheck")
    try:
        import openvino  # noqa: F401
    except ImportError:
        assert "pip install 'sm-imgcheck[openvino]'" in load_error(tmp_path / "m.xml")


def test_interpreter_without_the_framework_is_one_line(tmp_path):
    (tmp_path / "m.pt").write_bytes(b"x")
    message = load_error(tmp_path / "m.pt", python=sys.executable)
    assert "TorchScript needs torch, which is not installed: pip install torch" in message


def test_program_other_than_an_interpreter_is_one_line(tmp_path):
    path = mean_color_model(tmp_path / "m.onnx")
    assert "its process ended with" in load_error(path, python="/bin/false")


def test_tflite_model_reports_its_own_errors(tmp_path):
    (tmp_path / "m.tflite").write_bytes(b"TFL3" * 20)
    assert "ai-edge-litert cannot load it: " in load_error(tmp_path / "m.tflite")


def test_relative_path_is_loaded(tmp_path, monkeypatch):
    mean_color_model(tmp_path / "m.onnx")
    monkeypatch.chdir(tmp_path)
    with runner(Path("m.onnx")) as model:
        assert model.run(IMAGE)["scores"].shape == (1, 3)
