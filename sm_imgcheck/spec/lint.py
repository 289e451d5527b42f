"""What is lawful in a spec and yet likely not meant."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.errors import Problem
from sm_imgcheck.core.types import Spec
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, RECIPES, canonical, domain, overshoot

__all__ = ["lint"]


def lint(spec: Spec) -> tuple[Problem, ...]:
    """Doubts about a spec that can be used, in the order of its keys."""
    return tuple(doubt for rule in _RULES for doubt in rule(spec))


def _open_size(spec: Spec) -> Iterator[Problem]:
    sides = [axis for axis in "HW" if (dim := spec.contract.dim(axis)) is not None and dim.fixed is None]
    if sides and not spec.geometry:
        open_ = "height and width" if len(sides) == 2 else {"H": "height", "W": "width"}[sides[0]]
        yield Problem(
            place="shape",
            message=f"leaves the {open_} open and nothing resizes: every image keeps the size that it has",
        )


def _batch(spec: Spec) -> Iterator[Problem]:
    dim = spec.contract.dim("N")
    if dim is not None and not dim.allows(1):
        yield Problem(
            place="shape[0]", message=f"a batch of {dim}: a single image makes a batch of 1; N allows any size"
        )


def _bfloat16(spec: Spec) -> Iterator[Problem]:
    if spec.contract.dtype == "bfloat16":
        yield Problem(place="dtype", message="NumPy has no bfloat16, so no tensor is made: ask for float32, and cast")


def _units(spec: Spec) -> Iterator[Problem]:
    values = spec.contract.values
    if values.mean is None:
        return
    largest = max(map(abs, (*values.mean, *(values.std or ()))))
    trivial = not any(values.mean) and set(values.std or (1.0,)) == {1.0}
    if values.units == "unit" and largest > 1:
        yield Problem(
            place="normalize.units", message=f"unit, for pixels / 255, but an entry is {largest:g}: is byte meant?"
        )
    if values.units == "byte" and largest <= 1 and not trivial:
        yield Problem(
            place="normalize.units", message="byte, for pixels 0..255, but no entry is above 1: is unit meant?"
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
                message=f"is that of {name} with red and blue exchanged; write normalize.order as the list has it",
            )
            return


def _quantized(spec: Spec) -> Iterator[Problem]:
    contract = spec.contract
    if contract.quantize is None:
        return
    affine, (least, most) = canonical(contract.values, contract.channels), INTEGER_RANGES[contract.dtype]
    ends = [end for a, b in zip(affine.scale, affine.offset, strict=True) for end in (b, 255 * a + b)]
    low, high = (end / contract.quantize.scale + contract.quantize.zero_point for end in (min(ends), max(ends)))
    if low < least - 1 or high > most + 1:
        yield Problem(
            place="quantize",
            message=f"pixels land on {low:.6g} to {high:.6g}, but {contract.dtype} holds {least} to {most}: "
            "they are clipped",
        )
    elif high - low < 127:
        yield Problem(
            place="quantize",
            message=f"pixels land on {low:.6g} to {high:.6g} only: fewer than 128 of 256 levels are told apart",
        )


def _expectation(spec: Spec) -> Iterator[Problem]:
    wanted = spec.contract.expect_range
    if wanted is None:
        return
    low, high = domain(spec.contract, overshoot(spec.geometry))
    slack = 1e-6 * (high - low)
    if low < wanted[0] - slack or high > wanted[1] + slack:
        yield Problem(
            place="expect_range",
            message=f"[{wanted[0]:g}, {wanted[1]:g}] is narrower than what the spec's own values reach: "
            f"{low:.6g} to {high:.6g}",
        )


def _black_border(spec: Spec) -> Iterator[Problem]:
    for before, after in zip(spec.geometry, spec.geometry[1:], strict=False):
        if after.op == "crop" and "size" in after.params and before.params.get("mode") == "shortest_edge":
            edge, size = before.params["size"], after.params["size"]
            if max(size) > edge:
                yield Problem(
                    place="geometry",
                    message=f"a crop of {size[0]}x{size[1]} (HxW) from a shorter edge of {edge}: "
                    "what is missing becomes black",
                )


def _exif(spec: Spec) -> Iterator[Problem]:
    if spec.decode.library == "tensorflow" and spec.decode.exif == "apply":
        yield Problem(
            place="decode.exif",
            message="apply, but tf.io.decode_jpeg does not look at the orientation; write exif: ignore to follow it",
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
