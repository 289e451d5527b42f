"""A report format is one new file, which serves every command."""

import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from models import mean_color_model
from package_copy import copy_package
from sample_images import jpeg, picture
from typer.main import get_command

import sm_imgcheck
from sm_imgcheck.cli import list_commands, main

SPEC = "version: 1\nname: x\nshape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
SPEC += "resize: {mode: stretch, size: [24, 32], interpolation: bilinear}\n"
KEYS = """
def reporter(content, terminal):
    return Keys(content)


class Keys:
    def __init__(self, content):
        self.content = content

    def open(self):
        return f"open {self.content.key}\\n"

    def row(self, row):
        return " ".join(sorted(self.content.record(row))) + "\\n"

    def close(self, report):
        return f"close {report.candidates}\\n"
"""
PATHS = ["a.jpg", "b.jpg", "-s", "x.yaml"]
TYPE_ERROR = "expected scalar type Double but found Float"
VERBS = {  # words, name of the list of rows, a key of each row, candidates counted
    "validate": (["validate", *PATHS], "results", "facts", 2),
    "convert": (["convert", *PATHS, "-o", "out"], "results", "emitted", 2),
    "payload": (["payload", *PATHS, "-o", "out/"], "bodies", "emitted", 2),
    "handler": (["handler", "h.py", *PATHS], "results", "handled", 2),
    "spec test": (["spec", "test", "-s", "golden.yaml"], "results", "golden", 1),
    "compare": (["compare", "m.onnx", "a.jpg", "b.jpg", "-s", "model.yaml"], "results", "distance", 2),
    "discover": (["discover", "--model", "m.onnx", "a.jpg", "b.jpg"], None, "ranking", 0),
    "send": (["send", *PATHS, "--url", "URL"], "answers", "answer", 2),
    "payload --sizes": (["payload", "--sizes", *PATHS], None, "cheapest", 0),
    "plan": (["plan", "a.jpg", "-s", "x.yaml"], None, "steps", 0),
    "identify": (["identify", "x.npy"], None, "plausible", 0),
    "rules": (["rules"], "", "severity", 0),
    "explain CODE": (["explain", "DTY101"], "", "page", 0),
    "explain TEXT": (["explain", TYPE_ERROR], "", "cause", 0),
    "spec show": (["spec", "show", "x.yaml"], None, "channel_order", 0),
    "spec lint": (["spec", "lint", "x.yaml", "none.yaml"], "", "warnings", 0),
    "spec list": (["spec", "list"], "", "description", 0),
}
DOCUMENTS = {"code", "merge", "spec schema", "spec init", "spec import", "spec diff"}
"""Commands that write a document of their kind, not rows of a report."""


@pytest.fixture(scope="module")
def package_folder(tmp_path_factory):
    """A copy of the package with one more file, a spec, two images and a tensor."""
    folder = tmp_path_factory.mktemp("place")
    copy_package(folder)
    (folder / "sm_imgcheck" / "report" / "formats" / "keys.py").write_text(KEYS)
    shutil.copytree(Path(sm_imgcheck.__file__).parents[1] / "specs", folder / "specs")
    (folder / "x.yaml").write_text(SPEC)
    (folder / "golden.yaml").write_text(SPEC + "\ngolden: [{image: b.jpg, tensor: x.npy}]\n")
    (folder / "h.py").write_text("def input_fn(body, content_type):\n    return None\n")
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(jpeg())
    (folder / "model.yaml").write_text(SPEC.replace("[N, 24, 32, 3]", "[N, 3, 8, 8]").replace("[24, 32]", "[8, 8]"))
    mean_color_model(folder / "m.onnx")
    np.save(folder / "x.npy", picture()[None] / np.float32(255))
    return folder


@pytest.fixture(scope="module")
def url():
    class Server(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture
def report(package_folder, url, monkeypatch, capsys):
    """A function that returns the report of a verb of VERBS in a format."""

    def run(verb, form):
        require_runtime(verb)
        monkeypatch.chdir(package_folder)
        main([url if word == "URL" else word for word in VERBS[verb][0]] + ["--format", form])
        return capsys.readouterr().out

    return run


def require_runtime(verb):
    """Skip the verbs that run a model where no runtime is installed."""
    if verb in {"compare", "discover"}:
        pytest.importorskip("onnxruntime", reason="needs onnxruntime (the extra onnx)")


def test_new_format_is_tested_with_every_command():
    groups = {name: getattr(import_module(f"sm_imgcheck.cli.commands.{name}"), "app", None) for name in list_commands()}
    commands = {name for name, group in groups.items() if group is None}
    commands |= {
        f"{name} {command}" for name, group in groups.items() if group for command in get_command(group).commands
    }
    tried = {verb for verb in VERBS if verb in commands} | {verb.split()[0] for verb in VERBS if verb not in commands}
    assert tried | DOCUMENTS == commands


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.sample(6)
def test_new_format_serves_every_command(package_folder, url, verb):
    require_runtime(verb)
    words, name, key, candidates = VERBS[verb]
    words = [url if word == "URL" else word for word in words]
    command = [sys.executable, "-m", "sm_imgcheck", *words, "--format", "keys"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=package_folder, check=False)
    first, *rows, last = done.stdout.splitlines()
    assert (first, last) == (f"open {name}", f"close {candidates}")
    assert rows
    assert all(key in row.split() for row in rows)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.sample(4)
def test_json_and_jsonl_have_the_same_rows(report, verb):
    name = VERBS[verb][1]
    document = json.loads(report(verb, "json"))
    rows = [document] if name is None else document if name == "" else document.pop(name)
    lines = list(map(json.loads, report(verb, "jsonl").splitlines()))
    for row in (*rows, *lines):
        row.pop("seconds", None)  # the time of a search
    assert lines == ([*rows, document] if name else rows)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.sample(4)
def test_table_starts_like_text(report, verb):
    text, table = report(verb, "text"), report(verb, "table")
    assert text.split()[:3] == table.split()[:3]
    assert text.split()


@pytest.mark.parametrize("verb", ["validate", "payload", "send"])
def test_json_has_a_line_for_each_row(report, verb):
    text = report(verb, "json")
    assert len(text.splitlines()) == 2 + len(json.loads(text)[VERBS[verb][1]])
