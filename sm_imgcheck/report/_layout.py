"""The report of a run as text: findings of all candidates, findings of some, the sum; one candidate in full.

``layout_report`` arranges; the formats ``text`` and ``table`` print.
"""

from __future__ import annotations

from collections import Counter

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.phrases import count
from sm_imgcheck.core.types import Golden, Report, Request, Result, Step
from sm_imgcheck.core.types.finding import SEVERITY_ORDER
from sm_imgcheck.report import _origins
from sm_imgcheck.report._groups import FindingGroup, PlanGroup, ResultSummary, names_fix
from sm_imgcheck.report._rows import (
    FAILURE_TITLE,
    Row,
    Section,
    against,
    by_weight,
    plain,
    reason,
    row,
    shorten_message,
)
from sm_imgcheck.report._summary import is_by_handler, next_command, summary_lines
from sm_imgcheck.report.settings import Run

__all__ = ["ReportLayout", "group_message", "layout_report", "layout_single"]

_SHARE = 0.9
"""Share of the candidates of a long run from which a finding is reported once, like one of all candidates."""
_OTHERS = 5
"""Plans other than the most frequent, or pipelines, that have a line each."""


@frozen
class ReportLayout:
    """The whole report."""

    head: tuple[str, ...]
    sections: tuple[Section, ...]
    summary: tuple[str, ...]
    command: str


def layout_report(run: Run, digest: ResultSummary, report: Report) -> ReportLayout:
    """Arrange the summary of a run. One candidate is reported with each finding in full."""
    if report.candidates == 1 and digest.first is not None:
        head, sections = layout_single(run, digest.first)
    else:
        head, sections = _several_candidates(run, digest, report)
    return ReportLayout(
        head=head,
        sections=tuple(section for section in sections if section.rows or section.steps),
        summary=tuple(summary_lines(run, digest, report)),
        command=next_command(run, digest, report),
    )


def _several_candidates(run: Run, digest: ResultSummary, report: Report) -> tuple[tuple[str, ...], list[Section]]:
    kinds = [count(number, kind) for kind, number in sorted(digest.kinds.items())]
    unusable_text = "without a tensor from the handler" if is_by_handler(digest) else "that cannot be used"
    kinds += [f"{digest.unusable:,} {unusable_text}"] if digest.unusable else []
    kinds += [f"{digest.bugs:,} not checked"] if digest.bugs else []
    total = f"{count(report.candidates, 'candidate')}: " if len(kinds) > 1 else ""
    head = (f"{total}{phrases.listing(kinds)}", against(run, list(digest.specs))) if kinds else ()
    groups = sorted(digest.groups.values(), key=lambda group: SEVERITY_ORDER[group.sample.severity])
    pipelines = tuple(reason(f"{number:,}: {text}") for text, number in digest.pipelines.most_common(_OTHERS))
    sections = [section for kind in sorted(digest.kinds) for section in _shared(digest, groups, kind)]
    specific = tuple(_specific_row(group) for group in groups if not _is_shared(digest, group))
    sections.append(Section(title="Findings in some files only:" if sections else "Findings:", rows=specific))
    what = "was written" if report.unwritten else "can be made"
    sections.append(Section(title=f"No tensor {what} for:", rows=_reasons(digest.stuck)))
    sections.append(Section(title=FAILURE_TITLE, rows=_reasons(digest.failed)))
    return head, [Section(title="Pipelines from their images:", rows=pipelines), *sections]


def _reasons(groups: dict[tuple[object, ...], FindingGroup]) -> tuple[Row, ...]:
    return tuple(reason(f"{_files(group)}: {group.sample.message}", _details(group)) for group in groups.values())


def _is_shared(digest: ResultSummary, group: FindingGroup) -> bool:
    total = digest.kinds[group.kind]
    return (
        total > 1
        and not group.is_unusable
        and (group.files == total or (group.files > 10 and group.files >= _SHARE * total))
    )


