"""The JSON Schema of reports: valid for the reports of every kind of input, and without a key that no report has."""

import io
import json
import os
import sys

import cv2
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from sample_images import jpeg, picture

from sm_imgcheck.cli import configuration
from sm_imgcheck.report.schema import COMMANDS, schema

SCHEMA = schema()
VALIDATOR = Draft202012Validator(SCHEMA)
PHOTO = jpeg(picture(120, 160), quality=95, orientation=6)
SPEC = """
shape: [N, 3, 64, 64]
dtype: float32
channel_order: RGB
value_range: [0, 1]
resize: {mode: stretch, interpolation: bilinear}
"""
HANDLER = "import numpy as np\ndef input_fn(body, content_type):\n    return np.zeros((1, 3, 64, 64), 'float64')\n"
PROJECT = """[tool.sm-imgcheck]
per-path-ignores = [{paths = ["*.npy"], codes = ["DTY"], reason = "known"}]
specs = [{paths = ["a.jpg"], spec = "spec.yaml"}, {paths = ["wrong.npy"], spec = "other.yaml"}]
"""
RUNS = {
    "image": ["validate", "a.jpg", "-s", "spec.yaml"],
    "image headers": ["validate", "a.jpg", "-s", "spec.yaml", "--headers-only"],
    "several candidates": ["validate", "a.jpg", "wrong.npy", "half.jpg", "page.jpg", "-s", "spec.yaml"],
    "folder": ["validate", ".", "-s", "spec.yaml"],
    "tensor": ["validate", "wrong.npy", "-s", "spec.yaml"],
    "tensor of NaN and infinity": ["validate", "bad.npy", "-s", "spec.yaml"],
    "tensor without a named value mapping": ["validate", "unnamed.npy", "-s", "spec.yaml"],
    "tensor with its source": ["validate", "wrong.npy", "-s", "spec.yaml", "--source", "a.jpg"],
    "tensor with another source": ["validate", "unnamed.npy", "-s", "spec.yaml", "--source", "a.jpg"],
    "request body": ["validate", "body.json", "-s", "tf.yaml", "--content-type", "application/json"],
    "refused request": ["validate", "half.jpg", "-s", "tf.yaml", "--content-type", "application/json"],
    "image as a request": ["validate", "a.jpg", "-s", "spec.yaml", "--as-request"],
    "damaged and absent files": ["validate", "half.jpg", "page.jpg", "absent.jpg", "-s", "spec.yaml"],
    "name that is not UTF-8": ["validate", os.fsdecode(b"\xff.jpg"), "-s", "spec.yaml"],
    "standard input": ["validate", "-", "-s", "spec.yaml", "--stdin-filename", "upload.jpg"],
    "statistics": ["validate", "a.jpg", "wrong.npy", "-s", "spec.yaml", "--statistics"],
    "emitted tensors": ["validate", "a.jpg", "-s", "spec.yaml", "--emit", "emitted"],
    "converted": ["convert", "a.jpg", "wrong.npy", "half.jpg", "-s", "spec.yaml", "-o", "out"],
    "configured ignores and specs": ["validate", "a.jpg", "wrong.npy"],
    "baseline": ["validate", "half.jpg", "a.jpg", "-s", "spec.yaml", "--as-request", "--baseline", "known.json"],
    "handler": ["handler", "handler.py", "a.jpg", "-s", "spec.yaml"],
    "golden tensor": ["spec", "test", "-s", "golden.yaml"],
}
IN_PROJECT = {"configured ignores and specs"}


