"""``explain``: one command for a check's code and for an error's text; its exit codes and its two formats."""

import io
import json
import sys

import pytest

from sm_imgcheck import cli
from sm_imgcheck.cli import manual
from sm_imgcheck.rules import all_rules

ERROR = "RuntimeError: expected scalar type Double but found Float"


@pytest.fixture
def say(capsys):
    def run(*arguments):
        try:
            code = cli.main(list(arguments))
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return run


def test_a_text_is_explained(say):
    code, out, err = say("explain", ERROR)
    assert (code, err) == (0, "")
    assert out.startswith("Dtype: got float64, expected float32.\n")
    assert "DTY101" in out


def test_words_without_quotes_are_one_text(say):
    assert say("explain", *ERROR.split()) == say("explain", ERROR)


def test_a_code_is_still_a_code(say):
    assert say("explain", "dty101")[1].startswith("DTY101 wrong-dtype: ")
    (values,) = json.loads(say("explain", "DTY101", "--format", "json")[1])
    assert (values["code"], values["family"]) == ("DTY101", "DTY")


def test_one_word_that_is_no_code_may_be_an_error(say):
    assert "not an image" in say("explain", "PIL.UnidentifiedImageError")[1]


def test_what_is_not_recognized_is_said_and_exits_with_1(say):
    code, out, err = say("explain", "the cat sat on the mat")
    assert (code, err) == (1, "")
    assert out.startswith("Not recognized: ")
    assert say("explain", "the cat sat", "--format", "json")[:2] == (1, "[]\n")


def test_usage_exits_with_2(say):
    assert say("explain")[0] == 2
    assert say("explain", "XYZ101")[0] == 2
    assert say("explain", ERROR, "--format", "xml")[0] == 2


@pytest.fixture
def stdin(monkeypatch):
    def give(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_a_log_is_read_from_standard_input(say, stdin):
    stdin(b"\xff\xfe not UTF-8\r\n" * 3 + ERROR.encode() + b"\r\nOSError: image file is truncated\r\n")
    code, out, _ = say("explain", "-", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert [(one["cause"], one["line"], one["kind"]) for one in found] == [
        ("float64", 4, "request"),
        ("damaged-file", 5, "request"),
    ]
    assert {"title", "reason", "code", "tool", "checks", "evidence", "source"} <= set(found[0])


def test_of_a_long_log_the_end_is_read_and_lines_are_counted(say, stdin):
    stdin(b"all is well\n" * 600_000 + ERROR.encode())
    (one,) = json.loads(say("explain", "-", "--format", "json")[1])
    assert one["line"] == 600_001


def test_an_empty_log_is_not_recognized(say, stdin):
    stdin(b"")
    assert say("explain", "-")[0] == 1


def test_nothing_steers_the_terminal(say):
    _, out, _ = say("explain", "Unsupported Media Type: image/\x1b[31mjpeg\x07 \u202e")
    assert out.replace("\n", "").isprintable()


def test_help_says_the_exit_codes(say):
    assert "1 the text was not recognized" in " ".join(say("explain", "--help")[1].split())


def test_topic_prints_its_page_without_comments(say):
    code, out, err = say("explain", "spec")
    assert (code, err) == (0, "")
    assert out.startswith("# The spec\n")
    assert "shape: [N, 224, 224, 3]" in out
    assert "<!--" not in out


@pytest.mark.sample(8)
@pytest.mark.parametrize("topic", manual.topics())
def test_every_page_is_a_topic_with_a_title(say, topic):
    (page,) = json.loads(say("explain", topic, "--format", "json")[1])
    assert page["topic"] == topic
    assert page["page"].startswith("# ")


def test_topics_differ_from_codes_and_names_of_rules():
    taken = {name for rule in all_rules().values() for name in (rule.code, rule.code.lower(), rule.name)}
    assert set(manual.topics()) & taken == set()


@pytest.mark.parametrize(("word", "topic"), [("specs", "spec"), ("payload", "payloads"), ("rules-source", "rules-src")])
def test_unknown_topic_suggests_the_nearest(say, word, topic):
    code, out, err = say("explain", word)
    assert (code, out) == (2, "")
    assert topic in err.partition("nearest: ")[2]
