"""Envelopes of tensors: bit-exact round trips, sizes, and refusals."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Dim, Spec
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope
from specs import spec

LOSSLESS = [name for name in ENVELOPES.names() if isinstance(ENVELOPES[name], TensorEnvelope)]
TEXT = ("array", "instances", "inputs", "kserve-v2", "csv", "jsonlines", "json")
DTYPES = ("float32", "uint8", "float16", "int8", "float64", "int64", "uint64", "uint16")
STACKS = ("", "mlflow", "tensorflow-serving")


def made_for(layout: str, shape: tuple[int, ...], dtype: str, *, free: str = "N", **changes) -> Spec:
    """A spec whose contract has this layout, shape and dtype; the axes in ``free`` may have any length."""
    base = spec(**changes)
    dims = tuple(
        Dim(name=axis) if axis in free else Dim(low=length, high=length)
        for axis, length in zip(layout, shape, strict=True)
    )
    return replace(base, contract=replace(base.contract, shape=dims, layout=layout, dtype=dtype))


def values(dtype: str) -> st.SearchStrategy:
    """Any finite number of the dtype, the awkward ones included."""
    return arrays.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False)


@st.composite
def tensors(draw, dtypes=DTYPES):
    """A spec, and an array that matches it."""
    layout = draw(st.sampled_from(["NHWC", "NCHW", "HWC", "CHW", "NHW", "HW"]))
    sides = {"N": st.integers(1, 3), "H": st.integers(1, 5), "W": st.integers(1, 5), "C": st.sampled_from([1, 3, 4])}
    shape = tuple(draw(sides[axis]) for axis in layout)
    dtype = draw(st.sampled_from(dtypes))
    array = draw(arrays.arrays(dtype, shape, elements=values(dtype)))
    name = draw(st.sampled_from(["input", "image", 'odd "näme"']))
    stack = draw(st.sampled_from(STACKS))
    return made_for(layout, shape, dtype, name=name, payload={"stack": stack} if stack else {}), array


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=20, deadline=None)
@given(made=tensors())
def test_body_round_trips_bit_exactly(name, made):
    to, array = made
    module = ENVELOPES[name]
    payload = module.build(array, to)
    back = module.parse(payload.body, payload.content_type, to)
    assert (back.shape, back.dtype) == (array.shape, array.dtype)
    assert back.tobytes() == array.tobytes()
    assert payload.envelope == name


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=20, deadline=None)
@given(made=tensors())
def test_size_is_exact_or_an_upper_bound(name, made):
    to, array = made
    module = ENVELOPES[name]
    length = len(module.build(array, to).body)
    bound, exact = module.size(array.shape, array.dtype.name, to)
    assert bound == length if exact else length <= bound
    assert exact == (name not in TEXT)


@pytest.mark.sample(3)
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("name", TEXT)
def test_longest_text_values_fit_the_size_bound(name, dtype):
    """Random bits: every exponent, the longest digits, both signs."""
    unsigned = {"float16": "u2", "float32": "u4", "float64": "u8"}[dtype]
    bits = np.random.default_rng(1).integers(0, 1 << (8 * np.dtype(dtype).itemsize), 60_000, unsigned, endpoint=False)
    array = bits.view(dtype)
    longest = np.float32([-1.2345678e-5, -1.17549435e-38, -9.8765435e-10]).astype(dtype)
    array = np.concatenate([array[np.isfinite(array)][: 3 * 17_000], longest])[None, :, None, None]
    to = made_for("NHWC", array.shape, dtype)
    length = len(ENVELOPES[name].build(array, to).body)
    bound, _ = ENVELOPES[name].size(array.shape, dtype, to)
    assert bound / 2 < length <= bound


def test_size_bound_of_text_is_tight():
    array = np.full((1, 2, 2, 1), -128, np.int8)
    to = made_for("NHWC", array.shape, "int8")
    assert len(ENVELOPES["array"].build(array, to).body) == ENVELOPES["array"].size(array.shape, "int8", to)[0] - 1 * 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.sample(4)
def test_nan_and_infinity_are_refused(name, bad):
    array = np.zeros((1, 2, 2, 3), np.float32)
    array[0, 1, 1, 2] = bad
    with pytest.raises(PayloadError, match="1 of 12 values are NaN or infinite"):
        ENVELOPES[name].build(array, made_for("NHWC", array.shape, "float32"))


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.array([[None]]), "Python objects"),
        (np.zeros((1, 2), complex), "complex128"),
        (np.zeros((1, 2), "V2"), "void16"),
        (np.array([["a"]]), "str32"),
    ],
)
@pytest.mark.sample(5)
def test_non_numeric_values_are_rejected(name, array, what):
    with pytest.raises(PayloadError, match=f"{name} cannot hold {what}"):
        ENVELOPES[name].build(array, spec())


@pytest.mark.parametrize("name", LOSSLESS)
def test_byte_swapped_and_strided_arrays_give_equal_bodies(name):
    array = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3) / 7
    to = made_for("NHWC", array.shape, "float32")
    plain = ENVELOPES[name].build(array, to)
    assert ENVELOPES[name].build(array.astype(">f4"), to) == plain
    assert ENVELOPES[name].build(np.asfortranarray(array), to) == plain


def test_values_have_the_fewest_digits():
    array = np.float32([[[[0.1, 1 / 3, 0.0]]]])
    to = made_for("NHWC", array.shape, "float32")
    assert ENVELOPES["array"].build(array, to).body == b"[[[[0.1,0.33333334,0.0]]]]"


NAMED = {
    ("instances", ""): {"instances": [{"image": [[[1]]]}]},
    ("instances", "mlflow"): {"instances": [{"image": [[[1]]]}]},
    ("instances", "tensorflow-serving"): {"instances": [[[[1]]]]},
    ("inputs", ""): {"inputs": {"image": [[[[1]]]]}},
    ("inputs", "tensorflow-serving"): {"inputs": [[[[1]]]]},
    ("kserve-v2", ""): {"inputs": [{"name": "image", "shape": [1, 1, 1, 1], "datatype": "UINT8", "data": [1]}]},
}


@pytest.mark.parametrize(("name", "stack"), NAMED)
def test_name_is_the_key_that_the_server_reads(name, stack):
    payload = {"stack": stack} if stack else {}
    to = made_for("NHWC", (1, 1, 1, 1), "uint8", name="image", payload=payload)
    body = ENVELOPES[name].build(np.ones((1, 1, 1, 1), np.uint8), to).body
    assert json.loads(body) == NAMED[name, stack]


def test_content_type_of_the_spec_is_used():
    array = np.zeros((1, 1, 1, 3), np.uint8)
    to = made_for("NHWC", array.shape, "uint8", payload={"content_type": "tensor/pt"})
    assert ENVELOPES["npy"].build(array, to).content_type == "tensor/pt"


def test_content_type_of_the_binary_form_has_the_header_length():
    array = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    to = made_for("NHWC", array.shape, "float32", name="image", payload={"content_type": "application/octet-stream"})
    payload = ENVELOPES["triton-binary"].build(array.astype(">f4"), to)
    start, _, length = payload.content_type.partition("=")
    assert start == "application/vnd.sagemaker-triton.binary+json;json-header-size"
    header = json.loads(payload.body[: int(length)])
    tensor = {"name": "image", "shape": [1, 1, 2, 3], "datatype": "FP32", "parameters": {"binary_data_size": 24}}
    assert header == {"inputs": [tensor]}
    assert payload.body[int(length) :] == array.astype("<f4").tobytes()


def test_triton_float16_as_json_is_refused():
    to = made_for("NHWC", (1, 1, 1, 1), "float16", name="image", payload={"stack": "triton"})
    with pytest.raises(PayloadError, match="triton-binary carries it"):
        ENVELOPES["kserve-v2"].build(np.zeros((1, 1, 1, 1), np.float16), to)


def test_csv_has_a_line_for_each_image():
    array = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    body = ENVELOPES["csv"].build(array, made_for("NHW", array.shape, "uint8")).body
    assert body == b"0,1,2,3\n4,5,6,7"


@pytest.mark.parametrize("name", ["raw", "csv"])
def test_single_variable_axis_is_computed_from_the_value_count(name):
    array = np.arange(30, dtype=np.uint8).reshape(1, 2, 5, 3)
    to = made_for("NHWC", array.shape, "uint8", free="W")
    payload = ENVELOPES[name].build(array, to)
    assert ENVELOPES[name].parse(payload.body, payload.content_type, to).shape == array.shape


@pytest.mark.parametrize("name", ["raw", "csv"])
def test_two_variable_axes_are_refused(name):
    array = np.arange(30, dtype=np.uint8).reshape(1, 2, 5, 3)
    to = made_for("NHWC", array.shape, "uint8", free="HW")
    payload = ENVELOPES[name].build(array, to)
    with pytest.raises(PayloadError, match="several variable axes"):
        ENVELOPES[name].parse(payload.body, payload.content_type, to)
