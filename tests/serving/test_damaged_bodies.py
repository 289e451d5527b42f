"""Bodies with false sizes, bombs and nonsense: an error that names the problem, in bounded time and memory."""

import io
import pickle
import re
import tracemalloc
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope, _json
from specs import spec

LOSSLESS = [name for name in ENVELOPES.names() if isinstance(ENVELOPES[name], TensorEnvelope)]
JSON = ("array", "instances", "inputs", "kserve-v2", "jsonlines")
SMALL = spec(shape=["N", 1, 2, 3], dtype="uint8", value_range=[0, 255])
TRITON = "application/vnd.sagemaker-triton.binary+json;json-header-size="


def refusal(name: str, body: bytes, content_type: str = "", to=SMALL) -> str:
    """The message for a body that is refused."""
    with pytest.raises(PayloadError) as caught:
        ENVELOPES[name].parse(body, content_type, to)
    said = str(caught.value)
    assert said.isascii()
    assert "\n" not in said
    assert len(said) < 400
    return said


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def header(text: str) -> bytes:
    """An .npy file of this header and no values."""
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def v2(**changes) -> bytes:
    tensor = {"name": "input", "shape": [1, 1, 2, 3], "datatype": "UINT8", "data": [1, 2, 3, 4, 5, 6]}
    return orjson.dumps({"inputs": [{**tensor, **changes}]})


CASES = [
    ("npy", npy(np.array([{}])), "Python objects stored as a pickle"),
    ("npy", pickle.dumps([1]), "got the first bytes"),
    ("npy", b"", "got the first bytes"),
    ("npy", b"\xff\xd8\xff\xe0" * 9, "got the first bytes"),
    ("npy", npy(np.zeros(3))[:-1], "got 23 bytes, expected 24"),
    (
        "npy",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (536870912,), }"),
        "got 0 bytes, expected 2147483648",
    ),
    ("npy", header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"), "which no array can have"),
    ("npy", header("{'descr': '<U9', 'fortran_order': False, 'shape': (0,), }"), "expected numbers"),
    ("npy", header("(" * 90), "corrupt .npy header"),
    ("npz", b"PK\x03\x04" + b"\0" * 50, "corrupt archive"),
    ("npz", npy(np.zeros(3)), "corrupt archive"),
    ("raw", b"\0" * 5, "holds 5 values, which do not fill the spec's [N, 1, 2, 3]"),
    ("raw", b"", "0 values, which do not fill"),
    ("array", b"", "not JSON"),
    ("array", b"\xff\xd8\xff\xe0", "not JSON"),
    ("array", b"[NaN]", "not JSON"),
    ("array", b"[1.]", "not JSON"),
    ("array", b'{"instances":[1]}', "not a bare nested list"),
    ("array", b"[[1,2],[3]]", "ragged: axis 1 has lengths 1 and 2"),
    ("array", b"[[1,2],3]", "ragged: axis 0 has 3 next to a list"),
    ("array", b"[3,[1,2]]", "[1, 2], expected a number"),
    ("array", b"[[1,null]]", "None, expected a number"),
    ("array", b"[[1,true]]", "True, expected a number"),
    ("array", b'[[1,"2"]]', "'2', expected a number"),
    ("array", b"[[1,256]]", "got 256, expected uint8 (0 to 255)"),
    ("array", b"[[1,-1]]", "got -1, expected uint8"),
    ("array", b"[[1,1e300]]", "expected uint8"),
    ("array", b"[[1,0.5]]", "got 0.5, expected uint8"),
    ("instances", b"[[1]]", 'not an object {"instances": ...}'),
    ("instances", b'{"inputs":[[1]]}', "has the keys ['inputs'], but no \"instances\""),
    ("instances", b'{"instances":1}', "holds 1, not a list"),
    ("instances", b'{"instances":[{"a":1,"b":2}]}', "the spec has one input"),
    ("instances", b'{"instances":[{"b64":"/9j/"}]}', "'/9j/', expected a number"),
    ("inputs", b'{"inputs":"/9j/"}', "'/9j/', expected a number"),
    ("kserve-v2", b'{"inputs":[]}', "not a list with one object"),
    ("kserve-v2", v2(shape=None), '"shape" is None'),
    ("kserve-v2", v2(shape=[True]), '"shape" is [True]'),
    ("kserve-v2", v2(shape=[-1]), '"shape" is [-1]'),
    ("kserve-v2", v2(shape=[1] * 40), "40 axes"),
    ("kserve-v2", v2(shape=[1 << 40, 1 << 40]), "values, but the data has 6"),
    ("kserve-v2", v2(datatype="float32"), "\"datatype\" is 'float32', not one of"),
    ("kserve-v2", v2(datatype=[]), '"datatype" is []'),
    ("kserve-v2", v2(data="/9j/"), 'no list of "data"'),
    ("kserve-v2", v2(data=[1, 2]), "6 values, but the data has 2"),
    ("csv", b"", "0 values, which do not fill"),
    ("csv", b"1,2,3,4,5", "5 values, which do not fill"),
    ("csv", b"1,2,3,4,5,6\n1,2", "ragged"),
    ("csv", b"1,2,3,4,5,x", "not JSON"),
    ("csv", b"1,2,3],[4,5,6", "not JSON"),
    ("jsonlines", b"[1]\n\n[2]", "not JSON"),
    ("jsonlines", b"[1\n2]", "not JSON"),
]