def walk(value, part):
    """Yield the key (with the object that it is in) of each value of a report, with the schema's name of the object."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        for key, entry in value.items():
            yield name, key
            yield from walk(entry, SCHEMA["$defs"][name]["properties"][key])
    elif "anyOf" in part and value is not None:
        yield from walk(value, part["anyOf"][0])
    elif isinstance(value, list):
        for entry in value:
            yield from walk(entry, part["items"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Specs, images, tensors, a request body, a handler, a baseline, and a project with a configuration."""
    folder = tmp_path_factory.mktemp("inputs")
    resized = cv2.resize(cv2.imdecode(np.frombuffer(PHOTO, np.uint8), cv2.IMREAD_COLOR), (64, 64))
    wrong = (resized / 255).transpose(2, 0, 1)[np.newaxis]
    texts = {
        "spec.yaml": SPEC,
        "tf.yaml": SPEC.replace("3, 64, 64", "64, 64, 3") + "payload: {stack: tensorflow-serving}\n",
        "golden.yaml": SPEC + "golden: [{image: a.jpg, tensor: wrong.npy}]\n",
        "page.jpg": "<html>",
        "known.json": '{"version": 1, "findings": {"half.jpg": ["SRC112", "SRC113"], "a.jpg": ["SRC999"]}}',
        "body.json": json.dumps({"instances": np.full((1, 64, 64, 3), 0.5).tolist()}),
        "handler.py": HANDLER,
        "project/pyproject.toml": PROJECT,
        "project/spec.yaml": SPEC,
        "project/other.yaml": SPEC.replace("64, 64", "32, 32"),
    }
    (folder / "project").mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
    for name in ("a.jpg", "project/a.jpg", os.fsdecode(b"\xff.jpg")):
        (folder / name).write_bytes(PHOTO)
    (folder / "half.jpg").write_bytes(PHOTO[: len(PHOTO) // 2])
    for name in ("wrong.npy", "project/wrong.npy"):
        np.save(folder / name, wrong)
    np.save(folder / "bad.npy", np.where(wrong > 0.5, np.nan, np.inf).astype("float32"))
    np.save(folder / "unnamed.npy", (wrong * 3.3 + 0.7).astype("float32"))
    return folder


@pytest.fixture(scope="module")
def reports():
    """Texts of the reports so far, by run and format."""
    return {}


@pytest.fixture
def report(folder, reports, run_cli, monkeypatch):
    """A function that returns the text of the report of a run of RUNS in a format; each run is done once."""
    monkeypatch.chdir(folder)

    def text(name, form="json"):
        if (name, form) not in reports:
            configuration.find_configuration.cache_clear()
            monkeypatch.chdir(folder / "project" if name in IN_PROJECT else folder)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PHOTO)))
            _, reports[name, form], _ = run_cli(*RUNS[name], "--format", form)
            configuration.find_configuration.cache_clear()
        return reports[name, form]

    return text


@pytest.mark.parametrize("name", RUNS)
def test_report_is_valid_for_its_schema(report, name):
    document = json.loads(report(name))
    assert document["summary"]["candidates"] > 0
    VALIDATOR.validate(document)


@pytest.mark.parametrize("name", ["several candidates", "statistics"])
def test_each_line_of_json_lines_is_valid_for_the_schema(report, name):
    *rows, last = map(json.loads, report(name, "jsonl").splitlines())
    assert (len(rows), "summary" in last) == (last["summary"]["candidates"], True)
    for line in (*rows, last):
        VALIDATOR.validate(line)


def test_every_key_of_the_schema_is_in_a_report(report):
    keys = {key for name in RUNS for key in walk(json.loads(report(name)), SCHEMA["then"])}
    assert keys | {("LastLine", key) for key in json.loads(report("image")) if key != "results"} == {
        (name, key) for name, part in SCHEMA["$defs"].items() for key in part["properties"]
    }


def test_every_key_has_a_description():
    Draft202012Validator.check_schema(SCHEMA)
    for part in SCHEMA["$defs"].values():
        assert all(entry["description"].endswith((".", "...")) for entry in part["properties"].values())


def change(document, *keys, value):
    """The document with another value under these keys and indices."""
    *parents, last = keys
    inner = document
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return document


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("finished",), True),
        (("version",), "4"),
        (("summary", "said"), ""),
        (("results", 0, "story"), ""),
        (("results", 0, "status"), "good"),
        (("results", 0, "kind"), "picture"),
        (("results", 0, "header", "orientation", "safari"), 1),
        (("results", 0, "facts", "byte_order"), "big"),
        (("results", 0, "findings", 0, "severity"), "fatal"),
        (("results", 0, "plan", "steps", 0, "loss"), None),
    ],
)
def test_planted_key_or_value_is_refused(report, keys, value):
    assert not VALIDATOR.is_valid(change(json.loads(report("image")), *keys, value=value))


def test_missing_key_is_refused(report):
    document = json.loads(report("image"))
    del document["results"][0]["plan"]
    assert not VALIDATOR.is_valid(document)


def test_help_names_every_command_that_the_schema_describes(run_cli):
    text = " ".join(run_cli("spec", "schema", "--help")[1].split())
    assert all(command in text for command in COMMANDS)
    assert {" ".join(words[: 1 + (words[0] == "spec")]) for words in RUNS.values()} == set(COMMANDS)


def test_spec_schema_report_prints_the_schema(run_cli):
    assert json.loads(run_cli("spec", "schema", "--report")[1]) == SCHEMA
    assert run_cli("spec", "schema", "--report", "--configuration")[0] == 2


@pytest.mark.slow
def test_reports_of_the_corpus_are_valid_for_the_schema(run_cli, shared_corpus):
    lines = run_cli("validate", shared_corpus, "-s", "pillow-rgb-01", "--format", "jsonl")[1].splitlines()
    assert len(lines) > 100
    for line in lines:
        VALIDATOR.validate(json.loads(line))
