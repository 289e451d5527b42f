import numpy as np
import pytest

from sm_imgcheck.spec.dtypes import DTYPES, canonical
from specs import problems, spec


@pytest.mark.parametrize(
    ("names", "dtype"),
    [
        ("uint8 TYPE_UINT8 UINT8 tensor(uint8) DT_UINT8 torch.uint8 u8 np.uint8 |u1 u1", "uint8"),
        ("int8 TYPE_INT8 INT8 tensor(int8) DT_INT8 torch.int8 i8 |i1", "int8"),
        ("uint16 TYPE_UINT16 tensor(uint16) DT_UINT16 torch.uint16 u16", "uint16"),
        ("int32 TYPE_INT32 tensor(int32) DT_INT32 torch.int32 i32 torch.int", "int32"),
        ("int64 TYPE_INT64 tensor(int64) DT_INT64 torch.int64 i64 torch.long", "int64"),
        ("float16 TYPE_FP16 FP16 tensor(float16) DT_HALF torch.float16 f16 half np.half torch.half <f2", "float16"),
        ("bfloat16 TYPE_BF16 BF16 tensor(bfloat16) DT_BFLOAT16 torch.bfloat16 bf16", "bfloat16"),
        (
            "float32 TYPE_FP32 FP32 tensor(float) DT_FLOAT torch.float32 f32 torch.float single <f4 f4 tf.float32",
            "float32",
        ),
        ("jnp.float32 numpy.float32 tf.dtypes.float32 Float32", "float32"),
        ("float64 TYPE_FP64 FP64 tensor(double) DT_DOUBLE torch.float64 f64 double torch.double", "float64"),
    ],
)
def test_dtype_names_of_all_frameworks_are_canonicalized(names, dtype):
    assert {name: canonical(name) for name in names.split()} == dict.fromkeys(names.split(), dtype)


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "bfloat16"])
def test_numpy_dtype_names_are_canonicalized(dtype):
    assert {
        canonical(str(np.dtype(dtype))),
        canonical(repr(np.dtype(dtype))),
        canonical(str(np.dtype(dtype).type)),
    } == {dtype}


NO_NUMBERS = "string TYPE_STRING BYTES bool object complex64 float8 int4 tensor( uint f fp bf32 np. u16x"


@pytest.mark.parametrize("name", ["", "u 8", "float 32", *NO_NUMBERS.split()])
def test_non_numeric_dtype_names_are_not_canonicalized(name):
    assert canonical(name) is None


@pytest.mark.parametrize("name", ["float", "int", "np.float", "Float"])
def test_dtype_name_of_ambiguous_size_is_refused(name):
    assert "its size depends on the framework" in problems(dtype=name)["dtype"]


def test_spec_dtype_accepts_aliases_and_suggests_the_nearest():
    assert spec(dtype="TYPE_FP32") == spec(dtype="float32")
    assert "did you mean float32?" in problems(dtype="flaot32")["dtype"]
    assert "expected a dtype" in problems(dtype=32)["dtype"]
