"""Failures caused by the machine: correct code is not reported as wrong."""

import importlib.util
import sys

import pytest
from handlers import candidate_of

from sm_imgcheck.features.handler.guest.environment import environment_cause

SOURCES = {
    "environment variable": ('import os\nos.environ["MODEL_INPUT_SIZE"]', "variable MODEL_INPUT_SIZE is not set"),
    "variable that is None": ('import os\nint(os.getenv("MODEL_INPUT_SIZE"))', "variable MODEL_INPUT_SIZE is not set"),
    "no GPU": ('raise RuntimeError("Found no NVIDIA driver on your system")', "no GPU"),
    "CPU build": ('raise AssertionError("Torch not compiled with CUDA enabled")', "no GPU"),
    "model folder": ('open("/opt/ml/model/config.json")', "ln -s FOLDER /opt/ml/model"),
    "removed attribute": ("import numpy\nnumpy.no_such_type", "has no numpy.no_such_type"),
    "removed name": ("from PIL.Image import NO_SUCH_FILTER", "the import of PIL"),
    "own key": ('{}["image"]', ""),
    "own attribute": ("None.shape", ""),
    "own file": ('open("no-such-file.json")', ""),
}


@pytest.mark.parametrize("name", SOURCES)
def test_environment_cause_is_named_only_for_machine_problems(tmp_path, monkeypatch, name):
    monkeypatch.delenv("MODEL_INPUT_SIZE", raising=False)
    code, words = SOURCES[name]
    file = tmp_path / "inference.py"
    file.write_text(code + "\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("inference_of_test", file)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each case raises its own
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    cause = environment_cause(caught.value, str(file))
    assert words in cause
    assert bool(words) == bool(cause)


def test_local_module_import_error_is_not_an_environment_cause(tmp_path, monkeypatch):
    (tmp_path / "own_helpers.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "inference.py"
    file.write_text("from own_helpers import missing\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("inference_of_test", file)
    with pytest.raises(ImportError) as caught:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    sys.modules.pop("own_helpers", None)
    assert environment_cause(caught.value, str(file)) == ""


def test_handler_that_needs_a_variable_is_not_checked(tmp_path):
    problem = candidate_of(
        tmp_path, 'import os\nSIZE = int(os.environ["NO_SUCH_VARIABLE"])\ndef input_fn(b, t): ...'
    ).problem
    assert problem.code == "HND107"
    assert "NO_SUCH_VARIABLE is not set here" in problem.message


def test_exception_in_predict_fn_names_predict_fn(tmp_path):
    source = "def input_fn(b, t):\n    return np.zeros((1, 2))\ndef predict_fn(x, m):\n    return m(x.reshape(3))\n"
    problem = candidate_of(tmp_path, source).problem
    assert problem.code == "HND101"
    assert "predict_fn raised ValueError" in problem.message


def test_exit_shows_the_last_output(tmp_path):
    problem = candidate_of(
        tmp_path, "import sys\ndef input_fn(b, t):\n    print('giving up')\n    sys.exit(3)\n"
    ).problem
    assert problem.code == "HND102"
    assert "last output: giving up" in problem.message


def test_accepted_content_type_is_noted(tmp_path):
    source = "def input_fn(b, t):\n    return {'application/x-image': pixels}[t](b)\n"
    findings = candidate_of(tmp_path, source).handled.findings
    assert any("accepts application/x-image, not image/jpeg (KeyError" in finding.message for finding in findings)
