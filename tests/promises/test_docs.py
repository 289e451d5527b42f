"""The README's promises: every block runs, every output is current, every public thing is spoken of."""

import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import readme
from demo.draw import write
from PIL import Image

import sm_imgcheck
from sm_imgcheck.core.types import Decode
from sm_imgcheck.io import numpy_files
from sm_imgcheck.io.tensors import json
from sm_imgcheck.pipeline import read
from sm_imgcheck.rules import all_rules

TEXT = readme.README.read_text(encoding="utf-8")
DEMO = readme.ROOT / "tests" / "demo"


BEGINNING = TEXT[: TEXT.index("\n## ", TEXT.index("\n## A run\n") + 1)]


@pytest.mark.parametrize(
    "text", [pytest.param(BEGINNING, id="beginning"), pytest.param(TEXT, id="all", marks=pytest.mark.slow)]
)
def test_blocks_run_and_outputs_and_tables_are_current(text):
    """``make docs`` writes them again. All of them are 40 commands, which is a check of the longer tier."""
    assert readme.current(text).splitlines() == text.splitlines()


def test_the_table_of_presets_is_current():
    assert readme.presets() in TEXT


def test_blocks_are_of_a_kind_that_is_run_or_say_why_not():
    found = readme.blocks(TEXT)
    assert {block.kind for block in found} <= {"console", "sh", "python", "yaml", "json", "text"}
    assert len(found) == TEXT.count("\n```") / 2, "a fence that is not closed"
    skipped = [block for block in found if block.not_run]
    assert len(skipped) <= 3, [(block.line, block.not_run) for block in skipped]
    assert sum(block.kind in {"console", "sh", "python", "yaml"} for block in found) >= 3 * len(skipped)


def test_a_block_that_fails_and_an_output_that_is_stale_are_seen(tmp_path):
    """The checks above can fail."""
    with pytest.raises(AssertionError, match=r"line 7: exit code 3"):
        readme.run(readme.Block(kind="sh", body="exit 3\n", line=7), tmp_path)
    with pytest.raises(AssertionError, match="line 9"):
        readme.run(readme.Block(kind="yaml", body="shape: [N, 224]\n", line=9), tmp_path)
    assert readme.console("$ echo new\nold\n", tmp_path) == "$ echo new\nnew\n"


@pytest.mark.parametrize("name", sm_imgcheck.__all__)
def test_public_names_are_spoken_of(name):
    assert f"`{name}`" in TEXT or re.search(rf"\b{name}\(", TEXT) or re.search(rf"import .*\b{name}\b", TEXT)


def test_commands_and_families_are_spoken_of():
    commands = {path.stem for path in (readme.ROOT / "sm_imgcheck" / "cli" / "commands").glob("[a-z]*.py")}
    assert [name for name in sorted(commands) if f"sm-imgcheck {name}" not in TEXT] == []
    assert [family for family in sorted({code[:3] for code in all_rules()}) if f"`{family}`" not in TEXT] == []


def test_links_into_the_project_lead_somewhere():
    links = re.findall(r"\]\((?!https?://|#)([^)]+)\)", TEXT)
    assert links, "the table of presets has links"
    assert [link for link in links if not (readme.ROOT / link).exists()] == []


def test_links_within_the_readme_lead_to_a_heading():
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert [link for link in re.findall(r"\]\(#([^)]+)\)", TEXT) if link not in anchors] == []


def test_make_knows_the_targets_that_the_readme_and_ci_name():
    makefile = (readme.ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (readme.ROOT / ".ci" / "run").read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`|step )make ([a-z]+)", TEXT + ci, re.MULTILINE)
    assert {"demo", "test", "lint", "types", "slow"} <= set(named)
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_limits_are_the_ones_that_are_kept():
    mib = 1 << 20
    assert f"a file of more than {read.MAX_FILE_BYTES // mib} MiB" in TEXT
    assert f"unpacks to more than {numpy_files.MAX_UNPACKED_BYTES // mib} MiB" in TEXT
    assert f"a JSON tensor of more than {json.MAX_JSON_BYTES // mib} MiB" in TEXT
    assert f"{Decode().max_pixels:,} pixels" in TEXT
    assert f"max_pixels: {Decode().max_pixels}" in TEXT


def test_supported_pythons_are_the_ones_that_the_project_declares():
    project = tomllib.loads((readme.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert f"Python {versions[0]} to {versions[-1]}" in TEXT
    assert f">={versions[0]}" == project["requires-python"]
    assert sys.version_info >= tuple(map(int, versions[0].split(".")))


def test_the_demo_picture_is_the_one_that_the_project_draws(tmp_path):
    """Not byte by byte: another libjpeg may round otherwise, and another NumPy or Pillow may draw an edge otherwise."""
    write(tmp_path / "again.jpg")
    with Image.open(DEMO / "barn.jpg") as kept, Image.open(tmp_path / "again.jpg") as drawn:
        assert kept.size == (640, 480)
        assert kept.getexif()[0x0112] == 1
        gap = np.abs(np.asarray(kept, dtype=float) - np.asarray(drawn, dtype=float))
        reversed_gap = np.abs(np.asarray(kept, dtype=float) - np.asarray(drawn, dtype=float)[..., ::-1])
    assert gap.mean() < 0.5
    assert reversed_gap.mean() > 40, "red and blue are far apart, so that a swap is seen"
    assert Path(DEMO / "barn.jpg").stat().st_size < 60_000
