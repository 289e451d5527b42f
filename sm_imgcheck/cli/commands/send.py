"""``sm-imgcheck send``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import USAGE_EXITS
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import group_options, said, text_option, timeout_option
from sm_imgcheck.core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_imgcheck.cli.payload_session import RequestInvocation
    from sm_imgcheck.core.types import Payload
    from sm_imgcheck.features.requests import RequestTarget
    from sm_imgcheck.features.requests.send import SendOptions, ServerResponse
    from sm_imgcheck.run.outputs.bodies import BodyWriter, BuiltBody

    Send = Callable[[Payload], ServerResponse]

__all__ = ["EXITS", "send"]

RANK = 3
SUMMARY = "Send candidates to a container or an endpoint."
EXITS = f"Exit codes: 0 accepted; 1 rejected, or no body could be built; 2 no response, {USAGE_EXITS}"


@frozen
class DeliveryOptions:
    """Headers and limits of each request."""

    accept: Annotated[str, text_option("Accept header: the content type of the response.", "TYPE")] = ""
    timeout: Annotated[float, timeout_option("For the complete response.", most=3600)] = 70.0
    custom_attributes: Annotated[str, text_option("Passed to the container unchanged.", "TEXT")] = ""
    target_model: Annotated[str, text_option("The model of a multi-model endpoint.", "NAME")] = ""
    target_variant: Annotated[str, text_option("The production variant of an endpoint.", "NAME")] = ""
    inference_component: Annotated[str, text_option("The inference component of an endpoint.", "NAME")] = ""
    header: Annotated[
        list[str] | None,
        typer.Option("--header", metavar="'NAME: VALUE'", help="Header for --url; repeatable.", show_default=False),
    ] = None


@group_options
def send(
    paths: common.Paths,
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    url: Annotated[str, text_option("A container's address, such as http://127.0.0.1:8080/invocations.", "URL")] = "",
    endpoint: Annotated[str, text_option("A SageMaker endpoint (pip install 'sm-imgcheck[aws]').", "NAME")] = "",
    request: common.RequestOptions,
    delivery: DeliveryOptions,
    out: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            "--out",
            metavar="PATH",
            help="Write the response: a file (a name with a suffix), a folder, or - for standard output.",
            rich_help_panel="Output",
            callback=said,
            show_default=False,
        ),
    ] = "",
    force: common.Force = False,
    assumptions: common.AssumptionOptions,
    report: common.ReportOptions,
    stdin_filename: common.StdinFilename = "stdin",
) -> None:
    """Send candidates to a container or an endpoint.

    Bodies are built as by payload. Each is sent once: no retries, no redirects. Prints status, content type and
    response; a rejection is explained.
    """
    if bool(url) == bool(endpoint):
        raise typer.BadParameter("destination: expected exactly one of --url and --endpoint")
    _check_options(delivery, is_endpoint=bool(endpoint))
    from sm_imgcheck.cli import payload_session

    invocation = payload_session.RequestInvocation(
        paths=paths,
        spec=spec,
        options=check_options(assumptions),
        assumptions=assumptions,
        request=request,
        report=report,
        stdin_filename=stdin_filename,
        excluded_folder="" if out in {"", "-"} else out,
    )
    target = payload_session.resolve_request_target(invocation)
    options = _send_options(delivery)
    raise typer.Exit(_send_all(invocation, target, _sender(url, endpoint, options, target), out, force=force))


def _check_options(delivery: DeliveryOptions, *, is_endpoint: bool) -> None:
    """Reject options that the destination would ignore."""
    if is_endpoint and delivery.header:
        raise typer.BadParameter("--header is for --url: InvokeEndpoint forwards no other headers to the container")
    for option, value in (
        ("--target-variant", delivery.target_variant),
        ("--inference-component", delivery.inference_component),
    ):
        if value and not is_endpoint:
            raise typer.BadParameter(f"{option} is for --endpoint: a --url is one container")


def _send_options(delivery: DeliveryOptions) -> SendOptions:
    from sm_imgcheck.features.requests.send import SendOptions, parse_header

    return SendOptions(
        accept=delivery.accept,
        timeout=delivery.timeout,
        custom_attributes=delivery.custom_attributes,
        target_model=delivery.target_model,
        target_variant=delivery.target_variant,
        inference_component=delivery.inference_component,
        headers=tuple(map(parse_header, delivery.header or ())),
    )


def _sender(url: str, endpoint: str, options: SendOptions, target: RequestTarget) -> Send:
    """Return the function that sends one body. Destinations that cannot work raise before a body is built."""
    if url:
        from sm_imgcheck.features.requests.send import http

        http.check_url(url)
        return lambda payload: http.send(url, payload, options)
    from sm_imgcheck.core.errors import SendError
    from sm_imgcheck.features.requests.send import sagemaker

    sagemaker.check_endpoint_name(endpoint)
    if target.endpoint == "batch":
        raise SendError("payload.endpoint is batch: a job reads its bodies from S3, see sm-imgcheck payload")
    return lambda payload: sagemaker.send(endpoint, payload, options, target.endpoint)


def _send_all(invocation: RequestInvocation, target: RequestTarget, sender: Send, out: str, *, force: bool) -> int:
    from dataclasses import replace

    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.cli.printing import ReportWriter
    from sm_imgcheck.report.send import SentRequest, ServerResponseContent

    rejections = 0
    sink = payload_session.body_writer(out, target, force=force, infix=".response") if out else None
    if sink is not None:
        sink.manifest = False
        invocation = replace(invocation, single=out if out == "-" or sink.outputs.file else "")
    stream = sys.stderr if out == "-" else sys.stdout
    writer = ReportWriter(ServerResponseContent(target), invocation.report, stream)

    def use(built: BuiltBody) -> tuple[str | None, SentRequest]:
        nonlocal rejections
        payload = built.body.payload
        response = sender(payload) if payload is not None else None
        rejections += response is None or response.is_error
        file = _write_response(built, response, sink) if sink is not None and response is not None else ""
        row = SentRequest(body=built.body, response=response, file=file)
        return None if response is None else "sent", row

    payload_session.run_requests(invocation, target, use, writer, writer.close)
    return int(rejections > 0)


def _write_response(built: BuiltBody, response: ServerResponse, sink: BodyWriter) -> str:
    """Write the body of a response, also of a rejection, and return its path."""
    from dataclasses import replace

    from sm_imgcheck.core.types import Payload

    content = Payload(body=response.body, content_type=response.content_type, envelope="")
    return sink.put(replace(built, body=replace(built.body, payload=content))) or ""
