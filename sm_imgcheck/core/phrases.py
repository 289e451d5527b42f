"""Text of facts, contracts, steps and counts: one phrase for each, shared by all text reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.layouts import size
from sm_imgcheck.core.types import Contract, Facts, Golden, HandlerRun, Header, RejectedRequest, Request, Step
from sm_imgcheck.core.value_mapping import domain, span

__all__ = [
    "columns",
    "contract",
    "count",
    "facts",
    "format_handler_run",
    "golden",
    "header",
    "listing",
    "outcome",
    "parameters",
    "percentage",
    "request",
]

_LOSSES = {"none": "", "pixels": "loses pixels", "guess": "a guess"}


def count(number: int, noun: str) -> str:
    """Return ``1 file``, ``2,000 files``, ``3 batches``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}{'es' if noun.endswith(('s', 'x', 'ch')) else 's'}"


def percentage(share: float) -> str:
    """Return ``97 %`` for 0.97; with one decimal where rounding would give 100 %."""
    return f"{min(share, 0.999) * 100:.1f} %" if 0.995 <= share < 1 else f"{share * 100:.0f} %"


def listing(words: Sequence[str], last: str = "and") -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def skipped(reasons: Mapping[str, int], suffixes: Mapping[str, int]) -> str:
    """Return the number of files by reason, such as ``2 hidden, 3 other suffix (.heic 2, .svg 1)``."""
    by_number = sorted(suffixes.items(), key=lambda pair: (-pair[1], pair[0]))
    entries = ", ".join(f"{for_terminal(suffix)} {number:,}" for suffix, number in by_number)
    words = []
    for reason, number in sorted(reasons.items()):
        if number:
            words.append(f"{number:,} {reason}{f' ({entries})' if reason == 'other suffix' and entries else ''}")
    return ", ".join(words)


def header(image: Header) -> str:
    """Return an image header in one line: ``JPEG, 480x640 (HxW), RGB, 8 bits``."""
    parts = [image.format, size(image.height, image.width), image.mode, count(image.bits, "bit")]
    parts += [" ".join(part for part in (image.coding, image.subsampling) if part)]
    parts += [image.orientation.tags]
    parts += [count(image.frames, "frame")] if image.frames != 1 else []
    parts += [f"ICC profile {image.icc}"] if image.icc else []
    return for_terminal(", ".join(part for part in parts if part))


def facts(array: Facts) -> str:
    """Return an array in one line: ``uint8 [480, 640, 3] HWC RGB, 0..255``."""
    order = array.channel_order if "?" not in array.channel_order else ""
    letters = array.layout if "?" not in array.layout else ""
    head = " ".join(part for part in (array.dtype, str(list(array.shape)), letters, order) if part)
    parts = [head, span(array.low, array.high)]
    parts += [f"{count(array.nans, 'NaN')}"] if array.nans else []
    return for_terminal(", ".join(part for part in parts if part))


def format_handler_run(run: HandlerRun, array: Facts | None) -> str:
    """Return a handler run in one line: ``sent to inference.py as image/jpeg; input_fn returned float32 ...``."""
    request = f"sent to {run.file} as {run.content_type or 'no content type'}"
    if array is None:
        return for_terminal(request)
    verb = "calls the model with" if run.at_model else "returned"
    return f"{for_terminal(f'{request}; {run.function} {verb}')} {facts(array)}"


def request(body: Request) -> str:
    """Return a request body in one line: ``request body, application/json, 1,234 bytes``."""
    kind = body.content_type or "no content type"
    return for_terminal(f"request body, {kind}, {count(body.size, 'byte')}")


def outcome(body: Request, array: Facts | None) -> str:
    """Return the outcome of a request: the input of predict, or the rejection."""
    result = body.outcome
    if result is None:
        return ""
    stack = body.stack or "no stack specified, content type only"
    if isinstance(result, RejectedRequest):
        text = result.text.partition("\n")[0]
        source = "" if result.measured else " (according to its source code)"
        return for_terminal(f"{stack}: rejected with status {result.status}{source}{f': {text[:200]}' if text else ''}")
    content = result.what if array is None or "instances" in result.what else facts(array)
    return for_terminal(f"{stack}: predict receives {content}" if body.stack else f"{stack}: {content}")


def golden(comparison: Golden) -> str:
    """Return the comparison with a golden tensor in one line."""
    difference = ""
    if comparison.max_difference is not None and comparison.mean_difference is not None:
        maximum, mean = f"{comparison.max_difference:.4g}", f"{comparison.mean_difference:.4g}"
        difference = f": difference at most {maximum} gray levels, {mean} on average"
    return for_terminal(f"{comparison.place}, golden tensor of {comparison.image}{difference}")


def contract(spec: Contract) -> str:
    """Return the expected tensor in one line: ``float32 [N, 224, 224, 3] NHWC RGB, -1..1``."""
    shape = ", ".join(str(dim) for dim in spec.shape)
    return f"{spec.dtype} [{shape}] {spec.layout} {spec.channel_order}, {span(*domain(spec))}"


# fmt: off
_PARAMETERS = (
    "mode", "size", "fraction", "aspect", "square", "height", "width", "interpolation", "multiple_of",
    "multiple_rounding", "fill", "orientation", "order", "to", "low", "high", "units", "mean", "std", "zero_point",
    "dtype",
)
# fmt: on
"""Step parameters that text reports print, in this order; the machine formats contain all."""


def parameters(params: Mapping[str, object]) -> str:
    """Return the main parameters of a step: ``mode=stretch, size=[224, 224]``."""
    values = [f"{key}={_value(params[key])}" for key in _PARAMETERS if params.get(key) not in (None, "")]
    return for_terminal(", ".join(values))


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return " ".join(("the file's", *map(str, value.values())))
    return str(value)


def step(record: Step) -> tuple[str, str, str]:
    """Return a step as name, reason with its parameters, and loss."""
    details = parameters(record.params)
    reason = " ".join(part for part in (for_terminal(record.why), f"({details})" if details else "") if part)
    return record.op, reason, _LOSSES[record.loss]


def columns(rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return lines with aligned cells; the last cell is not padded."""
    table = [list(row) for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    return [indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
