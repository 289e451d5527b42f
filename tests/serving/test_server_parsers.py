"""The parsers behind the stacks: NumPy's CSV, RapidJSON's numbers, pickles, npy headers, and any JSON anywhere."""

import io
import json
import pickle
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest
from sm_imgcheck.serving.stacks import STACKS, ParseLimitExceeded, RequestRejection, complete_findings
from sm_imgcheck.serving.stacks._csv import read_csv
from sm_imgcheck.serving.stacks._npy import LoadedObject, load
from sm_imgcheck.serving.stacks._pickles import describe_pickle
from sm_imgcheck.serving.stacks._rapidjson import number, parse
from specs import spec

CELLS = st.sampled_from(
    [
        "",
        " ",
        "1",
        "-2",
        " 3",
        "4 ",
        "0.5",
        "1e3",
        "nan",
        "inf",
        "True",
        "false",
        "abc",
        "1_000",
        "9" * 19,
        "9" * 20,
        "1+2j",
        "\t5",
        "#",
        "7#x",
        '"8"',
        "\u0661",
        "0x10",
        "007",
        "-",
        "1\r2",
        "\x0b6",
        "\x00",
    ]
)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), max_size=4)


def genfromtxt_or_error(text):
    """The array, or the text of its refusal; a TypeError since NumPy 2.4 for booleans above numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.genfromtxt(io.StringIO(text), dtype=None, delimiter=",", encoding="utf-8")
        except ValueError as problem:
            return str(problem)


@given(TABLES, st.sampled_from(["\n", "\r\n"]))
@example(["True", "1"], "\n")
@example([",", ","], "\n")
@example([", ,,", ",0x10,,"], "\n")
@example(["1,2,"], "\n")
@example([], "\n")
@settings(max_examples=100)
def test_csv_equals_genfromtxt(lines, end):
    text = end.join(lines)
    try:
        expected = genfromtxt_or_error(text)
    except TypeError:
        reject()
    if isinstance(expected, str):
        with pytest.raises(RequestRejection) as caught:
            read_csv(text.encode())
        assert expected.startswith("Some errors were detected")
        assert caught.value.text.startswith("Some errors were detected")
        return
    found = read_csv(text.encode())
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert str(found.tolist()) == str(expected.tolist())


@given(st.floats(-1e300, 1e300), st.sampled_from(["r", ".17g", ".3f", ".40e"]))
@settings(max_examples=80)
def test_parsed_number_equals_nearest_double_within_1e_14(value, form):
    text = repr(value) if form == "r" else format(value, form)
    found, nearest = number(text), float(text)
    assert found == pytest.approx(nearest, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"[NaN, Inf, -Infinity, -Inf]", [float("nan"), float("inf"), float("-inf"), float("-inf")]),
        (b'{"a": 1, "a": 2}', {"a": 1}),
        (b"\xef\xbb\xbf[1]", [1]),
        (b"[1]\0[2]", [1]),
        (b'["\xe9"]', ["\udce9"]),
        (b'["Inf", -Inf]', ["Inf", float("-inf")]),
    ],
)
def test_json_is_parsed_like_rapidjson(text, found):
    assert repr(parse(text)) == repr(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[1.]", "Missing a comma"),
        (b"[1] [2]", "The document root must not be followed by other values. at 4"),
        (b"  ", "The document is empty."),
        (b"[1e999]", "Number too big to be stored in double."),
        (b"[" + b"9" * 400 + b"]", "Number too big to be stored in double."),
        (b'["\\ud800"]', "The surrogate pair in string is invalid."),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_json_refused_by_rapidjson_is_rejected(text, message):
    with pytest.raises(RequestRejection) as caught:
        parse(text)
    assert message in caught.value.finding.message


ARRAY = np.zeros((1, 2), np.float32)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    ("value", "kind"),
    [([1.0], "list"), ({}, "dict"), (3, "int"), (2.5, "float"), (None, "NoneType"), (ARRAY, "numpy.ndarray of f4")],
)
def test_pickle_is_described_by_its_type(value, kind, protocol):
    assert describe_pickle(pickle.dumps(value, protocol)) == kind
    assert describe_pickle(pickle.dumps(value, protocol) + b"more") == kind


@pytest.mark.parametrize("body", [b"", b".", b"hello", b"[[1, 2]]", b'{"a": 1}', b"a.", b"\x80\x04", b"0" * 100])
def test_other_bytes_are_not_described_as_a_pickle(body):
    assert describe_pickle(body) is None


def test_pickle_with_code_is_described_and_not_loaded(tmp_path):
    class Touch:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    assert describe_pickle(pickle.dumps(Touch())) == ""
    assert not (tmp_path / "ran").exists()


@given(st.binary(max_size=200))
@settings(max_examples=80)
def test_any_bytes_are_described_or_refused_as_npy(body):
    for head in (b"", b"\x93NUMPY\x01\x00", b"\x80\x04", b"PK\x03\x04"):
        try:
            found = load(head + body)
        except (RequestRejection, ParseLimitExceeded):
            continue
        assert isinstance(found, np.ndarray | LoadedObject)


@pytest.mark.parametrize(
    "array",
    [
        np.array(["abc", "d"]),
        np.array([b"abc"]),
        np.array(["2020-01-01"], "datetime64[s]"),
        np.zeros(2, [("a", "<i4"), ("b", "<f4")]),
        np.zeros(3, "V2"),
        np.zeros((1,) * 40, np.float32),
        np.zeros((0, 3), ">f4"),
    ],
)
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_loads_every_dtype_except_objects(array, version):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    found = load(out.getvalue())
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_archive_sent_as_npy_is_an_npzfile():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert load(out.getvalue()).kind == "NpzFile"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("A" * 80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("instances", "inputs", "dataframe_split", "dataframe_records", "image", "b64", "parameters", "outputs", "id")
V2_KEYS = ("name", "shape", "datatype", "data", "parameters")
INPUT = {"name": "image", "shape": [1, 2, 2, 3], "datatype": "FP32", "data": [0.5] * 12}
DOCUMENTS = st.one_of(
    JSON,
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3),
    st.tuples(st.sampled_from(V2_KEYS), JSON).map(lambda pair: {"inputs": [{**INPUT, pair[0]: pair[1]}]}),
    st.tuples(st.sampled_from(V2_KEYS)).map(
        lambda keys: {"inputs": [{k: v for k, v in INPUT.items() if k not in keys}]}
    ),
    st.tuples(st.sampled_from(KEYS), JSON).map(lambda pair: {"inputs": [INPUT], pair[0]: pair[1]}),
    JSON.map(lambda value: {"instances": [{"image": value}, {"image": value}]}),
    JSON.map(lambda value: {"inputs": {"image": value}}),
    JSON.map(lambda value: {"dataframe_split": {"columns": ["image"], "data": [[value], [value]]}}),
)
SPECS = tuple(
    spec(name="image", shape=["N", 2, 2, 3], dtype=dtype, **({"value_range": [0, 255]} if dtype == "uint8" else {}))
    for dtype in ("float32", "uint8")
)


@given(DOCUMENTS, st.sampled_from(("application/json", "text/csv", "application/jsonlines", "")))
@example({"inputs": {}}, "application/json")
@example({"instances": {}}, "application/json")
@example({"inputs": [{}]}, "application/json")
@example({"dataframe_split": {"data": [[]]}}, "application/json")
@example({"dataframe_records": [{"image": [0.5]}, {"other": 1}]}, "application/json")
@example({"inputs": [{**INPUT, "data": [[2**70], [1, 2]], "datatype": "INT64"}]}, "application/json")
@settings(max_examples=80)
def test_any_json_body_is_predicted_without_an_exception(document, content_type):
    body = json.dumps(document).encode()
    for name in STACKS.names():
        for contract in SPECS:
            outcome = STACKS[name].receive(body, content_type, contract)
            assert isinstance(outcome, DecodedRequest | RejectedRequest)
            assert complete_findings(outcome, contract)
