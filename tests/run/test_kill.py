"""Runs that are killed at any moment and resumed: the bytes of an uninterrupted run, and no temporary files."""

import os
import random
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from time import monotonic

import pytest
from sample_images import jpeg, picture

pytestmark = [pytest.mark.long, pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")]
IMAGES = 320
SPEC = "shape: [N, 64, 64, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A folder of images, some of which cannot be converted, and a spec."""
    run_folder = tmp_path_factory.mktemp("kill")
    (run_folder / "spec.yaml").write_text(SPEC)
    for number in range(IMAGES):
        file = run_folder / "in" / f"{number % 7}" / f"{number:03}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(picture(90 + number, 300)) if number % 50 else b"no picture")
    return run_folder


def command(out, *more):
    given = ["in", "-s", "spec.yaml", "-o", out, "--manifest", f"{out}.jsonl", "--format", "jsonl", "-j", "2", *more]
    return [sys.executable, "-m", "sm_imgcheck", "convert", *given]


def finish_run(run_folder, out, *more):
    """Run to the end; the printed text and all outputs except the journal."""
    done = subprocess.run(command(out, *more), cwd=run_folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # the candidates other than images
    return written_files(run_folder / out), (run_folder / f"{out}.jsonl").read_text(), done.stdout.replace(out, "OUT")


def written_files(out):
    files = {file.relative_to(out).as_posix(): file for file in out.rglob("*") if file.is_file()}
    kept = {name: file for name, file in files.items() if name.startswith(".sm-imgcheck/")}
    assert all(name == ".sm-imgcheck/made-by.json" or name.endswith(".gz") for name in kept), sorted(kept)
    return {name: sha256(file.read_bytes()).hexdigest() for name, file in files.items() if name not in kept}


def kill_run(run_folder, out, *more, after, all_of_them):
    """Start a run and kill it: the process, or its workers too. True where it was not done before."""
    running = subprocess.Popen(
        command(out, *more),
        cwd=run_folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        running.wait(after)
    except subprocess.TimeoutExpired:
        (os.killpg if all_of_them else os.kill)(running.pid, signal.SIGKILL)
        running.wait()
        return True
    return False


FORMS = {"files": (), "batches": ("--as", "npy", "--batch-size", "32"), "tar": ("--as", "tar", "--batch-size", "50")}


@pytest.mark.parametrize(("form", "times"), [("files", 20), ("batches", 4), ("tar", 2)])
def test_resume_after_kill_gives_the_same_outputs(run_folder, form, times):
    chance = random.Random(form)
    start = monotonic()
    expected = finish_run(run_folder, f"{form}-whole", *FORMS[form])
    longest = monotonic() - start
    cut = 0
    for number in range(times):
        out = f"{form}-{number}"
        after = chance.uniform(0.1, 0.8 * longest)
        cut += kill_run(run_folder, out, *FORMS[form], after=after, all_of_them=bool(number % 2))
        half = [Path(file) for file in (run_folder / out).rglob("*.npy") if not file.stat().st_size]
        assert not half, "never a half-written file under its name"
        got = finish_run(run_folder, out, "--resume", *FORMS[form])
        assert got == expected, f"killed after {after:.2f} s"
    assert cut >= times / 2
