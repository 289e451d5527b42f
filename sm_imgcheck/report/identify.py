"""What was recognized of a tensor, by its numbers, by its source image, against a spec."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.layouts import is_layout, size
from sm_imgcheck.core.recipes import plausible, std_of
from sm_imgcheck.core.types import Channel, Facts, Report, Result, Spec
from sm_imgcheck.core.value_mapping import span
from sm_imgcheck.ops.compare import shared
from sm_imgcheck.report import ReportContent, Run, _origins, _records
from sm_imgcheck.report._entries import FileEntry, entry_of
from sm_imgcheck.report._layout import ReportLayout
from sm_imgcheck.report._layout import layout_single as alone
from sm_imgcheck.report._rows import Section, reason

__all__ = ["IdentifyContent"]

_STD_NEAR = 0.3
"""Gray levels over the whole range by which the spacing may miss a known std."""
_LEVELS = 255
_TELLING = 0.6
"""Probability of a channel order from which it is more than a coin's."""


class IdentifyContent(ReportContent[Result]):
    """What was found out of one tensor. title: what the user calls the spec that it is compared with, if any."""

    indent = 1

    def __init__(self, spec: Spec | None, title: str) -> None:
        self.spec, self.title = spec, title
        self._story: ReportLayout | str = ""

    def record(self, row: Result) -> dict[str, object]:
        """Every key is there, whatever was found or asked for."""
        spec, whole = self.spec, _records.of_result(row)
        record = {"version": _records.VERSION} | {key: whole[key] for key in ("path", "kind", "facts", "source")}
        channels = row.facts.channels if row.facts is not None else ()
        record |= {
            "said": None if row.facts is None else _said(row.facts),
            "plausible": [] if _on_grid(channels) else list(plausible(channels)) if channels else [],
            "std": [_std(channel) for channel in channels] if _on_grid(channels) else None,
            "mean": [list(_means(channel)) for channel in channels] if _on_grid(channels) else None,
            "spec": None if spec is None else {"name": self.title or spec.name, "sha256": spec.sha256},
            **{key: whole[key] for key in ("findings", "plan", "skipped")},
        }
        values: dict[str, object] = _records.plain(record)
        return values

    def failure(self, row: Result) -> str:
        """Why a tensor cannot be identified, or the rules that it breaks."""
        errors = [finding for finding in row.findings if finding.severity == "error"]
        return "".join(f"{for_terminal(row.path)}: {finding.code} {finding.message}\n" for finding in errors[:1])

    def entries(self, row: Result) -> Iterator[FileEntry]:
        """The tensor, with its findings where there is a spec."""
        yield entry_of(row)

    def words(self, row: Result) -> str:
        """Nothing: the summary has all of it."""
        del row
        return ""

    def gather(self, row: Result) -> None:
        """Lay out what was identified."""
        sections = [*_by_source(row), *_by_itself(row.facts), *_against(row, self.spec, self.title), *_from_image(row)]
        if row.facts is None:
            sections = [Section(title="It cannot be used:", rows=tuple(reason(one.message) for one in row.findings))]
        kept = tuple(section for section in sections if section.rows or section.steps)
        self._story = ReportLayout(head=(_head(row),), sections=kept, summary=(), command="")

    def summary(self, report: Report) -> ReportLayout | str:
        """All that was found out."""
        del report
        return self._story


def _head(result: Result) -> str:
    """The tensor in one line, with its channel order where that is known and not assumed."""
    facts, name = result.facts, for_terminal(result.path)
    if facts is None:
        return name
    guessed = any(one.startswith("channel_order=") for one in facts.assumed)
    return f"{name}: {phrases.facts(replace(facts, channel_order='?') if guessed else facts)}"


def _against(result: Result, spec: Spec | None, title: str) -> list[Section]:
    """Findings and plan as ``validate`` tells them."""
    if spec is None:
        return []
    run = Run(spec_name=spec.name, spec_sha256=spec.sha256, contract=spec.contract, title=title)
    head, sections = alone(run, replace(result, candidate=replace(result.candidate, origins=None)))
    verdict = () if result.findings else (reason("it keeps the contract"),)
    return [Section(title=f"Held {head[-1]}", rows=(*verdict, *sections[0].rows)), *sections[1:]]


def _table(title: str, pairs: list[tuple[str, str]]) -> Section:
    return Section(title=title, rows=tuple(map(reason, (line.strip() for line in phrases.columns(pairs)))))


def _from_image(result: Result) -> list[Section]:
    if result.ideal is None or result.ideal.plan is None:
        return []
    title = f"The spec's plan from {for_terminal(result.ideal.source)}:"
    return [Section(title=title, steps=result.ideal.plan.steps)]


