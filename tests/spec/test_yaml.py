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
def test_scalars_follow_the_yaml_core_schema(text, meaning):
    found = value(text)
    assert found == meaning
    assert type(found) is type(meaning)


def test_nan_is_read_only_in_its_exact_spellings():
    assert math.isnan(value(".NaN"))
    assert value(".Nan") == ".Nan"


def test_positions_of_nested_keys_are_recorded():
    text = "a: 1\n\nb:\n  c: [1,\n      2]\n  d: {e: f}\n'k.l': 3\n"
    document = read(text.encode(), "s")
    assert document.value == {"a": 1, "b": {"c": [1, 2], "d": {"e": "f"}}, "k.l": 3}
    assert document.positions == {
        "": (1, 1),
        "a": (1, 1),
        "b": (3, 1),
        "b.c": (4, 3),
        "b.c[0]": (4, 7),
        "b.c[1]": (5, 7),
        "b.d": (6, 3),
        "b.d.e": (6, 7),
        "'k.l'": (7, 1),
    }


@pytest.mark.parametrize("body", [b"", b"# nothing\n", b"---\n", b"\xef\xbb\xbf", b"--- ~\n...\n"])
def test_empty_document_has_a_null_value(body):
    assert read(body, "s").value is None


def test_byte_order_mark_and_crlf_are_accepted():
    assert read("\ufeffa: é\r\nb: 2\r\n".encode(), "s").value == {"a": "é", "b": 2}


def problems_of(body):
    """Return the problems of a document, whether it could be read or not."""
    try:
        return read(body, "s.yaml").problems
    except SpecError as error:
        return error.problems


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        (b"a: [1", 1, "invalid YAML"),
        (b"a: 1\n\tb: 2", 2, "tab character: indent with spaces"),
        (b"a: 1\n  b: 2", 2, "invalid YAML"),
        (b"a: 'x", 1, "invalid YAML"),
        (b"a: 1\nb: \xff", 2, "byte 0xff is not UTF-8"),
        (b"a: 1\nb: \x07", 2, "; remove it"),
        (b"a: \xc2\x80", 1, r"'\x80'; remove it"),
        (b"a: 1\n---\nb: 1", 2, "second document"),
        (b"a: 1\n...\nb: 1", 3, ""),
        (b"a: !!python/object/apply:os.system [ls]", 1, "tags are not supported"),
        (b"a:\n  - !x 3", 2, "a[0]: tag '!x'"),
        (b"!!map {a: 1}", 1, "tags are not supported"),
        (b"a: *x", 1, "no complete value before it has the anchor &x"),
        (b"a: &x [1, *x]", 1, "no complete value before it has the anchor &x"),
        (b"a: 1\n3: 4", 2, "key: got 3, expected text"),
        (b"? {a: b}\n: 3", 1, "key: got a mapping, expected text"),
        (b"null: 3", 1, "key: got null, expected text"),
        (b"[" * 40, 1, "nested more than 32 deep"),
        (b"- " * 40, 1, "nested more than 32 deep"),
        (b"? " * 40, 1, "nested more than 32 deep"),
        (b"%YAML 2.0\n---\na: 1", 1, "invalid YAML"),
        (b"%TAG\n---\na: 1", 1, "invalid YAML"),
        (b"@", 1, "invalid YAML"),
    ],
)
def test_invalid_yaml_is_one_problem_with_line(body, line, message):
    (problem,) = problems_of(body)
    assert problem.line == line
    assert message in problem.in_file("s.yaml")
    assert problem.in_file("s.yaml").startswith(f"s.yaml:{line}:")


def test_utf_16_file_is_refused_by_name():
    with pytest.raises(SpecError, match="got UTF-16, expected UTF-8"):
        read("a: 1".encode("utf-16"), "s")


def test_duplicate_keys_are_reported_with_both_lines():
    document = read(b"a: 1\nb: {c: 1, c: 2}\na: 3\n", "s")
    assert document.value == {"a": 1, "b": {"c": 1}}
    assert [str(problem) for problem in document.problems] == [
        "2:11: b.c: duplicate key: lines 2 and 2; keep one",
        "3:1: a: duplicate key: lines 1 and 3; keep one",
    ]


def test_aliases_resolve_to_their_values():
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
@pytest.mark.sample(3)
def test_yaml_bombs_are_refused_with_bounded_time(body):
    start = time.process_time()
    with pytest.raises(SpecError, match=r"more than 10000 values|nested more than 32 deep"):
        read(body, "s")
    assert time.process_time() - start < 5


@pytest.mark.parametrize("body", [b"# " + b"x" * 100_000, b"a: " + b"x " * 50_000, b'a: "' + b"\\n" * 50_000 + b'"'])
@pytest.mark.sample(3)
def test_long_lines_are_read_with_bounded_time(body):
    start = time.process_time()
    read(body, "s")
    assert time.process_time() - start < 5
