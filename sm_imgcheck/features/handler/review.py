"""Findings of a handler's tensor that depend on its run: whether the tensor is final, and its source image."""

from __future__ import annotations

from dataclasses import replace

from sm_imgcheck.core.types import Finding, Result
from sm_imgcheck.rules.handler import HND107
from sm_imgcheck.rules.shape_channels import SHP107

__all__ = ["review_result"]

_OF_CHANNELS = ("CHN", "VAL", "PIX")


def review_result(result: Result) -> Result:
    """The result of a handler's tensor, without errors that are not certain, and with the cause of wrong channels."""
    return _name_source_mode(_discard_uncertain(result))


def _discard_uncertain(result: Result) -> Result:
    """The result; not checked where its tensor has errors, and may still change before it reaches the model."""
    handled = result.handled
    if handled is None or not handled.uncertainties or not result.errors or result.candidate.problem is not None:
        return result
    codes = ", ".join(dict.fromkeys(finding.code for finding in result.errors))
    why = HND107.finding(
        f"model input not checked: {'; '.join(handled.uncertainties[:3])}; {handled.function or 'the handler'} alone "
        f"does not match the spec ({codes})"
    )
    others = tuple(finding for finding in result.findings if finding.code.startswith("HND"))
    candidate = replace(result.candidate, facts=None, origins=None, ideal=None, data=None, problem=why)
    return replace(result, candidate=candidate, findings=(why, *others), plan=None, array=None, skipped=why.message)


def _name_source_mode(result: Result) -> Result:
    """The result; where the source is CMYK and was not converted, with this as the cause of wrong channels."""
    facts, header = result.facts, None if result.ideal is None else result.ideal.header
    if result.handled is None or facts is None or header is None or not result.errors:
        return result
    if header.mode == "CMYK" and facts.length("C") == 4:
        cause = 'channel count: got 4 (CMYK, as the source image), expected RGB: add .convert("RGB") after decoding'
        others = [finding for finding in result.findings if not finding.code.startswith((*_OF_CHANNELS, "SHP107"))]
        candidate = replace(result.candidate, facts=replace(facts, channel_order="?"), origins=None, ideal=None)
        return _with_cause(replace(result, candidate=candidate), cause, others)
    return result


def _with_cause(result: Result, cause: str, others: list[Finding]) -> Result:
    return replace(result, findings=(SHP107.finding(cause, fixable=False), *others), plan=None, skipped=cause)
