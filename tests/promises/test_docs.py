"""Promises of the README and the manual: every block runs, every output is current, every public name is documented."""

import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import readme
from demo.draw import write
from PIL import Image

import sm_imgcheck
from sm_imgcheck.cli import manual
from sm_imgcheck.core.types import Decode
from sm_imgcheck.io import numpy_files
from sm_imgcheck.io.tensors import json
from sm_imgcheck.pipeline import read
from sm_imgcheck.rules import all_rules

DEMO = readme.DEMO
DOCUMENTS = [readme.README, *sorted(readme.MANUAL.glob("*.md"))]
WRITTEN = [path for path in DOCUMENTS if not path.stem.startswith("rules-")]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


README = text(readme.README)
ALL = "".join(map(text, WRITTEN))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=() if path == readme.README else pytest.mark.slow)
        for path in WRITTEN
        if readme.blocks(text(path))
    ],
)
def test_blocks_run_and_outputs_are_current(path):
    """``make docs`` updates them. The blocks of the manual are 40 commands, which is a check of the longer tier."""
    assert readme.current(path).splitlines() == text(path).splitlines()


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_generated_tables_are_current(path):
    assert readme.with_tables(text(path)) == text(path)


def test_rule_pages_are_current():
    pages = {path.stem: text(path) for path in readme.MANUAL.glob("rules-*.md")}
    assert pages == readme.rule_pages()


def test_rule_pages_contain_each_rule_once():
    headings = re.findall(r"^## (\w+) (\S+)$", "".join(readme.rule_pages().values()), re.MULTILINE)
    assert headings == [(rule.code, rule.name) for rule in all_rules().values()]


def test_readme_and_pages_are_short():
    lengths = {path.name: text(path).count("\n") for path in DOCUMENTS}
    assert lengths.pop("README.md") <= 300
    assert {name: length for name, length in lengths.items() if length > readme.MOST_LINES} == {}


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_blocks_have_a_kind_that_runs_or_a_reason_to_skip(path):
    blocks = readme.blocks(text(path))
    assert {block.kind for block in blocks} <= {"console", "sh", "python", "yaml", "json", "text", "toml"}
    assert len(blocks) == text(path).count("\n```") / 2, "a fence that is not closed"


def test_at_most_three_blocks_are_skipped():
    blocks = [block for path in WRITTEN for block in readme.blocks(text(path), path.name)]
    skipped = [block for block in blocks if block.not_run]
    assert len(skipped) <= 3, [(block.document, block.line, block.not_run) for block in skipped]
    assert sum(block.kind in {"console", "sh", "python", "yaml"} for block in blocks) >= 3 * len(skipped)


def test_failing_block_and_stale_output_are_detected(tmp_path):
    """The checks above can fail."""
    with pytest.raises(AssertionError, match=r"spec.md line 7: exit code 3"):
        readme.run(readme.Block(kind="sh", body="exit 3\n", line=7, document="spec.md"), tmp_path)
    with pytest.raises(AssertionError, match="line 9"):
        readme.run(readme.Block(kind="yaml", body="shape: [N, 224]\n", line=9), tmp_path)
    assert readme.console("$ echo new\nold\n", tmp_path) == "$ echo new\nnew\n"


def test_stale_table_is_detected():
    stale = "a\n<!-- presets -->\nold\n<!-- end -->\nb\n"
    assert readme.with_tables(stale) == f"a\n<!-- presets -->\n{readme.presets()}<!-- end -->\nb\n"


@pytest.mark.parametrize("name", sm_imgcheck.__all__)
def test_public_names_are_documented(name):
    assert f"`{name}`" in ALL or re.search(rf"\b{name}\(", ALL) or re.search(rf"import .*\b{name}\b", ALL)


def test_commands_and_families_are_documented():
    commands = {path.stem for path in (readme.ROOT / "sm_imgcheck" / "cli" / "commands").glob("[a-z]*.py")}
    assert [name for name in sorted(commands) if f"sm-imgcheck {name}" not in ALL] == []
    assert [family for family in sorted({code[:3] for code in all_rules()}) if f"`{family}`" not in ALL] == []


