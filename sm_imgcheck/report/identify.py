"""Properties of a tensor: from its values, from its source image, and compared with a spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

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
_LIKELY = 0.6
"""Lowest probability of a channel order that is reported without a reservation."""


class IdentifyContent(ReportContent[Result]):
    """The identified properties of one tensor. title: what the user calls the spec that it is compared with, if any."""

    indent = 1

    def __init__(self, spec: Spec | None, title: str) -> None:
        self.spec, self.title = spec, title
        self._layout: ReportLayout | str = ""

    def record(self, row: Result) -> dict[str, object]:
        """All keys, for every result."""
        spec, whole = self.spec, _records.of_result(row)
        record = {"version": _records.VERSION} | {key: whole[key] for key in ("path", "kind", "facts", "source")}
        channels = row.facts.channels if row.facts is not None else ()
        record |= {
            "description": None if row.facts is None else _descriptions(row.facts),
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
        """Empty: results are part of the summary."""
        del row
        return ""

    def gather(self, row: Result) -> None:
        """Format the identified properties."""
        sections = [
            *_by_source(row),
            *_from_values(row.facts),
            *_against(row, self.spec, self.title),
            *_from_image(row),
        ]
        if row.facts is None:
            sections = [
                Section(title="Tensor cannot be used:", rows=tuple(reason(finding.message) for finding in row.findings))
            ]
        shown_sections = tuple(section for section in sections if section.rows or section.steps)
        self._layout = ReportLayout(head=(_head(row),), sections=shown_sections, summary=(), command="")

    def summary(self, report: Report) -> ReportLayout | str:
        """All identified properties."""
        del report
        return self._layout


def _head(result: Result) -> str:
    """The tensor in one line, with its channel order unless that is assumed."""
    facts, name = result.facts, for_terminal(result.path)
    if facts is None:
        return name
    is_assumed = any(text.startswith("channel_order=") for text in facts.assumed)
    return f"{name}: {phrases.facts(replace(facts, channel_order='?') if is_assumed else facts)}"


def _against(result: Result, spec: Spec | None, title: str) -> list[Section]:
    """Findings and plan as in ``validate``."""
    if spec is None:
        return []
    run = Run(spec=spec, contract=spec.contract, title=title)
    head, sections = alone(run, replace(result, candidate=replace(result.candidate, origins=None)))
    verdict = () if result.findings else (reason("it matches the spec"),)
    return [Section(title=f"Compared {head[-1]}", rows=(*verdict, *sections[0].rows)), *sections[1:]]


def _table(title: str, pairs: list[tuple[str, str]]) -> Section:
    return Section(title=title, rows=tuple(map(reason, (line.strip() for line in phrases.columns(pairs)))))


def _from_image(result: Result) -> list[Section]:
    if result.ideal is None or result.ideal.plan is None:
        return []
    title = f"The spec's plan from {for_terminal(result.ideal.source)}:"
    return [Section(title=title, steps=result.ideal.plan.steps)]


def _by_source(result: Result) -> list[Section]:
    """The pipeline from the source, in one sentence, then trait by trait where several pipelines explain the tensor."""
    if result.origins is None:
        return []
    sections = [Section(title="By its source:", rows=(reason(_origins.line(result)),))]
    if not result.origins:
        return sections
    traits = shared(_origins.pipelines(result.origins))
    ties = [(each[0].name, " or ".join(trait.said for trait in each)) for each in traits if len(each) > 1]
    sections.append(_table("This image does not distinguish:", ties) if ties else Section(title=""))
    title = "Steps that created it:" if result.origins[0].exact else "Nearest steps, which did not create it:"
    # The reasons of these steps are those of a spec, which did not create the tensor.
    steps = tuple(replace(step, why="", loss="none") for step in result.origins[0].steps)
    return [*sections, Section(title=title, steps=steps)]


def _from_values(facts: Facts | None) -> list[Section]:
    if facts is None:
        return []
    said = _descriptions(facts)
    return [_table("From the values alone:", list(said.items()))]


def _descriptions(facts: Facts) -> dict[str, str]:
    """dtype, layout, values and order in words."""
    byte_order = ", not in this machine's byte order" if facts.byte_order == "swapped" else ""
    return {
        "dtype": f"{facts.dtype}{byte_order}",
        "layout": _layout(facts),
        "values": _values(facts),
        "order": _order(facts),
    }


def _layout(facts: Facts) -> str:
    if not is_layout(facts.layout):
        return f"no layout explains the shape {list(facts.shape)}: not an image or a batch of images"
    images, channels = facts.length("N"), facts.length("C")
    parts = [phrases.count(images, "image")] if images is not None else ["no batch dimension"]
    parts += [size(facts.length("H") or 0, facts.length("W") or 0), phrases.count(channels or 1, "channel")]
    return f"{facts.layout}: {', '.join(parts)}"


def _values(facts: Facts) -> str:
    if facts.low is None or facts.high is None:
        return "no values"
    if facts.nans or facts.infinities:
        bad = [f"{number:,} {name}" for number, name in ((facts.nans, "NaN"), (facts.infinities, "infinite")) if number]
        return f"{' and '.join(bad)}: no mapping can be identified"
    if facts.constant:
        return f"all are {facts.low:.4g}: no image content"
    constant = _constant_channels(facts)
    if facts.values is not None:
        return f"{facts.recipe}{_as_stored(facts)}{constant}"
    return "; ".join(_unknown_mapping(facts)) + constant


def _constant_channels(facts: Facts) -> str:
    which = ", ".join(map(str, facts.constant_channels))
    return f"; the same value all over channel {which}" if which else ""


def _as_stored(facts: Facts) -> str:
    if facts.dtype.startswith(("int", "uint")) and facts.high is not None and facts.high <= 1:
        return ", but no integer above 1: scaled values that were cast, or a mask"
    if facts.recipe.startswith("0..255") and facts.dtype.startswith("float"):
        return f", stored as {facts.dtype}"
    return "" if facts.whole else ", by the range"


def _unknown_mapping(facts: Facts) -> Iterator[str]:
    """What range and spacing indicate where no mapping explains all values."""
    channels = facts.channels
    if channels and all(channel.step for channel in channels):
        yield "gray levels under a mapping of no known name"
        recipe = std_of(channels, tolerance=_STD_NEAR)
        stds = [f"{_std(channel):.4g}" for channel in channels]
        yield f"std {_list(stds)} of x / 255{f' ({recipe})' if recipe else ''}"
        yield f"mean {_list(map(_mean, channels))}: {_mean_reservation(channels)}"
        return
    if not channels:
        yield span(facts.low, facts.high)
        return
    yield f"{span(facts.low, facts.high)} on no even grid, as after a resize in floats"
    names = plausible(channels)
    yield f"the range would fit: {phrases.listing(names, 'or')}" if names else "no usual mapping has this range"


def _list(words: Iterable[str]) -> str:
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


def _mean_reservation(channels: tuple[Channel, ...]) -> str:
    least = min(channel.levels for channel in channels)
    return f"known up to multiples of 1/255, as black and white may not occur ({least} of 255 levels are spanned)"


def _order(facts: Facts) -> str:
    if not is_layout(facts.layout):
        return "it has no channels"
    if (facts.length("C") or 1) == 1:
        return "one channel"
    if not facts.likely_order:
        return "colors give no indication"
    chance = facts.order_probability
    order = f"{facts.likely_order} with a probability of {f'{chance:.2f}' if chance < 0.995 else f'{chance:.3f}'}"
    return f"{order}, by colors" if chance >= _LIKELY else f"weak indication by colors: {order}"


def _on_grid(channels: tuple[Channel, ...]) -> bool:
    return bool(channels) and all(channel.step for channel in channels)
