"""Every command reads a candidate once, decodes it once and calls the user's handler once, with a preview too."""

import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from sample_images import encode_image, jpeg, picture

import sm_imgcheck
from sm_imgcheck import cli, rules
from sm_imgcheck.core.plugins import names
from sm_imgcheck.features.handler.runner import HandlerRunner
from sm_imgcheck.pipeline import read
from sm_imgcheck.report import formats

SPEC = {
    "shape": ["N", 48, 64, 3],
    "dtype": "float32",
    "channel_order": "RGB",
    "value_range": [0, 1],
    "resize": {"mode": "stretch"},
}
HANDLER = """\
import io, numpy
from PIL import Image

def input_fn(body, content_type):
    return numpy.asarray(Image.open(io.BytesIO(body)).convert("RGB"))[None].astype("float32") / 255
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with an image, a tensor of it, a handler, and a spec with a golden tensor."""
    monkeypatch.chdir(tmp_path)
    Path("cat.jpg").write_bytes(jpeg())
    Path("cat.png").write_bytes(encode_image(Image.fromarray(picture(96, 128)), "PNG"))
    Path("inference.py").write_text(HANDLER)
    np.save("cat.npy", sm_imgcheck.convert("cat.png", SPEC))
    golden = [{"image": "cat.png", "tensor": "cat.npy", "tolerance": 1}]
    Path("sm-imgcheck.yaml").write_text(yaml.safe_dump(SPEC | {"golden": golden}))
    return tmp_path


@pytest.fixture
def counts(folder, monkeypatch):  # after the folder is made, which reads files too
    """How often each file is read, how many images are decoded, how often the handler is called."""
    counted = Counter()

    def count(module, name, key):
        function = getattr(module, name)

        def counting(*arguments, **options):
            counted[key(*arguments)] += 1
            return function(*arguments, **options)

        monkeypatch.setattr(module, name, counting)

    count(os, "open", lambda path, *_: os.path.basename(path))  # noqa: PTH119 - a name as it was passed
    count(read, "decode_with_header", lambda *_: "decode")
    count(HandlerRunner, "__call__", lambda *_: "handler")
    return counted


def run(*words):
    try:
        return cli.main(list(words))
    except SystemExit as stop:
        return stop.code


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_image_is_read_and_decoded_once_for_its_preview(counts, command):
    run(command, "cat.jpg", "--picture", "out.png")
    assert Path("out.png").exists()
    assert (counts["cat.jpg"], counts["decode"]) == (1, 1)


@pytest.mark.parametrize("words", [("validate",), ("plan",), ("identify",), ("identify", "-s", "sm-imgcheck.yaml")])
def test_tensor_is_read_once_for_its_preview(counts, words):
    run(*words, "cat.npy", "--picture", "out.png")
    assert Path("out.png").exists()
    assert (counts["cat.npy"], counts["decode"]) == (1, 0)


@pytest.mark.parametrize("words", [("validate",), ("identify",)])
def test_tensor_and_its_source_are_read_once(counts, words):
    run(*words, "cat.npy", "--source", "cat.png", "--picture", "out.png")
    assert Path("out.png").exists()
    assert (counts["cat.npy"], counts["cat.png"]) == (1, 1)


def test_handler_is_called_once_for_its_preview(counts):
    run("handler", "inference.py", "cat.png", "--picture", "out.png")
    assert Path("out.png").exists()
    assert (counts["cat.png"], counts["handler"]) == (1, 1)


def test_golden_tensor_and_image_are_read_once_for_their_preview(counts):
    run("spec", "test", "--picture", "out.png")
    assert Path("out.png").exists()
    assert (counts["cat.png"], counts["cat.npy"], counts["decode"]) == (1, 1, 1)


@pytest.mark.parametrize("form", names(formats))
def test_image_is_read_and_decoded_once_for_every_format(counts, form):
    assert run("validate", "cat.jpg", "--format", form) == 1
    assert (counts["cat.jpg"], counts["decode"]) == (1, 1)


@pytest.mark.parametrize("words", [(), ("--as-request",), ("--headers-only",), ("--emit", "out")])
def test_images_of_a_page_are_read_and_decoded_once(counts, words):
    run("validate", "cat.jpg", "cat.png", "cat.npy", *words, "--output-file", "html:page")
    assert Path("page").read_text().count("<figure>") >= 1
    assert [counts[name] for name in ("cat.jpg", "cat.png", "cat.npy")] == [1, 1, 1]
    assert counts["decode"] <= 2


def test_handler_is_called_once_for_a_page(counts):
    run("handler", "inference.py", "cat.png", "--output-file", "html:page")
    assert Path("page").read_text().count("<figure>") >= 1
    assert (counts["cat.png"], counts["handler"]) == (1, 1)


def test_call_path_from_command_to_rule_is_short(folder, monkeypatch):
    """The call path of a candidate from ``validate`` to the rule: these functions, in this order."""
    stacks = []

    def check(candidate, spec):
        frame = sys._getframe(1)
        stacks.append([])
        while frame is not None:
            if "sm_imgcheck" in frame.f_code.co_filename and not frame.f_code.co_name.startswith("<"):
                stacks[-1].insert(0, frame.f_code.co_name)
            frame = frame.f_back
        return ()

    monkeypatch.setattr(rules, "_checks", [("DTY", check)])
    rules._select_checks.cache_clear()
    assert cli.main(["validate", "cat.jpg"]) == 0
    rules._select_checks.cache_clear()
    command = stacks[0].index("validate")
    assert stacks[0][command + 1 :] == [
        "report_on",
        "add_all",
        "process_items",
        "process_item",
        "evaluate_candidate",
        "plan_and_check",
        "run",
    ]
