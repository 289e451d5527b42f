"""Formats for CI services: valid under their schemas for all names, bounded, and the same from run to run."""

import gc
import json
from dataclasses import replace
from types import FunctionType, ModuleType

import pytest
from report_schemas import VALIDATORS, annotations
from report_values import finding, image, render_report, report_of, tensor, with_candidate

from sm_imgcheck import report
from sm_imgcheck.core.types import Candidate, Report, Result
from sm_imgcheck.report import _records
from sm_imgcheck.report.check import CheckContent
from sm_imgcheck.rules import Rule as RuleType
from sm_imgcheck.rules import all_rules

FORMATS = [*VALIDATORS]
HOSTILE = [
    "a]]>b.jpg",
    "::error file=x::y.jpg",
    "%0A::error::x.jpg",
    "\x00\x01\x1b[31m\x7f\x85.jpg",
    "line\nbreak\r\n.jpg",
    "\udcff\udc80.jpg",
    "\U0001f600\ufffe\uffff.jpg",
    "=HYPERLINK(1).jpg",
    "@SUM(1),+cmd|'.jpg",
    "<script>alert(1)</script>&amp;.jpg",
    "```\n</details>|x|.jpg",
    "\u202egpj.exe",
    "x" * 4000,
    "/etc/../absolute path.jpg",
    "s3://bucket/key with space#?.jpg",
    "x.npz::../a b",
]


def unchecked_result(path, **changes):
    return Result(candidate=Candidate(path=path, kind="unknown"), **changes)


def every_code(number=2000):
    """Results with every code, in different severities, and files that were not checked."""
    rules = list(all_rules().values())
    for index in range(number):
        rule = rules[index % len(rules)]
        found = rule.finding(f"got {index}, expected 1", expected="1", actual=str(index), fixable=index % 2 == 0)
        if index % 50 == 49:
            yield unchecked_result(f"photos/{index}.bin", bug="ValueError: x")
        else:
            yield image(f"photos/{index}.jpg", found, found)


RUNS = {
    "empty": list,
    "one": lambda: [image("photos/cat.jpg")],
    "clean": lambda: [tensor("x.npy")],
    "every code": lambda: list(every_code(110)),
    "2000": lambda: list(every_code()),
    "hostile names": lambda: [
        with_candidate(image(name, finding("SRC110", "truncated", message=f"{name} <b>*x*</b>")), path=name)
        for name in HOSTILE
    ],
    "not checked": lambda: [
        unchecked_result("a.jpg", bug="MemoryError: \x1b]]>"),
        unchecked_result("b.jpg", skipped="is a folder"),
    ],
}


@pytest.mark.parametrize("run", ["hostile names", "not checked"])
def test_lines_of_shared_values_are_the_json_of_each_result(run):
    results = RUNS[run]()
    results = [*results, *results, tensor("x.npy", finding("DTY101", "wrong-dtype"))]
    *rows, _ = render_report("jsonl", results).splitlines()
    assert rows == [json.dumps(json.loads(row)) for row in rows]
    assert [json.loads(row) for row in rows] == [_records.of_result(result) for result in results]


