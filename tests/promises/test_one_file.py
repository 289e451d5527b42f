"""One new file adds one thing: each test adds a file to a copy of the package and uses it from the command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from package_copy import copy_package
from sample_images import jpeg

import sm_imgcheck

pytestmark = pytest.mark.slow  # each test copies the package and starts its command

PACKAGE = Path(sm_imgcheck.__file__).parent
SPEC = "shape: [N, 8, 8, 3]\nlayout: NHWC\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"

STACK = """
from sm_imgcheck.core.types import DecodedRequest
from sm_imgcheck.serving.stacks import Stack


def receive(body, content_type, spec):
    return DecodedRequest(form="object", what=f"{len(body)} bytes for a new stack")


STACK = Stack(rank=50, receive=receive, content_types=("x/new",), envelopes=("raw",), handler="def new_handler(): ...")
"""
OP = """
from sm_imgcheck.ops.records import Op

OPS = {"invert": Op(stage="values", kernel=__name__, effect=lambda facts, step: facts)}


def invert(array):
    return 255 - array
"""
MISTAKE = """
from dataclasses import replace

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.mistakes import Mistake
from sm_imgcheck.ops.records import Op, _all


def _searches(evidence):
    step = Step(op="flip_levels", params={})
    preparation = replace(evidence.source.preparation, after=(step,))
    yield from evidence.reread(evidence.images, replace(evidence.source, preparation=preparation))


def flip_levels(image):
    import numpy as np

    return np.minimum(image, 255 - image)


def _phrase(step):
    return "mirrored in value"


_all()["flip_levels"] = Op(
    stage="levels",
    kernel=__name__,
    effect=lambda facts, step: facts,
    traits=frozenset({"alteration"}),
    shapes_image=True,
    phrase=_phrase,
)
MISTAKE = Mistake(title="mirrored values", rank=50, searches=_searches)
"""
INVERT = """
import numpy as np
from PIL import Image

image = np.asarray(Image.open("x.jpg").convert("RGB"))
np.save("x.npy", np.minimum(image, 255 - image)[None])
"""
APPLY = """
import numpy as np
from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.execute import apply

print(apply(Step(op="invert", params={}), np.array([0, 5], np.uint8)).tolist())
"""
IMPORTER = """
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import DraftBuilder


def matches(file):
    return float(file.start.startswith("ACME"))


def read(file, input_name):
    builder = DraftBuilder(file)
    side = int(file.text.split()[1])
    builder.state("shape", ["N", 3, side, side], "ACME")
    return builder.build("Acme configuration", "pixels")


IMPORTER = Importer(
    rank=99, title="Acme configuration", requires="ACME", marks=("acme",), matches=matches, read=read
)
"""
COMMAND = '''
import typer

RANK = 50
SUMMARY = "Greet."


def greet() -> None:
    """Greet."""
    typer.echo("hello")
'''


@pytest.fixture
def copy(tmp_path):
    """A folder with a copy of the package and its presets, an image and a spec."""
    copy_package(tmp_path)
    shutil.copytree(PACKAGE.parent / "specs", tmp_path / "specs")
    (tmp_path / "x.jpg").write_bytes(jpeg())
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


def output(copy: Path, *arguments: str, code: int = 0) -> str:
    """Standard output of Python with these arguments in the folder, where the copy is found first."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=copy, capture_output=True, text=True, check=False, env=environment
    )
    assert ended.returncode == code, ended.stderr
    return ended.stdout


def imgcheck(copy: Path, *arguments: str, code: int = 0) -> str:
    return output(copy, "-m", "sm_imgcheck", *arguments, code=code)


def add(copy: Path, name: str, text: str) -> None:
    path = copy / name
    assert not path.exists()
    path.write_text(text)


def add_copy(copy: Path, folder: str, old: str, new: str) -> None:
    """Add a module that is the text of another one under a new name."""
    add(copy, f"sm_imgcheck/{folder}/{new}.py", (PACKAGE / folder / f"{old}.py").read_text(encoding="utf-8"))


def test_commands_run_from_the_package_copy(copy):
    assert output(copy, "-c", "import sm_imgcheck; print(sm_imgcheck.__file__)").startswith(str(copy))


