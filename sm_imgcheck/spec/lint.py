"""Warnings about specs that are valid and probably wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from sm_imgcheck.core.errors import Problem
from sm_imgcheck.core.types import Spec
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, RECIPES, canonical, domain, overshoot
from sm_imgcheck.spec.load import load_with_positions

__all__ = ["lint", "load_and_lint"]


def load_and_lint(spec: str | os.PathLike[str] | Mapping[str, object]) -> tuple[Spec, tuple[Problem, ...]]:
    """Load a spec and return it with its warnings, each with its position in the file. Raises as ``load``."""
    source = load_with_positions(spec)
    return source.spec, tuple(source.locate(problem) for problem in lint(source.spec))


def lint(spec: Spec) -> tuple[Problem, ...]:
    """Return the warnings about a spec, in the order of its keys."""
    return tuple(problem for rule in _RULES for problem in rule(spec))


def _open_size(spec: Spec) -> Iterator[Problem]:
    sides = [axis for axis in "HW" if (dim := spec.contract.dim(axis)) is not None and dim.fixed is None]
    if sides and not spec.geometry:
        names = "height and width" if len(sides) == 2 else {"H": "height", "W": "width"}[sides[0]]
        yield Problem(place="shape", message=f"{names} not fixed, and no resize: every image keeps its size")


def _batch(spec: Spec) -> Iterator[Problem]:
    dim = spec.contract.dim("N")
    if dim is not None and not dim.allows(1):
        yield Problem(
            place="shape[0]", message=f"batch size {dim}: a single image is a batch of 1; write N for any batch size"
        )


def _bfloat16(spec: Spec) -> Iterator[Problem]:
    if spec.contract.dtype == "bfloat16":
        yield Problem(
            place="dtype", message="NumPy does not support bfloat16, so no tensor is written; use float32, and cast"
        )


def _units(spec: Spec) -> Iterator[Problem]:
    values = spec.contract.values
    if values.mean is None:
        return
    largest = max(map(abs, (*values.mean, *(values.std or ()))))
    trivial = not any(values.mean) and set(values.std or (1.0,)) == {1.0}
    if values.units == "unit" and largest > 1:
        yield Problem(
            place="normalize.units", message=f"got unit, for pixels / 255, but an entry is {largest:g}; byte expected?"
        )
    if values.units == "byte" and largest <= 1 and not trivial:
        yield Problem(
            place="normalize.units", message="got byte, for pixels 0..255, but no entry is above 1; unit expected?"
        )


def _reversed_mean(spec: Spec) -> Iterator[Problem]:
    contract = spec.contract
    if contract.values.mean is None or contract.channels < 3:
        return
    mean = contract.values.mean[:3] if contract.channel_order[0] == "R" else contract.values.mean[2::-1]
    for name, values in RECIPES:
        if values.mean is not None and len(set(values.mean)) > 1 and mean == values.mean[::-1]:
            yield Problem(
                place="normalize.mean",
                message=f"equals that of {name} with red and blue swapped; write normalize.order in that order",
            )
            return


def _quantized(spec: Spec) -> Iterator[Problem]:
    contract = spec.contract
    if contract.quantize is None:
        return
    affine, (smallest, largest) = canonical(contract.values, contract.channels), INTEGER_RANGES[contract.dtype]
    ends = [end for a, b in zip(affine.scale, affine.offset, strict=True) for end in (b, 255 * a + b)]
    low, high = (end / contract.quantize.scale + contract.quantize.zero_point for end in (min(ends), max(ends)))
    if low < smallest - 1 or high > largest + 1:
        yield Problem(
            place="quantize",
            message=f"maps pixels to {low:.6g} to {high:.6g}, but {contract.dtype} holds {smallest} to {largest}: "
            "values are clipped",
        )
    elif high - low < 127:
        yield Problem(
            place="quantize",
            message=f"maps pixels to {low:.6g} to {high:.6g}: fewer than 128 of 256 levels are distinct",
        )


def _expectation(spec: Spec) -> Iterator[Problem]:
    expected = spec.contract.expect_range
    if expected is None:
        return
    low, high = domain(spec.contract, overshoot(spec.geometry))
    slack = 1e-6 * (high - low)
    if low < expected[0] - slack or high > expected[1] + slack:
        yield Problem(
            place="expect_range",
            message=f"[{expected[0]:g}, {expected[1]:g}] is narrower than the spec's values, {low:.6g} to {high:.6g}",
        )


def _black_border(spec: Spec) -> Iterator[Problem]:
    for before, after in zip(spec.geometry, spec.geometry[1:], strict=False):
        if after.op == "crop" and "size" in after.params and before.params.get("mode") == "shortest_edge":
            edge, size = before.params["size"], after.params["size"]
            if max(size) > edge:
                yield Problem(
                    place="geometry",
                    message=f"crop of {size[0]}x{size[1]} (HxW) from a shorter edge of {edge} adds a black border",
                )


def _exif(spec: Spec) -> Iterator[Problem]:
    if spec.decode.library == "tensorflow" and spec.decode.exif == "apply":
        yield Problem(
            place="decode.exif",
            message="got apply, but tf.io.decode_jpeg ignores the EXIF orientation; write exif: ignore to match it",
        )


_RULES = (
    _open_size,
    _batch,
    _bfloat16,
    _units,
    _reversed_mean,
    _quantized,
    _expectation,
    _exif,
    _black_border,
)
