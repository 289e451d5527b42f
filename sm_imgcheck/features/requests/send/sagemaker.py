"""A request to a SageMaker endpoint, through boto3: credentials, region and address from its usual chain.

Sent once. botocore would repeat a request up to five times, also one whose answer was slow to come: by then the model
has run, and has cost what it costs.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Payload
from sm_imgcheck.features.requests.send import (
    MAX_ANSWER_BYTES,
    SendOptions,
    ServerResponse,
    header_value,
    without_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO, Protocol, Required, TypedDict

    class ResponseMetadata(TypedDict):
        """Of every answer."""

        HTTPStatusCode: int

    class InvokeResponse(TypedDict, total=False):
        """What InvokeEndpoint and InvokeEndpointAsync answer."""

        ResponseMetadata: Required[ResponseMetadata]
        Body: IO[bytes]
        ContentType: str
        InvokedProductionVariant: str
        OutputLocation: str
        FailureLocation: str

    class ErrorResponse(TypedDict, total=False):
        """What a ClientError holds."""

        Error: dict[str, str]
        ResponseMetadata: ResponseMetadata
        OriginalStatusCode: int

    class RuntimeClient(Protocol):
        """What is used of boto3's client."""

        def invoke_endpoint(self, **given: object) -> InvokeResponse: ...
        def invoke_endpoint_async(self, **given: object) -> InvokeResponse: ...


__all__ = ["INLINE_BYTES", "checked", "send"]

INLINE_BYTES = 128_000
"""Of a body that InvokeEndpointAsync takes by itself (service model sagemaker-runtime 2017-05-13); larger ones lie
in S3."""
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_CONNECT = 10.0
"""Seconds until AWS must have taken the call."""


def checked(name: str) -> str:
    """The name, if an endpoint can have it, and boto3 is there. Raises SendError."""
    if len(name) > 63 or not _NAME.fullmatch(name):
        raise SendError(
            f"--endpoint {for_terminal(name[:80])}: a name has up to 63 letters, digits and hyphens, no hyphen first "
            "or last; it is the endpoint's name, not its ARN or address"
        )
    if find_spec("boto3") is None:
        raise SendError("--endpoint: boto3 is not installed: pip install 'sm-imgcheck[aws]'")
    return name


def send(name: str, payload: Payload, order: SendOptions, kind: str = "realtime") -> ServerResponse:
    """Invoke the endpoint and take the answer. Raises SendError where the request never got to a model."""
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    given: dict[str, str | bytes] = {
        "EndpointName": checked(name),
        "ContentType": payload.content_type,
        "Body": payload.body,
    }
    optional = {
        "Accept": order.accept,
        "CustomAttributes": order.custom_attributes,
        "TargetModel": order.target_model,
        "TargetVariant": order.target_variant,
    }
    given |= {key: header_value(key, value) for key, value in optional.items() if value}
    how = Config(connect_timeout=_CONNECT, read_timeout=order.timeout, retries={"total_max_attempts": 1})
    try:
        client: RuntimeClient = Session().client("sagemaker-runtime", config=how)
        if kind == "async":
            return _queued(client, given)
        return _served(client.invoke_endpoint(**given))
    except ClientError as error:
        return _refused(name, error.response, str(error))
    except (BotoCoreError, ValueError, OSError) as error:
        raise SendError(f"{name}: {_why(error, order)}") from None


def _served(response: InvokeResponse) -> ServerResponse:
    with response["Body"] as stream:
        body = stream.read(MAX_ANSWER_BYTES + 1)
    variant = response.get("InvokedProductionVariant")
    return ServerResponse(
        status=response["ResponseMetadata"]["HTTPStatusCode"],
        content_type=for_terminal(response.get("ContentType", "")[:200]),
        body=body[:MAX_ANSWER_BYTES],
        cut=len(body) > MAX_ANSWER_BYTES,
        notes=(f"answered by variant {for_terminal(variant[:200])}",) if variant else (),
    )


