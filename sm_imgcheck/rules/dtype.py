"""DTY: dtype and memory layout."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Finding, Spec
from sm_imgcheck.rules import Rule

_NUMERIC = ("int", "uint", "float", "bfloat", "bool")


DTY101 = Rule(
    "DTY101",
    "wrong-dtype",
    severity="error",
    fixed_by="cast",
    see="https://github.com/microsoft/onnxruntime/issues/7340",
    doc="""The dtype does not match the spec.

    Image libraries return uint8, NumPy divisions return float64, most models expect float32.

    At an endpoint: ``Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))``; ``expected
    scalar type Float but found Byte``; ``invalid size 4153344 bytes, expects 2076672``. MLflow casts without an error:
    0..1 floats for a uint8 signature become zeros.

    In the model's code: ``array.astype(np.float32)`` as the last step. Here: ``convert`` casts (to integers: rounded
    half to even and clipped).
    """,
)


@DTY101.check
def _wrong_dtype(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, expected = candidate.facts, spec.contract.dtype
    if facts is not None and facts.dtype != expected and facts.dtype.startswith(_NUMERIC):
        yield DTY101.finding(f"dtype: got {facts.dtype}, expected {expected}", expected=expected, actual=facts.dtype)


DTY102 = Rule(
    "DTY102",
    "wrong-byte-order",
    severity="error",
    fixed_by="cast",
    doc="""The byte order is not native.

    The file was written on, or for, a machine with the opposite byte order (``>f4``).

    At an endpoint: PyTorch rejects it (``given numpy array has byte order different from the native byte order``);
    readers of raw bytes get wrong values without an error.

    In the model's code: ``array.astype(array.dtype.newbyteorder("="))``. Here: ``convert`` writes native order.
    """,
)


@DTY102.check
def _wrong_byte_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.byte_order == "swapped":
        yield DTY102.finding(
            f"byte order: got non-native {facts.dtype}, expected native {spec.contract.dtype}",
            expected="native",
            actual="swapped",
        )


DTY103 = Rule(
    "DTY103",
    "fortran-order",
    severity="warning",
    fixed_by="cast",
    doc="""The array is stored in Fortran order.

    The ``.npy`` header states the order, and NumPy reads it correctly. Readers of the raw bytes (binary request bodies,
    C++ servers) get a different image.

    In the model's code: ``np.ascontiguousarray(array)``. Here: ``convert`` writes C order.
    """,
)


@DTY103.check
def _fortran_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.fortran:
        yield DTY103.finding(
            f"memory order of {spec.contract.layout}: got Fortran order, expected C order; "
            "binary request bodies are read in C order",
            expected="C order",
            actual="Fortran order",
        )


DTY104 = Rule(
    "DTY104",
    "non-numeric",
    severity="error",
    doc="""The elements of the array are not real numbers.

    Text, bytes, complex or structured elements: usually the result of a base64 string or a list of unequal rows, which
    NumPy converts to such an array without an error.

    At an endpoint: ``can't convert np.ndarray of type numpy.object_``; a body full of NULs.

    In the model's code: create the array from the decoded image, not from its text. Here: not fixable by ``convert``.
    """,
)


@DTY104.check
def _non_numeric(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and not facts.dtype.startswith(_NUMERIC):
        yield DTY104.finding(
            f"non-numeric array: got {facts.dtype} elements, expected {spec.contract.dtype}",
            expected=spec.contract.dtype,
            actual=facts.dtype,
        )
