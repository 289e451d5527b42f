"""Stacks that run without SageMaker: neither its limits nor its commands."""

from dataclasses import replace

import numpy as np
import pytest

from sm_imgcheck import validate
from sm_imgcheck.features.requests import bounds, narrowest, resolve_target
from sm_imgcheck.features.requests.snippets import commands
from sm_imgcheck.serving.stacks import STACKS, endpoint_of
from specs import spec

ELSEWHERE = ("azure-ml", "kserve", "vertex-ai", "vertex-ai-triton")
BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size=111"


def target(stack, **payload):
    return resolve_target(replace(spec(name="image"), payload={"stack": stack, **payload}))


@pytest.mark.parametrize("stack", ELSEWHERE)
def test_other_platform_has_its_own_limit_alone(stack):
    limit = STACKS[stack].body_limit
    assert [bound.bytes for bound in bounds(target(stack))] == ([limit] if limit else [])
    assert not set(commands(target(stack), "body.bin", BINARY, 1)) - {"curl"}


@pytest.mark.parametrize("stack", ELSEWHERE)
def test_endpoint_of_the_spec_overrides_the_platform(stack):
    assert [bound.bytes for bound in bounds(target(stack, endpoint="serverless"))][-1] == 4_000_000
    assert "boto3" in commands(target(stack, endpoint="realtime"), "body.bin", BINARY, 1)


def test_direct_endpoint_has_no_limits_of_sagemaker_and_only_curl():
    triton = target("triton", endpoint="direct")
    assert bounds(triton) == ()
    assert narrowest(bounds(triton)) > 1 << 32
    assert set(commands(triton, "body.bin", BINARY, 1)) == {"curl"}


def test_unknown_limit_of_a_platform_is_stated():
    assert "size limit of kserve unknown: set payload.max_bytes in the spec" in target("kserve").unchecked
    assert [text for text in target("kserve", max_bytes=1000).unchecked if "size limit" in text] == []
    assert [text for text in target("vertex-ai").unchecked if "limit" in text] == []


def test_curl_sends_the_binary_form_to_kserve_with_its_header():
    line = commands(target("kserve"), "body.bin", BINARY, 1)["curl"]
    assert "Inference-Header-Content-Length: 111" in line
    assert line.endswith("/v2/models/NAME/infer")
    assert "sagemaker" not in line


@pytest.mark.parametrize(("stack", "kind"), [("kserve", "direct"), ("triton", "realtime"), ("", "realtime")])
def test_endpoint_follows_from_the_stack(stack, kind):
    assert endpoint_of({"stack": stack} if stack else {}) == kind


@pytest.mark.parametrize(("stack", "is_over"), [("azure-ml", False), ("ray-serve", True)])
def test_body_of_30_mb_is_over_the_limit_of_sagemaker_alone(stack, is_over):
    body = np.zeros(30_000_000, np.uint8).tobytes()
    to = replace(spec(), payload={"stack": stack})
    result = validate(body, to, content_type="application/octet-stream")
    assert ("PAY114" in {finding.code for finding in result.findings}) == is_over


def test_djl_serving_refuses_more_than_64_mib():
    outcome = STACKS["djl-serving"].receive(bytes((64 << 20) + 1), "application/octet-stream", spec())
    assert (outcome.status, outcome.finding.code) == (413, "PAY114")
