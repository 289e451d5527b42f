"""What the stages of a plan share: the context at hand, and the form of a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from sm_imgcheck.core.channels import GRAY, red_first
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Contract, Facts, Header, Options, Spec, Step

__all__ = ["PlanContext", "Stage", "color_channels", "color_step", "decodes_gray", "reorder_step", "wrong_size"]


@frozen
class PlanContext:
    """Input of every stage, except the facts."""

    spec: Spec
    kind: Literal["image", "any image", "tensor"]
    options: Options
    header: Header | None = None
    """Header of the image that the plan is for."""
    guessed_order: bool = False
    """The channel order is the likely one, not the assumed one, which the colors contradict."""
    known_layout: bool = False
    """The source image shows which axis is which."""

    @property
    def contract(self) -> Contract:
        """The spec's."""
        return self.spec.contract


Stage = Callable[[Facts, PlanContext], Iterator[Step]]
"""Yields the steps that are missing, given the facts as the stages before leave them."""


def wrong_size(facts: Facts, contract: Contract) -> bool:
    """Whether height or width is not what the contract allows."""
    return any(
        dim is not None and (length := facts.length(axis)) is not None and not dim.allows(length)
        for axis in "HW"
        for dim in (contract.dim(axis),)
    )


def color_step(context: PlanContext, mode: str | dict[str, str]) -> Step:
    """The step from the channels of ``mode`` to those of the contract, in RGB order, by the spec's policy."""
    policy = context.spec.decode
    to = color_channels(context.contract)
    params: dict[str, object] = {
        "mode": mode,
        "to": to,
        "cmyk": policy.library,
        "to_gray": policy.to_gray,
        "alpha": policy.alpha,
        "background": list(policy.background),
        "bit_depth": policy.bit_depth,
    }
    why = f"the model expects {to}" if isinstance(mode, dict) else f"the pixels are {mode}, the model expects {to}"
    return Step(op="color", params=params, why=why, loss="none" if mode == "L" else "pixels")


def reorder_step(context: PlanContext, order: str, to: str, why: str) -> Step:
    """The step from one channel order to another; a guess where only the colors show the first."""
    guess = context.guessed_order
    why = f"the channels are probably {order}" if guess else why
    return Step(op="reorder", params={"order": order, "to": to}, why=why, loss="guess" if guess else "none")


def decodes_gray(spec: Spec) -> bool:
    """Return whether the decoder itself produces the gray image that the model expects."""
    return spec.contract.channel_order == GRAY and spec.decode.to_gray == "y_plane"


def color_channels(contract: Contract) -> str:
    """Return the channels of the model, in the order in which images are processed."""
    return red_first(contract.channel_order)
