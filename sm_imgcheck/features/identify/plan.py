"""From a hypothesis to steps: the very ones that ``pipeline.plan`` makes of a spec that says the same."""

from __future__ import annotations

from dataclasses import replace

from sm_imgcheck.core.types import Candidate, Contract, Decode, Dim, Header, Options, Plan, Spec, Step, Values
from sm_imgcheck.ops.records import record
from sm_imgcheck.ops.trace import after
from sm_imgcheck.pipeline.plan import make_plan

__all__ = ["ORDERS", "PIXELS", "cut_off", "picture_steps", "places", "planned", "split", "turned_at_last"]

PIXELS = Values(low=0, high=255)
ORDERS = {1: ("GRAY",), 3: ("RGB", "BGR"), 4: ("RGBA", "BGRA")}
"""The channel orders that a tensor of so many channels may have."""
_ANY = Dim()


def places(order: str) -> list[int]:
    """Where the channels of ``order`` stand in a picture, which is in RGB order."""
    return [0] if order == "GRAY" else ["RGBA".index(channel) for channel in order]


def planned(header: Header, decode: Decode, geometry: tuple[Step, ...], contract: Contract, *, turn: int) -> Plan:
    """The plan from the file to the contract. turn: the EXIF orientation that is applied, whatever the file says.

    Raises PlanError where the geometry does not end in the contract's size.
    """
    spec = Spec(
        name="",
        description="",
        source="",
        contract=contract,
        decode=replace(decode, exif="apply"),
        geometry=geometry,
        payload={},
        golden=(),
        resolved={},
        sha256="",
    )
    turned = replace(header, orientation=turn)
    return make_plan(spec, Candidate(path="", kind="image", header=turned), Options())


def picture_steps(
    header: Header, decode: Decode, geometry: tuple[Step, ...], channels: int, *, turn: int
) -> tuple[Step, ...]:
    """The steps to the picture alone, in RGB order, of whatever size the geometry gives."""
    contract = Contract(
        shape=(_ANY, _ANY, Dim(low=channels, high=channels)),
        layout="HWC",
        dtype="uint8",
        channel_order=ORDERS[channels][0],
        values=PIXELS,
    )
    return split(planned(header, decode, geometry, contract, turn=turn).steps)[0]


def split(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps that make the picture, and those that make numbers of it."""
    at = next((at for at, step in enumerate(steps) if not _of_picture(step)), len(steps))
    return steps[:at], steps[at:]


def _of_picture(step: Step) -> bool:
    return record(step.op).shapes_picture and step.params.get("units") != "final"


def turned_at_last(plan: Plan, turned: int) -> Plan:
    """With the picture turned once it has its size, ``turned`` as EXIF counts; 2: mirrored."""
    picture, rest = split(plan.steps)
    step = Step(op="orient", params={"orientation": turned}, why="so the picture stands in the tensor")
    if turned == 2:
        step = Step(op="mirror", why="left and right stand exchanged in the tensor")
    facts, later = plan.before, []
    for one in (*picture, step, *rest):
        facts = after(facts, one)
        later.append(facts)
    return replace(plan, steps=(*picture, step, *rest), after=tuple(later))


def cut_off(plan: Plan) -> Plan:
    """With the fractions cut off where the plan rounds to the tensor's integers."""
    at = max(at for at, step in enumerate(plan.steps) if step.op == "cast")
    step = plan.steps[at]
    cut = replace(step, params={**step.params, "rounding": "truncate"}, why="fractions are cut off, not rounded")
    return replace(plan, steps=(*plan.steps[:at], cut, *plan.steps[at + 1 :]))
