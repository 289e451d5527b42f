"""The command line: exit codes, output streams, unusual names, and errors without tracebacks."""

import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sample_images import jpeg, picture

import sm_imgcheck
from sm_imgcheck import cli
from sm_imgcheck.cli import next_command, printing, progress, session
from sm_imgcheck.cli.invocation import Invocation
from sm_imgcheck.core.errors import InternalError
from sm_imgcheck.core.escape import argument, for_terminal
from sm_imgcheck.core.types import Candidate, Report, Result
from sm_imgcheck.io.stores import LocationError
from sm_imgcheck.pipeline import process as pipeline
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import Outcome

SPEC = """\
shape: [N, 24, 32, 3]
dtype: float32
channel_order: RGB
value_range: [0, 1]
"""
SLOW = pytest.mark.slow  # one more process for what another one proves already
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX file names or signals")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: a spec, a photo, a folder with two photos."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "sm-imgcheck.yaml").write_text(SPEC)
    (tmp_path / "cat.jpg").write_bytes(jpeg())
    (tmp_path / "photos" / "a").mkdir(parents=True)
    (tmp_path / "photos" / "a" / "one.jpg").write_bytes(jpeg(picture(seed=1)))
    (tmp_path / "photos" / "two.jpg").write_bytes(jpeg(picture(seed=2)))
    return tmp_path


def run_process(*arguments, **options):
    """Run a command line in a separate process; streams are bytes."""
    environment = os.environ | options.pop("env", {})
    command = [sys.executable, "-m", "sm_imgcheck", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, timeout=60, env=environment, **options)


# The main job


def test_photo_fails_before_convert_and_passes_after(folder, run_cli):
    code, out, err = run_cli("validate", "cat.jpg")
    assert (code, err) == (1, "")
    for word in (
        "DTY101",
        "SHP102",
        "SHP106",
        "VAL101",
        "convert fixes all of them:",
        "sm-imgcheck convert cat.jpg -o out",
    ):
        assert word in out
    assert run_cli("convert", "cat.jpg", "-o", "out")[0] == 0
    tensor = np.load(folder / "out" / "cat.npy")
    assert (tensor.shape, tensor.dtype) == ((1, 24, 32, 3), np.float32)
    code, out, _ = run_cli("validate", "out/cat.npy")
    assert code == 0
    assert "OK: matches the spec" in out


def test_convert_mirrors_folder_and_second_run_writes_no_file(folder, run_cli):
    assert run_cli("convert", "photos", "-o", "out", "--as", "npz")[0] == 0
    files = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*.npz")}
    assert sorted(path.relative_to(folder).as_posix() for path in files) == ["out/a/one.npz", "out/two.npz"]
    assert run_cli("convert", "photos", "-o", "out", "--as", "npz")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_output_folder_inside_input_is_skipped(folder, run_cli):
    assert run_cli("convert", "photos", "-o", "photos/out")[0] == 0
    code, out, _ = run_cli("convert", "photos", "-o", "photos/out")
    assert code == 0
    assert "Skipped: 1 output folder." in out


def test_validate_with_emit_writes_tensors_and_exits_with_1(folder, run_cli):
    code, out, _ = run_cli("validate", "photos", "--emit", "out", "--as", "json", "--format", "json")
    assert code == 1
    emitted = [result["emitted"] for result in json.loads(out)["results"]]
    assert emitted == [str(Path("out/a/one.json")), str(Path("out/two.json"))]
    assert json.loads((folder / "out" / "two.json").read_text())["shape"] == [1, 24, 32, 3]
    assert run_cli("validate", "out")[0] == 0


@pytest.mark.parametrize(("name", "load"), [("x.npy", np.load), ("deep/er/x.npz", lambda file: np.load(file)["arr_0"])])
def test_single_candidate_is_written_to_a_named_file(folder, run_cli, name, load):
    assert run_cli("convert", "cat.jpg", "-o", name)[0] == 0
    assert load(name).shape == (1, 24, 32, 3)


def test_single_tensor_is_written_to_standard_output(folder):
    done = run_process("convert", "-", "-o", "-", input=jpeg())
    assert done.returncode == 0
    assert np.load(io.BytesIO(done.stdout)).shape == (1, 24, 32, 3)
    assert b"Written to -." in done.stderr


def test_standard_input_is_read_within_bounds(folder, run_cli, monkeypatch):
    monkeypatch.setattr("sm_imgcheck.run.work.MAX_FILE_BYTES", 100)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(jpeg())))
    code, out, _ = run_cli("validate", "-")
    assert code == 1
    assert "got more than 100 bytes" in out


def test_stdin_filename_names_result_and_output(folder):
    done = run_process(
        "convert", "-", "-o", "out", "--stdin-filename", "up/photo.jpg", "--format", "jsonl", input=jpeg()
    )
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[0])["path"] == "up/photo.jpg"
    assert (folder / "out" / "photo.npy").exists()


def test_assumed_bgr_order_converts_tensor_to_rgb(folder, run_cli):
    np.save(folder / "bgr.npy", picture(24, 32)[None, ..., ::-1])
    np.save(folder / "rgb.npy", picture(24, 32)[None])
    assert run_cli("convert", "bgr.npy", "-o", "out", "--assume", "channel_order=BGR")[0] == 0
    assert run_cli("convert", "rgb.npy", "-o", "out")[0] == 0
    assert np.array_equal(np.load("out/bgr.npy"), np.load("out/rgb.npy"))


