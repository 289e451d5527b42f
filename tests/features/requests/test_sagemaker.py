"""A request to a SageMaker endpoint: real boto3 against a server with the REST form of InvokeEndpoint."""

import json
from functools import cache
from threading import Event

import pytest
from servers import respond, serving

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.types import Payload
from sm_imgcheck.features.requests.send import MAX_RESPONSE_BYTES, SendOptions
from sm_imgcheck.features.requests.send.sagemaker import send

pytest.importorskip("boto3")
create_loader = pytest.importorskip("botocore.loaders").create_loader
BODY = Payload(body=bytes(range(256)) * 9, content_type="application/x-npy", envelope="npy")


@pytest.fixture(scope="module", autouse=True)
def _descriptions_are_read_once():
    """botocore's descriptions of services and regions: megabytes of JSON for each new session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


@pytest.fixture(autouse=True)
def account(monkeypatch, tmp_path):
    """Invalid credentials, and no configuration of the user."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE", "HTTP_PROXY", "http_proxy", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/EXAMPLEKEY")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")


@pytest.fixture
def endpoint(monkeypatch):
    """Start a server with this response, as the SageMaker endpoint of boto3."""

    def start(give):
        context = serving(give)
        seen = context.__enter__()
        running.append(context)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", seen.url.removesuffix("/invocations"))
        return seen

    running = []
    yield start
    for context in running:
        context.__exit__(None, None, None)


def error(status, code, message, **more):
    body = json.dumps({"Message": message, **more}).encode()
    return respond(status, body, content_type="application/json", x_amzn_ErrorType=code)


def line_of(name="my-endpoint", **order):
    with pytest.raises(SendError) as caught:
        send(name, BODY, SendOptions(**order))
    said = str(caught.value)
    assert "\n" not in said
    for secret in ("AKIAIOSFODNN7EXAMPLE", "wJalr", "SECRET"):
        assert secret not in said
    return said


def test_body_is_sent_unchanged_and_response_returned(endpoint):
    seen = endpoint(
        respond(200, b"[0.5]", content_type="application/json", x_Amzn_Invoked_Production_Variant="AllTraffic")
    )
    order = SendOptions(
        accept="application/json", target_variant="blue", target_model="m.tar.gz", custom_attributes="a=b"
    )
    got = send("my-endpoint", BODY, order)
    assert (got.status, got.content_type, got.text(), got.is_error) == (200, "application/json", "[0.5]", False)
    assert got.notes == ("response of variant AllTraffic",)
    assert seen.paths == ["/endpoints/my-endpoint/invocations"]
    assert seen.bodies == [BODY.body]
    headers = {name.lower(): value for name, value in seen.headers[0].items()}
    assert headers["content-type"] == "application/x-npy"
    assert headers["accept"] == "application/json"
    assert headers["x-amzn-sagemaker-target-variant"] == "blue"
    assert headers["x-amzn-sagemaker-target-model"] == "m.tar.gz"
    assert headers["x-amzn-sagemaker-custom-attributes"] == "a=b"
    assert "Signature=" in headers["authorization"]


def test_model_error_is_returned_with_container_message(endpoint):
    seen = endpoint(
        error(
            424,
            "ModelError",
            'Received server error (500) from primary with message "Content type image/jpeg is not supported by this '
            'framework."',
            OriginalStatusCode=500,
            OriginalMessage="Content type image/jpeg is not supported by this framework.",
            LogStreamArn="arn:aws:logs:x",
        )
    )
    got = send("my-endpoint", BODY, SendOptions())
    assert (got.status, got.reason, got.is_error) == (424, "ModelError", True)
    assert "Content type image/jpeg is not supported" in got.text()
    assert got.notes == ("the container responded with status 500",)
    assert len(seen.paths) == 1


def test_rejected_body_is_returned_as_a_response(endpoint):
    endpoint(error(400, "ValidationError", "Variant AllTraffic has oversize body"))
    got = send("my-endpoint", BODY, SendOptions())
    assert (got.status, got.reason) == (400, "ValidationError")
    assert "oversize body" in got.text()


@pytest.mark.parametrize(
    ("status", "code", "message", "why"),
    [
        (
            400,
            "ValidationError",
            "Endpoint my-endpoint of account 123456789012 not found.",
            "no such endpoint",
        ),
        (400, "ExpiredTokenException", "The security token included in the request is expired", "have expired"),
        (403, "ExpiredTokenException", "expired SECRET", "have expired"),
        (403, "UnrecognizedClientException", "The security token is invalid", "unknown AWS credentials"),
        (403, "InvalidSignatureException", "The Canonical String SECRET", "check the secret key"),
        (403, "AccessDeniedException", "User: x is not authorized", "access denied"),
        (400, "ThrottlingException", "Rate exceeded", "no retry was made"),
        (429, "ModelNotReadyException", "Either the serving container is not ready", "still loading"),
        (503, "ServiceUnavailable", "no", "no retry was made"),
        (500, "InternalFailure", "no", "no retry was made"),
    ],
)
def test_account_errors_are_one_line_without_retry(endpoint, status, code, message, why):
    seen = endpoint(error(status, code, message))
    assert why in line_of()
    assert len(seen.paths) == 1


