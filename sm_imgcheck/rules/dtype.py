"""DTY: the type of the numbers and how they lie in memory."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Spec
from sm_imgcheck.rules import Mismatch, check

_NUMBERS = ("int", "uint", "float", "bfloat", "bool")


@check("DTY101", severity="error", fixed_by="cast", see="https://github.com/microsoft/onnxruntime/issues/7340")
def wrong_dtype(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The dtype is not the one that the model takes.

    Image libraries hand out uint8, NumPy's arithmetic makes float64, most graphs take float32.

    At an endpoint: ``Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))``; ``expected
    scalar type Float but found Byte``; ``invalid size 4153344 bytes, expects 2076672``. MLflow casts in silence: a
    0..1 float sent to a uint8 signature arrives as all zeros.

    In the model's code: ``array.astype(np.float32)`` as the last step. Here: ``convert`` casts (to integers: rounded
    half to even and clipped).
    """
    facts, wanted = candidate.facts, spec.contract.dtype
    if facts is not None and facts.dtype != wanted and facts.dtype.startswith(_NUMBERS):
        yield Mismatch(
            message=f"the dtype is {facts.dtype}; the model takes {wanted}", expected=wanted, actual=facts.dtype
        )


@check("DTY102", severity="error", fixed_by="cast")
def swapped_bytes(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The bytes of each number stand in the other order.

    The file was written on, or for, a machine of the other byte order (``>f4``).

    At an endpoint: PyTorch refuses it (``given numpy array has byte order different from the native byte order``);
    who reads the raw bytes gets other numbers without a word.

    In the model's code: ``array.astype(array.dtype.newbyteorder("="))``. Here: ``convert`` writes native order.
    """
    facts = candidate.facts
    if facts is not None and facts.byte_order == "swapped":
        yield Mismatch(
            message=f"{facts.dtype} has its bytes in the other order than this machine's; "
            f"the model takes native {spec.contract.dtype}",
            expected="native",
            actual="swapped",
        )


@check("DTY103", severity="warning", fixed_by="cast")
def fortran_order(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The array lies in memory in Fortran order.

    ``.npy`` says so in its header and NumPy reads it back rightly; a reader that takes the bytes as they lie (raw
    and binary request bodies, C++ servers) sees another picture.

    In the model's code: ``np.ascontiguousarray(array)``. Here: ``convert`` writes C order.
    """
    facts = candidate.facts
    if facts is not None and facts.fortran:
        yield Mismatch(
            message=f"the {spec.contract.layout} array lies in Fortran order; binary bodies are read in C order",
            expected="C order",
            actual="Fortran order",
        )


@check("DTY104", severity="error")
def no_numbers(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The array does not hold real numbers.

    Text, bytes, complex or structured elements: usually a serializer that was given a base64 string or a list of
    unequal rows (NumPy wraps either into an array without a word).

    At an endpoint: ``can't convert np.ndarray of type numpy.object_``; a body full of NULs.

    In the model's code: build the array from the decoded picture, not from its text. Here: nothing mends it.
    """
    facts = candidate.facts
    if facts is not None and not facts.dtype.startswith(_NUMBERS):
        yield Mismatch(
            message=f"the elements are {facts.dtype}, not numbers; the model takes {spec.contract.dtype}",
            expected=spec.contract.dtype,
            actual=facts.dtype,
        )