def test_readme_links_to_every_page():
    links = set(re.findall(r"\]\(sm_imgcheck/manual/([^)#]+)\.md\)", README))
    assert links >= set(manual.topics())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_relative_links_point_to_existing_files(path):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)(#[^)]+)?\)", text(path))
    assert [link for link, _ in links if not (path.parent / link).exists()] == []
    anchored = [(path.parent / link, anchor) for link, anchor in links if anchor]
    anchored += [(path, anchor) for anchor in re.findall(r"\]\((#[^)]+)\)", text(path))]
    assert [(target.name, anchor) for target, anchor in anchored if anchor[1:] not in anchors(target)] == []


def anchors(path: Path) -> set[str]:
    without_blocks = re.sub(r"^```.*?^```$", "", text(path), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", without_blocks, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_manual_links_stay_in_the_wheel_except_to_presets():
    """A page that is read from an installed package has no repository around it."""
    outside = {link for path in DOCUMENTS[1:] for link in re.findall(r"\]\((\.\.[^)]*)\)", text(path))}
    assert outside == {f"../../specs/{path.name}" for path in (readme.ROOT / "specs").glob("*.yaml")}


def test_makefile_has_the_targets_named_in_documents_and_ci():
    makefile = (readme.ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (readme.ROOT / ".ci" / "run").read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`|step )make ([a-z]+)", ALL + ci, re.MULTILINE)
    assert {"demo", "test", "lint", "types", "slow"} <= set(named)
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_documented_limits_are_enforced():
    mib = 1 << 20
    sentences = " ".join(ALL.split())
    assert f"a file of more than {read.MAX_FILE_BYTES // mib} MiB" in sentences
    assert f"an array of more than {numpy_files.MAX_MAPPED_VALUES:,} values" in sentences
    assert f"unpacks to more than {numpy_files.MAX_UNPACKED_BYTES // mib} MiB" in sentences
    assert f"a JSON tensor of more than {json.MAX_JSON_BYTES // mib} MiB" in sentences
    assert f"{Decode().max_pixels:,} pixels" in sentences
    assert f"max_pixels: {Decode().max_pixels}" in sentences


def test_documented_python_versions_match_the_metadata():
    project = tomllib.loads((readme.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert f"Python {versions[0]} to {versions[-1]}" in README
    assert f">={versions[0]}" == project["requires-python"]
    assert sys.version_info >= tuple(map(int, versions[0].split(".")))


def test_demo_image_is_current(tmp_path):
    """Not byte by byte: another libjpeg, NumPy or Pillow may round or draw an edge differently."""
    write(tmp_path / "again.jpg")
    with Image.open(DEMO / "barn.jpg") as kept, Image.open(tmp_path / "again.jpg") as drawn:
        assert kept.size == (640, 480)
        assert kept.getexif()[0x0112] == 1
        gap = np.abs(np.asarray(kept, dtype=float) - np.asarray(drawn, dtype=float))
        reversed_gap = np.abs(np.asarray(kept, dtype=float) - np.asarray(drawn, dtype=float)[..., ::-1])
    assert gap.mean() < 0.5
    assert reversed_gap.mean() > 40, "red and blue are far apart, so that a swap is seen"
    assert Path(DEMO / "barn.jpg").stat().st_size < 60_000


def test_image_of_the_readme_is_current():
    """Not byte by byte: another Pillow may draw text or resize a panel slightly differently."""
    drawn = readme.draw_image().convert("RGB")
    with Image.open(readme.IMAGE) as stored:
        assert stored.size == drawn.size
        difference = np.abs(np.asarray(stored.convert("RGB"), dtype=float) - np.asarray(drawn, dtype=float))
    assert difference.mean() < 1
    assert (difference.max(axis=-1) > 100).mean() < 0.0003, "changed text"
    assert readme.IMAGE.stat().st_size < 150_000
    source, _, without_preprocessing = np.array_split(np.asarray(drawn, dtype=float), 3, axis=1)
    assert red_minus_blue(source) < -5, "a blue sky"
    assert red_minus_blue(without_preprocessing) > 5, "an orange sky"


def red_minus_blue(pixels: np.ndarray) -> float:
    """Return the mean difference of the red and blue channels, in gray levels."""
    return float((pixels[..., 0] - pixels[..., 2]).mean())
