"""``handler`` on the command line: the report, the exit codes, the machine formats."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest
from handlers import PIL_RGB, left_by
from sample_images import jpeg, picture

from sm_imgcheck import validate_handler
from sm_imgcheck.cli import main

BLUE_FIRST = """
import cv2
import numpy as np
def input_fn(body, kind):
    return np.float32(cv2.resize(cv2.imdecode(np.frombuffer(body, np.uint8), 1), (224, 224)))[None] / 255
"""


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.jpg").write_bytes(jpeg(picture(96, 130)))
    (tmp_path / "inference.py").write_text(BLUE_FIRST, encoding="utf-8")
    (tmp_path / "inference.txt").write_text(BLUE_FIRST, encoding="utf-8")
    return "x.jpg"


def handler(*words):
    return main(["handler", *words, "-s", "pillow-rgb-01"])


def test_report_describes_the_pipeline_of_the_handler(photo, capsys):
    assert handler("inference.py", photo) == 1
    text = capsys.readouterr().out
    assert "x.jpg: sent to inference.py as image/jpeg; input_fn returned float32 [1, 224, 224, 3] NHWC BGR" in text
    assert "your input_fn decodes BGR, stretches to 224x224 with OpenCV INTER_LINEAR without antialias" in text
    assert "the spec requires Pillow bicubic, RGB" in text
    assert set(re.findall(r"\b[A-Z]{3}\d{3}\b", text)) == {"CHN101", "PIX106"}
    assert "1  resize_pillow" in text
    assert "Plan to the tensor" not in text
    assert text.endswith("handler that makes the expected tensor:\n\n  sm-imgcheck code -s pillow-rgb-01\n")


def test_unchecked_handler_gets_no_advice_to_replace_it(photo, tmp_path, capsys):
    (tmp_path / "inference.py").write_text("import a_package_of_the_container", encoding="utf-8")
    assert handler("inference.py", photo) == 1
    text = capsys.readouterr().out
    assert "a_package_of_the_container is not installed" in text
    assert "sm-imgcheck code" not in text


@pytest.mark.slow
def test_validate_handler_returns_one_result_per_image(photo):
    first, second = validate_handler("inference.py", [photo, jpeg(picture(96, 130))], "pillow-rgb-01", timeout=20)
    codes = [one.code for one in first.findings if one.severity == "error"]
    assert codes == [one.code for one in second.findings if one.severity == "error"] == ["CHN101", "PIX106"]
    assert (first.path, first.handled.function, second.path) == ("x.jpg", "input_fn", "bytes")


def test_folder_argument_selects_its_inference_py(photo, tmp_path, capsys):
    (tmp_path / "model" / "code").mkdir(parents=True)
    (tmp_path / "inference.py").rename(tmp_path / "model" / "code" / "inference.py")
    assert handler("model", photo, "--select", "CHN") == 1
    assert "input_fn returned" in capsys.readouterr().out
    assert handler(".", photo) == 2
    assert "missing inference.py: expected" in capsys.readouterr().err


def test_relative_interpreter_path_starts_at_working_folder(photo, tmp_path, capsys):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "h.py").write_text("def input_fn(body, kind): return [len(body)]")
    assert handler("sub/h.py", photo, "--python", "bin/python", "--select", "HND") == 0
    capsys.readouterr()


def test_bare_interpreter_name_is_resolved_on_the_path(photo, tmp_path, capsys, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python-of-path").symlink_to(sys.executable)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "h.py").write_text("def input_fn(body, kind): return [len(body)]")
    monkeypatch.setenv("PATH", "bin")  # relative to the current folder, not to the handler's
    assert handler("sub/h.py", photo, "--python", "python-of-path", "--select", "HND") == 0
    assert handler("sub/h.py", photo, "--python", "python-of-nowhere") == 2
    assert "--python python-of-nowhere: cannot be started: No such file" in capsys.readouterr().err


def test_correct_handler_exits_with_0(photo, tmp_path, capsys):
    (tmp_path / "inference.py").write_text(
        dedent(PIL_RGB) + "def input_fn(body, kind):\n"
        "    image = Image.fromarray(pixels(body)).resize((224, 224))\n"
        "    return np.asarray(image, np.float32)[None] / 255\n"
    )
    assert handler("inference.py", photo) == 0
    assert capsys.readouterr().out.endswith("OK: matches the spec.\n")


@pytest.mark.parametrize("stack", ["tensorflow-serving", pytest.param("toolkit", marks=pytest.mark.slow)])
def test_generated_handler_matches_its_spec(photo, capsys, stack):
    assert main(["code", "-s", "pillow-rgb-01", "--for", stack, "-o", "written.py"]) == 0
    assert handler("written.py", photo) == 0
    assert capsys.readouterr().out.endswith("OK: matches the spec.\n")


def test_json_has_handler_facts_and_findings(photo, capsys):
    assert handler("inference.py", photo, "--content-type", "image/x", "--format", "json") == 1
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert (result["path"], result["kind"]) == ("x.jpg", "tensor")
    assert {key: result["handled"][key] for key in ("file", "function", "content_type", "made")} == {
        "file": "inference.py",
        "function": "input_fn",
        "content_type": "image/x",
        "made": "numpy.ndarray",
    }
    assert result["source"]["exact"]


@pytest.mark.slow
def test_damaged_image_among_several_has_its_own_findings(photo, tmp_path, capsys):
    (tmp_path / "y.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more of it" + jpeg()[20:300])
    (tmp_path / "z.txt").write_text("<html>")
    code = handler("inference.py", photo, "y.jpg", "z.txt", "--format", "jsonl")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    results = [line["findings"] for line in lines if "path" in line]
    found = [{one["code"] for one in findings if one["severity"] == "error"} for findings in results]
    assert code == 1
    assert found == [{"CHN101", "PIX106"}, found[1], {"SRC103"}]
    assert found[1]
    assert all(one.startswith(("HND", "SRC")) for one in found[1])


@pytest.mark.parametrize(
    ("words", "clause"),
    [
        (["nothing.py", "x.jpg"], "no such file"),
        (["inference.py", "x.jpg", "--function", "nothing"], "missing function: nothing"),
        (["inference.py", "x.jpg", "--python", "/nowhere"], "--python /nowhere: cannot be started"),
        (["inference.py"], "Missing argument"),
        (["x.jpg", "x.jpg"], "handler x.jpg: got a binary file, expected Python source"),
        (["inference.txt", "x.jpg"], "handler inference.txt: got .txt, expected a .py file"),
        (["/dev/zero", "x.jpg"], "handler /dev/zero: got a device, a pipe or a socket, expected a file"),
        (["inference.py", "x.jpg", "--python", shutil.which("yes") or "yes"], "expected a Python interpreter"),
        (["inference.py", "x.jpg", "--timeout", "0"], "0.1"),
        (["inference.py", "x.jpg", "--timeout", "nan"], "--timeout': got nan, expected a number up to 604,800"),
        (["inference.py", "x.jpg", "--memory", "nan"], "--memory': got nan, expected a number up to 1,048,576"),
        (["inference.py", "x.jpg", "--memory", "inf"], "--memory': got inf, expected a number"),
        (["inference.py", "x.jpg", "--memory", "1e300"], "--memory': got 1e+300, expected a number"),
    ],
)
def test_invalid_arguments_exit_with_2(photo, capsys, words, clause):
    assert handler(*words) == 2
    assert clause in " ".join(capsys.readouterr().err.split())


def test_help_states_that_handlers_are_not_isolated(capsys):
    main(["handler", "--help"])
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "do not isolate it" in text
    assert "runs with your permissions" in text


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes are seen through /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_signal_stops_handler_processes_and_removes_files(photo, tmp_path, monkeypatch, number, code):
    (tmp_path / "inference.py").write_text("import subprocess, time\nsubprocess.Popen(['sleep', '60'])\ntime.sleep(60)")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    words = [sys.executable, "-m", "sm_imgcheck", "handler", "inference.py", photo, "-s", "pillow-rgb-01"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(left_by(tmp_path)) < 4:  # this program, the keeper, the worker, and what it has started
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    try:
        assert process.wait(60) == code
    finally:
        process.kill()
        process.wait()
    assert left_by(tmp_path) == []
