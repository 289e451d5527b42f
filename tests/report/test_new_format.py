"""A report format is one new file, which serves every verb that has rows."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from package_copy import copy_package
from pictures import jpeg

SPEC = "version: 1\nname: x\nshape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
SPEC += "resize: {mode: stretch, size: [24, 32], interpolation: bilinear}\n"
KEYS = """
EVERY_VERB = True


def reporter(content):
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
REQUEST_KEYS = {"bodies": "emitted", "answers": "answer", "results": "facts"}


@pytest.fixture
def place(tmp_path):
    """A copy of the package with one more file, a spec and two images."""
    copy_package(tmp_path)
    (tmp_path / "sm_imgcheck" / "report" / "formats" / "keys.py").write_text(KEYS)
    (tmp_path / "x.yaml").write_text(SPEC)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(jpeg())
    return tmp_path


@pytest.fixture
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


def report(place, *words):
    command = [sys.executable, "-m", "sm_imgcheck", *words, "a.jpg", "b.jpg", "-s", "x.yaml"]
    return subprocess.run(command, capture_output=True, text=True, cwd=place, check=False).stdout


@pytest.mark.parametrize("verb", ["validate", "convert", "payload", "send"])
def test_new_format_serves_every_verb_that_has_rows(place, url, verb):
    options = {"convert": ["-o", "out"], "payload": ["-o", "out/"], "send": ["--url", url]}.get(verb, [])
    key = {"payload": "bodies", "send": "answers"}.get(verb, "results")
    first, *rows, last = report(place, verb, *options, "--format", "keys").splitlines()
    assert (first, last) == (f"open {key}", "close 2")
    assert rows
    assert all(REQUEST_KEYS[key] in row.split() for row in rows)


def test_json_of_every_verb_is_one_document_with_a_line_for_each_row(place, url):
    for key, words in {"results": ["validate"], "answers": ["send", "--url", url], "bodies": ["payload"]}.items():
        text = report(place, *words, "--format", "json")
        document = json.loads(text)
        assert len(text.splitlines()) == 2 + len(document[key])
