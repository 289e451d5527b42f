"""SHP: the channel axis and its length."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Candidate, Finding, Spec
from sm_imgcheck.rules import Rule
from sm_imgcheck.rules.shape import actual_shape, expected_shape, has_layout

SHP107 = Rule(
    "SHP107",
    "wrong-channel-count",
    severity="error",
    fixed_by="color",
    doc="""The number of channels does not match the spec.

    One channel is a gray image (without a channel axis see SHP109), four channels are alpha or CMYK; three channels for
    a gray model need a conversion.

    At an endpoint: ``to have 3 channels, but got 4 channels instead``; ``Got: 1 Expected: 3``; ``output with shape
    [1, 228, 200] doesn't match the broadcast shape [3, 228, 200]``.

    In the model's code: ``Image.open(...).convert("RGB")`` (or ``"L"``) before all other steps. Here: ``convert``
    follows ``decode.gray``, ``decode.alpha`` and ``decode.to_gray``.
    """,
)


@SHP107.check
def _wrong_channel_count(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or not has_layout(candidate):
        return
    channels = facts.length("C")
    if channels is not None and channels != contract.channels:
        yield SHP107.finding(
            f"channel count: got {channels}, expected {contract.channels} ({contract.channel_order})",
            expected=str(contract.channels),
            actual=str(channels),
        )


SHP109 = Rule(
    "SHP109",
    "missing-channel-axis",
    severity="error",
    fixed_by="transpose",
    doc="""The channel axis is missing.

    ``np.asarray`` of a gray image is height x width; color images of the same folder are height x width x 3. With a
    batch dimension the shape is N x H x W, where a model reads the height or the width as its channels.

    At an endpoint: ``expected 4-dimensional input``, ``Invalid rank for input: ... Got: 3 Expected: 4``, ``input must
    be 4-dimensional``. TensorFlow Serving receives instances of one axis too few.

    In the model's code: ``Image.open(...).convert("RGB")`` for a color model, ``array[..., np.newaxis]`` for a gray
    one. Here: ``convert`` adds the axis and follows ``decode.gray``.
    """,
)


@SHP109.check
def _missing_channel_axis(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or not has_layout(candidate) or "C" in facts.layout or "C" not in contract.layout:
        return
    gray = contract.channels == 1
    fix = "add it with np.expand_dims" if gray else 'gray images need .convert("RGB") before NumPy'
    finding = SHP109.finding(
        f"missing channel axis: got {actual_shape(facts)}, expected {expected_shape(contract)}; {fix}",
        expected=contract.layout,
        actual=facts.layout,
    )
    yield finding if gray else replace_fields(finding, fixed_by="color")
