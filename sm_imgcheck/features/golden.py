"""The spec compared with golden tensors: its plan is run on a probe image, and the tensors are compared.

Shape, layout and dtype first, then the values in gray levels; where these differ, the stage of the pipeline that does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.layouts import is_layout
from sm_imgcheck.core.types import Candidate, Decode, Golden, Options, Plan, Result, Spec
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.pipeline import apply
from sm_imgcheck.pipeline import read as source
from sm_imgcheck.pipeline.check import select
from sm_imgcheck.pipeline.invert import TensorInterpretation, channels_last, to_gray_levels
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.pipeline.plan import decodes_gray, make_plan
from sm_imgcheck.rules.golden import GLD103
from sm_imgcheck.rules.source_file import SRC101

__all__ = ["check_golden", "difference"]

_ARITHMETIC = "arithmetic"
"""The stage where all steps are the spec's own and only their rounding is not."""
_OF_FORM = ("dtype", "layout")
"""Traits that are compared before any value is."""


@np.errstate(all="ignore")
def check_golden(spec: Spec, number: int, options: Options, *, allow_remote: bool = False) -> Result:
    """Check the spec against its golden tensor of this number, counted from 0. What differs is a finding.

    The plan of the result was run on the probe image; with ``options.keep_arrays`` its ``array`` is the
    tensor of the plan, and the candidate has the golden tensor. Never raises for either: if one of the two cannot be
    used, ``candidate.problem`` names the key of the spec and the cause.
    allow_remote: a probe on another machine is fetched; otherwise it cannot be used.
    """
    result = _compare(spec, number, allow_remote=allow_remote)
    result = replace(result, findings=tuple(select(rules.run(result.candidate, spec), None, options)))
    return result if options.keep_arrays else result.without_arrays()


def _compare(spec: Spec, number: int, *, allow_remote: bool) -> Result:
    """Run the spec's plan on a probe image and compare what it makes with the golden tensor."""
    probe, place = spec.golden[number], f"golden[{number}]"
    read = source.read if allow_remote else _read_local
    golden = Golden(place=place, image=probe["image"], tolerance=float(probe["tolerance"]))
    tensor = replace(read(probe["tensor"], spec.decode), kind="probe", golden=golden)
    image = read(probe["image"], spec.decode, gray=decodes_gray(spec))
    if why := _no_tensor(tensor):
        return _unusable(tensor, f"{place}.tensor: {for_terminal(probe['tensor'])}: {why}")
    if why := _no_image(image):
        return _unusable(tensor, f"{place}.image: {for_terminal(probe['image'])}: {why}")
    try:
        facts = measure(tensor.data, spec.contract, {})
        plan = make_plan(spec, image, Options())
        array = apply.run(plan, image)
    except ImgcheckError as error:
        return _unusable(tensor, f"{place}.image: {for_terminal(probe['image'])}: {error}")
    except MemoryError:
        return _unusable(tensor, f"{place}.image: {for_terminal(probe['image'])}: out of memory")
    if facts.nans or facts.infinities:
        what = f"non-finite values: got {facts.nans + facts.infinities}, expected none; not compared"
        return _unusable(tensor, f"{place}.tensor: {for_terminal(probe['tensor'])}: {what}")
    result = Result(candidate=replace(tensor, facts=facts, source=image), plan=plan, array=array)
    return replace(result, candidate=replace(result.candidate, golden=_add_differences(result, golden, plan, spec)))


def _read_local(path: str, decode: Decode, *, gray: bool = False) -> Candidate:
    """Read as ``source.read`` does what is on this machine."""
    if is_remote(path):
        what = "remote golden file: download it and set the local path, or pass --allow-remote"
        return Candidate(path=path, kind="unknown", problem=SRC101.finding(what))
    return source.read(path, decode, gray=gray)


def _no_tensor(candidate: Candidate) -> str:
    """Why a golden tensor cannot be one."""
    if candidate.problem is not None:
        return candidate.problem.message
    if candidate.header is not None:
        return "golden tensor: got an image, expected the output of the pipeline (numpy.save)"
    if candidate.data.dtype.kind not in "fiub" or not candidate.data.size:
        return f"golden tensor: got {candidate.data.dtype} {list(candidate.data.shape)}, expected numeric values"
    return ""


def _no_image(candidate: Candidate) -> str:
    if candidate.problem is not None:
        return candidate.problem.message
    return "" if candidate.header is not None else "probe image: got a tensor, expected an image file"


def _unusable(tensor: Candidate, why: str) -> Result:
    return Result(candidate=replace(tensor, problem=GLD103.finding(why), data=None, facts=None))


def _add_differences(result: Result, golden: Golden, plan: Plan, spec: Spec) -> Golden:
    """With the differences between the golden tensor and the tensor of the plan."""
    golden = replace(golden, made=plan.after[-1])
    levels = difference(result, spec)
    if levels is None:
        return golden
    distances = np.abs(levels)
    most, mean = float(distances.max()), float(distances.mean(dtype=np.float64))
    golden = replace(golden, max_difference=most, mean_difference=mean)
    return _add_stage(golden, result, plan, spec) if most > golden.tolerance else golden


def difference(result: Result, spec: Spec) -> np.ndarray | None:
    """The spec's tensor minus the golden one, HxWxC in the contract's channel order, in gray levels.

    result: of ``check_golden`` with ``keep_arrays``. None where they are not of one size, or one is of several images.
    """
    facts, plan = result.facts, result.plan
    if facts is None or plan is None or result.array is None or not is_layout(facts.layout):
        return None
    facts_after = plan.after[-1]
    if {facts.length("N"), facts_after.length("N")} - {None, 1}:
        return None
    actual, other = channels_last(result.array, facts_after.layout), channels_last(result.candidate.data, facts.layout)
    if actual.shape != other.shape:
        return None
    contract = spec.contract
    values = canonical(contract.values, contract.channels)
    reading = TensorInterpretation(
        layout="HWC", order=contract.channel_order, values=values, quantize=contract.quantize
    )
    exact = np.result_type(actual, other)  # equal numbers become equal gray levels in one arithmetic only
    levels = [to_gray_levels(array.astype(exact, copy=False), reading) for array in (actual, other)]
    distances: np.ndarray = levels[0] - levels[1]
    return distances


def _add_stage(golden: Golden, result: Result, plan: Plan, spec: Spec) -> Golden:
    """With the first stage in which the pipeline that made the golden tensor is not the spec's, where it is found."""
    from sm_imgcheck.features import identify
    from sm_imgcheck.ops.compare import differences
    from sm_imgcheck.ops.traits import traits

    candidate = result.candidate
    assert candidate.facts is not None
    assert candidate.source is not None
    origins = identify.find(candidate.data, candidate.source.data, layout=candidate.facts.layout, spec=spec)
    if not origins:
        return golden
    golden = replace(golden, exact=origins[0].exact)
    if not golden.exact and (golden.mean_difference or 0) <= origins[0].mean_difference:
        return golden
    pipelines = [traits(origin.steps, origin.before) for origin in origins]
    all_differences = differences(pipelines, traits(plan.steps, plan.before))
    distances = [actual for actual in all_differences if actual.trait not in _OF_FORM]
    if not distances:
        return replace(golden, stage=_ARITHMETIC)
    first, later = (
        distances[0],
        dict.fromkeys(actual.stage for actual in distances[1:] if actual.stage != distances[0].stage),
    )
    return replace(golden, stage=first.stage, found=first.found, expected=first.expected, later=tuple(later))