def _by_source(result: Result) -> list[Section]:
    """How it was made of its source, in one sentence, then trait by trait where several ways explain it."""
    if result.origins is None:
        return []
    sections = [Section(title="By its source:", rows=(reason(_origins.line(result)),))]
    if not result.origins:
        return sections
    ways = shared(_origins.ways(result.origins))
    ties = [(each[0].name, " or ".join(way.said for way in each)) for each in ways if len(each) > 1]
    sections.append(_table("This image does not tell apart:", ties) if ties else Section(title=""))
    sure = "The steps that made it:" if result.origins[0].exact else "The nearest steps, which did not make it:"
    # The reasons of these steps are a spec's, and it was none that made the tensor.
    steps = tuple(replace(step, why="", loss="none") for step in result.origins[0].steps)
    return [*sections, Section(title=sure, steps=steps)]


def _by_itself(facts: Facts | None) -> list[Section]:
    if facts is None:
        return []
    said = _said(facts)
    return [_table("By its numbers alone:", list(said.items()))]


def _said(facts: Facts) -> dict[str, str]:
    """dtype, layout, values and order in words."""
    swapped = ", not in this machine's byte order" if facts.byte_order == "swapped" else ""
    return {
        "dtype": f"{facts.dtype}{swapped}",
        "layout": _layout(facts),
        "values": _values(facts),
        "order": _order(facts),
    }


def _layout(facts: Facts) -> str:
    if not is_layout(facts.layout):
        return f"no layout explains the shape {list(facts.shape)}: it is no image and no batch of images"
    images, channels = facts.length("N"), facts.length("C")
    parts = [phrases.count(images, "image")] if images is not None else ["no batch axis"]
    parts += [size(facts.length("H") or 0, facts.length("W") or 0), phrases.count(channels or 1, "channel")]
    return f"{facts.layout}: {', '.join(parts)}"


def _values(facts: Facts) -> str:
    if facts.low is None or facts.high is None:
        return "no numbers"
    if facts.nans or facts.infinities:
        bad = [f"{number:,} {name}" for number, name in ((facts.nans, "NaN"), (facts.infinities, "infinite")) if number]
        return f"{' and '.join(bad)}: no mapping can be seen"
    if facts.constant:
        return f"all of them are {facts.low:.4g}: no picture is in them"
    dead = _dead(facts)
    if facts.values is not None:
        return f"{facts.recipe}{_as_stored(facts)}{dead}"
    return "; ".join(_unnamed(facts)) + dead


def _dead(facts: Facts) -> str:
    which = ", ".join(map(str, facts.constant_channels))
    return f"; the same value all over channel {which}" if which else ""


def _as_stored(facts: Facts) -> str:
    if facts.dtype.startswith(("int", "uint")) and facts.high is not None and facts.high <= 1:
        return ", but nothing above 1 in integers: scaled values that were cast, or a mask"
    if facts.recipe.startswith("0..255") and facts.dtype.startswith("float"):
        return f", stored as {facts.dtype}"
    return "" if facts.whole else ", by the range"


def _unnamed(facts: Facts) -> Iterator[str]:
    """What the range and the spacing say where no mapping explains all values."""
    channels = facts.channels
    if channels and all(channel.step for channel in channels):
        yield "gray levels under a mapping of no known name"
        whose = std_of(channels, tolerance=_STD_NEAR)
        stds = [f"{_std(channel):.4g}" for channel in channels]
        yield f"std {_list(stds)} of x / 255{f' ({whose})' if whose else ''}"
        yield f"mean {_list(map(_mean, channels))}: {_how_sure(channels)}"
        return
    if not channels:
        yield span(facts.low, facts.high)
        return
    yield f"{span(facts.low, facts.high)} on no even grid, as after a resize in floats"
    names = plausible(channels)
    yield f"the range would fit: {phrases.listing(names, 'or')}" if names else "no usual mapping has this range"


def _list(words: Any) -> str:
    return f"[{', '.join(words)}]"


def _std(channel: Channel) -> float:
    return 1 / (_LEVELS * channel.step)


def _means(channel: Channel) -> tuple[float, float]:
    """The least and the largest mean of x / 255 that puts all values inside 0..255."""
    spare = _LEVELS - channel.levels
    zero = -channel.low / (_LEVELS * channel.step)
    return zero, zero + spare / _LEVELS


def _mean(channel: Channel) -> str:
    low, high = _means(channel)
    return f"{low:.3f}" if low == high else f"{low:.3f}..{high:.3f}"


def _how_sure(channels: tuple[Channel, ...]) -> str:
    least = min(channel.levels for channel in channels)
    return f"known up to multiples of 1/255, as black and white need not be in it ({least} of 255 levels are spanned)"


def _order(facts: Facts) -> str:
    if not is_layout(facts.layout):
        return "it has no channels"
    if (facts.length("C") or 1) == 1:
        return "one channel"
    if not facts.likely_order:
        return "its colors do not tell"
    chance = facts.order_probability
    told = f"{facts.likely_order} with a probability of {f'{chance:.2f}' if chance < 0.995 else f'{chance:.3f}'}"
    return f"{told}, by its colors" if chance >= _TELLING else f"its colors hardly tell: {told}"


def _on_grid(channels: tuple[Channel, ...]) -> bool:
    return bool(channels) and all(channel.step for channel in channels)
