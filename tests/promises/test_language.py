"""Everything a person reads is plain American technical English.

``language.py`` holds the words and the search; ``make lint`` runs it on every file.
"""

import re
from pathlib import Path

import pytest
from promises import language


def join_lines(findings):
    return "\n".join(map(str, findings))


def words(source, file="sm_imgcheck/io/x.py"):
    return [finding.word for text in language.python_texts(source) for finding in language.check_text(file, text)]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("test_a_photo_is_checked", "leading article"),
        ("test_an_empty_log_is_read", "leading article"),
        ("test_the_last_line_is_read", "leading article"),
        ("test_what_cannot_be_done", "leading pronoun"),
        ("test_it_keeps_the_schema", "leading pronoun"),
        ("test_one_line_for_each_file", "leading pronoun"),
        ("test_of_a_batch_the_first_is_drawn", "leading preposition"),
        ("test_lines", "short name"),
        ("test_hash_changes", "short name"),
        ("test_header_is_told_by_its_name", "tell"),
        ("test_tensor_has_a_name_of_its_own", "of its own"),
        ("test_closed_pipe_nobody_reads", "nobody"),
    ],
)
def test_planted_test_name_is_reported(name, label):
    (item,) = language.module_texts(f"def {name}(): ...")
    assert label in [finding.word for finding in language.check_text("tests/x.py", item)]


def test_docstrings_and_comments_of_tests_are_checked_without_their_data():
    source = 'told = "nobody told"\ndef run():\n    """Nobody."""\n    return told  # whatever\n'
    findings = [item for text in language.module_texts(source) for item in language.check_text("tests/x.py", text)]
    assert [(finding.line, finding.word) for finding in findings] == [(3, "nobody"), (4, "whatever")]


@pytest.mark.parametrize("name", ["test_resume_skips_unchanged_inputs", "test_broken_link_is_one_error"])
def test_plain_test_name_has_no_findings(name):
    (item,) = language.module_texts(f"def {name}(): ...")
    assert list(language.check_text("tests/x.py", item)) == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ('"""Mend the file."""', "mend"),
        ('raise ImgcheckError("there is no batch axis")', "batch axis"),
        ('echo(f"{count} files told")', "tell"),
        ("echo(f\"{count} {'mended' if fixed else 'unchanged'}\")", "mend"),
        ('X = Rule("SRC107", "decoder-died")', "decoder-died"),
        ("# the pixels as they\n# lie in the file\nx = 1", "as it is"),
        ('echo("held in full, and then compared against it")', "hold against"),
        ('TEMPLATE = """\ndef run():\n    # whatever comes\n    return $x\n"""', "whatever"),
        ("def hire(): ...", "hire"),
        ("class Nursery: ...", "nursery"),
        ("def go_on_anew(): ...", "anew"),
        ("def f(one): ...", "one"),
        ("asked = 1", "participle"),
        ("for found in ():\n    pass", "participle"),
        ("class Refused: ...", "participle"),
        ("class Report:\n    told: int", "tell"),
        ("colours = 1", "-our"),
        ('"""Normalised."""', "-ise"),
        ('"""The model takes RGB."""', "takes"),
    ],
)
def test_planted_word_is_reported(source, word):
    assert word in words(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Return the standard deviation of raised, precise and otherwise noisy values."""',
        '"""The array holds 3 values; ``mend`` and `told` are code, https://example.org/whatever too."""',
        '"""Takes 50 ms and 2 MB at most. It does nothing and is no longer used."""',
        'FIELDS = {"told": 1, "asked": 2}',
        'x = row["said"]',
        'PATTERN = re.compile(r"(told|mended) nobody")',
        'QUERY = "SELECT told FROM story"',
        "class Report:\n    skipped: int\n    failed: int",
        'raise CandidateError("channel order: got BGR, expected RGB")',
        "x = 1  # noqa: S101 - mended",
    ],
)
def test_plain_text_has_no_findings(source):
    assert words(source) == []


def test_finding_has_file_line_word_and_sentence(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(
        "# Title\n\nA first sentence. The file is mended here.\n\n```python\nmade = 1\n```\n", encoding="utf-8"
    )
    assert [str(finding) for finding in language.check([path])] == [
        f"{path}:3: mend: The file is mended here.",
        f"{path}:6: participle: variable made",
    ]


@pytest.mark.slow
def test_every_exception_is_used():
    findings = [
        finding for path in language.files([language.ROOT / "sm_imgcheck"]) for finding in language.check_file(path)
    ]
    stale = [
        row for row in language.EXCEPTIONS if not any(language.is_allowed(finding, *row[:2]) for finding in findings)
    ]
    assert stale == []


def test_replacements_are_plain_themselves():
    texts = [language.Text(1, word.plain) for word in language.WORDS.values()]
    assert join_lines(finding for text in texts for finding in language.check_text("table", text)) == ""


def test_every_form_compiles_and_labels_are_unique():
    labels = re.findall(r"^(\S.*?) -> ", language.TABLE, re.MULTILINE)
    assert len(labels) == len(set(labels)) == len(language.WORDS)


def test_new_rule_names_are_unique_slugs():
    new = [word.plain for word in language.WORDS.values() if word.reason == "rule name"]
    assert len(new) == len(set(new))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name) for name in new)


def test_paths_outside_the_project_are_read(tmp_path):
    (tmp_path / "a.py").write_text('"""Told."""', encoding="utf-8")
    assert [finding.word for finding in language.check([Path(tmp_path)])] == ["tell"]
