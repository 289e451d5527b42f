"""``sm-imgcheck send``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.option_groups import at_most, group_options, text_option
from sm_imgcheck.core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_imgcheck.cli.payload_session import RequestInvocation
    from sm_imgcheck.core.types import Payload
    from sm_imgcheck.features.requests import RequestTarget
    from sm_imgcheck.features.requests.send import SendOptions, ServerResponse
    from sm_imgcheck.run.outputs.bodies import BuiltBody

    Send = Callable[[Payload], ServerResponse]

__all__ = ["send"]

RANK = 3
SUMMARY = "Send candidates to a container or an endpoint."


@frozen
class DeliveryOptions:
    """Headers and limits of each request."""

    accept: Annotated[str, text_option("Accept header: the content type of the response.", "TYPE")] = ""
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=0.1,
            max=3600,
            help="Timeout for the complete response, in seconds.",
            callback=at_most(3600),
        ),
    ] = 70.0
    custom_attributes: Annotated[str, text_option("Passed to the container unchanged.", "TEXT")] = ""
    target_model: Annotated[str, text_option("The model of a multi-model endpoint.", "NAME")] = ""
    target_variant: Annotated[str, text_option("The production variant of an endpoint.", "NAME")] = ""


@group_options
def send(
    paths: common.Paths,
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    url: Annotated[str, text_option("A container's address, such as http://127.0.0.1:8080/invocations.", "URL")] = "",
    endpoint: Annotated[str, text_option("A SageMaker endpoint (pip install 'sm-imgcheck[aws]').", "NAME")] = "",
    request: common.RequestOptions,
    delivery: DeliveryOptions,
    assumptions: common.AssumptionOptions,
    report: common.ReportOptions,
    stdin_filename: common.StdinFilename = "stdin",
) -> None:
    """Send candidates to a container or an endpoint.

    Bodies are made as by payload. Each is sent once: nothing is retried, no redirect is followed. Prints status,
    content type and answer; a refusal is explained. Exit code 1: refused, or no body could be made; 2: no answer.
    """
    if bool(url) == bool(endpoint):
        raise typer.BadParameter("destination: expected exactly one of --url and --endpoint")
    if url and delivery.target_variant:
        raise typer.BadParameter("--target-variant is for --endpoint: a --url is one container")
    from sm_imgcheck.cli import payload_session

    invocation = payload_session.RequestInvocation(
        paths=paths,
        spec=spec,
        options=common.check_options(assumptions),
        assumptions=assumptions,
        request=request,
        report=report,
        stdin_filename=stdin_filename,
    )
    way = payload_session.resolve_request_target(invocation)
    raise typer.Exit(_send_all(invocation, way, _sender(url, endpoint, _order(delivery), way)))


def _order(delivery: DeliveryOptions) -> SendOptions:
    from sm_imgcheck.features.requests.send import SendOptions

    return SendOptions(
        accept=delivery.accept,
        timeout=delivery.timeout,
        custom_attributes=delivery.custom_attributes,
        target_model=delivery.target_model,
        target_variant=delivery.target_variant,
    )


def _sender(url: str, endpoint: str, order: SendOptions, way: RequestTarget) -> Send:
    """How one body is sent; what can be known to fail is found out before any body is made."""
    if url:
        from sm_imgcheck.features.requests.send import http

        http.checked(url)
        return lambda payload: http.send(url, payload, order)
    from sm_imgcheck.core.errors import SendError
    from sm_imgcheck.features.requests.send import sagemaker

    sagemaker.checked(endpoint)
    if way.endpoint == "batch":
        raise SendError("payload.endpoint is batch: a job reads its bodies from S3, see sm-imgcheck payload")
    return lambda payload: sagemaker.send(endpoint, payload, order, way.endpoint)


def _send_all(invocation: RequestInvocation, way: RequestTarget, sender: Send) -> int:
    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.cli.printing import ReportWriter
    from sm_imgcheck.report.send import SentRequest, ServerResponseContent

    report, refused = invocation.report, 0
    writer = ReportWriter(ServerResponseContent(way), report, sys.stdout)

    def use(made: BuiltBody) -> str | None:
        nonlocal refused
        payload = made.body.payload
        answer = sender(payload) if payload is not None else None
        refused += answer is None or answer.refused
        writer.row(SentRequest(body=made.body, answer=answer))
        return None if answer is None else "sent"

    payload_session.run_requests(invocation, way, use, writer.close)
    return int(refused > 0)