def _shared(digest: ResultSummary, groups: list[FindingGroup], kind: str) -> list[Section]:
    """Findings of all candidates of a kind, and the plan that fixes them."""
    total = digest.kinds[kind]
    rows = []
    for group in groups:
        if group.kind == kind and _is_shared(digest, group):
            share = "" if group.files == total else f"{group.files:,} of {total:,}: "
            rows.append(_group_row(group, share + _sentence(group)))
    if not rows:
        return []
    naive = {"image": ", as decoded", "request": ", as the stack decodes them"}.get(kind, "")
    quantity = "Both" if total == 2 else f"All {total:,}"
    sections = [Section(title=f"{quantity} {kind}s{naive}:", rows=tuple(rows))]
    if routes := digest.by_use(kind):
        usual = routes[0]
        target = "them" if usual.files == total else f"{usual.files:,} of them"
        sections.append(Section(title=f"Plan that fixes {target}:", steps=usual.steps))
        others = _other_plans(digest, routes, kind)
        rest = total - usual.files
        sections.append(Section(title=f"The other {kind if rest == 1 else count(rest, kind)}:", rows=others))
    return sections


def _other_plans(digest: ResultSummary, routes: list[PlanGroup], kind: str) -> tuple[Row, ...]:
    """Plans other than the most frequent, with the number of their candidates."""
    usual, next_routes, complete = routes[0], routes[1 : 1 + _OTHERS], digest.without_steps(kind)
    plans = [(route.files, _difference(usual.steps, route.steps)) for route in next_routes]
    rest = digest.kinds[kind] - sum(route.files for route in (usual, *next_routes)) - complete - digest.planless[kind]
    plans += [(rest, "other plans (--format jsonl lists all)")]
    plans += [(complete, "no steps needed"), (digest.planless[kind], "no plan: see below")]
    return tuple(Row(severity="notice", code="", name="", fix="", message=f"{n:,}: {text}") for n, text in plans if n)


def _difference(usual: tuple[Step, ...], other: tuple[Step, ...]) -> str:
    """A plan by the ops that it has more or fewer than the usual plan."""
    usual_ops, ops = [step.op for step in usual], [step.op for step in other]
    more, fewer = Counter(ops) - Counter(usual_ops), Counter(usual_ops) - Counter(ops)
    if not more and not fewer:
        return f"the same steps in another order: {', '.join(ops)}"
    parts = [f"with {phrases.listing(list(more))}"] if more else []
    parts += [f"without {phrases.listing(list(fewer))}"] if fewer else []
    return f"the same {', '.join(parts)}"


def _specific_row(group: FindingGroup) -> Row:
    message = group_message(group)
    files = f"each of {_files(group)}" if group.files > 1 and len(group.messages) == 1 else _files(group)
    return _group_row(group, f"{files}{': ' if message else ''}{message}", _details(group))


def _group_row(group: FindingGroup, message: str, details: tuple[str, ...] = ()) -> Row:
    if not group.fix and not group.unfixed:
        return plain(group.sample, message, details)
    return row(group.sample, message, _fix_text(group), details)


def _fix_text(group: FindingGroup) -> str:
    exception = f", not for {group.unfixed:,} of them" if group.fix and group.unfixed else ""
    return group.fix + exception


def _files(group: FindingGroup) -> str:
    return count(group.files, "file" if group.kind == "unknown" else group.kind)


def _sentence(group: FindingGroup) -> str:
    """The message of a group without its files: the range of actual values, else one of them."""
    if len(group.messages) > 1 and not group.head:
        return f"such as: {shorten_message(group.sample.message)}"
    return group_message(group) or f"such as: {shorten_message(group.sample.message)}"


