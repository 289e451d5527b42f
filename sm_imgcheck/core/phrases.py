"""How facts, contracts, steps and counts are said: one phrase for each, shared by the reports that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.layouts import size
from sm_imgcheck.core.types import Contract, Facts, Finding, Golden, Handled, Header, Refused, Request, Step
from sm_imgcheck.core.value_mapping import domain, span

__all__ = [
    "columns",
    "contract",
    "count",
    "facts",
    "golden",
    "handled",
    "header",
    "listing",
    "mended",
    "outcome",
    "parameters",
    "request",
]

_LOSSES = {"none": "", "pixels": "loses pixels", "guess": "a guess"}


def count(number: int, noun: str) -> str:
    """``1 file``, ``2,000 files``, ``3 batches``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}{'es' if noun.endswith(('s', 'x', 'ch')) else 's'}"


def listing(words: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def header(seen: Header) -> str:
    """An image file in one line."""
    parts = [seen.format, size(seen.height, seen.width), seen.mode, count(seen.bits, "bit")]
    parts += [" ".join(part for part in (seen.coding, seen.subsampling) if part)]
    parts += [f"EXIF orientation {seen.orientation}"] if seen.orientation != 1 else []
    parts += [count(seen.frames, "frame")] if seen.frames != 1 else []
    parts += [f"ICC profile {seen.icc}"] if seen.icc else []
    return for_terminal(", ".join(part for part in parts if part))


def facts(seen: Facts) -> str:
    """An array in one line: ``uint8 [480, 640, 3] HWC RGB, 0..255``."""
    order = seen.channel_order if "?" not in seen.channel_order else ""
    letters = seen.layout if "?" not in seen.layout else ""
    head = " ".join(part for part in (seen.dtype, str(list(seen.shape)), letters, order) if part)
    parts = [head, span(seen.low, seen.high)]
    parts += [f"{count(seen.nans, 'NaN')}"] if seen.nans else []
    return for_terminal(", ".join(part for part in parts if part))


def handled(seen: Handled, array: Facts | None) -> str:
    """What a user's own handler made of a request: ``sent to inference.py as image/jpeg, its input_fn makes ...``."""
    sent = f"sent to {seen.file} as {seen.content_type or 'no content type'}"
    if array is None:
        return for_terminal(sent)
    return f"{for_terminal(f'{sent}, its {seen.function} makes')} {facts(array)}"


def request(seen: Request) -> str:
    """A request body in one line: ``request body, application/json, 1,234 bytes``."""
    kind = seen.content_type or "no content type"
    return for_terminal(f"request body, {kind}, {count(seen.size, 'byte')}")


def outcome(seen: Request, array: Facts | None) -> str:
    """What came of a request: what predict would see, or how it is refused."""
    who, found = seen.stack or "no stack is named, so by its content type", seen.outcome
    if found is None:
        return ""
    if isinstance(found, Refused):
        text = found.text.partition("\n")[0]
        sure = "" if found.measured else " (as its source says)"
        return for_terminal(f"{who} answers {found.status}{sure}{f': {text[:200]}' if text else ''}")
    seen_as = found.what if array is None or "instances" in found.what else facts(array)
    return for_terminal(f"{who}: predict gets {seen_as}" if seen.stack else f"{who} it holds {seen_as}")


def golden(seen: Golden) -> str:
    """How far the spec is from a golden tensor, in one line."""
    apart = ""
    if seen.max_difference is not None and seen.mean_difference is not None:
        apart = f": {seen.max_difference:.4g} grey levels apart at most, {seen.mean_difference:.4g} on average"
    return for_terminal(f"{seen.place}, the golden tensor of {seen.image}{apart}")


def contract(wanted: Contract) -> str:
    """What the model takes in one line: ``float32 [N, 224, 224, 3] NHWC RGB, -1..1``."""
    shape = ", ".join(str(dim) for dim in wanted.shape)
    return f"{wanted.dtype} [{shape}] {wanted.layout} {wanted.channel_order}, {span(*domain(wanted))}"


def mended(finding: Finding) -> str:
    """Whether ``convert`` mends it, and by which step."""
    return f"convert mends it: {finding.fixed_by}" if finding.fixed_by else "convert does not mend it"


# fmt: off
_TELLING = (
    "mode", "size", "fraction", "aspect", "square", "height", "width", "interpolation", "multiple_of", "fill",
    "orientation", "order", "to", "low", "high", "units", "mean", "std", "zero_point", "dtype",
)
# fmt: on
"""The parameters of steps that a person asks for, in this order; the machine formats have them all."""


def parameters(params: Mapping[str, object]) -> str:
    """A step's parameters that tell it from others of its name: ``mode=stretch, size=[224, 224]``."""
    told = [f"{key}={_value(params[key])}" for key in _TELLING if params.get(key) not in (None, "")]
    return for_terminal(", ".join(told))


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return " ".join(("the file's", *map(str, value.values())))
    return str(value)


def step(one: Step) -> tuple[str, str, str]:
    """A step as name, reason with its parameters, and what it costs."""
    details = parameters(one.params)
    reason = " ".join(part for part in (for_terminal(one.why), f"({details})" if details else "") if part)
    return one.op, reason, _LOSSES[one.loss]


def columns(rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Lines with their cells under one another; the last cell is as long as it is."""
    table = [list(row) for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    return [indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
