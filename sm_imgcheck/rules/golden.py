"""GLD: the spec held against golden tensors. The comparison is made beforehand; here stands what it means."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.layouts import describe
from sm_imgcheck.core.types import Candidate, Facts, Finding, Golden, Spec
from sm_imgcheck.rules import Rule

GLD101 = Rule(
    "GLD101",
    "differs-from-golden",
    severity="error",
    doc="""The spec makes other values of the probe image than the golden tensor holds.

    A golden tensor is what the pipeline that the model was trained or validated with made of one image. The spec is
    run on that image, and the two are compared in grey levels: more than ``tolerance`` anywhere is too much. The first
    stage that differs is named where a pipeline is found that makes the golden tensor of the image.

    At an endpoint: 200, and answers that are not those of the validation set.

    Mend that stage in the spec; or, where the spec is right, make the golden tensor anew. ``validate --golden
    --picture diff.png`` shows where they differ.
    """,
)


@GLD101.check
def _differs_from_golden(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    golden = candidate.golden
    if golden is None or golden.max_difference is None or golden.mean_difference is None:
        return
    if golden.max_difference > golden.tolerance:
        apart = f"{golden.max_difference:.4g} grey levels at most, {golden.mean_difference:.4g} on average"
        yield GLD101.finding(
            f"{golden.place}: the spec makes other values of {for_terminal(golden.image)}: apart by {apart} "
            f"(tolerance {golden.tolerance:g}); {_stage(golden)}",
            expected=f"at most {golden.tolerance:g}",
            actual=apart,
        )


def _stage(golden: Golden) -> str:
    if not golden.stage:
        comes = "explains it" if golden.exact else "comes nearer than the spec's own"
        return f"no pipeline that is known {comes}"
    if not golden.found:
        return "its steps are the spec's own, and only their arithmetic differs"
    ways = " or ".join(golden.found)
    sure = "" if golden.exact else "no pipeline that is known explains it wholly; of the nearest "
    later = f" ({' and '.join(golden.later)} later on)" if golden.later else ""
    return f"{sure}the first stage that differs is {golden.stage}: {ways} instead of {golden.wanted}{later}"


GLD102 = Rule(
    "GLD102",
    "golden-of-other-form",
    severity="error",
    doc="""The golden tensor has another shape, layout or dtype than what the spec makes of the probe image.

    One of the two is not what the model takes: a batch axis that is missing, channels first or last, float64 that
    NumPy made of a division.

    At an endpoint: an error about a shape or a dtype, unless the server casts in silence.

    Mend ``shape``, ``layout`` or ``dtype`` of the spec; or save the golden tensor right before the model gets it.
    """,
)


@GLD102.check
def _golden_of_other_form(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    golden, facts = candidate.golden, candidate.facts
    if golden is None or golden.made is None or facts is None:
        return
    for stage, is_, should in _forms(facts, golden.made):
        yield GLD102.finding(
            f"{golden.place}: {stage}: it is {is_}; the spec makes {should} of {for_terminal(golden.image)}",
            expected=should,
            actual=is_,
        )


def _forms(facts: Facts, made: Facts) -> Iterator[tuple[str, str, str]]:
    """What differs before any value is looked at: the stage, what is there, what the spec makes."""
    stage = _shape_stage(facts, made)
    if stage:
        yield stage, describe(facts.shape, facts.layout), describe(made.shape, made.layout)
    if facts.dtype != made.dtype:
        yield "dtype", facts.dtype, made.dtype


def _shape_stage(facts: Facts, made: Facts) -> str:
    if facts.shape == made.shape:
        return ""
    if (facts.length("H"), facts.length("W")) != (made.length("H"), made.length("W")):
        return "size"
    if (facts.length("C") or 1) != (made.length("C") or 1):
        return "colour"
    return "batch" if (facts.length("N")) != (made.length("N")) else "layout"


GLD103 = Rule(
    "GLD103",
    "unusable-probe",
    severity="error",
    doc="""A golden tensor or its probe image cannot be used.

    One of the two files of an entry of ``golden`` is missing or damaged, the tensor holds NaN, or the spec's own policy
    refuses the image, so that nothing could be compared. Paths start from the folder of the spec file that lists them.

    Nothing is wrong at an endpoint yet, but nothing guards it either.

    Mend the entry that the message names, or make both files anew.
    """,
)
