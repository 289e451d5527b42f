"""The report of a run for a person: what all candidates share, what only some have, the sum; one candidate in full.

``tell`` arranges; ``text`` and ``table`` lay out.
"""

from __future__ import annotations

from collections import Counter

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import argument, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.phrases import count
from sm_imgcheck.core.types import Golden, Report, Request, Result, Step
from sm_imgcheck.core.types.finding import SEVERITY_ORDER
from sm_imgcheck.report import Run, _origins
from sm_imgcheck.report._groups import FindingGroup, PlanGroup, ResultSummary
from sm_imgcheck.report._rows import FAILED, Row, Section, against, by_weight, plain, reason, row, shorten_message

__all__ = ["ReportLayout", "group_message", "layout_report", "layout_single"]

_SHARE = 0.9
"""A finding that so large a part of a long run has is told once, with its number, like one that all have."""
_OTHERS = 5
"""Plans that are told in a line each, beside the one that most candidates share."""


@frozen
class ReportLayout:
    """The whole report."""

    head: tuple[str, ...]
    sections: tuple[Section, ...]
    summary: tuple[str, ...]
    command: str


def layout_report(run: Run, digest: ResultSummary, report: Report) -> ReportLayout:
    """Arrange what was gathered. One candidate is told plainly, with each finding in full."""
    if report.candidates == 1 and digest.first is not None:
        head, sections = layout_single(run, digest.first)
    else:
        head, sections = _many(run, digest, report)
    return ReportLayout(
        head=head,
        sections=tuple(section for section in sections if section.rows or section.steps),
        summary=tuple(_summary(run, digest, report)),
        command=_command(run, digest, report),
    )


def _many(run: Run, digest: ResultSummary, report: Report) -> tuple[tuple[str, ...], list[Section]]:
    kinds = [count(number, kind) for kind, number in sorted(digest.kinds.items())]
    unread = "without a tensor from the handler" if _by_handler(digest) else "that cannot be used"
    kinds += [f"{digest.unread:,} {unread}"] if digest.unread else []
    kinds += [f"{digest.bugs:,} not checked"] if digest.bugs else []
    of = f"{count(report.candidates, 'candidate')}: " if len(kinds) > 1 else ""
    head = (f"{of}{phrases.listing(kinds)}", against(run)) if kinds else ()
    groups = sorted(digest.groups.values(), key=lambda group: SEVERITY_ORDER[group.sample.severity])
    made = tuple(reason(f"{number:,}: {way}") for way, number in digest.made.most_common(_OTHERS))
    sections = [section for kind in sorted(digest.kinds) for section in _shared(digest, groups, kind)]
    own = tuple(_own(group) for group in groups if not _is_shared(digest, group))
    sections.append(Section(title="Findings in some files only:" if sections else "Findings:", rows=own))
    what = "was written" if report.unwritten else "can be made"
    sections.append(Section(title=f"No tensor {what} for:", rows=_reasons(digest.stuck)))
    sections.append(Section(title=FAILED, rows=_reasons(digest.failed)))
    return head, [Section(title="How they were made from their images:", rows=made), *sections]


def _reasons(groups: dict[tuple[object, ...], FindingGroup]) -> tuple[Row, ...]:
    return tuple(reason(f"{_files(group)}: {group.sample.message}", _details(group)) for group in groups.values())


def _is_shared(digest: ResultSummary, group: FindingGroup) -> bool:
    total = digest.kinds[group.kind]
    return (
        total > 1
        and not group.unread
        and (group.files == total or (group.files > 10 and group.files >= _SHARE * total))
    )