@pytest.mark.parametrize(("name", "body", "words"), CASES, ids=[f"{case[0]}-{at}" for at, case in enumerate(CASES)])
def test_error_names_the_problem(name, body, words):
    assert words in refusal(name, body)


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("application/json", v2(), "the content type is 'application/json', not application/vnd"),
        (TRITON.replace(";", "; ") + "9", v2(), "the content type is"),
        (TRITON + "9\n", v2(), "the content type is"),
        (TRITON + "9999", v2(), "expected 9999 for the header"),
        (TRITON + "0", v2(), "not JSON"),
        (TRITON + str(len(v2())), v2(), '"binary_data_size" is None, but 0 bytes follow'),
        (TRITON + str(len(v2(parameters=7))), v2(parameters=7), '"binary_data_size" is None'),
    ],
)
def test_error_of_the_binary_form_names_the_problem(content_type, body, words):
    assert words in refusal("triton-binary", body, content_type)


@pytest.mark.parametrize(
    ("size", "said", "words"),
    [(6, 7, "is 7, but 6 bytes follow"), (2 << 30, 2 << 30, "2147483648, but 6 bytes"), (6, 6, "not a multiple of")],
)
def test_binary_form_with_wrong_size_is_rejected(size, said, words):
    datatype = "FP32" if words == "not a multiple of" else "UINT8"
    head = v2(parameters={"binary_data_size": said}, datatype=datatype)
    assert words in refusal("triton-binary", head + b"\0" * 6, f"{TRITON}{len(head)}")
    assert size >= 6


def test_big_endian_npy_is_read():
    array = np.arange(6, dtype=">f4").reshape(1, 1, 2, 3)
    back = ENVELOPES["npy"].parse(npy(array), "", SMALL)
    assert np.array_equal(back, array)
    assert back.dtype == array.dtype


def test_archive_of_several_arrays_yields_the_first_unnamed():
    out = io.BytesIO()
    np.savez(out, np.arange(3), other=np.arange(4))
    assert ENVELOPES["npz"].parse(out.getvalue(), "", SMALL).tolist() == [0, 1, 2]


def test_archive_of_named_arrays_lists_them_in_the_error():
    out = io.BytesIO()
    np.savez(out, one=np.arange(3), two=np.arange(4))
    assert "one, two" in refusal("npz", out.getvalue())


def test_pickle_in_an_archive_is_refused():
    out = io.BytesIO()
    np.savez(out, np.array([{}]))
    assert "pickle" in refusal("npz", out.getvalue())


