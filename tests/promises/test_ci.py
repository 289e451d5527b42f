"""CI as documented in the README and the manual: the job, the GitHub action, the pre-commit hooks."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest
import readme
import yaml
from report_schemas import VALIDATORS, annotations
from sample_images import jpeg

ROOT = readme.ROOT
ACTION = ROOT / ".github" / "actions" / "sm-imgcheck" / "action.yml"
SPEC = "{shape: [N, 64, 64, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch}}\n"
SECONDS = 600

pytestmark = pytest.mark.skipif(not ACTION.exists(), reason="no checkout: the sources are without .github")


@pytest.fixture
def repository(tmp_path):
    """A repository with three good and three bad photos, and a spec."""
    folder = tmp_path / "repository"
    photos = folder / "photos"
    photos.mkdir(parents=True)
    (folder / "sm-imgcheck.yaml").write_text(SPEC)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (photos / name).write_bytes(jpeg())
    (photos / "half.jpg").write_bytes(jpeg()[:300])
    (photos / "page.jpg").write_text("<html>")
    (photos / "empty.jpg").touch()
    return folder


def bash(script, folder, **variables):
    """Run a step as a runner does; returns exit code and output. Annotations are on standard output."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    env = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "GITHUB", "CI_"))}
    env |= {"PATH": path, "GITHUB_WORKSPACE": str(folder), **variables}
    step = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    process = subprocess.run(step, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    return process.returncode, process.stdout, process.stderr


def readme_job():
    """The job of the README."""
    section = readme.README.read_text(encoding="utf-8").partition("## In CI\n")[2].partition("\n## ")[0]
    (block,) = (block for block in readme.blocks(section) if block.kind == "yaml")
    return yaml.safe_load(block.body)["jobs"]["images"]


def test_readme_job_reports_each_invalid_photo(repository, tmp_path):
    install, lint, validate = (step["run"] for step in readme_job()["steps"] if "run" in step)
    assert install.startswith("pip install ")
    assert bash(lint, repository)[0] == 0
    summary = tmp_path / "summary.md"
    code, out, err = bash(validate, repository, GITHUB_STEP_SUMMARY=str(summary))
    assert code == 1, err
    assert sorted((level, properties["file"]) for level, properties, _ in annotations(out)) == [
        ("error", "photos/empty.jpg"),
        ("error", "photos/half.jpg"),
        ("error", "photos/page.jpg"),
    ]
    for form, name in (("sarif", "images.sarif"), ("junit", "junit.xml"), ("html", "images.html")):
        VALIDATORS[form]((repository / name).read_text(encoding="utf-8"))
    assert (repository / "images.html").stat().st_size < 2 << 20
    assert "SRC102" in summary.read_text(encoding="utf-8")


def test_readme_baseline_accepts_only_known_findings(repository):
    section = readme.README.read_text(encoding="utf-8").partition("## In CI\n")[2]
    write, option = re.search(r"`(sm-imgcheck [^`]*--write-baseline [^`]*)`[^`]*`(--baseline[^`]*)`", section).groups()
    validate = next(step["run"] for step in readme_job()["steps"] if "validate" in step.get("run", ""))
    assert bash(write, repository)[0] == 0
    gate = f"{validate} {' '.join(option.split())}"
    code, out, err = bash(gate, repository)
    assert (code, out) == (0, ""), err
    (repository / "photos" / "new.jpg").write_bytes(b"GIF89a")
    code, out, _ = bash(gate, repository)
    assert code == 1
    assert [properties["file"] for _, properties, _ in annotations(out)] == ["photos/new.jpg"]


def test_readme_lint_step_annotates_an_invalid_spec(repository):
    lint = next(step["run"] for step in readme_job()["steps"] if "lint" in step.get("run", ""))
    (repository / "sm-imgcheck.yaml").write_text(SPEC.replace("float32", "float3"))
    code, out, _ = bash(lint, repository)
    assert code == 2
    ((_, properties, message),) = annotations(out)
    assert properties["file"] == "sm-imgcheck.yaml"
    assert "float3" in message


def steps_of_action():
    return {step.get("name", step.get("uses")): step for step in yaml.safe_load(ACTION.read_text())["runs"]["steps"]}


def variables_of(step, **inputs):
    """The environment of a step for these inputs, the others at their defaults."""
    declared = yaml.safe_load(ACTION.read_text())["inputs"]
    values = {name: inputs.get(name, item.get("default", "")) for name, item in declared.items()}
    values = {f"inputs.{name}": value for name, value in values.items()}
    values["github.action_path"] = str(ACTION.parent)
    return {
        key: re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: values[match[1]], text) for key, text in step["env"].items()
    }


