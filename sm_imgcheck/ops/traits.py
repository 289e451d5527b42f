"""The traits of a list of steps, in standard terms.

A trait is a phrase for reports and a key for comparisons: two pipelines whose crops only round differently have the
same phrase and different keys. All of it is read from the steps, so that the pipelines of a plan, of ``identify`` and
of a spec are named and compared in the same terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from sm_imgcheck.core.channels import CHANNELS, GRAY
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.recipes import name_of, order_of
from sm_imgcheck.core.types import Affine, Facts, Step
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, same
from sm_imgcheck.ops import describe
from sm_imgcheck.ops.records import record
from sm_imgcheck.ops.records.geometry import fill_color, plain_color
from sm_imgcheck.ops.trace import after, follow

__all__ = ["STAGES", "THEN", "PipelineTrait", "traits"]

_NEAR = 0.01
"""Gray levels between two value mappings that count as one."""
THEN = ", then "
"""Between the phrases of steps that follow each other."""
_ARITHMETIC = ("interpolation", "dtype", "antialias", "reducing_gap", "box", "grid")
"""Parameters of a geometry step that are its arithmetic, not its frame."""


@frozen
class PipelineTrait:
    """One thing that a pipeline does in its own way."""

    name: str
    """One of ``STAGES``."""
    said: str = field(compare=False)
    """In standard terms; empty for an absent step, such as no EXIF rotation."""
    key: object = None
    """Equal for two pipelines that do it alike."""

    def agrees(self, other: PipelineTrait) -> bool:
        """Whether both do it alike; value mappings within 0.01 gray levels."""
        if isinstance(self.key, Affine) and isinstance(other.key, Affine):
            return same(self.key, other.key, tolerance=_NEAR)
        return self == other


STAGES = {
    "decoder": "decode",
    "turn": "orient",
    "color": "color",
    "framing": "resize",
    "kernel": "resize",
    "mirror": "mirror",
    "alteration": "alteration",
    "order": "order",
    "values": "normalize",
    "dtype": "cast",
    "layout": "layout",
}
"""The stage of a pipeline for each trait, in the order of execution."""


def traits(steps: Sequence[Step], before: Facts | None = None) -> tuple[PipelineTrait, ...]:
    """All traits of a list of steps, in the order of ``STAGES``.

    before: what the steps start from (``Plan.before``); without it an RGB image as decoded.
    """
    end = follow(steps, before)
    shaping = [step for step in steps if record(step.op).stage == "geometry"]
    by_op = {step.op: step for step in steps}
    rotation = _rotation(steps)
    frames = [_frame_phrase(step, end) for step in shaping]
    kernels = [describe.kernel(step) for step in shaping if "interpolation" in step.params]
    decoder, color = _phrase(by_op.get("decode")), ", ".join(_colors(steps))
    alterations = tuple(_alterations(steps, end))
    layout = _layout(steps, before, end)
    return (
        PipelineTrait(name="decoder", said=decoder, key=decoder),
        PipelineTrait(name="turn", said=rotation, key=rotation),
        PipelineTrait(name="color", said=color, key=color),
        PipelineTrait(name="framing", said=THEN.join(frames) or "not resized", key=tuple(map(_frame_key, shaping))),
        PipelineTrait(name="kernel", said=" and ".join(dict.fromkeys(kernels)), key=tuple(kernels)),
        PipelineTrait(name="mirror", said="mirrored" if "mirror" in by_op else "", key="mirror" in by_op),
        PipelineTrait(name="alteration", said=", ".join(said for said, _ in alterations), key=alterations),
        PipelineTrait(name="order", said=end.channel_order, key=end.channel_order),
        PipelineTrait(name="values", said=_values(end), key=end.values),
        PipelineTrait(name="dtype", said=end.dtype, key=end.dtype),
        PipelineTrait(name="layout", said=layout, key=layout),
    )


def _frame_phrase(step: Step, end: Facts) -> str:
    """The phrase; of a pad after the value mapping, with the pixel values of its fill."""
    phrase = record(step.op).phrase(step)
    if step.params.get("units") != "final" or end.values is None:
        return phrase
    pairs = zip(step.params["fill"], end.values.scale, end.values.offset, strict=False)
    pixels = [round((value - offset) / scale, 1) + 0.0 for value, scale, offset in pairs]
    return phrase.replace(" after normalization", f" after normalization ({fill_color(pixels)} in pixels)")


def _rotation(steps: Sequence[Step]) -> str:
    rotations = (step for step in steps if "turn" in record(step.op).traits)
    return ", then ".join(filter(None, (record(step.op).phrase(step) for step in rotations)))


def _colors(steps: Sequence[Step]) -> Iterator[str]:
    """The conversions of colors, and which of them come after the resize."""
    gray = False
    for at, step in enumerate(steps):
        if "color" in record(step.op).traits:
            repeats_gray = gray and step.params.get("mode") == "L"
            gray = step.params["to"] == GRAY
            if repeats_gray:
                yield "repeated in each channel"
            elif said := record(step.op).phrase(step):
                yield said + _position(steps, at, first="")


def _position(steps: Sequence[Step], at: int, *, first: str) -> str:
    """Where a step is, before the resize (``first``) or after it; empty without a resize."""
    shaping = [i for i, step in enumerate(steps) if record(step.op).stage == "geometry"]
    if not shaping:
        return ""
    return " after the resize" if at > shaping[-1] else first


def _alterations(steps: Sequence[Step], end: Facts) -> Iterator[tuple[str, str]]:
    """What no spec contains, and the stage of each."""
    for at, step in enumerate(steps):
        op = record(step.op)
        if "alteration" in op.traits:
            place = _position(steps, at, first=" before the resize") if op.shapes_image else ""
            yield op.phrase(step) + place, op.stage
    if limits := _limits(steps, end):
        yield f"clipped to {limits[0]}..{limits[1]} by {end.dtype}", "cast"


_BEYOND = 0.05
"""Share of the range of integers by which a mapping must leave it, so that values are reported as clipped."""


def _limits(steps: Sequence[Step], end: Facts) -> tuple[int, int] | None:
    """The range of the integers at the end, where the mapping leaves it and no step wraps around."""
    limits = INTEGER_RANGES.get(end.dtype)
    if limits is None or end.values is None or any(step.op in ("wrap", "quantize") for step in steps):
        return None
    ends = [a * level + b for a, b in zip(end.values.scale, end.values.offset, strict=True) for level in (0, 255)]
    margin = _BEYOND * (limits[1] - limits[0])
    return limits if min(ends) < limits[0] - margin or max(ends) > limits[1] + margin else None


def _layout(steps: Sequence[Step], before: Facts | None, end: Facts) -> str:
    picture = bool(steps) and "decoder" in record(steps[0].op).traits
    at = next((at for at, step in enumerate(steps) if step.op == "reshape"), None)
    if not picture or at is None:
        return end.layout
    if before is None:  # of unknown size
        return f"{end.layout} by a reshape instead of a transpose"
    old = before
    for step in steps[:at]:
        old = after(old, step)
    is_usual = old.layout in _USUAL_ORDERS and old.length("H") == end.length("H")
    origin = "" if is_usual else f" of {old.layout} {list(old.shape)}"
    return f"{end.layout} by a reshape{origin} instead of a transpose"


_USUAL_ORDERS = ("HWC", "CHW")
"""Orders of the values in libraries: the usual reshape is between these."""


def _phrase(step: Step | None) -> str:
    return "" if step is None else record(step.op).phrase(step)


def _frame_key(step: Step) -> tuple[str, ...]:
    parameters = {key: value for key, value in step.params.items() if key not in _ARITHMETIC and value is not None}
    if parameters.get("mode") == "stretch":
        parameters.pop("rounding", None)  # it derives no edge
    if "fill" in parameters and parameters.get("units") != "final":
        parameters["fill"] = list(plain_color(parameters["fill"]))
    return step.op.partition("_")[0], *(f"{key}={value}" for key, value in sorted(parameters.items()))


def _values(end: Facts) -> str:
    """The name of the mapping, with its channel order where that differs from the order of the data."""
    assert end.values is not None
    name = name_of(end.values)
    order = order_of(name)
    if not order or CHANNELS.get(end.channel_order, 1) < 3:
        return name
    plain = name.removesuffix(f", in {order} order")
    return plain if end.channel_order.startswith(order) else f"{plain} in {order} order on {end.channel_order} data"
