"""One mistake in a spec is one problem, several mistakes are all reported, and each has its line and column."""

import re
from itertools import combinations

import pytest

from sm_imgcheck.core.errors import SpecError
from sm_imgcheck.spec.lint import load_and_lint
from sm_imgcheck.spec.load import load
from sm_imgcheck.spec.yaml import read

GOOD = {
    "shape": "shape: [N, 224, 224, 3]",
    "layout": "layout: NHWC",
    "dtype": "dtype: float32",
    "channel_order": "channel_order: RGB",
    "value_range": "value_range: [0, 1]",
    "decode": "decode: {exif: apply}",
    "resize": "resize: {mode: stretch}",
    "payload": "payload: {stack: pytorch, envelope: npy}",
}
MISTAKES = [
    ("shape", "shap: [N, 224, 224, 3]", "1:1: shap: unknown key; did you mean shape?"),
    ("shape", "", "2:1: shape: missing: "),
    ("shape", "shape: [N, 0, 224, 3]", "1:12: shape[1]: got 0, expected an integer from 1"),
    ("shape", "shape: [N, 224, 3]", "2:1: layout: NHWC has 4 axes"),
    ("shape", "shape: 224", "1:1: shape: got 224, expected a list"),
    ("layout", "layout: NHCW", "2:1: layout: got 'NHCW', expected NHWC"),
    ("layout", "layout: NCHW", "1:12: shape[1]: 224, but with layout: NCHW RGB has 3"),
    ("dtype", "dtype: flaot32", "3:1: dtype: got 'flaot32', expected a dtype"),
    ("dtype", "dtyp: float32", "3:1: dtyp: unknown key; did you mean dtype?"),
    ("dtype", "", "1:1: dtype: missing: "),
    ("dtype", "dtype: uint8", "5:1: value_range: maps pixels to 0 to 1, which loses gray levels"),
    ("channel_order", "channel_order: RBG", "4:1: channel_order: got 'RBG', expected RGB"),
    ("channel_order", "channels: RGB", "4:1: channels: unknown key; did you mean channel_order?"),
    ("channel_order", "channel_order: GRAY", "1:22: shape[3]: 3, but with layout: NHWC GRAY has 1"),
    ("value_range", "", "1:1: value_range: missing: "),
    ("value_range", "value_range: [1, 0]", "5:1: value_range: got [1, 0], expected [low, high] with low < high"),
    ("value_range", "mean: [0.5, 0.5, 0.5]", "5:1: mean: unknown key; it belongs under normalize"),
    ("value_range", "normalise: {mean: 0.5}", "5:1: normalise: unknown key; did you mean normalize?"),
    ("value_range", "normalize: {mean: 104}", "5:1: normalize.units: missing: mean is above 1"),
    ("value_range", "normalize: {maen: 0.5}", "5:13: normalize.maen: unknown key; did you mean mean?"),
    ("decode", "decode: {exif: aply}", "6:10: decode.exif: got 'aply', expected apply, ignore or reject"),
    ("decode", "decode: {exif: apply, background: [1, 2, 3]}", "6:23: decode.background: has no meaning"),
    ("decode", "decode: apply", "6:1: decode: got 'apply', expected a mapping"),
    ("resize", "resize: {mode: strech}", "7:10: resize.mode: got 'strech', expected stretch"),
    ("resize", "resize: {mode: stretch, rounding: floor}", "7:25: resize.rounding: has no meaning with mode: stretch"),
    ("resize", "resize: {mode: shortest_edge, sise: 256}", "7:31: resize.sise: unknown key; did you mean size?"),
    ("payload", "payload: {stack: pytorhc}", "8:11: payload.stack: got 'pytorhc', expected "),
    ("payload", "payload: {stack: pytorch, envelope: raw}", "8:27: payload.envelope: got 'raw', expected "),
]
BY_KEY = {key: (line, expected) for key, line, expected in reversed(MISTAKES)}


@pytest.fixture
def problems(tmp_path, monkeypatch):
    """Return the problems of a spec text, one line each, without the name of the file."""
    monkeypatch.chdir(tmp_path)

    def of_text(text, name="spec.yaml"):
        (tmp_path / name).write_text(text)
        try:
            load(name)
        except SpecError as error:
            return [line.removeprefix(f"{name}:") for line in str(error).splitlines()]
        return []

    return of_text


def text_with(**changes):
    return "".join(f"{line}\n" for line in {**GOOD, **changes}.values())


def test_valid_spec_has_no_problems(problems):
    assert problems(text_with()) == []


@pytest.mark.parametrize(("key", "line", "expected"), MISTAKES)
def test_single_mistake_is_one_problem_at_its_position(problems, key, line, expected):
    (problem,) = problems(text_with(**{key: line}))
    assert problem.startswith(expected)


PAIRS = tuple(combinations(("shape", "dtype", "decode", "resize", "payload"), 2))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_mistakes_are_two_problems(problems, first, second):
    changes = {key: BY_KEY[key][0] for key in (first, second)}
    lines = problems(text_with(**changes))
    assert len(lines) == 2
    assert all(any(line.startswith(BY_KEY[key][1]) for line in lines) for key in changes)