def test_new_report_format_needs_one_file(copy):
    add_copy(copy, "report/formats", "jsonl", "lines")
    arguments = ("validate", "x.jpg", "-s", "spec.yaml", "--fail-on", "never", "--format")
    assert imgcheck(copy, *arguments, "lines") == imgcheck(copy, *arguments, "jsonl")


def test_new_tensor_format_needs_one_file(copy):
    add_copy(copy, "io/tensors", "npy", "array1")
    imgcheck(copy, "convert", "x.jpg", "-s", "spec.yaml", "-o", "out", "--as", "array1")
    imgcheck(copy, "convert", "x.jpg", "-s", "spec.yaml", "-o", "out", "--as", "npy")
    assert (copy / "out/x.array1").read_bytes() == (copy / "out/x.npy").read_bytes()


def test_new_output_format_needs_one_file(copy):
    add_copy(copy, "run/outputs/formats", "jsonl", "lines")
    imgcheck(copy, "convert", "x.jpg", "-s", "spec.yaml", "-o", "new", "--as", "lines")
    imgcheck(copy, "convert", "x.jpg", "-s", "spec.yaml", "-o", "old", "--as", "jsonl")
    assert (copy / "new/00000.jsonl").read_bytes() == (copy / "old/00000.jsonl").read_bytes()


def test_new_envelope_needs_one_file(copy):
    add_copy(copy, "serving/envelopes", "raw", "plain_values")
    imgcheck(copy, "payload", "x.jpg", "-s", "spec.yaml", "-o", "new.bin", "--as", "plain-values")
    imgcheck(copy, "payload", "x.jpg", "-s", "spec.yaml", "-o", "old.bin", "--as", "raw")
    assert (copy / "new.bin").read_bytes() == (copy / "old.bin").read_bytes()
    (copy / "named.yaml").write_text(f"{SPEC}payload: {{envelope: plain-values}}\n")
    assert "plain-values" in imgcheck(copy, "spec", "show", "named.yaml")


def test_new_mistake_needs_one_file(copy):
    add(copy, "sm_imgcheck/features/identify/mistakes/inverted.py", MISTAKE)
    output(copy, "-c", INVERT)
    assert "mirrored in value" in imgcheck(copy, "identify", "x.npy", "--source", "x.jpg")


def test_new_stack_needs_one_file(copy):
    add(copy, "sm_imgcheck/serving/stacks/new_stack.py", STACK)
    (copy / "named.yaml").write_text(f"{SPEC}payload: {{stack: new-stack, content_type: x/new}}\n")
    (copy / "body").write_bytes(b"12345")
    text = imgcheck(copy, "validate", "body", "-s", "named.yaml", "--content-type", "x/new", code=1)
    assert "5 bytes for a new stack" in text
    assert "new-stack" in imgcheck(copy, "code", "--help")
    assert "def new_handler" in imgcheck(copy, "code", "-s", "named.yaml", "--for", "new-stack")


def test_new_importer_needs_one_file(copy):
    add(copy, "sm_imgcheck/spec/importers/acme.py", IMPORTER)
    (copy / "acme.cfg").write_text("ACME 64")
    text = imgcheck(copy, "spec", "import", "acme.cfg")
    assert "(Acme configuration)" in text
    assert "shape: [N, 3, 64, 64]  # acme.cfg: ACME" in text


def test_new_preset_needs_one_file(copy):
    add(copy, "specs/new-model.yaml", SPEC)
    assert "new-model" in imgcheck(copy, "spec", "list")
    assert "8, 8, 3" in imgcheck(copy, "spec", "show", "new-model")


def test_new_op_needs_one_file(copy):
    add(copy, "sm_imgcheck/ops/records/invert.py", OP)
    assert output(copy, "-c", APPLY) == "[255, 250]\n"


def test_new_executor_needs_one_file(copy):
    add_copy(copy, "run/executors", "here", "inline")
    arguments = ("validate", "x.jpg", "-s", "spec.yaml", "--fail-on", "never", "--format", "jsonl", "--engine")
    assert '"path":"x.jpg"' in imgcheck(copy, *arguments, "inline").replace(" ", "")


def test_new_command_needs_one_file(copy):
    add(copy, "sm_imgcheck/cli/commands/greet.py", COMMAND)
    assert imgcheck(copy, "greet") == "hello\n"
    assert "greet     Greet." in imgcheck(copy, "--help")
