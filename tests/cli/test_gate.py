"""The gate of a CI job: raw photos under --as-request, what convert refuses, skipped files, report files."""

import csv
import json
import signal
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from report_schemas import VALIDATORS, annotations
from sample_images import jpeg

from sm_imgcheck.cli import main, signals
from sm_imgcheck.core.types import Report
from sm_imgcheck.pipeline.process import examine_candidate
from sm_imgcheck.report.check import CheckContent

ROWS_TOGETHER = CheckContent.rows_together
SPEC = """
shape: [N, 64, 64, 3]
dtype: float32
channel_order: RGB
value_range: [0, 1]
resize: {mode: shortest_edge, size: 80, crop: center}
"""
ENVELOPES = {"tensor": "", "image": "payload: {stack: custom, envelope: image}\n"}


@pytest.fixture(params=ENVELOPES)
def gate(request, tmp_path, monkeypatch, capsys):
    """Run ``validate`` in a folder with photos/ and a spec; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    Path("sm-imgcheck.yaml").write_text(SPEC + ENVELOPES[request.param])
    photos = Path("photos")
    photos.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (photos / name).write_bytes(jpeg())

    def run(*words):
        code = main(["validate", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def add_bad_photos():
    photos = Path("photos")
    Image.new("RGB", (4000, 1)).save(photos / "strip.jpg")
    (photos / "half.jpg").write_bytes(jpeg()[:300])
    (photos / "page.jpg").write_text("<html>")


def test_valid_photos_exit_with_0(gate):
    code, out, _ = gate("photos", "--as-request")
    assert (code, out.splitlines()[-1][:3]) == (0, "OK:")


def test_each_invalid_photo_is_one_annotation(gate):
    add_bad_photos()
    code, out, _ = gate("photos", "--as-request", "--format", "github")
    assert code == 1
    assert sorted((level, properties["file"]) for level, properties, _ in annotations(out)) == [
        ("error", "photos/half.jpg"),
        ("error", "photos/page.jpg"),
        ("error", "photos/strip.jpg"),
    ]


@pytest.mark.parametrize("options", [[], ["--as-request"], ["--fail-on", "unfixable"]], ids=" ".join)
def test_photo_refused_by_convert_exits_with_1(gate, options):
    Image.new("RGB", (4000, 1)).save("photos/strip.png")
    assert main(["convert", "photos/strip.png", "-o", "out", "-q"]) == 1
    assert gate("photos/strip.png", *options)[0] == 1


def test_skipped_files_are_counted_by_suffix(gate):
    for name in ("x.txt", "y.TXT", "z.css", "README"):
        Path("photos", name).write_text("x")
    assert "Skipped: 4 other suffix (.txt 2, .css 1, none 1)." in gate("photos", "--as-request")[1]
    summary = json.loads(gate("photos", "--as-request", "--format", "json")[1])["summary"]
    assert summary["skipped_inputs"] == {"other suffix": 4}
    assert summary["skipped_suffixes"] == {".txt": 2, ".css": 1, "none": 1}


def test_as_request_and_content_type_contradict(gate):
    code, _, err = gate("photos", "--as-request", "--content-type", "image/jpeg")
    assert code == 2
    assert "--as-request" in err


def test_single_run_writes_every_report_format(gate):
    add_bad_photos()
    files = {form: f"reports/report.{form}" for form in VALIDATORS}
    options = [word for form, file in files.items() for word in ("--output-file", f"{form}:{file}")]
    code, out, _ = gate("photos", "--as-request", *options)
    assert (code, "3 errors" in out) == (1, True)
    for form, file in files.items():
        VALIDATORS[form](Path(file).read_text(encoding="utf-8"))
        assert gate("photos", "--as-request", "--format", form)[1].splitlines() == Path(file).read_text().splitlines()
    assert sorted(file.name for file in Path("reports").iterdir()) == sorted(f"report.{form}" for form in VALIDATORS)


def test_quiet_does_not_shorten_files(gate):
    add_bad_photos()
    code, out, _ = gate("photos", "--as-request", "-q", "--output-file", "text:report.txt")
    assert code == 1
    assert len(out.splitlines()) == 3
    assert "3 errors" in Path("report.txt").read_text()


def test_files_have_every_row_in_the_order_of_the_printed_report(gate):
    for number in range(ROWS_TOGETHER + 1):
        Path("photos", f"{number}.jpg").touch()
    code, out, _ = gate("photos", "--format", "jsonl", "--output-file", "jsonl:rows.jsonl")
    assert (code, len(out.splitlines())) == (1, ROWS_TOGETHER + 1 + 3 + 1)  # three photos, and the summary
    assert Path("rows.jsonl").read_text() == out


def test_files_of_an_interrupted_run_have_the_rows_so_far(gate, monkeypatch):
    def process_until_ctrl_c(candidate, *rest, **trace):
        if candidate.path.endswith("c.jpg"):
            raise KeyboardInterrupt
        return examine_candidate(candidate, *rest, **trace)

    monkeypatch.setattr("sm_imgcheck.pipeline.process.examine_candidate", process_until_ctrl_c)
    code, out, _ = gate("photos", "--format", "json", "--output-file", "json:rows.json")
    assert (code, len(json.loads(out)["results"])) == (130, 2)
    assert Path("rows.json").read_text() == out


STEPS = [(CheckContent, "gather"), (CheckContent, "record"), (Report, "plus"), (CheckContent, "entries")]
"""Steps of a row; the last is one of the files alone."""


@pytest.mark.parametrize(
    ("step", "together"),
    [*product(STEPS[:3], (1, ROWS_TOGETHER)), (STEPS[3], 1)],
    ids=lambda value: value[1] if isinstance(value, tuple) else str(value),
)
@pytest.mark.sample(4)
def test_signal_at_any_step_of_a_row_leaves_equal_rows_in_all_formats(gate, monkeypatch, step, together):
    real, calls = getattr(*step), []

    def send_signal(*arguments, **options):
        calls.append(step)
        if len(calls) == 2:
            signals._stop(signal.SIGTERM, None)
        return real(*arguments, **options)

    add_bad_photos()
    monkeypatch.setattr(signals, "_signals", [])
    monkeypatch.setattr(CheckContent, "rows_together", together)
    monkeypatch.setattr(*step, send_signal)
    files = {form: f"report.{form}" for form in ("jsonl", "junit", "csv")}
    options = [word for form, file in files.items() for word in ("--output-file", f"{form}:{file}")]
    code, out, err = gate("photos", "--as-request", "--format", "jsonl", "-j", "1", *options)
    *rows, last = map(json.loads, out.splitlines())
    count = last["summary"]["candidates"]
    assert (code, len(rows)) == (143, count)
    assert 0 < count < 6
    assert f"stopped by SIGTERM after {count} candidate" in err
    assert Path("report.jsonl").read_text() == out
    assert Path("report.junit").read_text().count("<testcase") == count
    lines = csv.DictReader(Path("report.csv").read_text().splitlines())
    assert {line["path"] for line in lines} == {row["path"] for row in rows}


def test_second_signal_does_not_wait_for_the_end_of_a_block(monkeypatch):
    monkeypatch.setattr(signals, "_signals", [])
    steps = []

    def run_block():
        with signals.DelayedSignals():
            for step in ("first", "second"):
                signals._stop(signal.SIGTERM, None)
                steps.append(step)

    with pytest.raises(signals.TerminationSignal):
        run_block()
    assert steps == ["first"]


def test_empty_run_writes_valid_documents(gate):
    Path("none").mkdir()
    files = {form: f"r.{form}" for form in VALIDATORS}
    options = [word for form, file in files.items() for word in ("--output-file", f"{form}:{file}")]
    assert gate("none", *options)[0] == 2
    for form, file in files.items():
        VALIDATORS[form](Path(file).read_text())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("juint:x.xml", "did you mean junit?"),
        ("x.xml", "expected FORMAT:FILE"),
        ("junit:", "expected FORMAT:FILE"),
        ("junit:photos/a.jpg", "suffix of an input"),
        ("junit:photos", "is a folder"),
        ("json:sm-imgcheck.yaml", "suffix of an input"),
        ("junit:photos/a.jpg/x.xml", "cannot be written"),
    ],
)
def test_invalid_output_file_is_refused(gate, value, message):
    code, _, err = gate("photos", "--output-file", value)
    assert code == 2
    assert message in " ".join(err.split())
    assert Path("photos/a.jpg").read_bytes() == jpeg()


def test_two_reports_to_one_file_are_refused(gate):
    code, _, err = gate("photos", "--output-file", "junit:x.xml", "--output-file", "sarif:./x.xml")
    assert code == 2
    assert "named by two outputs" in err


@pytest.mark.parametrize("option", ["--manifest", "--write-baseline"])
def test_report_to_another_output_of_the_run_is_refused(gate, option):
    code, _, err = gate("photos", option, "x.json", "--output-file", "jsonl:./x.json")
    assert code == 2
    assert "./x.json is named by two outputs" in err
    assert not Path("x.json").exists()


def test_github_appends_a_summary(gate, monkeypatch):
    Path("summary.md").write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(Path("summary.md").absolute()))
    gate("photos", "--as-request", "--format", "github")
    lines = VALIDATORS["markdown"](Path("summary.md").read_text(encoding="utf-8"))
    assert lines[0] == "# before"
    assert any(line.startswith("**OK") for line in lines)


def test_paths_are_relative_to_the_checkout(gate, monkeypatch):
    add_bad_photos()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd()))
    monkeypatch.chdir("photos")
    code, out, _ = gate("half.jpg", "-s", "../sm-imgcheck.yaml", "--as-request", "--format", "github")
    assert code == 1
    assert [properties["file"] for _, properties, _ in annotations(out)] == ["photos/half.jpg"]


def test_lint_reports_problems_with_their_line(gate, capsys):
    Path("bad.yaml").write_text("shape: [N, 2, 2, 3]\ndtype: float3\nchannel_order: RGB\nvalue_range: [0, 1]\n")
    assert main(["spec", "lint", "bad.yaml", "--format", "github"]) == 2
    ((level, properties, message),) = annotations(capsys.readouterr().out)
    assert (level, properties["file"], properties["line"]) == ("error", "bad.yaml", "2")
    assert "dtype" in message


def test_strict_lint_fails_for_warnings(gate, capsys):
    Path("open.yaml").write_text("shape: [N, H, W, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n")
    assert main(["spec", "lint", "open.yaml"]) == 0
    assert main(["spec", "lint", "open.yaml", "--strict", "--format", "github"]) == 1
    assert "::error file=open.yaml" in capsys.readouterr().out


def test_file_names_that_look_like_options_and_lists_are_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = ["-x.jpg", "--fail-on=never.jpg", "@photo.jpg"]
    for name in names:
        (tmp_path / name).write_bytes(jpeg())
    assert main(["validate", "-s", "pillow-rgb-01", "--as-request", "--format", "csv", *names]) == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]] == [f"./{name}" for name in names]


def test_table_width_is_bounded_on_very_wide_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "999999999")
    (tmp_path / "x.jpg").write_bytes(jpeg())
    main(["validate", str(tmp_path / "x.jpg"), "-s", "pillow-rgb-01", "--format", "table"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 1000
