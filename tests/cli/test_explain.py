"""``explain``: one command for a check's code and for an error's text; its exit codes and its two formats."""

import io
import json
import re
import sys

import pytest

from sm_imgcheck.cli import manual
from sm_imgcheck.rules import all_rules

ERROR = "RuntimeError: expected scalar type Double but found Float"


def test_error_text_is_explained_with_its_rule(run_cli):
    code, out, err = run_cli("explain", ERROR)
    assert (code, err) == (0, "")
    assert out.startswith("Dtype: got float64, expected float32.\n")
    assert "DTY101" in out


def test_unquoted_words_are_explained_as_one_text(run_cli):
    assert run_cli("explain", *ERROR.split()) == run_cli("explain", ERROR)


def test_rule_code_prints_the_rule(run_cli):
    assert run_cli("explain", "dty101")[1].startswith("DTY101 wrong-dtype: ")
    (values,) = json.loads(run_cli("explain", "DTY101", "--format", "json")[1])
    assert (values["code"], values["family"]) == ("DTY101", "DTY")


def words(text):
    return set(re.findall(r"\w+", text))


@pytest.mark.parametrize("topic", manual.topics())
def test_manual_page_is_wrapped_at_80_columns_and_loses_no_word(run_cli, topic):
    code, out, _ = run_cli("explain", topic)
    pages = "".join(manual.read(part) for part in manual.parts(topic))
    page = re.sub(r"\[([^\]]+)\]\((?:([\w-]+)\.md|\.\./[^)]*)\)", r"\1 \2", pages)
    assert code == 0
    assert words(page) ^ words(out) <= {"explain"}
    prose = re.sub(r"^ *```.*?^ *```$", "", out, flags=re.DOTALL | re.MULTILINE)
    kept = ("#", "!", "<", "    ")
    long = [line for line in prose.splitlines() if len(line) > 80 and not line.startswith(kept)]
    assert [line for line in long if len(line.split()) > 2] == []  # a link longer than a line is not wrapped


def test_rules_quotes_and_all_kinds_of_list_items_keep_their_lines(run_cli, monkeypatch):
    page = "text\n---\n> quote\n> more\n\n1) one\n2) two\n\n+ first\n+ second\n***\nend"
    monkeypatch.setattr(manual, "read", lambda topic: page)
    assert run_cli("explain", "spec")[1] == f"{page}\n"


def test_list_item_is_wrapped_below_its_text_and_code_is_kept(run_cli, monkeypatch):
    code = "    " + "indented " * 12
    fence = "```sh\n" + "run " * 30 + "\n```"
    page = f"# Title\n\n* {'word ' * 20}\n  {'more ' * 3}\n* next\n\n{code}\n\n{fence}\n\nend"
    monkeypatch.setattr(manual, "read", lambda topic: page)
    out = run_cli("explain", "spec")[1]
    assert out == (
        f"# Title\n\n* {' '.join(['word'] * 15)}\n  {' '.join(['word'] * 5 + ['more'] * 3)}\n* next\n\n"
        f"{code}\n\n{fence}\n\nend\n"
    )


def test_table_rows_are_wrapped_and_links_are_commands(run_cli, monkeypatch):
    page = f"| key | applies | what |\n|---|---|---|\n| `a\\|b` | all | {'word ' * 16}|\n\nSee [presets](presets.md)."
    monkeypatch.setattr(manual, "read", lambda topic: page)
    assert run_cli("explain", "spec")[1] == (
        f"key: applies | what\n`a|b`: all | {' '.join(['word'] * 13)}\n  {' '.join(['word'] * 3)}\n\n"
        "See presets (explain presets).\n"
    )


def test_topic_of_several_pages_prints_all(run_cli):
    out = run_cli("explain", "rules-src")[1]
    assert [code for code in ("SRC101", "SRC116", "SRC154") if f"## {code} " not in out] == []


def test_single_word_error_text_is_explained(run_cli):
    assert "not an image" in run_cli("explain", "PIL.UnidentifiedImageError")[1]


def test_unrecognized_text_exits_with_1(run_cli):
    code, out, err = run_cli("explain", "the cat sat on the mat")
    assert (code, err) == (1, "")
    assert out.startswith("Not recognized: ")
    assert run_cli("explain", "the cat sat", "--format", "json")[:2] == (1, "[]\n")


def test_invalid_usage_exits_with_2(run_cli):
    assert run_cli("explain")[0] == 2
    assert run_cli("explain", "XYZ101")[0] == 2
    assert run_cli("explain", ERROR, "--format", "xml")[0] == 2


@pytest.fixture
def stdin(monkeypatch):
    def give(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_log_from_standard_input_lists_causes_with_lines(run_cli, stdin):
    stdin(b"\xff\xfe not UTF-8\r\n" * 3 + ERROR.encode() + b"\r\nOSError: image file is truncated\r\n")
    code, out, _ = run_cli("explain", "-", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert [(one["cause"], one["line"], one["kind"]) for one in found] == [
        ("float64", 4, "request"),
        ("damaged-file", 5, "request"),
    ]
    assert {"title", "reason", "code", "tool", "checks", "evidence", "source"} <= set(found[0])


def test_long_log_is_read_at_its_end_with_line_numbers(run_cli, stdin):
    stdin(b"all is well\n" * 600_000 + ERROR.encode())
    (one,) = json.loads(run_cli("explain", "-", "--format", "json")[1])
    assert one["line"] == 600_001


def test_empty_log_exits_with_1(run_cli, stdin):
    stdin(b"")
    assert run_cli("explain", "-")[0] == 1


def test_control_characters_of_error_text_are_not_printed(run_cli):
    _, out, _ = run_cli("explain", "Unsupported Media Type: image/\x1b[31mjpeg\x07 \u202e")
    assert out.replace("\n", "").isprintable()


def test_help_lists_the_exit_codes(run_cli):
    assert "1 the text was not recognized" in " ".join(run_cli("explain", "--help")[1].split())


def test_topic_prints_its_page_without_comments(run_cli):
    code, out, err = run_cli("explain", "spec")
    assert (code, err) == (0, "")
    assert out.startswith("# The spec\n")
    assert "shape: [N, 224, 224, 3]" in out
    assert "<!--" not in out


@pytest.mark.sample(8)
@pytest.mark.parametrize("topic", manual.topics())
def test_every_page_is_a_topic_with_a_title(run_cli, topic):
    page, *_ = json.loads(run_cli("explain", topic, "--format", "json")[1])
    assert page["topic"] == topic
    assert page["page"].startswith("# ")


def test_topics_differ_from_codes_and_names_of_rules():
    taken = {name for rule in all_rules().values() for name in (rule.code, rule.code.lower(), rule.name)}
    assert set(manual.topics()) & taken == set()


@pytest.mark.parametrize(("word", "topic"), [("specs", "spec"), ("payload", "payloads"), ("rules-source", "rules-src")])
def test_unknown_topic_suggests_the_nearest(run_cli, word, topic):
    code, out, err = run_cli("explain", word)
    assert (code, out) == (2, "")
    assert topic in err.partition("nearest: ")[2]