def _shared(digest: ResultSummary, groups: list[FindingGroup], kind: str) -> list[Section]:
    """What all candidates of a kind have, and the plan that fixes it."""
    total = digest.kinds[kind]
    rows = []
    for group in groups:
        if group.kind == kind and _is_shared(digest, group):
            some = "" if group.files == total else f"{group.files:,} of {total:,}: "
            rows.append(_told(group, some + _sentence(group)))
    if not rows:
        return []
    naive = {"image": ", as decoded", "request": ", as the stack decodes them"}.get(kind, "")
    who = "Both" if total == 2 else f"All {total:,}"
    sections = [Section(title=f"{who} {kind}s{naive}:", rows=tuple(rows))]
    if routes := digest.by_use(kind):
        usual = routes[0]
        whom = "them" if usual.files == total else f"{usual.files:,} of them"
        sections.append(Section(title=f"Plan that fixes {whom}:", steps=usual.steps))
        others = _other_ways(digest, routes, kind)
        rest = total - usual.files
        sections.append(Section(title=f"The other {kind if rest == 1 else count(rest, kind)}:", rows=others))
    return sections


def _other_ways(digest: ResultSummary, routes: list[PlanGroup], kind: str) -> tuple[Row, ...]:
    """What becomes of the candidates that go another way than most: their number is that of all others."""
    usual, told, finished = routes[0], routes[1 : 1 + _OTHERS], digest.finished(kind)
    ways = [(route.files, _difference(usual.steps, route.steps)) for route in told]
    rest = digest.kinds[kind] - sum(route.files for route in (usual, *told)) - finished - digest.planless[kind]
    ways += [(rest, "other plans (--format jsonl lists all)")]
    ways += [(finished, "no steps needed"), (digest.planless[kind], "no plan: see below")]
    return tuple(Row(severity="notice", code="", name="", fix="", message=f"{n:,}: {way}") for n, way in ways if n)


def _difference(usual: tuple[Step, ...], other: tuple[Step, ...]) -> str:
    """A plan by its ops; where it has some more or fewer than the usual one, by those."""
    mine, theirs = [step.op for step in usual], [step.op for step in other]
    more, fewer = Counter(theirs) - Counter(mine), Counter(mine) - Counter(theirs)
    if not more and not fewer:
        return f"the same steps in another order: {', '.join(theirs)}"
    parts = [f"with {phrases.listing(list(more))}"] if more else []
    parts += [f"without {phrases.listing(list(fewer))}"] if fewer else []
    return f"the same {', '.join(parts)}"


def _own(group: FindingGroup) -> Row:
    said = group_message(group)
    who = f"each of {_files(group)}" if group.files > 1 and len(group.messages) == 1 else _files(group)
    return _told(group, f"{who}{': ' if said else ''}{said}", _details(group))


def _told(group: FindingGroup, message: str, details: tuple[str, ...] = ()) -> Row:
    if group.made_for_good:
        return plain(group.sample, message, details)
    return row(group.sample, message, _fix_text(group), details)


def _fix_text(group: FindingGroup) -> str:
    some = f", not for {group.unfixed:,} of them" if group.fix and group.unfixed else ""
    return group.fix + some


def _files(group: FindingGroup) -> str:
    return count(group.files, "file" if group.kind == "unknown" else group.kind)


def _sentence(group: FindingGroup) -> str:
    """What is said of a group without its files: where no span of what was found makes a sentence, one of them."""
    if len(group.messages) > 1 and not group.head:
        return f"such as: {shorten_message(group.sample.message)}"
    return group_message(group) or f"such as: {shorten_message(group.sample.message)}"


def group_message(group: FindingGroup) -> str:
    """The message of a group; where it differs from file to file, the span of what was found, if that is known."""
    if len(group.messages) == 1:
        return shorten_message(group.sample.message)
    if not any(group.actuals):
        return ""
    if all(group.smallest) and group.smallest != group.largest:
        found = f"{'x'.join(map(str, group.smallest))} to {'x'.join(map(str, group.largest))} (HxW)"
    elif len(group.actuals) == 1:
        found = group.actuals[0]
    else:
        found = phrases.listing(group.actuals[:3], "or") + (", ..." if len(group.actuals) > 3 else "")
    return shorten_message(f"{group.head}{found}{group.tail}")


