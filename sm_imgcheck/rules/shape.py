"""SHP: rank, axes and lengths."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.assumptions import contradicted_layout, sides_look_swapped
from sm_imgcheck.core.layouts import describe, is_layout, likely_reading, size
from sm_imgcheck.core.types import Candidate, Contract, Finding, Spec
from sm_imgcheck.rules import Rule


def _wanted(contract: Contract) -> str:
    return "[" + ", ".join(str(dim) for dim in contract.shape) + f"] {contract.layout}"


def _known(candidate: Candidate) -> bool:
    return candidate.facts is not None and is_layout(candidate.facts.layout)


SHP101 = Rule(
    "SHP101",
    "wrong-rank",
    severity="error",
    fixed_by="reshape",
    doc="""The array has a shape that no layout explains.

    An image is HW, HWC or CHW, a batch of them NHW, NHWC or NCHW, with 1, 3 or 4 channels. This array is none of
    these: it may be flattened, hold features rather than pixels, or carry one axis too many.

    At an endpoint: ``Invalid rank for input``, ``expected ... to have 4 dimensions``, ``Matrix size-incompatible``.

    In the model's code: print ``array.shape`` just before the request is built. Here: ``--assume layout=NHWC`` (or
    another) where the shape is right and merely unusual, or where the array is flattened: ``convert`` unflattens it.
    """,
)


@SHP101.check
def _wrong_rank(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, wanted = candidate.facts, _wanted(spec.contract)
    if facts is not None and not is_layout(facts.layout):
        likely = likely_reading(facts.shape, spec.contract)
        hint = f" ({likely.text})" if likely else ""
        # A body is judged as it is: nothing is assumed of its tensor.
        assumable = (
            likely is not None and likely.layout and candidate.kind != "request" and candidate.unflattened is None
        )
        fix = f"; if so: --assume layout={likely.layout}" if likely and assumable else ""
        yield SHP101.finding(
            f"no image axes: got {list(facts.shape)}{hint}, expected {wanted}{fix}",
            expected=wanted,
            actual=str(list(facts.shape)),
        )


SHP102 = Rule(
    "SHP102",
    "no-batch-axis",
    severity="error",
    fixed_by="batch",
    see="https://github.com/microsoft/onnxruntime/issues/3248",
    doc="""The batch axis is missing.

    Models are exported for batches: one image is a batch of one, with a first axis of length 1. Image libraries hand
    out a single image without it.

    At an endpoint: ``Invalid rank for input: ... Got: 3 Expected: 4``; ``expected 4-dimensional input``; Triton takes
    the height for the batch (``batch-size must be <= 8``). TensorFlow Serving reads a bare H x W x C list as H
    separate instances and says nothing.

    In the model's code: ``array[np.newaxis]`` (or ``tensor.unsqueeze(0)``). Here: ``convert`` adds it.
    """,
)


@SHP102.check
def _no_batch_axis(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is not None and _known(candidate) and "N" in contract.layout and "N" not in facts.layout:
        yield SHP102.finding(
            f"there is no batch axis ({facts.layout}); the model takes {contract.layout}",
            expected=contract.layout,
            actual=facts.layout,
        )


SHP103 = Rule(
    "SHP103",
    "wrong-batch-size",
    severity="error",
    doc="""The batch has another length than the model takes.

    An engine that was built for one batch size takes no other; a graph that was frozen for a batch of 1 reshapes
    wrongly with more.

    At an endpoint: ``expected the shape of dimension 0 to be between 1 and 1``; ``Input to reshape is a tensor with
    22528 values, but the requested shape has 2048``.

    In the model's code: export with a free batch axis. Here: nothing mends it; send one image a request.
    """,
)


@SHP103.check
def _wrong_batch_size(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, wanted = candidate.facts, spec.contract.dim("N")
    if facts is None or not _known(candidate):
        return
    length = facts.length("N")
    if wanted is not None and length is not None and not wanted.allows(length):
        yield SHP103.finding(
            f"the batch holds {length} images; the model takes {wanted} at a time",
            expected=str(wanted),
            actual=str(length),
        )


SHP104 = Rule(
    "SHP104",
    "unwanted-batch-axis",
    severity="error",
    fixed_by="transpose",
    doc="""There is a batch axis, and the model's input has none.

    Some servers add the batch axis themselves (Triton with ``max_batch_size`` above 0, TensorFlow Serving's
    ``instances``), and some models take a single image.

    At an endpoint: ``the model expects 4 dimensions but the model configuration specifies 5``.

    In the model's code: ``array[0]``. Here: ``convert`` removes an axis of length 1; a longer batch must be cut up.
    """,
)


@SHP104.check
def _unwanted_batch_axis(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is not None and _known(candidate) and "N" in facts.layout and "N" not in contract.layout:
        yield SHP104.finding(
            f"there is a batch axis ({describe(facts.shape, facts.layout)}); the model takes {contract.layout}",
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
    doc="""The axes stand in another order than the model takes them.

    TensorFlow and image libraries keep the channels last (NHWC), PyTorch and ONNX mostly first (NCHW).

    At an endpoint: ``expected input[1, 512, 512, 3] to have 3 channels, but got 512 channels instead``; ``Got: 416
    Expected: 3``. Servers that do not check the shape answer 200 with nonsense where the numbers happen to fit.

    In the model's code: ``np.transpose(x, (0, 3, 1, 2))``, never ``reshape``. Here: ``convert`` transposes.
    """,
)


@SHP105.check
def _wrong_layout(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or not _known(candidate):
        return
    common = [axis for axis in contract.layout if axis in facts.layout]
    if common != [axis for axis in facts.layout if axis in contract.layout]:
        yield SHP105.finding(
            f"the layout is {facts.layout}; the model takes {contract.layout}",
            expected=contract.layout,
            actual=facts.layout,
        )


SHP106 = Rule(
    "SHP106",
    "wrong-size",
    severity="error",
    fixed_by="geometry",
    doc="""Height or width is not what the model takes.

    At an endpoint: ``index: 2 Got: 1600 Expected: 640``; in PyTorch often only ``mat1 and mat2 shapes cannot be
    multiplied``, which names no image size at all. A fully convolutional model answers 200, worse than it could.

    In the model's code: resize as in training: same library, same filter, same crop. Here: ``convert`` follows the
    spec's ``resize``. A tensor that was resized already loses by a second resize: mend its maker instead.
    """,
)


@SHP106.check
def _wrong_size(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    wanted_h, wanted_w = contract.dim("H"), contract.dim("W")
    if facts is None or not _known(candidate) or wanted_h is None or wanted_w is None:
        return
    height, width = facts.length("H") or 0, facts.length("W") or 0
    if wanted_h.allows(height) and wanted_w.allows(width):
        return
    swapped = sides_look_swapped(facts, contract)
    hint = "; height and width look swapped (Pillow and OpenCV take width first)" if swapped else ""
    yield SHP106.finding(
        f"the size is {size(height, width)}; the model takes {wanted_h}x{wanted_w}{hint}",
        expected=f"{wanted_h}x{wanted_w}",
        actual=f"{height}x{width}",
    )


SHP107 = Rule(
    "SHP107",
    "wrong-channel-count",
    severity="error",
    fixed_by="colour",
    doc="""The number of channels is not what the model takes.

    One channel is a gray picture, four are alpha or CMYK, three go into a gray model only through a conversion.

    At an endpoint: ``to have 3 channels, but got 4 channels instead``; ``Got: 1 Expected: 3``; ``output with shape
    [1, 228, 200] doesn't match the broadcast shape [3, 228, 200]``.

    In the model's code: ``Image.open(...).convert("RGB")`` (or ``"L"``) before anything else. Here: ``convert``
    follows ``decode.gray``, ``decode.alpha`` and ``decode.to_gray``.
    """,
)


@SHP107.check
def _wrong_channel_count(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or not _known(candidate):
        return
    channels = facts.length("C") or 1
    if channels != contract.channels:
        yield SHP107.finding(
            f"there {_count(channels)}; the model takes {contract.channels} ({contract.channel_order})",
            expected=str(contract.channels),
            actual=str(channels),
        )


SHP108 = Rule(
    "SHP108",
    "reshaped-not-transposed",
    severity="error",
    see="https://github.com/osmr/imgclsmob/issues/51",
    doc="""The values follow each other in another order of axes than the shape states.

    ``reshape`` changes the shape and moves no value: a picture of height x width x 3 reshaped to 3 x height x width
    becomes three mixtures of all channels, each with nine small copies of the picture. The shape is right, the
    content is not.

    At an endpoint: 200, and a wrong answer. No server can tell.

    In the model's code: ``np.transpose(x, (2, 0, 1))`` (or ``x.permute(2, 0, 1)``), never ``reshape`` or ``view``.
    Here: not fixable by ``convert``; ``--assume layout=NCHW`` where the shape is right after all.
    """,
)


@SHP108.check
def _reshaped_not_transposed(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (order := contradicted_layout(facts)):
        to = "transpose(2, 0, 1)" if order == "HWC" else "transpose(1, 2, 0)"
        yield SHP108.finding(
            f"values reshaped, not transposed: got values in the order {order}, expected {facts.layout} as in "
            f"the shape {list(facts.shape)}; use {to} instead of reshape",
            expected=facts.layout,
            actual=order,
            certainty="likely",
            probability=0.99,
        )


def _count(channels: int) -> str:
    return f"is {channels} channel" if channels == 1 else f"are {channels} channels"
