"""Bodies of ``payload``, and the findings of ``validate`` for them with the same spec."""

import io
from contextlib import suppress

import numpy as np
import pytest
from sample_images import jpeg, picture

from sm_imgcheck import PayloadError, PlanError, build_payload, validate
from sm_imgcheck.features.requests import prediction
from sm_imgcheck.pipeline import process
from sm_imgcheck.serving.envelopes import ENVELOPES
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

PHOTO = jpeg(picture())
BYTE = {"dtype": "uint8", "value_range": [0, 255]}
QUANTIZED = {"dtype": "int8", "value_range": [-1, 1], "quantize": {"scale": 0.0078125, "zero_point": 0}}
NCHW = {"shape": ["N", 3, 24, 32], "layout": "NCHW"}
CONTRACTS = (
    {},
    {"shape": [1, 24, 32, 3]},
    {"shape": ["1..8", 24, 32, 3]},
    {"shape": [24, 32, 3]},
    NCHW,
    {"shape": ["N", 24, 32, 1], "channel_order": "GRAY"},
    {"channel_order": "BGR", "normalize": {"mean": [104, 117, 123], "std": [1, 1, 1], "units": "byte", "order": "BGR"}},
    {"dtype": "float16"},
    {"dtype": "float64"},
    {"dtype": "bfloat16"},
    BYTE,
    {"dtype": "int64", "value_range": [0, 255]},
    QUANTIZED,
)
PAIRS = [(stack, form) for stack in STACKS.by_rank() for form in STACKS[stack].envelopes or ENVELOPES.by_rank()]


def contract(changes):
    base = {"shape": ["N", 24, 32, 3], "name": "image", **changes}
    return base | {"value_range": None} if "normalize" in base else base


FEW = [{}, NCHW, BYTE]
MATRIX = [pytest.param(changes, marks=() if changes in FEW else pytest.mark.slow) for changes in CONTRACTS]


@pytest.mark.parametrize("changes", MATRIX, ids=map(repr, CONTRACTS))
@pytest.mark.parametrize(("stack", "form"), PAIRS)
@pytest.mark.parametrize("written", [True, False], ids=["in the spec", "on the command line"])
@pytest.mark.sample(4)
def test_built_body_passes_validate_or_has_a_notice(stack, form, changes, written):
    payload = {"stack": stack, "envelope": form} if written else {"stack": stack}
    given = spec(**contract(changes), payload=payload)
    with suppress(PayloadError, PlanError):
        body = build_payload(PHOTO, given, envelope=form)
        assert_no_contradiction(body, given)


def assert_no_contradiction(body, given):
    result = validate(body.body, given, content_type=body.content_type)
    errors = error_codes(result)
    assert result.status != "failed" or body.findings, errors
    assert not errors or body.findings, errors


def test_body_rejected_by_the_stack_raises_payload_error():
    half = spec(**contract({"dtype": "float16"}), payload={"stack": "tensorflow-serving"})
    with pytest.raises(PayloadError, match="fills no float16 input from JSON"):
        build_payload(PHOTO, half)


def test_undocumented_cast_by_the_server_is_a_notice():
    made = build_payload(PHOTO, spec(**contract({}), payload={"stack": "toolkit"}), envelope="array")
    assert [finding.code for finding in made.findings] == ["PAY121"]
    assert "float64" in made.findings[0].message


def test_accepted_body_has_no_notice():
    made = build_payload(PHOTO, spec(**contract({}), payload={"stack": "pytorch"}))
    assert made.findings == ()
    assert np.load(io.BytesIO(made.body)).dtype == np.float32


@pytest.mark.parametrize("stack", ["pytorch", "triton", "tensorflow-serving"])
def test_body_that_the_stack_does_not_change_is_read_once_and_not_measured(stack, monkeypatch):
    calls = []
    read, measure = prediction.read_candidate, process.measure_candidate
    monkeypatch.setattr(prediction, "read_candidate", lambda *given: calls.append("read") or read(*given))
    monkeypatch.setattr(process, "measure_candidate", lambda *given: calls.append(given[0].kind) or measure(*given))
    assert build_payload(PHOTO, spec(**contract({}), payload={"stack": stack})).findings == ()
    assert calls == ["image", "read"]


def test_body_that_the_stack_changes_is_measured(monkeypatch):
    kinds, measure = [], process.measure_candidate
    monkeypatch.setattr(process, "measure_candidate", lambda *given: kinds.append(given[0].kind) or measure(*given))
    assert build_payload(PHOTO, spec(**contract({}), payload={"stack": "toolkit"}), envelope="array").findings
    assert "request" in kinds


@pytest.mark.parametrize("stack", [name for name in STACKS.by_rank() if STACKS[name].envelopes])
def test_spec_without_an_envelope_is_read_as_with_the_default_of_its_stack(stack):
    envelope = STACKS[stack].envelopes[0]
    given = spec(**contract({}), payload={"stack": stack})
    body = build_payload(PHOTO, given)
    assert body.envelope == envelope
    written = spec(**contract({}), payload={"stack": stack, "envelope": envelope})
    results = [validate(body.body, each, content_type=body.content_type) for each in (given, written)]
    assert results[0].candidate.facts == results[1].candidate.facts
    assert error_codes(results[0]) == error_codes(results[1])


def error_codes(result):
    return [finding.code for finding in result.findings if finding.severity == "error"]
