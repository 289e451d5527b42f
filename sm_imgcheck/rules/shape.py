"""SHP: rank, axes and lengths."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.assumptions import contradicted_layout, has_hidden_alpha, sides_look_swapped
from sm_imgcheck.core.layouts import is_layout, likely_reading, size
from sm_imgcheck.core.types import Candidate, Contract, Facts, Finding, Spec
from sm_imgcheck.rules import Rule


def expected_shape(contract: Contract) -> str:
    """Return the shape of a contract with its layout."""
    return f"{contract.layout} [" + ", ".join(str(dim) for dim in contract.shape) + "]"


def actual_shape(facts: Facts) -> str:
    """Return the shape of an array with its layout."""
    return f"{facts.layout} {list(facts.shape)}"


def has_layout(candidate: Candidate) -> bool:
    """Return whether each axis of the array is known."""
    return candidate.facts is not None and is_layout(candidate.facts.layout)


SHP101 = Rule(
    "SHP101",
    "wrong-rank",
    severity="error",
    fixed_by="reshape",
    doc="""No image layout matches the shape.

    An image is HW, HWC or CHW, a batch of images NHW, NHWC or NCHW, with 1, 3 or 4 channels. This array is flattened,
    contains features instead of pixels, or has an extra axis.

    At an endpoint: ``Invalid rank for input``, ``expected ... to have 4 dimensions``, ``Matrix size-incompatible``.

    In the model's code: print ``array.shape`` just before the request is built. Here: ``--assume layout=NHWC`` (or
    another) if the shape is correct but unusual, or if the array is flattened: ``convert`` unflattens it.
    """,
)


@SHP101.check
def _wrong_rank(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, expected = candidate.facts, expected_shape(spec.contract)
    if facts is not None and not is_layout(facts.layout):
        likely = likely_reading(facts.shape, spec.contract)
        hint = f" ({likely.text})" if likely else ""
        # Assumptions do not apply to request bodies.
        assumable = (
            likely is not None and likely.layout and candidate.kind != "request" and candidate.unflattened is None
        )
        fix = f"; if so: --assume layout={likely.layout}" if likely and assumable else ""
        what = "axis of length 0" if 0 in facts.shape else "no image axes"
        yield SHP101.finding(
            f"{what}: got {list(facts.shape)}{hint}, expected {expected}{fix}",
            expected=expected,
            actual=str(list(facts.shape)),
        )


SHP102 = Rule(
    "SHP102",
    "missing-batch-dimension",
    severity="error",
    fixed_by="batch",
    see="https://github.com/microsoft/onnxruntime/issues/3248",
    doc="""The batch dimension is missing.

    Models are exported for batches: one image is a batch with a first axis of length 1. Image libraries return a
    single image without it.

    At an endpoint: ``Invalid rank for input: ... Got: 3 Expected: 4``; ``expected 4-dimensional input``; Triton reads
    the height as the batch size (``batch-size must be <= 8``). TensorFlow Serving reads a bare H x W x C list as H
    separate instances, without an error.

    In the model's code: ``array[np.newaxis]`` (or ``tensor.unsqueeze(0)``). Here: ``convert`` adds it.
    """,
)


@SHP102.check
def _missing_batch_dimension(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is not None and has_layout(candidate) and "N" in contract.layout and "N" not in facts.layout:
        yield SHP102.finding(
            f"missing batch dimension: got {actual_shape(facts)}, expected {expected_shape(contract)}",
            expected=contract.layout,
            actual=facts.layout,
        )


SHP103 = Rule(
    "SHP103",
    "wrong-batch-size",
    severity="error",
    doc="""The batch size does not match the spec.

    An engine that was built for one batch size rejects all others; a graph that was frozen for a batch of 1 reshapes
    larger batches incorrectly.

    At an endpoint: ``expected the shape of dimension 0 to be between 1 and 1``; ``Input to reshape is a tensor with
    22528 values, but the requested shape has 2048``.

    In the model's code: export with a dynamic batch dimension. Here: not fixable by ``convert``; send one image per
    request.
    """,
)


@SHP103.check
def _wrong_batch_size(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, expected = candidate.facts, spec.contract.dim("N")
    if facts is None or not has_layout(candidate):
        return
    length = facts.length("N")
    if expected is not None and length is not None and not expected.allows(length):
        yield SHP103.finding(
            f"batch size: got {length}, expected {expected}",
            expected=str(expected),
            actual=str(length),
        )


SHP104 = Rule(
    "SHP104",
    "unexpected-batch-dimension",
    severity="error",
    fixed_by="transpose",
    doc="""The tensor has a batch dimension, and the model's input has none.

    Some servers add the batch dimension (Triton with ``max_batch_size`` above 0, TensorFlow Serving's ``instances``),
    and some models expect a single image.

    At an endpoint: ``the model expects 4 dimensions but the model configuration specifies 5``.

    In the model's code: ``array[0]``. Here: ``convert`` removes an axis of length 1; a longer batch must be split.
    """,
)


@SHP104.check
def _unexpected_batch_dimension(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is not None and has_layout(candidate) and "N" in facts.layout and "N" not in contract.layout:
        yield SHP104.finding(
            f"unexpected batch dimension: got {actual_shape(facts)}, expected {expected_shape(contract)}",
            expected=contract.layout,
            actual=facts.layout,
            fixable=facts.length("N") == 1,
        )


SHP105 = Rule(
    "SHP105",
    "wrong-layout",
    severity="error",
    fixed_by="transpose",
    see="https://github.com/microsoft/onnxruntime-inference-examples/issues/109",
    doc="""The order of the axes does not match the spec.

    TensorFlow and image libraries put the channels last (NHWC), PyTorch and ONNX usually first (NCHW).

    At an endpoint: ``expected input[1, 512, 512, 3] to have 3 channels, but got 512 channels instead``; ``Got: 416
    Expected: 3``. Servers that do not check the shape return 200 and a wrong prediction if the lengths happen to fit.

    In the model's code: ``np.transpose(x, (0, 3, 1, 2))``, never ``reshape``. Here: ``convert`` transposes.
    """,
)


@SHP105.check
def _wrong_layout(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or not has_layout(candidate):
        return
    common = [axis for axis in contract.layout if axis in facts.layout]
    if common != [axis for axis in facts.layout if axis in contract.layout]:
        yield SHP105.finding(
            f"layout: got {facts.layout}, expected {contract.layout}",
            expected=contract.layout,
            actual=facts.layout,
        )


SHP106 = Rule(
    "SHP106",
    "wrong-size",
    severity="error",
    fixed_by="geometry",
    doc="""Height or width does not match the spec.

    At an endpoint: ``index: 2 Got: 1600 Expected: 640``; in PyTorch often only ``mat1 and mat2 shapes cannot be
    multiplied``, without an image size. A fully convolutional model returns 200 and a less accurate prediction.

    In the model's code: resize as in training: same library, same filter, same crop. Here: ``convert`` follows the
    spec's ``resize``. A second resize of a tensor loses quality: fix the code that created it instead.
    """,
)


@SHP106.check
def _wrong_size(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    expected_h, expected_w = contract.dim("H"), contract.dim("W")
    if facts is None or not has_layout(candidate) or expected_h is None or expected_w is None:
        return
    height, width = facts.length("H") or 0, facts.length("W") or 0
    if expected_h.allows(height) and expected_w.allows(width):
        return
    swap = sides_look_swapped(facts, contract)
    hint = "; height and width look swapped (Pillow and OpenCV expect width first)" if swap else ""
    yield SHP106.finding(
        f"size: got {size(height, width)}, expected {expected_h}x{expected_w}{hint}",
        expected=f"{expected_h}x{expected_w}",
        actual=f"{height}x{width}",
    )


SHP108 = Rule(
    "SHP108",
    "reshaped-not-transposed",
    severity="error",
    see="https://github.com/osmr/imgclsmob/issues/51",
    doc="""The values are stored in a different axis order than the shape states.

    ``reshape`` changes the shape without moving values: an image of height x width x 3 reshaped to 3 x height x width
    becomes three mixtures of all channels, each with nine small copies of the image. The shape is correct, the content
    is not. The similarity of values at the distance of one pixel, one row and one plane shows the order, with a
    probability. On photographs held out of the fit: 0 of 6,000 right tensors were reported (color and gray, both
    layouts, five recipes), and 99.6 % or more of the reshaped ones. Height and width that were swapped (as in
    ``reshape(width, height, 3)``) are found for 97 %. Images without detail show no order. With ``--source`` all
    orders are compared with the image, and the finding is certain. RGBA values in an RGB shape (the buffer of a canvas
    or a screen that is read as three channels) show a constant in every fourth value.

    At an endpoint: 200, and a wrong prediction. No server can detect it.

    In the model's code: ``np.transpose(x, (2, 0, 1))`` (or ``x.permute(2, 0, 1)``), never ``reshape`` or ``view``.
    Here: not fixable by ``convert``; ``--assume layout=NCHW`` if the shape is correct.
    """,
)


@SHP108.check
def _reshaped_not_transposed(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (order := contradicted_layout(facts)):
        probability = facts.value_order_probability
        is_swapped = _has_swapped_sides(facts)
        lengths = f" with the shape {list(facts.value_shape)}" if is_swapped else ""
        actual = f"values reshaped, not transposed: got values in the order {order}{lengths}"
        fix = _instead_of_reshape(order, facts.layout.replace("N", ""), is_swapped=is_swapped)
        if order == facts.layout.replace("N", "") and not is_swapped:
            actual = "values reshaped, then transposed: got values in a mixed order"
            fix = "remove the reshape and the transpose"
        if has_hidden_alpha(facts):
            actual = "value order: got RGBA values in an RGB shape (every fourth value is constant)"
            fix = "remove the fourth channel: reshape the buffer to [H, W, 4], then [..., :3]"
        likely = " (likely)" if probability < 1 else ""
        yield SHP108.finding(
            f"{actual}, expected {facts.layout} as in the shape {list(facts.shape)}{likely}; {fix}",
            expected=facts.layout,
            actual=order,
            certainty="likely" if likely else "certain",
            probability=probability,
        )


def _has_swapped_sides(facts: Facts) -> bool:
    """Return whether the values had height and width swapped before the reshape."""
    lengths = dict(zip(facts.value_order, facts.value_shape, strict=False))
    return bool(lengths) and lengths["H"] != facts.length("H")


def _instead_of_reshape(order: str, axes: str, *, is_swapped: bool) -> str:
    """The fix for values in this order of the axes under a shape with the order ``axes``."""
    move = f"use transpose({', '.join(str(order.index(axis)) for axis in axes)}) instead of reshape"
    resize = "resize to the height and width of the shape"
    return resize if order == axes else f"{resize}, then {move}" if is_swapped else move
