"""Send a request to a SageMaker endpoint through boto3: credentials, region and URL come from its default sources.

Each request is sent once. botocore would retry up to five times, also after a slow response: the model has run then.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Payload
from sm_imgcheck.features.requests.send import (
    MAX_RESPONSE_BYTES,
    SendOptions,
    ServerResponse,
    header_value,
    without_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Protocol, Required, TypedDict

    class ResponseMetadata(TypedDict):
        """Metadata of every response."""

        HTTPStatusCode: int

    class InvokeResponse(TypedDict, total=False):
        """Response of InvokeEndpoint and InvokeEndpointAsync."""

        ResponseMetadata: Required[ResponseMetadata]
        Body: IO[bytes]
        ContentType: str
        InvokedProductionVariant: str
        OutputLocation: str
        FailureLocation: str

    class ErrorResponse(TypedDict, total=False):
        """``response`` of a ClientError."""

        Error: dict[str, str]
        ResponseMetadata: ResponseMetadata
        OriginalStatusCode: int
        OriginalMessage: str

    class Events(Protocol):
        """The event system of boto3's client."""

        def register(self, event_name: str, handler: Callable[..., None]) -> None: ...

    class ClientMeta(Protocol):
        """``meta`` of boto3's client."""

        events: Events

    class RuntimeClient(Protocol):
        """The methods of boto3's client that are called."""

        meta: ClientMeta

        def invoke_endpoint(self, **arguments: object) -> InvokeResponse: ...
        def invoke_endpoint_async(self, **arguments: object) -> InvokeResponse: ...


__all__ = ["INLINE_BYTES", "check_endpoint_name", "send"]

INLINE_BYTES = 128_000
"""Maximum body of InvokeEndpointAsync (service model sagemaker-runtime 2017-05-13); larger ones are uploaded to S3."""
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_CONNECT = 10.0
"""Seconds until the connection must be established."""


def check_endpoint_name(name: str) -> str:
    """Return the name if it is a valid endpoint name and boto3 is installed. Raises SendError."""
    if len(name) > 63 or not _NAME.fullmatch(name):
        raise SendError(
            f"--endpoint {for_terminal(name[:80])}: a name has up to 63 letters, digits and hyphens, no hyphen first "
            "or last; it is the endpoint's name, not its ARN or address"
        )
    if find_spec("boto3") is None:
        raise SendError("--endpoint: boto3 is not installed: pip install 'sm-imgcheck[aws]'")
    return name


def send(name: str, payload: Payload, options: SendOptions, kind: str = "realtime") -> ServerResponse:
    """Invoke the endpoint and return the response. Raises SendError if the request did not reach a model."""
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    arguments: dict[str, str | bytes] = {
        "EndpointName": check_endpoint_name(name),
        "ContentType": payload.content_type,
        "Body": payload.body,
    }
    optional = {
        "Accept": options.accept,
        "CustomAttributes": options.custom_attributes,
        "TargetModel": options.target_model,
        "TargetVariant": options.target_variant,
        "InferenceComponentName": options.inference_component,
    }
    arguments |= {key: header_value(key, value) for key, value in optional.items() if value}
    config = Config(connect_timeout=_CONNECT, read_timeout=options.timeout, retries={"total_max_attempts": 1})
    raw = _RawResponse()
    try:
        client: RuntimeClient = Session(region_name=_region()).client("sagemaker-runtime", config=config)
        client.meta.events.register("before-parse.sagemaker-runtime.*", raw.keep)
        if kind == "async":
            return _invoke_async(client, arguments)
        return _read_response(client.invoke_endpoint(**arguments))
    except ClientError as error:
        return _rejection(name, error.response, str(error))
    except (BotoCoreError, ValueError, OSError) as error:
        if raw.status >= 300:  # an error that boto3 cannot parse, such as text that is not UTF-8
            return raw.response()
        raise SendError(f"{name}: {_reason(error, options)}") from None