def _details(group: FindingGroup) -> tuple[str, ...]:
    """Which files: in one line where all say the same, otherwise a line each."""
    more = group.files - len(group.examples)
    rest = [f"{more:,} more (--format jsonl lists all)"] if more else []
    if len(group.messages) == 1:
        return (phrases.listing([for_terminal(path) for path, _ in group.examples] + rest),)
    lines = [f"{for_terminal(path)}: {shorten_message(said)}" for path, said in group.examples]
    return (*lines, *(f"and {text}" for text in rest))


def _summary(run: Run, digest: ResultSummary, report: Report) -> list[str]:
    lines = []
    if report.skipped_inputs:
        lines.append(f"Skipped: {phrases.skipped(report.skipped_inputs, report.skipped_suffixes)}.")
    if not report.candidates:
        return [*lines, "No candidates."]
    if report.with_findings:
        lines.append(_tally(run, digest, report))
    elif report.clean:
        lines.append(_verdict(run, digest, report))
    if report.not_checked:
        lines.append(_not_checked(digest, report))
    if report.suppressions:
        reasons = [f"{number:,} ({for_terminal(reason)})" for reason, number in sorted(report.suppressions.items())]
        lines.append(f"Suppressed findings: {', '.join(reasons)}.")
    if report.vanished:
        first = ", ".join(map(for_terminal, report.vanished[:_OTHERS]))
        more = len(report.vanished) - _OTHERS
        lines.append(f"No longer found, remove from the baseline: {first}{f' and {more:,} more' if more > 0 else ''}.")
    if digest.written or report.unwritten:
        lines.append(_written(digest, report))
    return lines


def _not_checked(digest: ResultSummary, report: Report) -> str:
    """How many candidates were not checked, by reason."""
    unseen = report.not_checked - digest.bugs
    reasons = {"no image or tensor could be examined": unseen, "a bug in sm-imgcheck": digest.bugs}
    given = {why: number for why, number in reasons.items() if number > 0}
    why = ", ".join(f"{why} ({number:,})" if len(given) > 1 else why for why, number in given.items())
    some = f"{report.not_checked:,} of {report.candidates:,} candidates: " if report.candidates > 1 else ""
    return f"Not checked: {some}{why}."


def _verdict(run: Run, digest: ResultSummary, report: Report) -> str:
    """Of a run without an error or a warning, in which something was examined."""
    if run.partial:
        found = count(report.findings, "notice") if report.findings else "no finding"
        return f"Selected rules: {found}."
    also = f" ({count(report.findings, 'notice')})" if report.findings else ""
    if set(digest.kinds) == {"probe"}:
        each = "the golden tensor" if report.clean == 1 else f"all {report.clean:,} golden tensors"
        return f"OK: the spec makes {each}{also}."
    if run.as_request and set(digest.kinds) == {"image"}:
        every = report.clean == report.candidates
        some = f"{'all ' if every else ''}{report.clean:,}{'' if every else f' of {report.candidates:,}'} candidates"
        images = "the image" if report.candidates == 1 else some
        return f"OK: convert makes the tensor of {images}{also}."
    matching = report.clean - digest.planless.total()
    if matching == report.candidates:
        return f"OK: {'matches' if matching == 1 else f'all {matching:,} candidates match'} the spec{also}."
    if report.candidates == 1:
        return f"No finding{also}, but no tensor can be made."
    return f"{matching:,} of {report.candidates:,} candidates {'matches' if matching == 1 else 'match'} the spec{also}."