def test_unknown_error_format_is_returned_with_status(endpoint):
    endpoint(respond(502, b"<html>bad gateway</html>", content_type="text/html"))
    got = send("my-endpoint", BODY, SendOptions())
    assert (got.status, got.is_error) == (502, True)


def test_huge_response_is_truncated(endpoint):
    endpoint(respond(200, b"x" * (2 * MAX_RESPONSE_BYTES)))
    got = send("my-endpoint", BODY, SendOptions())
    assert got.cut
    assert len(got.body) == MAX_RESPONSE_BYTES


def test_slow_endpoint_times_out(endpoint):
    asked = Event()
    endpoint(lambda handler: asked.wait(60))
    assert "response timed out after 0.3 s" in line_of(timeout=0.3)
    asked.set()


def test_unreachable_endpoint_is_one_line(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "http://127.0.0.1:9")
    assert "unreachable" in line_of()


def test_closed_connection_is_one_line(endpoint):
    def drop_connection(handler):
        handler.close_connection = True

    endpoint(drop_connection)
    assert "connection closed before" in line_of()


def test_missing_region_is_one_line(monkeypatch):
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "no region: set" in line_of()


def test_missing_credentials_are_one_line(endpoint, monkeypatch):
    seen = endpoint(respond(200))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no credentials: run" in line_of()
    assert not seen.paths


def test_incomplete_credentials_are_one_line(monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "incomplete" in line_of()


def test_missing_profile_is_one_line(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "AWS_PROFILE" in line_of()


@pytest.mark.parametrize("name", ["my_endpoint", "-x", "x-", "", "x" * 64, "arn:aws:sagemaker:x", "a/../b"])
def test_invalid_endpoint_name_is_refused(name):
    assert "letters, digits and hyphens" in line_of(name)


def test_missing_boto3_names_the_extra(monkeypatch):
    monkeypatch.setattr("sm_imgcheck.features.requests.send.sagemaker.find_spec", lambda name: None)
    assert "pip install 'sm-imgcheck[aws]'" in line_of()


def test_async_endpoint_gets_small_body_directly(endpoint):
    places = {"OutputLocation": "s3://bucket/out", "InferenceId": "1"}
    seen = endpoint(
        respond(
            202,
            json.dumps(places).encode(),
            content_type="application/json",
            X_Amzn_SageMaker_OutputLocation="s3://bucket/out?X-Amz-Signature=SECRET",
        )
    )
    got = send("my-endpoint", BODY, SendOptions(), "async")
    assert (got.status, got.is_error) == (202, False)
    assert got.notes == ("the response will be at s3://bucket/out?X-Amz-Signature=(removed)",)
    assert seen.paths == ["/endpoints/my-endpoint/async-invocations"]
    assert seen.bodies == [BODY.body]


def test_async_endpoint_refuses_large_body_without_s3(endpoint):
    seen = endpoint(respond(202))
    large = Payload(body=bytes(128_001), content_type="application/x-npy", envelope="npy")
    with pytest.raises(SendError, match="128,001 bytes"):
        send("my-endpoint", large, SendOptions(), "async")
    assert not seen.paths


def test_rejection_that_is_not_utf8_keeps_its_status(endpoint):
    endpoint(respond(500, b"caf\xe9 error", content_type="text/html"))
    response = send("my-endpoint", BODY, SendOptions())
    assert (response.status, response.body, response.is_error) == (500, b"caf\xe9 error", True)


def test_original_message_of_the_container_is_kept(endpoint):
    endpoint(error(424, "ModelError", "Received server error (500)", OriginalMessage="expected scalar type Float"))
    assert send("my-endpoint", BODY, SendOptions()).message == "expected scalar type Float"


def test_region_comes_from_aws_region_without_the_default(endpoint, monkeypatch):
    seen = endpoint(respond(200, b"[]"))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    send("my-endpoint", BODY, SendOptions())
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    send("my-endpoint", BODY, SendOptions())
    first, second = ({key.lower(): value for key, value in headers.items()} for headers in seen.headers)
    assert "/eu-west-3/sagemaker/" in first["authorization"]
    assert "/us-east-2/sagemaker/" in second["authorization"]


def test_inference_component_is_sent(endpoint):
    seen = endpoint(respond(200, b"[]"))
    send("my-endpoint", BODY, SendOptions(inference_component="part-1"))
    headers = {key.lower(): value for key, value in seen.headers[0].items()}
    assert headers["x-amzn-sagemaker-inference-component"] == "part-1"