# Exit codes


@pytest.mark.parametrize(("level", "code"), [("never", 0), ("unfixable", 0), ("error", 1), ("warning", 1)])
def test_fail_on_level_sets_exit_code(folder, run_cli, level, code):
    assert run_cli("validate", "cat.jpg", "--fail-on", level)[0] == code


def test_damaged_candidate_is_a_finding_and_others_are_converted(folder, run_cli):
    (folder / "photos" / "broken.jpg").write_bytes(jpeg()[:300])
    (folder / "photos" / "empty.jpg").write_bytes(b"")
    code, out, err = run_cli("convert", "photos", "missing.jpg", "-o", "out")
    assert (code, err) == (1, "")
    assert "2 tensors written; 3 of 5 candidates were not converted." in out
    assert run_cli("validate", "photos/empty.jpg", "--fail-on", "unfixable")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate", "cat.jpg", "-s", "pilow-rgb-01"], "pillow-rgb-01"),
        (["validate", "cat.jpg", "-s", "none.yaml"], "none.yaml"),
        (["validat", "cat.jpg"], "validate"),
        (["validate"], "PATH"),
        (["validate", "cat.jpg", "--format", "jsn"], "did you mean json?"),
        (["validate", "cat.jpg", "--fail-on", "errors"], "'errors' is not one of 'never'"),
        (["validate", "cat.jpg", "--as", "npy"], "--emit"),
        (["validate", "cat.jpg", "--emit", "x", "--headers-only"], "--headers-only"),
        (["validate", "cat.jpg", "--assume", "order=BGR"], "channel_order"),
        (["validate", "cat.jpg", "--assume", "channel_order"], "KEY=VALUE"),
        (["validate", "cat.jpg", "--select", "DTY999"], "did you mean DTY10"),
        (["convert", "cat.jpg", "-o", "x.npy", "--as", "npz"], "contradict"),
        (["convert", "photos", "-o", "x.npy"], "pass a folder"),
        (["convert", "cat.jpg", "photos", "-o", "x.npy"], "pass a folder"),
        (["convert", "cat.jpg"], "--out"),
        (["validate", "@none.txt"], "none.txt"),
        (["explain", "DTY11"], "the nearest: DTY1"),
        (["explain", "?"], "sm-imgcheck rules lists the rules, sm-imgcheck explain --help the topics"),
        (["code", "--for", "tritn"], "triton"),
    ],
)
def test_invalid_arguments_exit_with_2_and_name_the_fix(folder, run_cli, arguments, message):
    code, out, err = run_cli(*arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


def test_folder_without_candidates_exits_with_2(folder, run_cli):
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.txt").touch()
    code, out, err = run_cli("validate", "empty")
    assert (code, out) == (2, "")
    assert "no candidates in empty (skipped: 1 other suffix (.txt 1))" in err


def test_missing_spec_error_names_spec_init(folder, run_cli):
    (folder / "sm-imgcheck.yaml").unlink()
    code, _, err = run_cli("validate", "cat.jpg")
    assert code == 2
    assert "spec init" in err


def test_invalid_spec_reports_every_problem_with_position(folder, run_cli):
    (folder / "sm-imgcheck.yaml").write_text(SPEC.replace("float32", "flot32").replace("RGB", "RBG"))
    code, _, err = run_cli("validate", "cat.jpg")
    assert code == 2
    assert len(re.findall(r"^(?:error: )?\S+:\d+:\d+: ", err, re.MULTILINE)) == 2


def test_different_existing_output_stops_run_with_complete_report(folder, run_cli):
    (folder / "out" / "a").mkdir(parents=True)
    (folder / "out" / "two.npy").write_bytes(b"precious")
    code, out, err = run_cli("convert", "photos", "-o", "out", "--format", "json")
    assert code == 2
    assert "--force" in err
    assert "stopped after 1 candidate; outputs written so far are kept" in err
    assert [result["path"] for result in json.loads(out)["results"]] == [str(Path("photos/a/one.jpg"))]
    assert (folder / "out" / "two.npy").read_bytes() == b"precious"
    assert run_cli("convert", "photos", "-o", "out", "--force")[0] == 0


def test_colliding_output_paths_name_both_candidates(folder, run_cli):
    (folder / "other").mkdir()
    (folder / "other" / "cat.jpg").write_bytes((folder / "cat.jpg").read_bytes())
    code, _, err = run_cli("convert", "cat.jpg", "other/cat.jpg", "-o", "out")
    assert code == 2
    assert "cat.jpg and other/cat.jpg would both be written" in err


def test_file_listed_under_two_names_is_written_once(folder, run_cli):
    code, _, err = run_cli("convert", "cat.jpg", "photos/../cat.jpg", "./cat.jpg", "-o", "out")
    assert (code, err) == (0, "")
    assert [path.name for path in (folder / "out").glob("[!.]*")] == ["cat.npy"]
    code, _, err = run_cli("convert", "cat.jpg", "./cat.jpg", "-o", "packed", "--batch-size", "2")
    assert code == 2
    assert "./cat.jpg is listed twice" in err


def test_internal_error_is_reported_as_bug_with_file_and_location(folder, run_cli, monkeypatch):
    def raise_internal_error(*_, **__):
        raise InternalError("two and two are five")

    monkeypatch.setattr("sm_imgcheck.pipeline.process.examine_candidate", raise_internal_error)
    code, _, err = run_cli("validate", "cat.jpg")
    assert code == 2
    for word in ("bug in sm-imgcheck", "two and two are five", "cat.jpg", "report it", "test_cli.py"):
        assert word in err
    monkeypatch.setenv("SM_IMGCHECK_TRACEBACK", "1")
    with pytest.raises(InternalError):
        run_cli("validate", "cat.jpg")


# Ctrl-C and broken pipes


def test_ctrl_c_keeps_written_outputs_and_names_resume(folder, run_cli, monkeypatch):
    examine_candidate = pipeline.examine_candidate

    def process_until_ctrl_c(what, *rest, **trace):
        if what.path.endswith("two.jpg"):  # read before, for the journal
            raise KeyboardInterrupt
        return examine_candidate(what, *rest, **trace)

    monkeypatch.setattr("sm_imgcheck.pipeline.process.examine_candidate", process_until_ctrl_c)
    code, out, err = run_cli("convert", "photos", "-o", "out", "--format", "json")
    assert code == 130
    assert len(json.loads(out)["results"]) == 1
    assert (
        "stopped by Ctrl-C after 1 candidate; outputs written so far are kept: "
        "run the same command with --resume to continue" in err
    )
    assert (folder / "out" / "a" / "one.npy").exists()


def test_ctrl_c_before_the_command_exits_with_130(monkeypatch, run_cli):
    def process_until_ctrl_c(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "build", process_until_ctrl_c)
    assert run_cli("rules")[0] == 130


def test_ctrl_c_during_import_exits_with_130():
    code = "import sys; sys.modules['typer'] = type('', (), {'__getattr__': stop})()"
    code = f"def stop(*_): raise KeyboardInterrupt\n{code}\nfrom sm_imgcheck.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (130, b"")


@POSIX
def test_closed_pipe_prints_no_error(folder):
    for number in range(40):
        (folder / "photos" / f"{number}.jpg").write_bytes(b"")
    command = f"{sys.executable} -m sm_imgcheck validate photos --format jsonl | head -1 >/dev/null"
    done = subprocess.run(command, shell=True, capture_output=True, check=False, timeout=60)
    assert done.stderr == b""


@POSIX
def test_ctrl_c_completes_the_document_and_exits_with_130(folder):
    """A list without an end keeps the run waiting, so that the signal arrives at a fixed point."""
    command = [sys.executable, "-m", "sm_imgcheck", "convert", "@-", "-o", "out", "--format", "jsonl"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as running:
        print("cat.jpg", file=running.stdin, flush=True)
        first = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.startswith("stopped by Ctrl-C after 1 candidate; outputs written so far are kept")
    assert json.loads(first)["emitted"] == str(Path("out/cat.npy"))
    assert json.loads(out)["summary"]["candidates"] == 1


# Names and terminals


@POSIX
@pytest.mark.parametrize("form", ["table", "jsonl", *(pytest.param(form, marks=SLOW) for form in ("text", "json"))])
def test_non_utf8_file_names_are_escaped_on_ascii_terminal(folder, form):
    odd = os.fsdecode(b"\xff\x1b[31m\xe2\x80\xaeb")
    (folder / "photos" / f"{odd}.jpg").write_bytes(jpeg())
    done = run_process(
        "convert", "photos", "-o", "out", "--format", form, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"u2500" not in done.stdout
    assert b"\x1b" not in done.stdout
    assert (folder / "out" / f"{odd}.npy").exists()


def test_suggested_command_is_quoted_for_the_shell(folder, run_cli):
    (folder / "my photos; rm -rf ~").mkdir()
    (folder / "my photos; rm -rf ~" / "x.jpg").write_bytes(jpeg())
    out = run_cli("validate", "my photos; rm -rf ~", "--assume", "layout=HWC", "--allow-guess")[1]
    command = out.splitlines()[-1].strip()
    if os.name != "nt":
        assert command == "sm-imgcheck convert 'my photos; rm -rf ~' --assume layout=HWC --allow-guess -o out"
    invocation = Invocation(paths=["x"] * 21, spec="s", options=sm_imgcheck.Options())
    assert "PATH..." in next_command.convert_command(invocation)[0]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_terminal_output_has_colors_unless_no_color(folder, monkeypatch):
    invocation = Invocation(paths=["cat.jpg"], spec="./sm-imgcheck.yaml", options=sm_imgcheck.Options())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    session.report_on(invocation, out=out)
    assert "\x1b[" in out.getvalue()
    assert "fixed by" in out.getvalue()
    monkeypatch.setattr(printing.os, "name", "nt")
    assert printing._has_colors(out)
    monkeypatch.setattr(printing.os, "name", "posix")
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            plain = Terminal()
            session.report_on(invocation, out=plain)
            assert "\x1b[" not in plain.getvalue()


def record(path, *, seconds=0.1, size=10):
    return Outcome(
        item=Item(path=path, output=(path,)),
        result=Result(candidate=Candidate(path=path, kind="image")),
        seconds=seconds,
        size=size,
    )


def watch_records(records, **options):
    watch = progress.RunProgress(**{"quiet": False} | options)
    with closing(watch):
        for one in records:
            watch.note(one)
    return watch


def test_progress_bar_is_erased_on_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "_QUIET", 0.0)
    monkeypatch.setattr(progress, "_PAUSE", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    watch_records([record(str(n)) for n in range(3)], expected=iter("abc"))
    shown = sys.stderr.getvalue()
    assert "3 done, 0 with findings" in shown
    assert shown.endswith("\x1b[2K"), "the line is erased"


def test_progress_without_terminal_prints_a_line_per_minute(monkeypatch, capsys):
    watch_records([record("x")])
    assert capsys.readouterr() == ("", ""), "nothing in the first minute"
    monkeypatch.setattr(progress, "_MINUTE", 0.0)
    watch_records([record("x"), record("y")])
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(" with")[0] for line in err.splitlines()] == ["1 done, 0", "2 done, 0"]
    watch_records([record("x")], quiet=True)
    assert capsys.readouterr() == ("", "")


def test_long_run_ends_with_codes_slowest_and_largest_files(monkeypatch, capsys):
    report = Report(by_code={"SHP106": 4, "SRC101": 1})
    runs = [record(f"{n}\n.jpg", seconds=n % 5, size=1000 * (n % 7)) for n in range(30)]
    watch_records(runs).sum_up(report)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "_LONG", 0.0)
    watch_records(runs).sum_up(report)
    first, codes, slowest, largest = capsys.readouterr().err.splitlines()
    assert first.startswith("30 candidates in ")
    assert codes.endswith("SHP106 4, SRC101 1")
    assert slowest.endswith(r"4.00 s 4\x0a.jpg, 4.00 s 9\x0a.jpg, 4.00 s 14\x0a.jpg"), "of equals the first"
    assert largest.endswith(r"6,000 bytes 6\x0a.jpg, 6,000 bytes 13\x0a.jpg, 6,000 bytes 20\x0a.jpg")


def test_tensor_bytes_to_a_terminal_are_refused(folder, run_cli, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, _, err = run_cli("convert", "cat.jpg", "-o", "-")
    assert code == 2
    assert "terminal" in err


def test_quiet_prints_one_line_per_failure(folder, run_cli):
    codes = "SHP102 missing-batch-dimension, SHP106 wrong-size, DTY101 wrong-dtype, VAL101 not-scaled"
    assert run_cli("validate", "cat.jpg", "--quiet") == (1, f"cat.jpg: {codes}\n", "")
    Path("bad.jpg").write_bytes(b"<html>")
    assert run_cli("validate", "cat.jpg", "bad.jpg", "-q", "--select", "SRC")[1].splitlines() == [
        "bad.jpg: SRC103 not-an-image"
    ]
    assert run_cli("convert", "cat.jpg", "-o", "out", "-q") == (0, "", "")
    code, out, _ = run_cli("convert", "cat.jpg", "bad.jpg", "-o", "out", "-q")
    assert (code, len(out.splitlines())) == (1, 1)
    assert out.startswith("bad.jpg: not written: ")
    code, out, err = run_cli("validate", "cat.jpg", "-q", "--format", "jsonl")
    assert (code, err) == (1, "")
    assert len(out.splitlines()) == 2


def test_select_and_ignore_filter_finding_codes(folder, run_cli):
    out = run_cli("validate", "cat.jpg", "--select", "dty, SHP", "--ignore", "SHP106", "--format", "jsonl")[1]
    codes = [finding["code"] for finding in json.loads(out.splitlines()[0])["findings"]]
    assert codes == ["SHP102", "DTY101"]


def test_decoded_by_opencv_reports_bgr_order(folder, run_cli):
    out = run_cli("validate", "cat.jpg", "--decoded-by", "opencv", "--format", "jsonl")[1]
    assert "CHN101" in json.loads(out.splitlines()[-1])["summary"]["by_code"]


# Failures of one candidate, of the streams, and by signals


def test_internal_error_in_one_candidate_keeps_run_and_document(folder, run_cli, monkeypatch):
    examine_candidate = pipeline.examine_candidate

    def raise_internal_error(what, *rest, **trace):
        if getattr(what, "path", what).endswith("one.jpg"):  # read before, for the journal
            raise ZeroDivisionError("a\x1bb")
        return examine_candidate(what, *rest, **trace)

    monkeypatch.setattr("sm_imgcheck.pipeline.process.examine_candidate", raise_internal_error)
    code, out, err = run_cli("convert", "photos", "-o", "out", "--format", "json")
    document = json.loads(out)
    assert code == 2
    assert [bool(result["bug"]) for result in document["results"]] == [True, False]
    assert document["summary"] | {"candidates": 2, "not_checked": 1, "with_findings": 1} == document["summary"]
    assert (folder / "out" / "two.npy").exists()
    assert err.count("one.jpg: a bug in sm-imgcheck, not in the file: ZeroDivisionError: a\\x1bb (test_cli.py:") == 1
    assert "1 not checked, because of a bug in sm-imgcheck. Please report it" in err
    out = run_cli("validate", "photos")[1]
    assert "2 candidates: 1 image and 1 not checked" in out
    assert "Not checked, because of a bug in sm-imgcheck:\n  1 file: ZeroDivisionError" in out
    assert "4 errors in 1 of 2 candidates" in out
    out = run_cli("validate", "photos/a/one.jpg")[1]
    assert out.endswith("Not checked: a bug in sm-imgcheck.\n")


def test_many_internal_errors_print_at_most_10_lines(folder, run_cli, monkeypatch):
    def raise_internal_error(*_, **__):
        raise InternalError("no")

    monkeypatch.setattr("sm_imgcheck.pipeline.process.examine_candidate", raise_internal_error)
    code, _, err = run_cli("validate", "-j", "1", *(["cat.jpg"] * 30))
    assert (code, err.count("a bug in sm-imgcheck, not in the file"), err.count("report it")) == (2, 10, 1)
    assert "30 not checked" in err


def test_error_of_the_system_about_a_file_names_the_file(run_cli, monkeypatch):
    def refuse(_):
        raise PermissionError(errno.EACCES, "Permission denied", "models/m\x1b.pb")

    monkeypatch.setattr(cli, "build", refuse)
    assert run_cli("rules") == (2, "", "error: models/m\\x1b.pb: Permission denied\n")


def test_state_of_an_output_that_cannot_be_read_names_the_output(folder, run_cli, monkeypatch):
    def refuse(_):
        raise LocationError("cannot be inspected: Permission denied")

    monkeypatch.setattr("sm_imgcheck.io.stores.local.stat", refuse)
    code, _, err = run_cli("convert", "cat.jpg", "-o", "out", "--manifest", "m.jsonl")
    assert (code, err) == (2, "error: m.jsonl cannot be inspected: Permission denied\n")


def test_internal_error_outside_of_candidates_is_reported_as_bug(run_cli, monkeypatch):
    def raise_internal_error(_):
        raise InternalError("no command")

    monkeypatch.setattr(cli, "build", raise_internal_error)
    code, _, err = run_cli("rules")
    assert code == 2
    assert "this is a bug in sm-imgcheck, not in your files: InternalError: no command" in err
    assert "report it" in err
    monkeypatch.setenv("SM_IMGCHECK_TRACEBACK", "1")
    with pytest.raises(InternalError):
        run_cli("rules")


def test_output_collision_is_named_and_other_candidates_are_converted(folder, run_cli):
    for name in ("cat.jpg", "cat.jpeg", "dog.jpg"):
        (folder / "photos" / name).write_bytes(jpeg())
    code, out, err = run_cli("convert", "photos", "-o", "out")
    assert code == 2
    assert sorted(path.name for path in (folder / "out").glob("[!.]*")) == ["a", "cat.npy", "dog.npy", "two.npy"]
    clash = f"{Path('photos/cat.jpeg')} and {Path('photos/cat.jpg')} would both be written to {Path('out/cat.npy')}"
    assert f"No tensor was written for:\n  1 image: {clash}: rename one" in out
    assert f"error: 1 not written: {clash}" in err
    assert "4 tensors written; 1 of 5 candidates was not converted." in out
    assert "leaves it as it is" not in err
    assert run_cli("convert", "photos", "-o", "out", "-q")[0] == 2, "the same again, and nothing is overwritten"


def test_output_equal_to_its_candidate_is_refused(folder, run_cli):
    np.save(folder / "x.npy", picture(24, 32))
    code, out, err = run_cli("convert", "x.npy", "-o", ".")
    assert code == 2
    assert "No tensor was made:" in out
    assert "is the candidate itself" in err


def test_unreadable_folder_exits_with_1(folder, run_cli, monkeypatch):
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("a"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    for command in (["validate"], ["convert", "-o", "out"]):
        code, out, _ = run_cli(*command, "photos")
        assert code == 1
        assert (
            f"is a folder that cannot be read: Permission denied [not fixable by convert]\n      {Path('photos/a')}"
            in out
        )


def test_output_folder_with_all_inputs_is_named_in_the_error(folder, run_cli):
    code, out, err = run_cli("convert", "photos", "-o", "photos/a", "--format", "text")
    assert code == 0
    (folder / "photos" / "two.jpg").unlink()
    (folder / "photos" / "a" / "one.npy").unlink(missing_ok=True)
    code, out, err = run_cli("convert", "photos", "-o", "photos/a")
    assert (code, out) == (2, "")
    assert "no candidates in photos: photos/a is the output folder, which is not searched" in err


@POSIX
@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "validate cat.jpg",
        *(
            pytest.param(command, marks=SLOW)
            for command in ("rules", "--version", "explain DTY101", "spec list", "convert cat.jpg -o -")
        ),
    ],
)
def test_full_device_on_standard_output_prints_one_line(folder, command):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sm_imgcheck", *command.split()], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: standard output cannot be written: No space left")
    assert done.stderr.count(b"\n") == 1


