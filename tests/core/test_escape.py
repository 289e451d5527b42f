"""Text from files and their names, escaped for its output; and what the types share."""

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_imgcheck.core import escape
from sm_imgcheck.core.types import Candidate, Dim, Finding

ANY = st.text(st.characters(exclude_categories=()))


@given(ANY)
def test_terminal_text_is_one_printable_line(text):
    shown = escape.for_terminal(text)
    assert len(shown.splitlines()) <= 1
    assert all(char.isprintable() or char.isspace() for char in shown)
    assert not set(shown) & set("\t\n\r\x0b\x0c\x1b\x85\u2028\u2029\u202e")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("käse 猫.jpg", "käse 猫.jpg"),
        ("Screenshot 10.00\u202fPM.png", "Screenshot 10.00\u202fPM.png"),
        ("\x1b[31mred", r"\x1b[31mred"),
        (os.fsdecode(b"\xff") if os.name != "nt" else "\udcff", r"\xff"),
        ("\ud800", r"\ud800"),
        ("a\u202eb", r"a\u202eb"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_terminal_text_escapes_only_unprintable_characters(text, shown):
    assert escape.for_terminal(text) == shown


@given(ANY)
def test_text_for_json_is_valid_unicode(text):
    shown = escape.for_json(text)
    assert json.loads(json.dumps(shown)).encode() == shown.encode()
    assert escape.for_json(shown) == shown


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_quoted_argument_round_trips_through_shlex(text):
    """What is not printable is written as only bash and its like read it: see the tests of the command line."""
    if escape.for_terminal(text) != text:
        return
    assert shlex.split(escape.argument(text)) == [text]


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("name", [b"a\x1b[31mb c'd.jpg", b"\xff\n.jpg", "\u202egpj.exe".encode(), b'$(x)`y`\\"\x07'])
def test_unprintable_argument_round_trips_through_bash(name):
    word = escape.argument(os.fsdecode(name))
    assert word.isprintable()
    assert subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True).stdout == name


def test_argument_with_space_is_quoted_on_windows(monkeypatch):
    monkeypatch.setattr(escape.os, "name", "nt")
    assert escape.argument("my photos") == '"my photos"'


def test_values_with_equal_fields_are_equal():
    assert Dim(low=1, high=2) == Dim(low=1, high=2) != Dim(low=1, high=3)
    assert Dim() != "any"
    assert len({Dim(low=1), Dim(low=1), Dim(low=2)}) == 2
    with pytest.raises(FrozenInstanceError):
        Dim().low = 2


def test_arrays_are_excluded_from_equality_and_repr():
    one, other = (Candidate(path="x", kind="tensor", data=object()) for _ in range(2))
    assert one == other
    assert "data" not in repr(one)
    assert repr(Dim(low=3)) == "Dim(low=3, high=None, name='')"
    assert Finding(code="A", name="a", severity="error", message="m").fixed_by is None
