"""The wheel contains every module, preset and manual page, and runs from where it is installed."""

import os
import subprocess
import sys
import tarfile
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

import sm_imgcheck
from sm_imgcheck.cli import manual

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def build(kind: str, *, source: Path, into: Path) -> Path:
    """Build with the backend itself: no isolated environment, no network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(into)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", source=ROOT, into=tmp_path_factory.mktemp("wheel"))


def test_wheel_contains_only_package_presets_and_manual(wheel):
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sm_imgcheck").rglob("*.py")}
    presets = {f"sm_imgcheck/presets/{path.name}" for path in (ROOT / "specs").iterdir()}
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    meta = {name for name in names if name.startswith(f"sm_imgcheck-{sm_imgcheck.__version__}.dist-info/")}
    pages = {f"sm_imgcheck/manual/{topic}.md" for topic in manual.topics()}
    data = {
        "sm_imgcheck/py.typed",
        "sm_imgcheck/rules/endpoint_errors/context.json",
        "sm_imgcheck/rules/endpoint_errors/errors.json",
        "sm_imgcheck/rules/endpoint_errors/grammar.json",
        "sm_imgcheck/rules/endpoint_errors/phrases.json",
        "sm_imgcheck/pipeline/measure/channel_prior/table.npz",
    }
    assert names - meta == modules | presets | pages | data
    assert any(name.endswith("/licenses/LICENSE") for name in meta)


def test_wheel_metadata_equals_package_and_project(wheel):
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(archive.read(name).decode())
    assert fields["Version"] == sm_imgcheck.__version__
    assert "version" in PROJECT["dynamic"], "the version stands once, in sm_imgcheck/core/__init__.py"
    assert fields["Requires-Python"] == PROJECT["requires-python"]
    extras = [one for several in PROJECT["optional-dependencies"].values() for one in several]
    assert len(fields.get_all("Requires-Dist")) == len([*PROJECT["dependencies"], *extras])
    assert fields["Description-Content-Type"] == "text/markdown"


def test_unpacked_wheel_finds_its_presets_and_manual(wheel, tmp_path):
    """Away from the project: what an editable install finds in ``specs/`` has to be in the wheel."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-m", "sm_imgcheck", "spec", "list"]
    # Coverage is measured for another copy of the package.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    env = clean | {"PYTHONPATH": str(tmp_path)}
    found = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stderr
    assert all(path.stem in found.stdout for path in (ROOT / "specs").glob("*.yaml"))
    command[-2:] = ["explain", "parity"]
    page = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert page.stdout.startswith("# Numerical parity\n")


@pytest.mark.slow
def test_source_archive_builds_the_same_wheel(wheel, tmp_path):
    archive = build("sdist", source=ROOT, into=tmp_path / "sdist")
    with tarfile.open(archive) as packed:
        # `filter` came with Python 3.11.4; from 3.12 on tarfile warns without it.
        packed.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (unpacked,) = tmp_path.glob("sm_imgcheck-*")
    again = build("wheel", source=unpacked, into=tmp_path / "wheel")
    with ZipFile(wheel) as ours, ZipFile(again) as theirs:
        contents = [{name: file.read(name) for name in file.namelist()} for file in (ours, theirs)]
    assert contents[0] == contents[1]
