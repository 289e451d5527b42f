"""DTY: the type of the numbers and how they lie in memory."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Finding, Spec
from sm_imgcheck.rules import Rule

_NUMBERS = ("int", "uint", "float", "bfloat", "bool")


DTY101 = Rule(
    "DTY101",
    "wrong-dtype",
    severity="error",
    fixed_by="cast",
    see="https://github.com/microsoft/onnxruntime/issues/7340",
    doc="""The dtype is not the one that the model takes.

    Image libraries hand out uint8, NumPy's arithmetic makes float64, most graphs take float32.

    At an endpoint: ``Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))``; ``expected
    scalar type Float but found Byte``; ``invalid size 4153344 bytes, expects 2076672``. MLflow casts in silence: a
    0..1 float sent to a uint8 signature arrives as all zeros.

    In the model's code: ``array.astype(np.float32)`` as the last step. Here: ``convert`` casts (to integers: rounded
    half to even and clipped).
    """,
)


@DTY101.check
def _wrong_dtype(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, wanted = candidate.facts, spec.contract.dtype
    if facts is not None and facts.dtype != wanted and facts.dtype.startswith(_NUMBERS):
        yield DTY101.finding(
            f"the dtype is {facts.dtype}; the model takes {wanted}", expected=wanted, actual=facts.dtype
        )


DTY102 = Rule(
    "DTY102",
    "swapped-bytes",
    severity="error",
    fixed_by="cast",
    doc="""The bytes of each number stand in the other order.

    The file was written on, or for, a machine of the other byte order (``>f4``).

    At an endpoint: PyTorch refuses it (``given numpy array has byte order different from the native byte order``);
    who reads the raw bytes gets other numbers without a word.

    In the model's code: ``array.astype(array.dtype.newbyteorder("="))``. Here: ``convert`` writes native order.
    """,
)


@DTY102.check
def _swapped_bytes(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.byte_order == "swapped":
        yield DTY102.finding(
            f"{facts.dtype} has its bytes in the other order than this machine's; "
            f"the model takes native {spec.contract.dtype}",
            expected="native",
            actual="swapped",
        )


DTY103 = Rule(
    "DTY103",
    "fortran-order",
    severity="warning",
    fixed_by="cast",
    doc="""The array lies in memory in Fortran order.

    ``.npy`` says so in its header and NumPy reads it back rightly; a reader that takes the bytes as they lie (raw
    and binary request bodies, C++ servers) sees another picture.

    In the model's code: ``np.ascontiguousarray(array)``. Here: ``convert`` writes C order.
    """,
)


@DTY103.check
def _fortran_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.fortran:
        yield DTY103.finding(
            f"the {spec.contract.layout} array lies in Fortran order; binary bodies are read in C order",
            expected="C order",
            actual="Fortran order",
        )


DTY104 = Rule(
    "DTY104",
    "no-numbers",
    severity="error",
    doc="""The array does not hold real numbers.

    Text, bytes, complex or structured elements: usually a serializer that was given a base64 string or a list of
    unequal rows (NumPy wraps either into an array without a word).

    At an endpoint: ``can't convert np.ndarray of type numpy.object_``; a body full of NULs.

    In the model's code: build the array from the decoded picture, not from its text. Here: nothing mends it.
    """,
)


@DTY104.check
def _no_numbers(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and not facts.dtype.startswith(_NUMBERS):
        yield DTY104.finding(
            f"the elements are {facts.dtype}, not numbers; the model takes {spec.contract.dtype}",
            expected=spec.contract.dtype,
            actual=facts.dtype,
        )
