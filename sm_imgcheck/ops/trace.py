"""Trace steps without arrays: the facts after each of them, and where a list of them ends."""

from __future__ import annotations

from collections.abc import Sequence

from sm_imgcheck.core.channels import CHANNELS, FILE_CHANNELS, GRAY
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Facts, Header, Step
from sm_imgcheck.core.value_mapping import levels
from sm_imgcheck.ops.records import record
from sm_imgcheck.ops.records.geometry import resize_dtype

__all__ = ["after", "follow", "of_file", "output_size"]

_RGB_IMAGE = Facts(shape=(1, 1, 3), layout="HWC", dtype="uint8", channel_order="RGB", low=0, high=255, values=levels(3))
"""An RGB image as decoded, of a size without an effect on the facts."""


def of_file(header: Header) -> Facts:
    """The facts of the array that ``decode`` gives: the file's own mode, size and depth."""
    deep = header.bits > 8 and header.mode == "L"  # Pillow reduces color to 8 bits itself
    return Facts(
        shape=(header.height, header.width, FILE_CHANNELS[header.mode]),
        layout="HWC",
        dtype="uint16" if deep else "uint8",
        channel_order=GRAY if header.mode == "L" else header.mode,
        low=0,
        high=65535 if deep else 255,
        domain=True,
        values=levels(FILE_CHANNELS[header.mode]),
        whole=True,
    )


def after(facts: Facts, step: Step) -> Facts:
    """The facts after one step. Raises Bug for an op that does not exist."""
    op = record(step.op)
    facts = op.effect(facts, step)
    # Measuring quantized integers finds no mapping, so the trace has none either.
    return replace_fields(facts, values=None) if op.stage == "quantize" else facts


def output_size(step: Step, *, height: int, width: int) -> tuple[int, int]:
    """Height and width after a geometry step, in pixels."""
    size = record(step.op).size
    return (height, width) if size is None else size(step, height, width)


def follow(steps: Sequence[Step], before: Facts | None = None) -> Facts:
    """Return the facts at the end of some steps, except the size, which may be unknown.

    before: the facts of the array before the steps; None: an RGB image as decoded.
    """
    facts = before or _RGB_IMAGE
    if facts.values is None:
        facts = replace_fields(facts, values=levels(CHANNELS.get(facts.channel_order) or facts.length("C") or 1))
    for step in steps:
        op = record(step.op)
        facts = op.effect(facts, step) if op.size is None else replace_fields(facts, dtype=resize_dtype(facts, step))
    return facts
