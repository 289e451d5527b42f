"""``sm-imgcheck send``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli import options as requests
from sm_imgcheck.cli.choices import one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_imgcheck.cli.payload_session import Asked
    from sm_imgcheck.core.types import Payload, Report
    from sm_imgcheck.features.requests import Route
    from sm_imgcheck.features.requests.send import Answer, Order
    from sm_imgcheck.run.outputs.bodies import Made

    Send = Callable[[Payload], Answer]

__all__ = ["send"]

RANK = 3
SUMMARY = "Send candidates to a container or an endpoint."


def _text(text: str, metavar: str) -> Any:
    return typer.Option(help=text, metavar=metavar, show_default=False)


def send(
    paths: common.Paths,
    *,
    spec: common.SpecName = "./sm-imgcheck.yaml",
    url: Annotated[str, _text("A container's address, such as http://127.0.0.1:8080/invocations.", "URL")] = "",
    endpoint: Annotated[str, _text("A SageMaker endpoint (pip install 'sm-imgcheck[aws]').", "NAME")] = "",
    form: requests.Envelope = None,
    content_type: requests.ContentType = "",
    accept: Annotated[str, _text("The content type that the answer should have.", "TYPE")] = "",
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, max=3600, help="Until the whole answer must be there."),
    ] = 70.0,
    custom_attributes: Annotated[str, _text("Handed to the container as they are.", "TEXT")] = "",
    target_model: Annotated[str, _text("The model of a multi-model endpoint.", "NAME")] = "",
    target_variant: Annotated[str, _text("The production variant of an endpoint.", "NAME")] = "",
    assume: common.Assume = None,
    allow_guess: common.AllowGuess = False,
    allow_remote: common.AllowRemote = False,
    report: Annotated[
        str, typer.Option("--format", metavar="[text|json]", help="How to report.", callback=one_of("text", "json"))
    ] = "text",
    stdin_filename: common.StdinFilename = "stdin",
    quiet: common.Quiet = False,
) -> None:
    """Send candidates to a container or an endpoint.

    Bodies are made as by payload. Each is sent once: nothing is retried, no redirect is followed. Prints status,
    content type and answer; a refusal is explained. Exit code 1: refused, or no body could be made; 2: no answer.
    """
    if bool(url) == bool(endpoint):
        raise typer.BadParameter("one of --url and --endpoint says where to")
    if url and target_variant:
        raise typer.BadParameter("--target-variant goes with --endpoint: a --url is one container")
    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.core.types import Options
    from sm_imgcheck.features.requests.send import Order

    order = Order(
        accept=accept,
        timeout=timeout,
        custom_attributes=custom_attributes,
        target_model=target_model,
        target_variant=target_variant,
    )
    asked = payload_session.Asked(
        paths=paths,
        spec=spec,
        options=Options(assume=common.assumed(assume), allow_guess=allow_guess),
        form=form or "",
        content_type=content_type,
        stdin_filename=stdin_filename,
        allow_remote=allow_remote,
    )
    way = payload_session.settled(asked)
    raise typer.Exit(_send_all(asked, way, _sender(url, endpoint, order, way), report, quiet=quiet))


def _sender(url: str, endpoint: str, order: Order, way: Route) -> Send:
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


def _send_all(asked: Asked, way: Route, sender: Send, report: str, *, quiet: bool) -> int:
    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.report import send as told_answers

    teller = (told_answers.as_json if report == "json" else told_answers.as_text)(way)
    silent, refused = quiet and report == "text", 0

    def use(made: Made) -> str | None:
        nonlocal refused
        payload = made.body.payload
        answer = sender(payload) if payload is not None else None
        refused += answer is None or answer.refused
        if not silent:
            sys.stdout.write(teller.row(made.body, answer))
            sys.stdout.flush()
        return None if answer is None else "sent"

    def close(counts: Report) -> None:
        if not silent:
            sys.stdout.write(teller.close(counts))

    payload_session.each(asked, way, use, close)
    return int(refused > 0)