def _tally(run: Run, digest: ResultSummary, report: Report) -> str:
    """How many findings, where, and how many of them ``convert`` fixes."""
    by = [count(report.severities[one], one) for one in SEVERITY_ORDER if report.severities.get(one)]
    some = f"{report.with_findings:,} of" if report.with_findings < report.candidates else "all"
    where = f" in {some} {count(report.candidates, 'candidate')}" if report.candidates > 1 else ""
    # A notice that nothing fixes is no flaw: it says what was assumed.
    flaws = report.findings - report.unfixable.get("notice", 0)
    if digest.kinds and set(digest.kinds) == {"request"}:
        fixed = "sm-imgcheck payload writes a valid body from the image"
    elif set(digest.kinds) == {"probe"}:
        fixed = "fix the spec, or write the golden tensor again if the spec is right"
    elif _by_handler(digest):
        fixed = "sm-imgcheck code writes a handler that makes the expected tensor"
    elif run.command and (needed := digest.common_assumptions):
        fixed = f"convert writes nothing without --assume {' --assume '.join(needed)}; if that is right"
    elif not report.fixable:
        fixed = "none fixed" if report.unwritten else "not fixable by convert"
    else:
        much = f"{report.fixable:,} of them" if report.fixable < flaws else "it" if flaws == 1 else "all of them"
        fixed = f"convert fixes {much}" if run.command else f"fixed: {much}"
    return f"{phrases.listing(by)}{where}; {fixed}{':' if _command(run, digest, report) else '.'}"


def _by_handler(digest: ResultSummary) -> bool:
    return digest.first is not None and digest.first.handled is not None


def _command(run: Run, digest: ResultSummary, report: Report) -> str:
    """What is to be done next; of a handler's tensors another handler, whatever could be done to them."""
    needed = () if _by_handler(digest) else digest.common_assumptions
    if not (report.fixable or needed or (_by_handler(digest) and report.with_findings)) or not run.command:
        return ""
    given = [f"--assume {argument(one)}" for one in needed]
    return " ".join([run.command, *given, *([run.output] if run.output else [])])


def _written(digest: ResultSummary, report: Report) -> str:
    if not digest.written:
        return "No tensor was written."
    if report.candidates == 1 and digest.first is not None:
        return f"Written to {for_terminal(digest.first.emitted or '')}."
    were = "was" if report.unwritten == 1 else "were"
    but = f"; {report.unwritten:,} of {report.candidates:,} candidates {were} not converted" if report.unwritten else ""
    return f"{count(digest.written, 'tensor')} written{but}."


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
        row(finding, shorten_message(finding.message), finding.fixed_by or "") for finding in by_weight(result.findings)
    ]
    if result.handled is not None:  # it is the code that is to be fixed
        rows = [plain(finding, shorten_message(finding.message)) for finding in by_weight(result.findings)]
    sections = [Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))]
    if result.plan is not None and result.findings:
        sections.append(Section(title="Plan to the tensor that the model expects:", steps=result.plan.steps))
    sections += _origins.format_fixable(result) if result.findings else []
    if result.skipped and (result.facts is not None or not result.findings):  # else a finding has the cause
        made = "can be made" if result.plan is None else "was made"
        sections.append(Section(title=f"No tensor {made}:", rows=(reason(result.skipped),)))
    if result.bug:
        sections.append(Section(title=FAILED, rows=(reason(result.bug),)))
    return (*head, against(run)), sections


def _request(run: Run, result: Result, request: Request) -> tuple[tuple[str, ...], list[Section]]:
    """A request body: what it is, what comes of it, and what is wrong with that."""
    head = [f"{for_terminal(result.path)}: {phrases.request(request)}"]
    head += [f"  which holds {phrases.header(result.header)}"] if result.header is not None else []
    came = phrases.outcome(request, result.facts)
    rows = [plain(finding, shorten_message(finding.message)) for finding in by_weight(result.findings)]
    return (*head, *([came] if came else []), against(run)), [
        Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))
    ]


def _probe(run: Run, result: Result, golden: Golden) -> tuple[tuple[str, ...], list[Section]]:
    """A golden tensor: how far the spec is from it, and the plan that was run."""
    seen = f": {phrases.facts(result.facts)}" if result.facts is not None else ""
    rows = [plain(finding, shorten_message(finding.message)) for finding in by_weight(result.findings)]
    sections = [Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))]
    if rows and result.plan is not None:
        sections.append(Section(title="The spec's own steps:", steps=result.plan.steps))
    return (f"{for_terminal(result.path)}{seen}", phrases.golden(golden), against(run)), sections