def test_zip_bomb_is_refused_by_unpacked_size():
    """2 GiB of zeros in 2 MB, as declared by the directory."""
    entry = zipfile.ZipInfo("arr_0.npy")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, zlib.compress(b"\0" * 1_000_000))
    body = bytearray(out.getvalue())
    at = body.rfind(b"PK\x01\x02")
    body[at + 24 : at + 28] = (2 << 30).to_bytes(4, "little")
    assert "unpacked size: got 2147483648 bytes" in refusal("npz", bytes(body))


DEEP = 10_000


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize(
    "body", [b"[" * DEEP + b"]" * DEEP, b'{"inputs":' * DEEP, b"[" * DEEP], ids=["lists", "dicts", "open"]
)
def test_deeply_nested_document_is_refused(name, body):
    assert "not JSON" in refusal(name, body)


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("depth", [40, 70, 1000])
def test_deepest_valid_json_is_refused_without_recursion_error(name, depth):
    """1,024 levels are the limit of the JSON reader; printing such a list recurses, and NumPy stops at 32 or 64."""
    lists = b"[" * depth + b"1" + b"]" * depth
    wrapped = {"instances": b'{"instances":%b}', "inputs": b'{"inputs":%b}'}.get(name, b"%b") % lists
    assert ("not an object" if name == "kserve-v2" else "more than 32 deep") in refusal(name, wrapped)


@pytest.mark.sample(3)
@pytest.mark.parametrize("unit", [b"[],", b"{},", b"0,"])
def test_hundred_million_brackets_are_rejected_by_count(unit):
    body = b"[" + unit * (99_999_990 // len(unit)) + b"0]"
    assert re.search(r"takes about [\d,]+ bytes of memory, at most 943,718,400 are used", refusal("array", body))


@pytest.mark.parametrize("name", [*JSON, "csv"])
def test_text_over_the_limit_is_refused_by_size(name, monkeypatch):
    monkeypatch.setattr(_json, "MAX_TEXT_BYTES", 1000)
    assert "more than 1000 are not read" in refusal(name, b"[" + b" " * 1000 + b"]")


@pytest.mark.parametrize("name", ["jsonlines", "csv"])
def test_lines_are_counted_before_they_are_split(name):
    assert "more than 100000 lines" in refusal(name, b"\n" * 100_002)


def test_long_text_among_many_needs_little_memory():
    """NumPy would allocate the length of the longest text for each: 200 kB of JSON as 12 GB."""
    body = b'["' + b"x" * 100_000 + b'"' + b',"y"' * 30_000 + b"]"
    tracemalloc.start()
    said = refusal("array", body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "expected a number" in said
    assert peak < 20_000_000


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_mutated_body_is_an_array_or_a_payload_error(name, data):
    """A byte changed, cut, doubled: never another exception."""
    array = np.arange(12, dtype=np.uint8).reshape(2, 1, 2, 3)
    payload = ENVELOPES[name].build(array, SMALL)
    body = bytearray(payload.body)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        back = ENVELOPES[name].parse(bytes(body), payload.content_type, SMALL)
    except PayloadError:
        return
    assert back.dtype.kind in "biufc"


FLOATS = spec(shape=["N", 1, 2, 3])
ONE_IMAGE = spec(shape=[1, 2, 3], layout="HWC")


@pytest.mark.parametrize(
    ("name", "body", "words", "to"),
    [
        ("array", b"[1e39]", "1e+39, which float32 cannot hold", FLOATS),
        ("raw", b"\0" * 5, "5 bytes, expected a multiple of 4 (float32)", FLOATS),
        ("jsonlines", b"[[[1,2,3]]]\n[[[1,2,3]]]", "2 lines; the spec has one image", ONE_IMAGE),
    ],
)
def test_mismatch_with_the_spec_is_named(name, body, words, to):
    assert words in refusal(name, body, to=to)


def test_raw_bfloat16_body_is_refused():
    half = replace(FLOATS, contract=replace(FLOATS.contract, dtype="bfloat16"))
    assert "cannot hold bfloat16" in refusal("raw", b"\0\0", to=half)


def test_integer_beyond_float64_is_an_error_of_the_body():
    with pytest.raises(PayloadError, match="which float32 cannot hold"):
        _json.numbers([0.5, 1, 10**400], "float32")
