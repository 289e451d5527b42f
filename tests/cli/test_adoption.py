"""A project that starts to use the program: baselines, excluded paths, ignored findings, the configuration."""

import json
import os
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from sample_images import jpeg

from sm_imgcheck.cli import configuration, main
from sm_imgcheck.run.inputs.exclude import PathPatterns

SPEC = "{shape: [N, 64, 64, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch}}\n"
TABLE = "[tool.sm-imgcheck]\n"


@pytest.fixture
def project(tmp_path, monkeypatch, capsys):
    """Run a command in a repository with good and bad photos; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    Path("sm-imgcheck.yaml").write_text(SPEC)
    for path in ("photos/a.jpg", "photos/new/b.jpg", "legacy/c.jpg"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(jpeg())
    Path("photos/half.jpg").write_bytes(jpeg()[:300])
    Path("legacy/page.jpg").write_text("<html>")

    def run(*words):
        configuration.find_configuration.cache_clear()
        code = main([*words])
        return code, *capsys.readouterr()

    yield run
    configuration.find_configuration.cache_clear()


def check(run, *words):
    """Exit code, and the summary, of a gate."""
    code, out, err = run("validate", *words, "--as-request", "--format", "json")
    return code, json.loads(out)["summary"] if out else err


def test_known_findings_pass_and_new_findings_fail(project):
    assert check(project, "photos", "legacy")[0] == 1
    code, _, err = project("validate", "photos", "legacy", "--as-request", "--write-baseline", "known.json")
    assert (code, err) == (0, "known.json: 2 known findings in 2 files\n")
    code, summary = check(project, "photos", "legacy", "--baseline", "known.json")
    assert (code, summary["failed"], summary["suppressed"], summary["suppressions"]) == (0, 0, 2, {"baseline": 2})
    Path("photos/new/bad.jpg").write_bytes(b"")
    code, summary = check(project, "photos", "legacy", "--baseline", "known.json")
    assert (code, summary["failed"], summary["by_code"]) == (1, 1, {"SRC102": 1})


def test_vanished_findings_are_named(project):
    project("validate", "photos", "legacy", "--as-request", "--write-baseline", "known.json")
    Path("photos/half.jpg").write_bytes(jpeg())
    Path("legacy/page.jpg").unlink()
    code, out, _ = project("validate", "photos", "--as-request", "--baseline", "known.json")
    assert code == 0
    assert "No longer found, remove from the baseline: legacy/page.jpg SRC103, photos/half.jpg SRC" in out


def test_baseline_omits_unchecked_paths_from_vanished(project):
    project("validate", "photos", "legacy", "--as-request", "--write-baseline", "known.json")
    assert check(project, "photos", "--baseline", "known.json")[1]["vanished"] == []


def test_baseline_is_relative_to_its_folder(project, monkeypatch):
    project("validate", "photos", "--as-request", "--write-baseline", "known.json")
    monkeypatch.chdir("photos")
    assert check(project, "half.jpg", "--baseline", "../known.json")[0] == 0


def test_baseline_has_a_line_for_each_file(project):
    project("validate", "photos", "legacy", "--as-request", "--write-baseline", "known.json")
    lines = Path("known.json").read_text().splitlines()
    assert [line.partition(":")[0].strip() for line in lines[1:-1]] == ['"legacy/page.jpg"', '"photos/half.jpg"']


@pytest.mark.parametrize(
    "text",
    [None, "", "[]", "{}", '{"version": 2, "findings": {}}', '{"version": 1, "findings": {"a": 1}}', "[" * 100_000],
)
def test_invalid_baseline_is_refused(project, text):
    if text is not None:
        Path("known.json").write_text(text)
    code, _, err = project("validate", "photos", "--baseline", "known.json")
    assert code == 2
    assert "--write-baseline creates" in err


def test_write_baseline_replaces_only_baselines(project):
    Path("other.json").write_text("{}")
    code, out, err = project("validate", "photos", "--as-request", "--write-baseline", "other.json")
    assert code == 2
    assert "not a baseline" in err
    assert out == ""  # before the run, not after it
    assert Path("other.json").read_text() == "{}"


def test_write_baseline_creates_its_folder(project):
    assert project("validate", "photos", "--as-request", "--write-baseline", "ci/known.json")[0] == 0
    assert project("validate", "photos", "--as-request", "--baseline", "ci/known.json")[0] == 0


def test_write_baseline_below_a_file_exits_with_2(project):
    code, _, err = project("validate", "photos", "--as-request", "--write-baseline", "photos/a.jpg/known.json")
    assert (code, "cannot be written" in err) == (2, True)


def test_report_does_not_replace_the_baseline(project):
    project("validate", "photos", "--as-request", "--write-baseline", "known.json")
    words = ["validate", "photos", "--as-request", "--baseline", "known.json"]
    code, _, err = project(*words, "--output-file", "json:./known.json")
    assert (code, err.strip()) == (2, "error: ./known.json is an input: name another file")
    assert project(*words)[0] == 0


@pytest.mark.parametrize("content", ["legacy/\n", None])
def test_report_does_not_replace_the_ignore_file(project, content):
    file = Path(".sm-imgcheckignore")
    if content:
        file.write_text(content)
    code, _, err = project("validate", "photos", "--output-file", f"csv:{file}")
    assert (code, err.strip()) == (2, "error: .sm-imgcheckignore is an input: name another file")
    assert (file.read_text() if file.exists() else None) == content


def test_suppressed_findings_are_skipped_in_junit_and_suppressed_in_sarif(project):
    project("validate", "photos", "--as-request", "--write-baseline", "known.json")
    words = ("validate", "photos", "--as-request", "--baseline", "known.json")
    assert '<skipped message="known or ignored: baseline">' in project(*words, "--format", "junit")[1]
    (run,) = json.loads(project(*words, "--format", "sarif")[1])["runs"]
    assert [result["suppressions"] for result in run["results"]] == [
        [{"kind": "external", "justification": "baseline"}]
    ]
    assert project(*words, "--format", "github")[1] == ""
    assert json.loads(project(*words, "--format", "gitlab")[1]) == []


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["legacy"], ["photos/a.jpg", "photos/half.jpg", "photos/new/b.jpg"]),
        (["/photos/"], ["legacy/c.jpg", "legacy/page.jpg"]),
        (["**/half.jpg", "page.*"], ["legacy/c.jpg", "photos/a.jpg", "photos/new/b.jpg"]),
        (["*", "!photos/", "!photos/a.jpg"], ["photos/a.jpg"]),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("source", ["option", "table", "ignore file"])
def test_exclude_patterns_remove_paths_from_candidates(project, patterns, left, source):
    options = [word for pattern in patterns for word in ("--exclude", pattern)] if source == "option" else []
    if source == "table":
        Path("pyproject.toml").write_text(f"{TABLE}exclude = {json.dumps(patterns)}\n")
    elif source == "ignore file":
        Path(".sm-imgcheckignore").write_text("\n".join(["# photos", "", *patterns]))
    _, out, _ = project("validate", "legacy", "photos", *options, "--format", "jsonl")
    assert [json.loads(line)["path"] for line in out.splitlines()[:-1]] == left
    _, out, _ = project("convert", "legacy", "photos", *options, "-o", "out", "--format", "jsonl")
    assert [json.loads(line)["path"] for line in out.splitlines()[:-1]] == left


IGNORE_FILES = {
    "byte order mark": b"\xef\xbb\xbflegacy\n",
    "CRLF": b"legacy\r\n",
    "no line break": b"legacy",
    "latin-1 name": b"caf\xe9.jpg\nlegacy\n",
    "blank lines and comments": b"\n   \n# [legacy\nlegacy/\n\n",
}


@pytest.mark.parametrize("kind", IGNORE_FILES)
def test_ignore_file_of_any_editor_excludes_paths(project, kind):
    Path(".sm-imgcheckignore").write_bytes(IGNORE_FILES[kind])
    _, out, _ = project("validate", "legacy", "photos", "--format", "jsonl")
    paths = [json.loads(line)["path"] for line in out.splitlines()[:-1]]
    assert paths == ["photos/a.jpg", "photos/half.jpg", "photos/new/b.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="file names are text on Windows")
def test_ignore_file_excludes_a_name_that_is_not_utf8(project):
    Path("photos", os.fsdecode(b"caf\xe9.jpg")).touch()
    Path(".sm-imgcheckignore").write_bytes(b"caf\xe9.jpg\n")
    assert json.loads(project("validate", "photos", "--format", "json")[1])["summary"]["skipped_inputs"] == {
        "excluded": 1
    }


def test_utf16_ignore_file_is_refused(project):
    Path(".sm-imgcheckignore").write_text("legacy\n", encoding="utf-16")
    code, _, err = project("validate", "photos")
    assert (code, "expected lines of text in UTF-8" in err) == (2, True)


PATTERNS = {
    "[z-a].jpg": "bad character range z-a",
    "photos/[x.jpg": "expected ] after [",
    "[[:alpha:]].jpg": "[:alpha:] are not supported",
    "[_[:digit:]].jpg": "[:alpha:] are not supported",
    "a[b--c].jpg": "bad character range b--",
    "/": "matches no path",
    "!": "expected the syntax of .gitignore",
}


SETS = {"photo[[]1].jpg": "photo[1].jpg", "[a&&b].jpg": "&.jpg", "x[+--c].jpg": "x,.jpg", r"\[[:x:].jpg": "[:.jpg"}


@pytest.mark.parametrize("pattern", SETS)
def test_set_with_doubled_characters_matches_as_git_does(pattern):
    patterns = PathPatterns(".", [pattern])
    assert patterns.match(SETS[pattern])
    assert not patterns.match("photos/half.jpg")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_without_a_meaning_is_refused_by_name(project, pattern):
    code, _, err = project("validate", "photos", "--exclude", "*.gif", "--exclude", pattern)
    assert code == 2
    assert f"invalid pattern {pattern!r}: " in err
    assert PATTERNS[pattern] in err


def test_exclude_applies_to_files_named_on_the_command_line(project):
    code, _, err = project("validate", "photos/half.jpg", "--exclude", "half.jpg")
    assert code == 2
    assert "(skipped: 1 excluded)" in err


def test_table_sets_defaults_and_options_win(project):
    Path("pyproject.toml").write_text(TABLE + 'as-request = true\nfail-on = "never"\nselect = ["SRC"]\n')
    assert project("validate", "photos", "-q")[0] == 0
    assert project("validate", "photos", "-q", "--fail-on", "error")[0] == 1
    assert project("validate", "photos/a.jpg", "--fail-on", "error")[0] == 0


def test_per_path_ignores_suppress_findings_with_a_reason(project):
    ignores = '[{paths = ["legacy/**"], codes = ["SRC103"], reason = "pages of 2009"}]'
    Path("pyproject.toml").write_text(f"{TABLE}per-path-ignores = {ignores}\n")
    code, summary = check(project, "legacy")
    assert (code, summary["suppressions"]) == (0, {"pages of 2009": 1})
    assert check(project, "photos")[0] == 1


def test_specs_table_selects_the_spec_by_path(project):
    Path("other.yaml").write_text(SPEC.replace("float32", "float64"))
    specs = '[{paths = ["legacy/"], spec = "other.yaml"}]'
    Path("pyproject.toml").write_text(f'{TABLE}spec = "sm-imgcheck.yaml"\nspecs = {specs}\n')
    for path, name in (("legacy", "other.yaml"), ("legacy/c.jpg", "other.yaml"), ("photos", "sm-imgcheck.yaml")):
        assert f"against {name}: " in project("validate", path)[1]
    code, _, err = project("payload", "photos", "legacy", "-o", "bodies")
    assert code == 2
    assert "paths of 2 specs: photos (sm-imgcheck.yaml), legacy (other.yaml)" in err


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ('spec = "absent"', "spec"),
        ('specs = [{paths = ["photos"], spec = "absent"}]', "specs[0].spec"),
        ('spec = "sm-imgcheck.yaml"\nspecs = [{paths = ["x"], spec = "absent"}]', "specs[0].spec"),
    ],
)
def test_missing_spec_of_the_table_is_reported_with_its_key(project, table, key):
    Path("pyproject.toml").write_text(f"{TABLE}{table}\n")
    code, _, err = project("validate", "photos")
    assert code == 2
    assert err.startswith(f"error: pyproject.toml: [tool.sm-imgcheck] {key}: absent: no such file or preset")


def test_run_over_several_specs_checks_each_file_by_its_spec(project):
    Path("other.yaml").write_text(SPEC.replace("float32", "float64"))
    specs = '[{paths = ["legacy/"], spec = "other.yaml"}]'
    Path("pyproject.toml").write_text(f'{TABLE}spec = "sm-imgcheck.yaml"\nspecs = {specs}\n')
    out = project("validate", "photos", "legacy", "--format", "json")[1]
    document = json.loads(out)
    assert [spec["name"] for spec in document["specs"]] == ["sm-imgcheck.yaml", "other.yaml"]
    expected = {
        (result["path"].partition("/")[0], result["spec"], finding["expected"])
        for result in document["results"]
        for finding in result["findings"]
        if finding["code"] == "DTY101"
    }
    assert expected == {("photos", "sm-imgcheck.yaml", "float32"), ("legacy", "other.yaml", "float64")}
    assert "sm-imgcheck.yaml: float32" in project("validate", ".")[1]
    assert project("validate", ".", "-s", "sm-imgcheck.yaml", "--format", "json")[1].count('"float64"') == 0


def test_tensors_of_several_specs_are_written_and_resumed(project):
    Path("other.yaml").write_text(SPEC.replace("float32", "float64"))
    Path("pyproject.toml").write_text(
        f'{TABLE}spec = "sm-imgcheck.yaml"\nspecs = [{{paths = ["legacy/"], spec = "other.yaml"}}]\n'
    )
    assert project("convert", "photos", "legacy", "-o", "out", "-j", "2", "--fail-on", "never")[0] == 1
    dtypes = {path.stem: str(np.load(path).dtype) for path in Path("out").rglob("*.npy")}
    assert (dtypes["a"], dtypes["c"]) == ("float32", "float64")
    code, _, err = project("convert", "photos", "legacy", "-o", "packs", "--as", "tar")
    assert code == 2
    assert "several specs cannot share a file" in err


def test_file_without_spec_is_reported_as_not_checked(project):
    Path("other.yaml").write_text(SPEC.replace("float32", "float64"))
    specs = '[{paths = ["legacy/"], spec = "other.yaml"}, {paths = ["x/"], spec = "sm-imgcheck.yaml"}]'
    Path("pyproject.toml").write_text(f"{TABLE}specs = {specs}\n")
    code, out, _ = project("validate", "photos", "legacy")
    assert code == 1
    assert "has no spec: [tool.sm-imgcheck] has no spec and no entry of specs for this path" in out


def test_spec_and_table_are_found_in_parent_folders(project, monkeypatch):
    monkeypatch.chdir("photos/new")
    assert "against ../../sm-imgcheck.yaml: " in project("validate", "b.jpg")[1]
    Path("../../pyproject.toml").write_text(TABLE + 'spec = "torchvision-imagenet"\n')
    assert "against torchvision-imagenet: " in project("validate", "b.jpg")[1]


def test_spec_search_ends_at_repository_root(project, monkeypatch):
    Path("inner/.git").mkdir(parents=True)
    monkeypatch.chdir("inner")
    assert "no spec" in project("validate", "../photos")[2]


TABLES = {
    'spce = "x"': "spce: unknown key; did you mean spec?",
    'fail-on = "errors"': "fail-on: got 'errors', expected one of never, unfixable, error, warning; did you",
    "select = 3": "select: got 3, expected a list",
    "exclude = [3]": "exclude[0]: got 3, expected a text",
    'as-request = "yes"': "as-request: got 'yes', expected true or false",
    'spec = ""': "spec: is empty",
    'per-path-ignores = [{paths = ["a"], codes = ["SRC"]}]': "per-path-ignores[0].reason: is missing",
    'per-path-ignores = [{paths = ["a"], code = ["SRC"], codes = ["SRC"], reason = "x"}]': "did you mean codes?",
    'specs = [{paths = [], spec = "x"}]': "specs[0].paths: is empty",
}


@pytest.mark.parametrize("text", TABLES)
def test_invalid_table_is_refused_by_loader_and_schema(project, text):
    import tomllib

    Path("pyproject.toml").write_text(TABLE + text)
    code, _, err = project("validate", "photos")
    assert code == 2
    assert TABLES[text] in " ".join(err.split())
    validator = jsonschema.Draft202012Validator(configuration.schema())
    assert not validator.is_valid(tomllib.loads(TABLE + text)["tool"]["sm-imgcheck"])


def test_valid_table_is_accepted_by_its_schema():
    jsonschema.Draft202012Validator.check_schema(configuration.schema())
    table = {
        "spec": "a.yaml",
        "specs": [{"paths": ["a"], "spec": "b"}],
        "select": ["SRC"],
        "fail-on": "error",
        "per-path-ignores": [{"paths": ["a"], "codes": ["SRC"], "reason": "x"}],
    }
    jsonschema.Draft202012Validator(configuration.schema()).validate(table)
    assert configuration._problems(table, configuration.schema(), "") == []


@pytest.mark.parametrize("text", ["[tool.sm-imgcheck", "\x00sm-imgcheck", 'tool = "sm-imgcheck"\n[x]\ny = 1'])
def test_damaged_toml_prints_at_most_one_error(project, text):
    Path("pyproject.toml").write_text(text)
    code, _, err = project("validate", "photos/a.jpg", "--as-request")
    assert (code == 0) or (code == 2 and "invalid TOML" in err and len(err.splitlines()) == 1)


def test_table_after_a_byte_order_mark_is_read(project):
    Path("pyproject.toml").write_bytes(b"\xef\xbb\xbf" + f'{TABLE}exclude = ["half.jpg"]\n'.encode())
    assert "1 excluded" in project("validate", "photos", "--as-request")[1]


def test_utf16_table_is_refused(project):
    Path("pyproject.toml").write_text(TABLE, encoding="utf-16")
    code, _, err = project("validate", "photos")
    assert (code, err.strip()) == (2, "error: pyproject.toml: invalid TOML: not UTF-8 text")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('per-path-ignores = [{paths = ["a"], codes = ["SRX1"], reason = "x"}]', "per-path-ignores[0].codes"),
        ('ignore = ["SRX1"]', "ignore"),
        ('select = ["SRC", "SRX1"]', "select"),
    ],
)
def test_unknown_code_in_configuration_is_refused(project, text, key):
    Path("pyproject.toml").write_text(f"{TABLE}{text}\n")
    code, _, err = project("validate", "photos")
    assert code == 2
    assert f"pyproject.toml: [tool.sm-imgcheck] {key}: unknown rule code: 'SRX1'" in err


def test_spec_schema_configuration_prints_table_schema(project):
    code, out, _ = project("spec", "schema", "--configuration")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(configuration.schema()))


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("pyproject.toml", '[tool.sm-imgcheck]\nexclude = ["[a"]\n', "pyproject.toml: exclude"),
        (
            "pyproject.toml",
            '[tool.sm-imgcheck]\nper-path-ignores = [{paths = ["[a"], codes = ["SHP"], reason = "old"}]\n',
            "pyproject.toml: per-path-ignores",
        ),
        (
            "pyproject.toml",
            '[tool.sm-imgcheck]\nspecs = [{paths = ["[a"], spec = "pillow-rgb-01"}]\n',
            "pyproject.toml: specs",
        ),
        (".sm-imgcheckignore", "[a\n", ".sm-imgcheckignore"),
    ],
)
def test_invalid_pattern_names_its_file(file, text, place, project):
    Path(file).write_text(text)
    code, _, err = project("validate", ".")
    assert code == 2
    assert err.startswith(f"error: {place}: invalid pattern '[a': expected ]")
