"""PAY: the outcome of a request is reported once, with its code, its severity, and the expected value."""

import io
from dataclasses import replace

import numpy as np
import pytest

from sm_imgcheck import rules
from sm_imgcheck.core.types import Candidate, DecodedRequest, RejectedRequest, Request
from sm_imgcheck.pipeline.read_request import request_candidate
from sm_imgcheck.rules.payload_request import PAY101, PAY114
from sm_imgcheck.rules.source_damage import SRC110
from sm_imgcheck.serving.endpoints import ENDPOINTS
from sm_imgcheck.serving.stacks import complete_findings
from specs import spec

PLAIN = Request(
    content_type="application/x-npy", size=1000, stack="pytorch", envelope="npy", outcome=DecodedRequest(form="array")
)
CODES = [code for code in rules.all_rules() if code.startswith("PAY")]


def payload_findings(payload=None, outcome=PLAIN.outcome, **changes):
    told = spec(payload={"stack": "pytorch", **(payload or {})})
    limits = ENDPOINTS[told.payload.get("endpoint", "realtime")].limits
    request = replace(PLAIN, limits=limits, outcome=complete_findings(outcome, told), **changes)
    candidate = Candidate(path="x", kind="request", request=request)
    return [finding for finding in rules.run(candidate, told) if finding.code.startswith("PAY")]


def test_valid_request_has_no_findings():
    assert payload_findings() == []


@pytest.mark.parametrize("code", CODES)
def test_every_rule_has_a_page_and_no_fix(code):
    rule = rules.all_rules()[code]
    assert rule.title.endswith(".")
    assert "Here:" in rule.page or "In the spec:" in rule.page
    assert rule.fixed_by is None


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_reported_for_body_cast_and_rejection(code):
    finding = rules.all_rules()[code].finding("it is so", expected="a", actual="b")
    (one,) = payload_findings(outcome=RejectedRequest(status=500, text="no\nstack trace", finding=finding))
    assert (one.code, one.expected, one.actual, one.fixed_by) == (code, "a", "b", None)
    assert one.message.startswith("it is so")
    assert one.message.endswith("pytorch responds 500 no")
    (silent,) = payload_findings(outcome=DecodedRequest(form="array", findings=(finding,)))
    (bytes_,) = payload_findings(findings=(silent,))
    assert silent == bytes_
    assert silent.message.startswith("it is so")


def test_rejection_suggests_the_payload_command():
    refused = RejectedRequest(status=500, text="", finding=PAY101.finding("no"))
    assert "sm-imgcheck payload writes npy" in payload_findings(outcome=refused)[0].message
    assert "sm-imgcheck payload writes array" in payload_findings({"envelope": "array"}, outcome=refused)[0].message


@pytest.mark.parametrize(
    ("endpoint", "size", "severities"),
    [
        ("realtime", 6_291_456, []),
        ("realtime", 6_291_457, ["warning"]),
        ("realtime", 25_000_000, ["warning"]),
        ("realtime", 25_000_001, ["error"]),
        ("serverless", 4_000_000, []),
        ("serverless", 4_000_001, ["error"]),
        ("async", 128_000, []),
        ("async", 128_001, ["notice"]),
        ("async", 1_000_000_001, ["error"]),
        ("batch", 6_000_000, []),
        ("batch", 100_000_001, ["error"]),
    ],
)
def test_body_over_endpoint_limit_names_the_limit(endpoint, size, severities):
    told = payload_findings({"endpoint": endpoint}, size=size)
    assert [one.severity for one in told] == severities
    for one in told:
        assert f"{size:,} bytes" in one.message
        assert any(
            f"{limit.bytes:,}" in one.message and limit.remedy in one.message for limit in ENDPOINTS[endpoint].limits
        )


def test_body_over_limit_of_spec_is_an_error_and_others_warn():
    too_large = RejectedRequest(status=413, text="", finding=PAY114.finding("over"))
    told = payload_findings({"max_bytes": 500}, size=30_000_000, outcome=too_large)
    assert [one.severity for one in told] == ["warning", "error", "warning"]
    assert "expected at most 500 (payload.max_bytes of the spec)" in told[1].message
    assert payload_findings({"max_bytes": 10_000_000}, size=9_999_999)[0].severity == "warning"


def test_spec_without_stack_reports_unchecked_parts():
    body = io.BytesIO()
    np.save(body, np.zeros((1, 224, 224, 3), np.float32))
    candidate = request_candidate(body.getvalue(), "x", "application/x-npy", spec())
    (one,) = rules.run(candidate, spec())
    assert (one.code, one.severity) == ("PAY120", "notice")
    assert "payload.stack" in one.message


def test_damaged_image_in_a_body_is_reported_with_the_request():
    request = replace(PLAIN, size=7_000_000, limits=ENDPOINTS["realtime"].limits)
    candidate = Candidate(path="x", kind="request", request=request, problem=SRC110.finding("ends"))
    assert [one.code for one in rules.run(candidate, spec(payload={"stack": "pytorch"}))] == ["SRC110", "PAY114"]
