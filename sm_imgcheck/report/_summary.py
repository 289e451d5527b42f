"""The last lines of a report: what was skipped, found, fixed and written, and the next command."""

from __future__ import annotations

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import argument, for_terminal
from sm_imgcheck.core.phrases import count
from sm_imgcheck.core.types import Report
from sm_imgcheck.core.types.finding import SEVERITY_ORDER
from sm_imgcheck.report._groups import ResultSummary
from sm_imgcheck.report.settings import Run

__all__ = ["is_by_handler", "next_command", "summary_lines"]

_EXAMPLES = 5
"""Findings of the baseline that are no longer there and are listed."""


def summary_lines(run: Run, digest: ResultSummary, report: Report) -> list[str]:
    """Return the last lines without the command, which the tally of errors and warnings introduces."""
    lines = []
    if report.skipped_inputs:
        lines.append(f"Skipped: {phrases.skipped(report.skipped_inputs, report.skipped_suffixes)}.")
    if not report.candidates:
        return [*lines, "No candidates."]
    precedes_command = bool(next_command(run, digest, report))
    if report.with_findings and not precedes_command:
        lines.append(_tally(run, digest, report))
    elif report.clean and not report.with_findings:
        lines.append(_verdict(run, digest, report))
    if report.not_checked:
        lines.append(_not_checked(digest, report))
    if report.suppressions:
        reasons = [f"{number:,} ({for_terminal(reason)})" for reason, number in sorted(report.suppressions.items())]
        lines.append(f"Suppressed findings: {', '.join(reasons)}.")
    if report.vanished:
        first = ", ".join(map(for_terminal, report.vanished[:_EXAMPLES]))
        more = len(report.vanished) - _EXAMPLES
        lines.append(f"No longer found, remove from the baseline: {first}{f' and {more:,} more' if more > 0 else ''}.")
    if digest.written or report.unwritten:
        lines.append(_output_line(digest, report))
    if report.with_findings and precedes_command:
        lines.append(_tally(run, digest, report))
    return lines


def _not_checked(digest: ResultSummary, report: Report) -> str:
    """How many candidates were not checked, by reason."""
    without_content = report.not_checked - digest.bugs
    reasons = {"no image or tensor could be examined": without_content, "a bug in sm-imgcheck": digest.bugs}
    numbers = {why: number for why, number in reasons.items() if number > 0}
    why = ", ".join(f"{why} ({number:,})" if len(numbers) > 1 else why for why, number in numbers.items())
    share = f"{report.not_checked:,} of {report.candidates:,} candidates: " if report.candidates > 1 else ""
    return f"Not checked: {share}{why}."


def _verdict(run: Run, digest: ResultSummary, report: Report) -> str:
    """The verdict on a run without errors and warnings, in which candidates were examined."""
    if run.partial:
        findings = count(report.findings, "notice") if report.findings else "no finding"
        return f"Selected rules: {findings}."
    also = f" ({count(report.findings, 'notice')})" if report.findings else ""
    if set(digest.kinds) == {"probe"}:
        each = "the golden tensor" if report.clean == 1 else f"all {report.clean:,} golden tensors"
        return f"OK: the spec makes {each}{also}."
    if run.as_request and set(digest.kinds) == {"image"}:
        every = report.clean == report.candidates
        share = f"{'all ' if every else ''}{report.clean:,}{'' if every else f' of {report.candidates:,}'} candidates"
        images = "the image" if report.candidates == 1 else share
        return f"OK: convert accepts {images}{also}."
    matching = report.clean - digest.planless.total()
    if matching == report.candidates:
        return f"OK: {'matches' if matching == 1 else f'all {matching:,} candidates match'} the spec{also}."
    if report.candidates == 1:
        return f"No finding{also}, but no tensor can be made."
    return f"{matching:,} of {report.candidates:,} candidates {'matches' if matching == 1 else 'match'} the spec{also}."


def _tally(run: Run, digest: ResultSummary, report: Report) -> str:
    """How many errors and warnings, where, and how many of them ``convert`` fixes; notices are assumptions."""
    numbers = {name: report.severities[name] for name in SEVERITY_ORDER if report.severities.get(name)}
    notices = numbers.pop("notice", 0)
    also = f" ({count(notices, 'notice')})" if notices else ""
    share = f"{report.with_findings:,} of" if report.with_findings < report.candidates else "all"
    where = f" in {share} {count(report.candidates, 'candidate')}" if report.candidates > 1 else ""
    text = f"{phrases.listing([count(number, name) for name, number in numbers.items()])}{where}{also}"
    fixed = _fix_outcome(run, digest, report, sum(numbers.values()))
    return f"{text}{f'; {fixed}' if fixed else ''}{':' if next_command(run, digest, report) else '.'}"


def _fix_outcome(run: Run, digest: ResultSummary, report: Report, total: int) -> str:
    """What fixes the errors and warnings, or how many are fixed."""
    if digest.kinds and set(digest.kinds) == {"request"}:
        return "sm-imgcheck payload writes a valid body from the image"
    if set(digest.kinds) == {"probe"}:
        return "fix the spec, or write the golden tensor again if the spec is right"
    if is_by_handler(digest):
        return "sm-imgcheck code writes a handler that makes the expected tensor" if _is_checked(report) else ""
    if run.command and (assumptions := digest.common_assumptions):
        return f"convert requires --assume {' --assume '.join(assumptions)}; if that is correct"
    if not report.fixable:
        return "none fixed" if report.unwritten else "not fixable by convert"
    them = "it" if total == 1 else "all of them" if report.fixable == total else f"{report.fixable:,} of them"
    return f"convert fixes {them}" if run.command else f"{report.fixable:,} fixed"


def _is_checked(report: Report) -> bool:
    return report.not_checked < report.candidates


def is_by_handler(digest: ResultSummary) -> bool:
    """Whether the tensors come from a handler."""
    return digest.first is not None and digest.first.handled is not None


def next_command(run: Run, digest: ResultSummary, report: Report) -> str:
    """The next command; for the tensors of a handler, the command that writes another handler."""
    assumptions = () if is_by_handler(digest) else digest.common_assumptions
    is_replaceable = is_by_handler(digest) and report.with_findings > 0 and _is_checked(report)
    if not (report.fixable or assumptions or is_replaceable) or not run.command:
        return ""
    options = [f"--assume {argument(text)}" for text in assumptions]
    return " ".join([run.command, *options, *([run.output] if run.output else [])])


def _output_line(digest: ResultSummary, report: Report) -> str:
    if not digest.written:
        return "No tensor was written."
    if report.candidates == 1 and digest.first is not None:
        return f"Written to {for_terminal(digest.first.emitted or '')}."
    were = "was" if report.unwritten == 1 else "were"
    but = f"; {report.unwritten:,} of {report.candidates:,} candidates {were} not converted" if report.unwritten else ""
    return f"{count(digest.written, 'tensor')} written{but}."