def _queued(client: RuntimeClient, given: Mapping[str, str | bytes]) -> ServerResponse:
    """Hand a small body to an asynchronous endpoint; its answer will lie in S3."""
    if len(given["Body"]) > INLINE_BYTES:
        raise SendError(
            f"the body has {len(given['Body']):,} bytes, and InvokeEndpointAsync takes up to {INLINE_BYTES:,} with the "
            "request: upload it to S3 (sm-imgcheck payload prints the commands)"
        )
    response = client.invoke_endpoint_async(**given)
    places = {
        "the response will be": response.get("OutputLocation"),
        "a failure": response.get("FailureLocation"),
    }
    return ServerResponse(
        status=response["ResponseMetadata"]["HTTPStatusCode"],
        notes=tuple(
            f"{what} at {without_secrets(for_terminal(place))}" for what, place in places.items() if place is not None
        ),
    )


_SENDERS = {
    "ExpiredToken": "the credentials have expired: log in again (aws sso login), or renew the session token",
    "ExpiredTokenException": "the credentials have expired: log in again (aws sso login), or renew the session token",
    "UnrecognizedClientException": "unknown AWS credentials: check the profile and the region",
    "InvalidSignatureException": "invalid signature: check the secret key and the clock of this machine",
    "SignatureDoesNotMatch": "invalid signature: check the secret key and the clock of this machine",
    "AccessDeniedException": "access denied: the credentials do not allow sagemaker:InvokeEndpoint",
    "AccessDenied": "access denied: the credentials do not allow sagemaker:InvokeEndpoint",
    "ThrottlingException": "throttled by AWS: no retry was made; try again later",
    "ModelNotReadyException": "model still loading: no retry was made; try again later",
    "ServiceUnavailable": "service unavailable: no retry was made; try again later",
    "InternalFailure": "internal SageMaker error: no retry was made; try again later",
    "InternalDependencyException": "internal SageMaker error: no retry was made; try again later",
}
"""Codes of errors that say nothing of the request: it did not get to the model."""
_NO_ENDPOINT = re.compile(r"Endpoint .{0,300} not found", re.DOTALL)


def _refused(name: str, response: ErrorResponse, whole: str) -> ServerResponse:
    """What the model, or SageMaker in front of it, has against the request. Raises SendError for all other errors."""
    error, meta = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, said = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in _SENDERS:
        raise SendError(f"{name}: {_SENDERS[code]} ({code})")
    if _NO_ENDPOINT.search(said):
        raise SendError(f"{name}: no such endpoint in this region; list them with aws sagemaker list-endpoints")
    original = response.get("OriginalStatusCode")
    return ServerResponse(
        status=int(meta.get("HTTPStatusCode", 0)) or 400,
        reason=for_terminal(code[:200]),
        body=whole.encode("utf-8", "replace")[:MAX_ANSWER_BYTES],
        cut=len(whole) > MAX_ANSWER_BYTES,
        notes=(f"the container answered with status {original}",) if isinstance(original, int) else (),
    )


_ADVICE = {
    "NoRegionError": "no region: set AWS_REGION, or run aws configure",
    "NoCredentialsError": "no credentials: run aws configure or aws sso login, or use a role",
    "PartialCredentialsError": "incomplete credentials: expected key and secret",
    "ProfileNotFound": "unknown profile in AWS_PROFILE",
    "TokenRetrievalError": "the login has expired: aws sso login",
    "SSOTokenLoadError": "not logged in: run aws sso login",
    "UnauthorizedSSOTokenError": "the login has expired: aws sso login",
    "CredentialRetrievalError": "the credentials could not be fetched",
    "EndpointConnectionError": "AWS unreachable: check the region and the network",
    "ConnectTimeoutError": f"connection to AWS timed out after {_CONNECT:g} s: check network and proxy",
    "ProxyConnectionError": "proxy unreachable: check HTTPS_PROXY and NO_PROXY",
    "SSLError": "TLS error: AWS_CA_BUNDLE names the certificates to trust",
    "ConnectionClosedError": "connection closed before a response: the body may be too large",
}


def _why(error: Exception, order: SendOptions) -> str:
    """One line on an error of the way, not of the request."""
    kind = type(error).__name__
    if kind == "ReadTimeoutError":
        return f"response timed out after {order.timeout:g} s: SageMaker times out after 60 s; increase --timeout"
    if kind in _ADVICE:
        return _ADVICE[kind]
    return f"{without_secrets(for_terminal(' '.join(str(error).split())[:300]))} ({kind})"