class _RawResponse:
    """Status and body of a response before boto3 parses them: it fails on errors that are not UTF-8."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.content_type = ""

    def keep(self, *, response_dict: Mapping[str, object], **_: object) -> None:
        """Store the response; called by boto3."""
        status, body, headers = (response_dict.get(key) for key in ("status_code", "body", "headers"))
        self.status = status if isinstance(status, int) else 0
        self.body = body if isinstance(body, bytes) else b""
        self.content_type = str((headers.get("content-type") if isinstance(headers, Mapping) else "") or "")

    def response(self) -> ServerResponse:
        """Return what was stored."""
        return ServerResponse(
            status=self.status,
            content_type=for_terminal(self.content_type[:200]),
            body=self.body[:MAX_RESPONSE_BYTES],
            cut=len(self.body) > MAX_RESPONSE_BYTES,
        )


def _region() -> str | None:
    """Return the region of AWS_REGION, which other SDKs read, where boto3's AWS_DEFAULT_REGION is not set."""
    return None if os.environ.get("AWS_DEFAULT_REGION") else os.environ.get("AWS_REGION") or None


def _read_response(response: InvokeResponse) -> ServerResponse:
    with response["Body"] as stream:
        body = stream.read(MAX_RESPONSE_BYTES + 1)
    variant = response.get("InvokedProductionVariant")
    return ServerResponse(
        status=response["ResponseMetadata"]["HTTPStatusCode"],
        content_type=for_terminal(response.get("ContentType", "")[:200]),
        body=body[:MAX_RESPONSE_BYTES],
        cut=len(body) > MAX_RESPONSE_BYTES,
        notes=(f"response of variant {for_terminal(variant[:200])}",) if variant else (),
    )


def _invoke_async(client: RuntimeClient, arguments: Mapping[str, str | bytes]) -> ServerResponse:
    """Send a small body to an asynchronous endpoint, which writes its response to S3."""
    size = len(arguments["Body"])
    if size > INLINE_BYTES:
        raise SendError(
            f"body: got {size:,} bytes, expected at most {INLINE_BYTES:,} for InvokeEndpointAsync: upload it to S3 "
            "(sm-imgcheck payload prints the commands)"
        )
    response = client.invoke_endpoint_async(**arguments)
    locations = {
        "the response will be": response.get("OutputLocation"),
        "a failure": response.get("FailureLocation"),
    }
    return ServerResponse(
        status=response["ResponseMetadata"]["HTTPStatusCode"],
        notes=tuple(
            f"{label} at {without_secrets(for_terminal(url))}" for label, url in locations.items() if url is not None
        ),
    )


_CLIENT_ERRORS = {
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
"""Error codes of requests that did not reach the model."""
_NO_ENDPOINT = re.compile(r"Endpoint .{0,300} not found", re.DOTALL)


def _rejection(name: str, response: ErrorResponse, text: str) -> ServerResponse:
    """Return a rejection by the model or by SageMaker. Raises SendError for errors before the model."""
    error, meta = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in _CLIENT_ERRORS:
        raise SendError(f"{name}: {_CLIENT_ERRORS[code]} ({code})")
    if _NO_ENDPOINT.search(message):
        raise SendError(f"{name}: no such endpoint in this region; list them with aws sagemaker list-endpoints")
    status = response.get("OriginalStatusCode")
    original = str(response.get("OriginalMessage") or "")[:MAX_RESPONSE_BYTES]
    return ServerResponse(
        status=int(meta.get("HTTPStatusCode", 0)) or 400,
        reason=for_terminal(code[:200]),
        body=text.encode("utf-8", "replace")[:MAX_RESPONSE_BYTES],
        cut=len(text) > MAX_RESPONSE_BYTES,
        notes=(f"the container responded with status {status}",) if isinstance(status, int) else (),
        message=original,
    )


_ADVICE = {
    "NoRegionError": "no region: set AWS_DEFAULT_REGION, or run aws configure",
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
    "SSLError": "TLS error: AWS_CA_BUNDLE is the file of accepted certificates",
    "ConnectionClosedError": "connection closed before a response: the body may be too large",
}


def _reason(error: Exception, options: SendOptions) -> str:
    """Return one line about an error of the connection."""
    kind = type(error).__name__
    if kind == "ReadTimeoutError":
        return f"response timed out after {options.timeout:g} s: SageMaker times out after 60 s; increase --timeout"
    if kind in _ADVICE:
        return _ADVICE[kind]
    return f"{without_secrets(for_terminal(' '.join(str(error).split())[:300]))} ({kind})"