def group_message(group: FindingGroup) -> str:
    """The message of a group; where it differs from file to file, with the range of actual values, if any."""
    if len(group.messages) == 1:
        return shorten_message(group.sample.message)
    if not any(group.actuals):
        return ""
    if all(group.smallest) and group.smallest != group.largest:
        actual = f"{'x'.join(map(str, group.smallest))} to {'x'.join(map(str, group.largest))} (HxW)"
    elif len(group.actuals) == 1:
        actual = group.actuals[0]
    else:
        actual = phrases.listing(group.actuals[:3], "or") + (", ..." if len(group.actuals) > 3 else "")
    return shorten_message(f"{group.head}{actual}{group.tail}")


def _details(group: FindingGroup) -> tuple[str, ...]:
    """The files of a group: in one line where all messages are equal, else a line each."""
    more = group.files - len(group.examples)
    rest = [f"{more:,} more (--format jsonl lists all)"] if more else []
    if len(group.messages) == 1:
        return (phrases.listing([for_terminal(path) for path, _ in group.examples] + rest),)
    lines = [f"{for_terminal(path)}: {shorten_message(text)}" for path, text in group.examples]
    return (*lines, *(f"and {text}" for text in rest))


def layout_single(run: Run, result: Result) -> tuple[tuple[str, ...], list[Section]]:
    """What the report begins with, and its sections."""
    what = phrases.header(result.header) if result.header else phrases.facts(result.facts) if result.facts else ""
    if result.request is not None:
        return _request(run, result, result.request)
    if result.golden is not None:
        return _probe(run, result, result.golden)
    head = [f"{for_terminal(result.path)}{': ' if what else ''}{what}"]
    if result.header is not None and result.facts is not None:
        head.append(f"as decoded: {phrases.facts(result.facts)}")
    if result.handled is not None:
        head = [f"{for_terminal(result.path)}: {phrases.format_handler_run(result.handled, result.facts)}"]
    if result.origins is not None:
        head.append(_origins.line(result))
    rows = [
        row(finding, shorten_message(finding.message), finding.fixed_by or "")
        if names_fix(result)
        else plain(finding, shorten_message(finding.message))
        for finding in by_weight(result.findings)
    ]
    sections = [Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))]
    instead = _origins.format_fixable(result) if result.findings else []
    # The tensor of a handler is not converted: its fix is in the code.
    if result.plan is not None and result.findings and not (instead and result.handled):
        sections.append(Section(title="Plan to the tensor that the model expects:", steps=result.plan.steps))
    sections += instead
    if result.skipped and (result.facts is not None or not result.findings):  # else a finding has the reason
        verb = "can be made" if result.plan is None else "was made"
        sections.append(Section(title=f"No tensor {verb}:", rows=(reason(result.skipped),)))
    if result.bug:
        sections.append(Section(title=FAILURE_TITLE, rows=(reason(result.bug),)))
    return (*head, against(run, [result.spec])), sections


def _request(run: Run, result: Result, request: Request) -> tuple[tuple[str, ...], list[Section]]:
    """A request body: its properties, its outcome, and its findings."""
    head = [f"{for_terminal(result.path)}: {phrases.request(request)}"]
    head += [f"  which contains {phrases.header(result.header)}"] if result.header is not None else []
    outcome = phrases.outcome(request, result.facts)
    rows = [plain(finding, shorten_message(finding.message)) for finding in by_weight(result.findings)]
    return (*head, *([outcome] if outcome else []), against(run, [result.spec])), [
        Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))
    ]


def _probe(run: Run, result: Result, golden: Golden) -> tuple[tuple[str, ...], list[Section]]:
    """A golden tensor: how far the spec is from it, and the plan that was run."""
    facts = f": {phrases.facts(result.facts)}" if result.facts is not None else ""
    rows = [plain(finding, shorten_message(finding.message)) for finding in by_weight(result.findings)]
    sections = [Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))]
    if rows and result.plan is not None:
        sections.append(Section(title="The steps of the spec:", steps=result.plan.steps))
    return (f"{for_terminal(result.path)}{facts}", phrases.golden(golden), against(run)), sections
