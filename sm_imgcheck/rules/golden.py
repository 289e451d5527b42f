"""GLD: the spec checked against golden tensors. ``features.golden`` compares; these rules evaluate the result."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.layouts import describe
from sm_imgcheck.core.types import Candidate, Facts, Finding, Golden, Spec
from sm_imgcheck.rules import Rule

GLD101 = Rule(
    "GLD101",
    "golden-mismatch",
    severity="error",
    doc="""The tensor that the spec produces differs from the golden tensor.

    A golden tensor is the output of the training or validation pipeline for one probe image. The spec is applied to
    the same image, and the two tensors are compared in gray levels: a difference above ``tolerance`` at any value is
    an error. The message names the first stage that differs if a known pipeline reproduces the golden tensor.

    At an endpoint: 200, and predictions that differ from those of the validation set.

    Fix that stage in the spec; if the spec is correct, regenerate the golden tensor. ``spec test --picture diff.png``
    shows where they differ.
    """,
)


@GLD101.check
def _golden_mismatch(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    golden = candidate.golden
    if golden is None or golden.max_difference is None or golden.mean_difference is None:
        return
    if golden.max_difference > golden.tolerance:
        difference = f"at most {golden.max_difference:.4g} gray levels, {golden.mean_difference:.4g} on average"
        yield GLD101.finding(
            f"{golden.place}: difference from the spec's tensor of {for_terminal(golden.image)}: got {difference}, "
            f"expected at most {golden.tolerance:g} (tolerance); {_stage(golden)}",
            expected=f"at most {golden.tolerance:g}",
            actual=difference,
        )


def _stage(golden: Golden) -> str:
    if not golden.stage:
        return "no known pipeline matches" if golden.exact else "no known pipeline is closer than the spec"
    if not golden.found:
        return "same steps as the spec, with different rounding"
    actual = " or ".join(golden.found)
    source = "" if golden.exact else "no known pipeline matches exactly; in the nearest, "
    later = f", then {' and '.join(golden.later)}" if golden.later else ""
    return f"{source}first different stage: {golden.stage} (got {actual}, expected {golden.expected}){later}"


GLD102 = Rule(
    "GLD102",
    "golden-format-mismatch",
    severity="error",
    doc="""The golden tensor and the spec's tensor differ in shape, layout or dtype.

    One of the two does not match the model's input: a missing batch dimension, channels first instead of last, float64
    from a NumPy division.

    At an endpoint: a shape or dtype error, unless the server casts without an error.

    Fix ``shape``, ``layout`` or ``dtype`` of the spec; or save the golden tensor directly before the model's input.
    """,
)


@GLD102.check
def _golden_format_mismatch(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    golden, facts = candidate.golden, candidate.facts
    if golden is None or golden.made is None or facts is None:
        return
    for stage, actual, expected in _format_differences(facts, golden.made):
        yield GLD102.finding(
            f"{golden.place}: {stage}: got {actual}, expected {expected} "
            f"(the spec's tensor of {for_terminal(golden.image)})",
            expected=expected,
            actual=actual,
        )


def _format_differences(facts: Facts, reference: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield each difference in format: the stage, the golden tensor's value, the spec's."""
    stage = _shape_stage(facts, reference)
    if stage:
        yield stage, describe(facts.shape, facts.layout), describe(reference.shape, reference.layout)
    if facts.dtype != reference.dtype:
        yield "dtype", facts.dtype, reference.dtype


def _shape_stage(facts: Facts, reference: Facts) -> str:
    if facts.shape == reference.shape:
        return ""
    if (facts.length("H"), facts.length("W")) != (reference.length("H"), reference.length("W")):
        return "size"
    if (facts.length("C") or 1) != (reference.length("C") or 1):
        return "color"
    return "batch" if (facts.length("N")) != (reference.length("N")) else "layout"


GLD103 = Rule(
    "GLD103",
    "unusable-probe",
    severity="error",
    doc="""A golden tensor or its probe image cannot be used.

    One of the two files of an entry of ``golden`` is missing or damaged, the tensor contains NaN, or the spec's policy
    rejects the image, so the comparison was not possible. Paths are relative to the folder of the spec file that
    lists them.

    At an endpoint: no effect, but this part of the spec is untested.

    Fix the entry that the message names, or regenerate both files.
    """,
)
