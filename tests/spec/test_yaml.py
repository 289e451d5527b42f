import math
import time

import pytest

from sm_imgcheck.core.errors import SpecError
from sm_imgcheck.spec.yaml import read


def value(text):
    return read(f"x: {text}".encode(), "s.yaml").value["x"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("0224", 224),
        ("-12", -12),
        ("+7", 7),
        ("0o17", 15),
        ("0xFf", 255),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("16:9", "16:9"),
        ("12:30:45", "12:30:45"),
        ("2001-12-14", "2001-12-14"),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.inf", -math.inf),
        ("+.INF", math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("1.2.3", "1.2.3"),
        ("32..1024", "32..1024"),
        ("9" * 101, "9" * 101),
        ('"1"', "1"),
        ("'no'", "no"),
        ('"\\x41"', "A"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("[1, [2], {a: b}]", [1, [2], {"a": "b"}]),
    ],
)
def test_the_core_schema(text, meaning):
    found = value(text)
    assert found == meaning
    assert type(found) is type(meaning)


def test_not_a_number():
    assert math.isnan(value(".NaN"))
    assert value(".Nan") == ".Nan"


def test_lines():
    text = "a: 1\n\nb:\n  c: [1,\n      2]\n  d: {e: f}\n'k.l': 3\n"
    document = read(text.encode(), "s")
    assert document.value == {"a": 1, "b": {"c": [1, 2], "d": {"e": "f"}}, "k.l": 3}
    assert document.lines == {
        "a": 1, "b": 3, "b.c": 4, "b.c[0]": 4, "b.c[1]": 5, "b.d": 6, "b.d.e": 6, "'k.l'": 7,
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"# nothing\n", b"---\n", b"\xef\xbb\xbf", b"--- ~\n...\n"])
def test_nothing(body):
    assert read(body, "s").value is None


def test_a_byte_order_mark_and_other_line_ends():
    assert read("\ufeffa: é\r\nb: 2\r\n".encode(), "s").value == {"a": "é", "b": 2}


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        (b"a: [1", 1, "not YAML"),
        (b"a: 1\n\tb: 2", 2, "a tab; YAML indents with spaces"),
        (b"a: 1\n  b: 2", 2, "not YAML"),
        (b"a: 'x", 1, "not YAML"),
        (b"a: 1\nb: \xff", 2, "byte 0xff is not UTF-8"),
        (b"a: 1\nb: \x07", 2, "cannot stand in YAML"),
        (b"a: \xc2\x80", 1, r"'\x80' cannot stand in YAML"),
        (b"a: 1\n---\nb: 1", 2, "a second document"),
        (b"a: 1\n...\nb: 1", 3, ""),
        (b"a: !!python/object/apply:os.system [ls]", 1, "specs have no tags"),
        (b"a:\n  - !x 3", 2, "a[0]: tag '!x'"),
        (b"!!map {a: 1}", 1, "specs have no tags"),
        (b"a: *x", 1, "names nothing that is complete before it"),
        (b"a: &x [1, *x]", 1, "names nothing that is complete before it"),
        (b"a: 1\n3: 4", 2, "3 as a key; keys are words"),
        (b"? {a: b}\n: 3", 1, "a mapping as a key"),
        (b"null: 3", 1, "nothing (null) as a key"),
        (b"[" * 40, 1, "nested more than 32 deep"),
        (b"- " * 40, 1, "nested more than 32 deep"),
        (b"? " * 40, 1, "nested more than 32 deep"),
        (b"%YAML 2.0\n---\na: 1", 1, "not YAML"),
        (b"%TAG\n---\na: 1", 1, "not YAML"),
        (b"@", 1, "not YAML"),
    ],
)
def test_what_is_refused_and_where(body, line, message):
    with pytest.raises(SpecError) as caught:
        read(body, "s.yaml")
    (problem,) = caught.value.problems
    assert problem.line == line
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"s.yaml: line {line}: ")


def test_utf_16_is_named():
    with pytest.raises(SpecError, match="is UTF-16 text; save it as UTF-8"):
        read("a: 1".encode("utf-16"), "s")


def test_keys_that_stand_twice():
    document = read(b"a: 1\nb: {c: 1, c: 2}\na: 3\n", "s")
    assert document.value == {"a": 1, "b": {"c": 1}}
    assert [str(problem) for problem in document.problems] == [
        "line 2: b.c: stands twice, in line 2 and in line 2; keep one of them",
        "line 3: a: stands twice, in line 1 and in line 3; keep one of them",
    ]


def test_aliases_are_values():
    text = b"a: &size [224, 224]\nb: {c: *size, d: &e 1, f: *e}\n"
    assert read(text, "s").value == {"a": [224, 224], "b": {"c": [224, 224], "d": 1, "f": 1}}


def billion_laughs():
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return "\n".join(levels).encode()


@pytest.mark.parametrize(
    "body",
    [
        billion_laughs(),
        b"a: [" + b"1, " * 20_000 + b"]",
        b"".join(b"k%d: 1\n" % i for i in range(11_000)),
        b"[" * 50_000,
        b"{" * 50_000,
        b"a: [" + b"{}, " * 20_000 + b"]",
    ],
    ids=["laughs", "list", "keys", "brackets", "braces", "mappings"],
)
def test_bombs_cost_little(body):
    start = time.process_time()
    with pytest.raises(SpecError, match=r"more than 10000 values|nested more than 32 deep"):
        read(body, "s")
    assert time.process_time() - start < 5


@pytest.mark.parametrize("body", [b"# " + b"x" * 100_000, b"a: " + b"x " * 50_000, b'a: "' + b"\\n" * 50_000 + b'"'])
def test_long_lines_cost_little(body):
    start = time.process_time()
    read(body, "s")
    assert time.process_time() - start < 5