@POSIX
@pytest.mark.parametrize(
    ("closed", "command", "code", "said"),
    [
        (">&-", "validate cat.jpg", 2, b"error: standard output cannot be written: it is closed\n"),
        ("<&-", "validate -", 1, b""),
        ("<&-", "validate @-", 2, b"error: no candidates in @-\n"),
        ("2>&-", "validate cat.jpg -s none", 2, b""),
        pytest.param(">&-", "--version", 2, b"error: standard output cannot be written: it is closed\n", marks=SLOW),
        pytest.param("<&-", "validate cat.jpg", 1, b"", marks=SLOW),
        pytest.param("2>&-", "validate cat.jpg", 1, b"", marks=SLOW),
        pytest.param("2>/dev/full", "validate", 2, b"", marks=SLOW),
    ],
)
@pytest.mark.sample(2)
def test_closed_streams_exit_with_documented_codes(folder, closed, command, code, said):
    shell = f"{sys.executable} -m sm_imgcheck {command} {closed}"
    done = subprocess.run(shell, shell=True, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (code, said)


@POSIX
@pytest.mark.parametrize("command", ["explain DTY101", pytest.param("validate photos --format jsonl", marks=SLOW)])
def test_closed_output_pipe_exits_with_141(folder, command):
    with subprocess.Popen(
        [sys.executable, "-m", "sm_imgcheck", *command.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 141


@POSIX
def test_sigterm_completes_the_document_and_exits_with_143(folder):
    command = [sys.executable, "-m", "sm_imgcheck", "convert", "@-", "-o", "out", "--format", "jsonl"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as running:
        print("cat.jpg", file=running.stdin, flush=True)
        first = running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 143
    assert err.startswith("stopped by SIGTERM after 1 candidate; outputs written so far are kept")
    assert json.loads(first)["emitted"]
    assert json.loads(out)["summary"]["candidates"] == 1
    assert [path.name for path in (folder / "out").glob("[!.]*")] == ["cat.npy"]


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.sample(3)
def test_signal_swallowed_by_callback_still_stops_the_run(folder, number):
    """What a handler raises in ``__del__`` is dropped by Python; so it is in a callback of the import system."""
    code = f"""
import os, signal, sys
from sm_imgcheck import __main__ as start
from sm_imgcheck.pipeline import process
for number in (signal.SIGTERM, signal.SIGHUP):  # nohup has them ignored
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
real = process.examine_candidate
class Swallow:
    def __del__(self):
        os.kill(os.getpid(), {int(number)})
        for _ in range(10_000): pass
def swallowing(*given, **more):
    Swallow()
    return real(*given, **more)
process.examine_candidate = swallowing
sys.argv[1:] = ["convert", "photos", "cat.jpg", "-o", "out", "--format", "jsonl", "-j", "1"]
start.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert "Exception ignored" in done.stderr, "the signal came where its exception is lost"
    assert done.returncode == 128 + number
    assert "after 1 candidate; outputs written so far are kept" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["summary"]["candidates"] == 1


@POSIX
def test_ignored_sighup_stays_ignored(monkeypatch):
    heard = {signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_IGN, signal.SIGINT: signal.SIG_IGN}
    monkeypatch.setattr(cli.signals, "_signals", [])
    monkeypatch.setattr(cli.signals.signal, "getsignal", heard.__getitem__)
    monkeypatch.setattr(cli.signals.signal, "signal", heard.__setitem__)
    cli.signals.listen()
    assert heard[signal.SIGHUP] is signal.SIG_IGN
    with pytest.raises(cli.signals.TerminationSignal, match="SIGTERM"):
        heard[signal.SIGTERM](signal.SIGTERM, None)


# What -o names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "cat.jpg", "-o", "x.png"], "-o x.png: .png is not a tensor format (json, npy, npz)"),
        (["convert", "cat.jpg", "-o", "x.png"], "write x.png/"),
        (["convert", "cat.jpg", "-o", ""], "-o is empty"),
        (["convert", "cat.jpg", "-o", "\x1b]0;x.png"], r"-o \x1b]0;x.png: "),
        (["validate", "cat.jpg", "--emit", "-"], "--emit requires a folder; convert -o - writes"),
        (["validate", "cat.jpg", "--emit", ""], "--emit is empty"),
        (["validate", "cat.jpg", "--emit", "x.NPY"], "--emit x.NPY: names a file"),
        (["code", "-o", ""], "-o is empty"),
        (["spec", "init", "-o", ""], "-o is empty"),
        (["validate", "cat.jpg", "--\x1b[31m"], r"\x1b[31m"),
    ],
)
def test_invalid_output_path_is_refused_before_any_write(folder, run_cli, arguments, message):
    before = sorted(folder.rglob("*"))
    code, out, err = run_cli(*arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert "\x1b" not in err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("x.NPY", "x.NPY"),
        ("x.png/", "x.png/cat.npy"),
        ("2024.05", "2024.05/cat.npy"),
        (".out", ".out/cat.npy"),
        ("photos.d", "photos.d/cat.npy"),
    ],
)
def test_output_names_resolve_to_files_or_folders(folder, run_cli, name, made):
    (folder / "photos.d").mkdir()
    assert run_cli("convert", "cat.jpg", "-o", name)[0] == 0
    assert np.load(folder / made).shape == (1, 24, 32, 3)


def test_dash_writes_code_and_spec_to_standard_output(folder, run_cli):
    assert run_cli("code", "-o", "-") == run_cli("code")
    assert run_cli("spec", "init", "-o", "-") == run_cli("spec", "init")
    assert not (folder / "-").exists()


def test_damaged_file_has_no_plan(folder, run_cli):
    whole = (folder / "cat.jpg").read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    code, out, _ = run_cli("plan", "half.jpg")
    assert code == 1
    assert "no plan: truncated: about" in out


@pytest.mark.parametrize("paths", [["half.jpg"], ["half.jpg", "other.jpg"]])
def test_ignored_decode_finding_is_still_shown_as_cause(folder, run_cli, paths):
    whole = (folder / "cat.jpg").read_bytes()
    for path in paths:
        (folder / path).write_bytes(whole[: len(whole) // 2])
    _, out, _ = run_cli("validate", *paths, "--ignore", "SRC")
    assert "truncated: about" in out
    assert "Not checked: " in out


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_proc_file_is_not_reported_as_empty(folder, run_cli):
    code, out, _ = run_cli("validate", "/proc/self/status")
    assert code == 1
    assert "declares 0 bytes and holds more" in out
    assert "never written" not in out


def test_code_never_replaces_its_spec(folder, run_cli):
    before = (folder / "sm-imgcheck.yaml").read_text()
    code, _, err = run_cli("code", "-s", "sm-imgcheck.yaml", "-o", "./sm-imgcheck.yaml", "--force")
    assert code == 2
    assert "is an input: name another file" in err
    assert (folder / "sm-imgcheck.yaml").read_text() == before


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["spec", "init", "--shape", ""], "--shape"),
        (["spec", "init", "--from-tensor", ""], "--from-tensor"),
        (["spec", "init", "--size", "0", "--resize", "stretch"], "resize.size"),
        (["validate", "cat.jpg", "--select", ""], "--select"),
        (["validate", "cat.jpg", "--ignore", " , "], "--ignore"),
        (["validate", "cat.jpg", "--select", "DTY101,SHP", "--ignore", "DTY,SHP"], "no rule is left"),
        (["payload", "cat.jpg", "-o", ""], "--out"),
        (["payload", "cat.jpg", "--content-type", ""], "--content-type"),
        (["send", "cat.jpg", "--url", "http://127.0.0.1:9/", "--timeout", "nan"], "--timeout': got nan"),
    ],
)
def test_empty_and_impossible_values_are_refused(folder, run_cli, words, named):
    code, _, err = run_cli(*words)
    assert code == 2
    assert named in err
    assert "bug" not in err


def test_spec_path_to_folder_device_or_fifo_is_refused(folder, run_cli, monkeypatch):
    assert "got a folder" in run_cli("validate", "cat.jpg", "-s", "photos")[2]
    if os.name != "nt":
        monkeypatch.setattr("sm_imgcheck.io.stores.local._PATIENCE", 0.1)
        os.mkfifo(folder / "pipe.yaml")
        code, _, err = run_cli("validate", "cat.jpg", "-s", "pipe.yaml")
        assert code == 2
        assert "no data was written to it" in err
        assert "it is a device or a socket" in run_cli("validate", "cat.jpg", "-s", "/dev/zero")[2]


def test_plan_names_standard_input_stdin(folder, run_cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(jpeg())))
    assert run_cli("plan", "-")[1].startswith("stdin\nto ")


# Commands to paste

BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None or os.name == "nt", reason="needs bash")
@pytest.mark.parametrize(
    "name",
    [b"plain.jpg", b"sp ace", b"quo'te", b"back\\slash", b"new\nline'", b"\x1b]0;pwn\x07a", b"bad\xff\xfe", b"\x9b31mf",
     "\u202egpj.exe".encode(), "caf\u00e9".encode(), "\u202f".encode(), "z\u200dwj".encode(), b"$(id)", b"%s", b"~"],
)  # fmt: skip
def test_quoted_argument_is_restored_by_bash_and_safe_on_a_terminal(name):
    word = argument(os.fsdecode(name))
    assert for_terminal(word) == word
    assert subprocess.run([BASH, "-c", f"printf %s {word}"], capture_output=True, check=True).stdout == name


@pytest.mark.skipif(os.name == "nt", reason="the shell of Windows quotes otherwise")
def test_suggested_command_escapes_control_characters():
    options = sm_imgcheck.Options(assume={"layout": "\x1b[31m"})
    invocation = Invocation(paths=["-rf.jpg", "-", "a\nb"], spec="\u202e.yaml", options=options)
    assert " ".join(next_command.convert_command(invocation)) == (
        r"sm-imgcheck convert ./-rf.jpg - $'a\x0ab' -s $'\xe2\x80\xae.yaml' --assume $'layout=\x1b[31m' -o out"
    )


# The other commands


def test_version_option_prints_the_version(run_cli):
    assert run_cli("--version") == (0, f"sm-imgcheck {sm_imgcheck.__version__}\n", "")


def test_help_lists_every_command_with_its_first_line(run_cli):
    code, out, _ = run_cli("--help")
    assert code == 0
    for name, line in cli.list_commands().items():
        assert f"{name} " in out
        assert line in out
        assert line in run_cli(name, "--help")[1]
    assert "Exit codes: 0 no finding" in " ".join(out.split())


def test_every_option_has_a_help_text(run_cli):
    for name in ("validate", "convert", "plan", "code"):
        text = run_cli(name, "--help")[1]
        assert "--spec" in text
        for line in text.split("Options:")[1].splitlines():
            if line.strip().startswith("--") and len(line) < 34:
                assert "[" in line, f"{name}: {line} has no words"


def test_plan_prints_steps_in_text_and_json(folder, run_cli):
    code, out, _ = run_cli("plan", "cat.jpg")
    assert code == 0
    assert out.splitlines()[1] == "to ./sm-imgcheck.yaml: float32 [N, 24, 32, 3] NHWC RGB, 0..1"
    assert "resize_pillow" in out
    steps = json.loads(run_cli("plan", "cat.jpg", "--format", "json")[1])["steps"]
    assert steps[0]["op"] == "decode"
    (folder / "bad.jpg").write_bytes(b"<html>")
    code, out, _ = run_cli("plan", "bad.jpg")
    assert code == 1
    assert "no plan:" in out


def test_generated_code_equals_convert(folder, run_cli):
    code, out, _ = run_cli("code")
    assert code == 0
    assert run_cli("code", "-o", "handler.py")[0] == 0
    assert (folder / "handler.py").read_text() == out
    space = {"__name__": "handler"}
    exec(compile(out, "handler.py", "exec"), space)
    assert run_cli("convert", "cat.jpg", "-o", "out")[0] == 0
    assert np.array_equal(space["preprocess"]((folder / "cat.jpg").read_bytes()), np.load("out/cat.npy"))


def test_rules_are_listed_and_each_is_explained(run_cli):
    text = run_cli("rules")[1].splitlines()
    rules = json.loads(run_cli("rules", "--format", "json")[1])
    assert [line.split()[0] for line in text] == [rule["code"] for rule in rules]
    for rule in rules:
        code, out, _ = run_cli("explain", rule["code"].lower())
        assert code == 0
        words = f"{rule['code']} {rule['name']}: {rule['title']} {rule['page']}".split()
        assert out.split()[: len(words)] == words
        assert out == run_cli("explain", rule["name"])[1]


# The library


def test_package_exports_exactly_its_public_names():
    for name in sm_imgcheck.__all__:
        assert getattr(sm_imgcheck, name).__doc__, name
    assert dir(sm_imgcheck) == sm_imgcheck.__all__ == sorted(sm_imgcheck.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sm_imgcheck.nothing  # noqa: B018


def test_python_functions_match_the_commands(folder):
    spec = sm_imgcheck.load_spec("sm-imgcheck.yaml")
    array = sm_imgcheck.convert("cat.jpg", spec)
    assert (array.shape, array.dtype) == ((1, 24, 32, 3), np.float32)
    assert np.array_equal(array, sm_imgcheck.convert((folder / "cat.jpg").read_bytes(), spec))
    assert np.array_equal(array, sm_imgcheck.convert(folder / "cat.jpg", folder / "sm-imgcheck.yaml"))
    assert sm_imgcheck.validate(array, spec).plan.steps == ()
    assert sm_imgcheck.plan("cat.jpg", spec) == sm_imgcheck.validate("cat.jpg", spec).plan
    assert "def preprocess" in sm_imgcheck.to_python(spec)


def test_convert_and_plan_raise_for_invalid_input(folder):
    spec = sm_imgcheck.load_spec("sm-imgcheck.yaml")
    with pytest.raises(sm_imgcheck.CandidateError, match="bytes: "):
        sm_imgcheck.convert(b"<html>", spec)
    with pytest.raises(sm_imgcheck.PlanError, match="array: "):
        sm_imgcheck.plan(np.zeros((2, 2, 2, 2, 2, 2), np.float32), spec)


DOUBTFUL = """\
shape: [N, 24, 32, 3]
dtype: float32
channel_order: RGB
normalize: {units: unit, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]}
"""
DOUBT = (
    "warning: ./sm-imgcheck.yaml:4:13: normalize.units: got unit, for pixels / 255, but an entry is 123.675; "
    "byte expected?"
)


@pytest.mark.parametrize(
    "command",
    [
        "validate cat.jpg",
        "validate cat.jpg -q",
        "validate cat.jpg --picture cat.png",
        "validate cat.jpg --emit out",
        "handler inference.py cat.jpg",
        "convert cat.jpg -o out",
        "convert -q cat.jpg photos -o out",
        "payload cat.jpg -o out",
        "payload cat.jpg --sizes",
        "send cat.jpg --url http://127.0.0.1:9/",
        "identify cat.npy -s ./sm-imgcheck.yaml",
        "plan cat.jpg",
        "code",
        "code --for custom",
        "spec show ./sm-imgcheck.yaml",
    ],
)
def test_commands_with_a_spec_print_lint_warnings_once(folder, run_cli, command):
    (folder / "sm-imgcheck.yaml").write_text(DOUBTFUL)
    (folder / "inference.py").write_text("def input_fn(body, content_type):\n    return None\n")
    np.save(folder / "cat.npy", np.zeros((1, 24, 32, 3), np.float32))
    _, out, err = run_cli(*command.split())
    assert err.splitlines().count(DOUBT) == 1
    assert err.count("byte expected?") == 1
    assert "byte expected?" not in out


def test_spec_init_prints_lint_warnings_of_its_output(folder, run_cli):
    mean, std = "123.675,116.28,103.53", "58.395,57.12,57.375"
    code, _, err = run_cli("spec", "init", "--units", "unit", "--mean", mean, "--std", std, "-o", "new.yaml")
    assert (code, err.count("byte expected?")) == (0, 1)


def test_valid_spec_prints_no_warning(folder, run_cli):
    assert run_cli("code")[2] == ""


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-16"])
@pytest.mark.sample(3)
def test_code_in_a_pipe_is_utf8_in_any_locale(folder, encoding):
    (folder / "sm-imgcheck.yaml").write_text(f"{SPEC}description: f\u00fcr \u65e5\u672c\u8a9e\n", encoding="utf-8")
    done = run_process("code", env={"PYTHONIOENCODING": encoding})
    assert done.stdout.decode("utf-8").startswith('"""f\u00fcr \u65e5\u672c\u8a9e\n')