def test_missing_key_hides_no_other_problem(problems):
    lines = problems(
        text_with(
            dtype="", value_range="normalize: {mean: [0.5, 0.5]}", layout="layout: NHW", resize="resize: {mode: x}"
        )
    )
    assert [line.split(": ")[1] for line in lines] == ["dtype", "layout", "normalize.mean", "resize.mode"]


def test_invalid_parent_hides_no_other_problem(problems):
    lines = problems("extends: keras-fd\nname: a\nname: b\ndtype: flaot32\nresize: {mode: x}\n")
    assert [line.split(": ")[:2] for line in lines] == [
        ["3:1", "name"],
        ["1:1", "extends"],
        ["4:1", "dtype"],
        ["5:10", "resize.mode"],
    ]


def test_invalid_parent_alone_is_one_problem(problems):
    (line,) = problems("extends: keras-fd\ndtype: float32\n")
    assert line == "1:1: extends: keras-fd: no such file or preset; did you mean keras-tf?"


def test_parent_with_syntax_error_hides_no_other_problem(problems):
    problems("a: [", "base.yaml")
    assert [line.split(": ")[:3] for line in problems("extends: base.yaml\ndtype: flaot32\n")] == [
        ["1:1", "extends", "base.yaml:1:5"],
        ["2:1", "dtype", "got 'flaot32', expected a dtype"],
    ]


def test_warnings_have_positions(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(text_with(shape="shape: [8, 224, 224, 3]", decode="decode:\n  library: tensorflow\n  exif: apply"))
    _, warnings = load_and_lint(path)
    assert [(problem.line, problem.column, problem.place) for problem in warnings] == [
        (1, 9, "shape[0]"),
        (8, 3, "decode.exif"),
    ]


def test_warnings_about_defaults_have_the_position_of_the_first_key(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text("# comment\n" + text_with(decode="", resize="").replace("224, 224", "H, W"))
    _, warnings = load_and_lint(path)
    assert [(problem.line, problem.column, problem.place) for problem in warnings] == [(2, 1, "shape")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n\tb: 2\n", "2:1: invalid YAML: tab character: indent with spaces"),
        ("a: 1\n  b: 2\n", "2:4: invalid YAML: indentation: a key below a value"),
        ("a:\n  b: 1\n c: 2\n", "3:2: invalid YAML: indentation: expected the same column"),
        ("a: b: c\n", "1:5: invalid YAML: second colon in one line"),
        ("a: 1\nb\nc: 2\n", "2:1: invalid YAML: missing colon; expected `key: value`"),
        ("a: [1, 2\nb: 3\n", "1:4: invalid YAML: missing `]` or comma in the list that starts here"),
        ("a: {b: 1\nc: 3\n", "1:4: invalid YAML: missing `}` or comma in the mapping that starts here"),
        ("a: [1,, 2]\n", "1:7: invalid YAML: missing value before `,`"),
        ("a: [", "1:5: invalid YAML: end of the file: missing `]`, `}` or a value"),
        ("a: 'x\nb: 2\n", "1:4: invalid YAML: missing closing quote"),
        ('a: "x\\q"\n', "1:7: invalid YAML: unknown escape `\\q`; use single quotes"),
        ('a: "\\xZZ"\n', "1:7: invalid YAML: escape sequence: expected 2 hexadecimal digits"),
        ("a: 'x' y\n", "1:8: invalid YAML: text after a value; use quotes"),
        ("a: [1] 2\n", "1:8: invalid YAML: text after a value"),
        ("a: [1]]\n", "1:7: invalid YAML: unexpected `]`"),
        ("a: @x\n", "1:4: invalid YAML: '@' cannot start a value; put the value in quotes"),
        ("a: `x`\n", "1:4: invalid YAML: '`' cannot start a value"),
        ("a: - 1\n", "1:4: invalid YAML: `-` after other text"),
        ("a: *\n", "1:5: invalid YAML: `*` or `&` without a name; put the value in quotes"),
        ("a: | x\n", "1:6: invalid YAML: text after `|` or `>`"),
        ("a: !<x\n", "1:7: invalid YAML: invalid tag"),
        ("[a]\nb: 1\n", "2:1: invalid YAML: text after the end of the document"),
        ("%YAML 2.0\n---\na: 1\n", "1:1: invalid YAML: unsupported directive or tag"),
        ("a: \x07\n", "1:4: invalid YAML: character '\\x07'"),
    ],
)
def test_syntax_errors_are_plain_and_have_a_position(text, expected):
    with pytest.raises(SpecError) as caught:
        read(text.encode(), "s.yaml")
    assert str(caught.value).startswith(f"s.yaml:{expected}")
    assert not re.search("stream|block|scalar|scanning|<|token", str(caught.value))


def test_tags_and_keys_that_are_not_text_hide_no_other_problem(problems):
    lines = problems("3: 4\nshape: !!seq [N, 8, 8, 3]\ndtype: flaot32\nchannel_order: RGB\nvalue_range: [0, 1]\n")
    assert [line.partition(": ")[0] for line in lines] == ["1:1", "2:8", "3:1"]