def test_github_action_is_valid():
    command = ["check-jsonschema", "--builtin-schema", "vendor.github-actions", str(ACTION)]
    assert readme.call(command, ROOT)[0] == 0


def test_action_reports_annotations_and_files(repository):
    step = steps_of_action()["Validate"]
    inputs = {"paths": "photos/*.jpg", "sarif": "out/x.sarif", "junit": "out/x.xml", "html": "out/x.html"}
    code, out, err = bash(step["run"], repository, **variables_of(step, **inputs))
    assert code == 1, err
    assert len(annotations(out)) == 3
    for form, name in (("sarif", "x.sarif"), ("junit", "x.xml"), ("html", "x.html")):
        VALIDATORS[form]((repository / "out" / name).read_text(encoding="utf-8"))


def test_action_runs_no_text_of_an_input(repository):
    """An input is never part of a script."""
    step = steps_of_action()["Validate"]
    assert "${{" not in step["run"]
    inputs = {"paths": "photos/a.jpg", "spec": "$(touch injected)", "sarif": "$(touch injected).sarif"}
    bash(step["run"], repository, **variables_of(step, **inputs))
    assert not (repository / "injected").exists()


def test_pre_commit_hooks_are_valid():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["sm-imgcheck", "sm-imgcheck-spec-lint"]
    page = (readme.MANUAL / "ci-github.md").read_text(encoding="utf-8")
    assert all(f"- id: {hook['id']}" in page for hook in hooks)
    pattern = re.compile(hooks[0]["files"])
    assert all(pattern.search(name) for name in ("a.jpg", "b/c.JPEG", "x.npy", "x.tiff"))
    assert not any(pattern.search(name) for name in ("a.py", "jpg", "x.json"))


def git(*words, folder):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def hook_repository(tmp_path_factory):
    """This checkout as a repository of hooks."""
    folder = tmp_path_factory.mktemp("hooks") / "sm-imgcheck"
    folder.mkdir()
    for name in ("sm_imgcheck", "specs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder / name)
    git("init", folder=folder)
    git("add", "-A", folder=folder)
    git("commit", "-m", "x", folder=folder)
    return folder


@pytest.mark.slow
def test_hooks_run_under_pre_commit(repository, hook_repository, tmp_path):
    """pre-commit installs the program from the hooks' repository, with its dependencies."""
    pytest.importorskip("pre_commit", reason="needs pre-commit")
    rev = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hook_repository, check=True, capture_output=True, text=True)
    hooks = [{"id": "sm-imgcheck", "args": ["-q"]}, {"id": "sm-imgcheck-spec-lint"}]
    config = {"repos": [{"repo": str(hook_repository), "rev": rev.stdout.strip(), "hooks": hooks}]}
    (repository / ".pre-commit-config.yaml").write_text(json.dumps(config))
    git("init", folder=repository)
    git("add", "-A", folder=repository)
    run = f"{sys.executable} -m pre_commit run --color never "
    place = {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "PYTHONPATH": ""}
    code, out, err = bash(run + "--all-files", repository, **place)
    assert code == 1, out + err
    assert re.search(r"check images and tensors\.+Failed", out), out + err
    assert re.search(r"check specs\.+Passed", out), out + err
    for name in ("empty.jpg: SRC102", "half.jpg: SRC1", "page.jpg: SRC103"):
        assert name in out
    code, out, err = bash(run + "--files photos/a.jpg photos/b.jpg", repository, **place)
    assert code == 0, out + err


@pytest.mark.slow
def test_action_installs_the_program(repository, tmp_path):
    step = steps_of_action()["Install"]
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    path = {"PATH": f"{tmp_path / 'venv' / 'bin'}:/usr/bin:/bin", "PYTHONPATH": ""}
    code, out, err = bash(step["run"], repository, **variables_of(step), **path)
    assert code == 0, out + err
    code, out, _ = bash("sm-imgcheck validate photos/a.jpg --as-request", repository, **path)
    assert (code, "OK" in out) == (0, True)