@pytest.mark.parametrize(
    "run", [pytest.param(name, marks=pytest.mark.slow) if name == "2000" else name for name in RUNS]
)
@pytest.mark.parametrize("form", FORMATS)
def test_report_is_valid_for_its_schema(form, run):
    text = render_report(form, RUNS[run](), terminal={"root": "/checkout"})
    VALIDATORS[form](text)
    text.encode("utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_reports_of_equal_runs_are_equal(form):
    assert render_report(form, list(every_code(200))) == render_report(form, list(every_code(200)))


def test_junit_has_a_case_for_each_file_and_errors_for_unchecked():
    cases = VALIDATORS["junit"](
        render_report("junit", [image("a.jpg"), tensor("b.npy"), unchecked_result("c.jpg", bug="KeyError: x")])
    )
    assert [(case.get("name"), [child.tag for child in case]) for case in cases] == [
        ("a.jpg", ["failure"]),
        ("b.npy", []),
        ("c.jpg", ["error"]),
    ]
    assert "KeyError" in cases[2][0].get("message")
    assert "and 1 more" in cases[0][0].get("message")


def test_junit_failures_follow_fail_on():
    """Otherwise Jenkins would fail a build that passes."""
    (case,) = VALIDATORS["junit"](render_report("junit", [image("a.jpg")], fail_on="unfixable"))
    assert [child.tag for child in case] == ["system-out"]


def test_junit_suites_are_bounded():
    text = render_report("junit", [tensor(f"{index}.npy") for index in range(2500)])
    assert [line.split('tests="')[1].split('"')[0] for line in text.splitlines() if "<testsuite " in line] == [
        "1000",
        "1000",
        "500",
    ]


def test_sarif_reports_unchecked_files_as_notifications():
    run = VALIDATORS["sarif"](render_report("sarif", [unchecked_result("c.jpg", bug="KeyError: x")]))
    (invocation,) = run["invocations"]
    assert (run["results"], invocation["executionSuccessful"]) == ([], False)
    (notification,) = invocation["toolExecutionNotifications"]
    assert "KeyError" in notification["message"]["text"]
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "c.jpg"


def test_sarif_rules_have_help_and_results_have_relative_uris(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = ["a b.jpg", str(tmp_path / "in" / "c.jpg"), "/elsewhere/d.jpg", "s3://bucket/e.jpg", "\udcff.jpg"]
    run = VALIDATORS["sarif"](render_report("sarif", [image(path) for path in paths], terminal={"root": str(tmp_path)}))
    artifacts = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"][::2]]
    assert [artifact["uri"] for artifact in artifacts] == [
        "a%20b.jpg",
        "in/c.jpg",
        "file:///elsewhere/d.jpg",
        "s3://bucket/e.jpg",
        "%FF.jpg",
    ]
    assert ["uriBaseId" in artifact for artifact in artifacts] == [True, True, False, False, True]
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in run["tool"]["driver"]["rules"])
    assert any(rule.get("helpUri", "").startswith("https://") for rule in run["tool"]["driver"]["rules"])


def test_sarif_fingerprints_do_not_depend_on_the_checkout(tmp_path, monkeypatch):
    marks = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        path = str(tmp_path / name / "photos" / "a.jpg")
        run = VALIDATORS["sarif"](render_report("sarif", [image(path)], terminal={"root": str(tmp_path / name)}))
        marks.append([result["partialFingerprints"] for result in run["results"]])
    assert marks[0] == marks[1]


@pytest.mark.slow
def test_sarif_keeps_rare_rules_and_counts_omitted_results():
    content = CheckContent(report_of())
    stream = report.reporter("sarif", content, report.Terminal())
    text = [stream.open(), *(stream.row(image(f"{index}.jpg")) for index in range(12_000))]
    text.append(stream.row(image("last.jpg", finding("SRC110", "truncated"))))
    text.append(stream.close(Report()))
    (run,) = json.loads("".join(text))["runs"]
    assert len(run["results"]) == 20_001
    assert run["results"][-1]["ruleId"] == "SRC110"
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("4,002 results were omitted")


def test_github_annotates_each_finding_while_all_are_shown():
    commands = annotations(render_report("github", [image(f"{index}.jpg") for index in range(5)]))
    assert len(commands) == 10
    assert commands[0][1] == {"file": "0.jpg", "line": "1", "title": "DTY101 wrong-dtype"}


def test_github_groups_many_findings_by_code():
    commands = annotations(render_report("github", [image(f"{index}.jpg") for index in range(6)]))
    assert [(level, properties["title"]) for level, properties, _ in commands] == [
        ("error", "DTY101 wrong-dtype"),
        ("error", "SHP106 wrong-size"),
    ]
    assert commands[0][2].startswith("6 files, such as 0.jpg: ")


def test_github_omits_fixable_findings_with_fail_on_unfixable():
    broken = image("b.jpg", finding("SRC110", "truncated"))
    commands = annotations(render_report("github", [image("a.jpg"), broken], fail_on="unfixable"))
    assert [(level, properties["file"]) for level, properties, _ in commands] == [("error", "b.jpg")]


def test_untrusted_name_adds_no_github_workflow_command():
    commands = annotations(render_report("github", [image("%0A::error,x\n,title=y.jpg")]))
    assert {properties["file"] for _, properties, _ in commands} == {"%250A%3A%3Aerror%2Cx\\x0a%2Ctitle=y.jpg"}


def test_csv_has_a_line_for_each_finding_and_for_each_clean_file():
    lines = VALIDATORS["csv"](
        render_report("csv", [image("a.jpg"), tensor("=b.npy"), unchecked_result("c.jpg", bug="x")])
    )
    assert [(line["path"], line["status"], line["code"]) for line in lines] == [
        ("a.jpg", "failed", "DTY101"),
        ("a.jpg", "failed", "SHP106"),
        ("'=b.npy", "ok", ""),
        ("c.jpg", "not checked", "not-checked"),
    ]


def test_gitlab_severity_follows_fail_on():
    issues = VALIDATORS["gitlab"](
        render_report("gitlab", [image("a.jpg", finding("SRC110", "x"))], fail_on="unfixable")
    )
    assert [issue["severity"] for issue in issues] == ["minor", "minor", "major"]


def test_markdown_has_the_findings_of_text_in_a_table():
    text = render_report("markdown", [image("a.jpg"), replace(image("b.jpg"), plan=None)])
    assert "| ❌ error | `DTY101` wrong-dtype | dtype: got uint8, expected float32 | cast |" in text
    assert "**4 errors in all 2 candidates; convert fixes all of them:**" in text


def objects_of(root):
    """How many objects are reachable, except code."""
    reached, open_ = {}, [root]
    while open_:
        current = open_.pop()
        if id(current) not in reached and not isinstance(current, type | ModuleType | FunctionType | RuleType):
            reached[id(current)] = current
            open_ += gc.get_referents(current)
    return len(reached)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.sample(5)
def test_reporter_memory_does_not_grow_with_the_run(form):
    """After 4,000 results a reporter holds as many objects as after 2,000."""
    content = CheckContent(report_of())
    stream = report.reporter(form, content, report.Terminal(root="/checkout"))
    stream.open()
    counts = []
    for index in range(4_000):
        result = image(f"photos/{index}.jpg", finding(f"X{index % 50}", "odd", message=str(index)))
        content.gather(result)
        stream.row(result)
        if index % 2_000 == 1_999:
            counts.append(objects_of((stream, content)))
    assert counts[1] - counts[0] < 1_000


def test_json_formats_and_files_agree():
    """The rows of JSON are the entries of the other formats."""
    results = list(every_code(300))
    rows = json.loads(render_report("json", results))["results"]
    names = [case.get("name") for case in VALIDATORS["junit"](render_report("junit", results))]
    assert names == [row["path"] for row in rows]
