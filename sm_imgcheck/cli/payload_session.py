"""What ``payload`` and ``send`` share: from the words of a command line to bodies."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import typer

from sm_imgcheck.cli.options import AssumptionOptions, ReportOptions, RequestOptions
from sm_imgcheck.cli.run_errors import RunErrors
from sm_imgcheck.cli.signals import DelayedSignals, check_signals
from sm_imgcheck.cli.specs import load_spec
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Options, Report
from sm_imgcheck.features.requests import RequestTarget, resolve_target
from sm_imgcheck.run.inputs.item import Item, Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.outputs.bodies import BodyWriter, BuiltBody, bodies, single
from sm_imgcheck.run.outputs.tensors import OutputRefused, Outputs

if TYPE_CHECKING:
    from sm_imgcheck.cli.printing import ReportWriter

__all__ = [
    "RequestInvocation",
    "body_writer",
    "candidates",
    "no_candidates_message",
    "resolve_request_target",
    "run_requests",
]

Row = TypeVar("Row")


@frozen
class RequestInvocation:
    """A run of ``payload`` or ``send`` with the options of the command line."""

    paths: list[str]
    spec: str
    options: Options
    assumptions: AssumptionOptions
    request: RequestOptions
    report: ReportOptions
    stdin_filename: str
    excluded_folder: str = ""
    """A folder that is not read: the output folder."""
    single: str = ""
    """The file, or - for standard output, for one body; empty: any number."""


def resolve_request_target(invocation: RequestInvocation) -> RequestTarget:
    """Return the target of the requests."""
    return resolve_target(
        load_spec(invocation.spec, invocation.paths),
        form=invocation.request.envelope or "",
        content_type=invocation.request.content_type,
    )


def candidates(invocation: RequestInvocation) -> Iterator[Item]:
    """Return the candidates of the paths."""
    listing = Listing(
        passed_over=Counter(),
        stdin_name=invocation.stdin_filename,
        excluded_folder=invocation.excluded_folder,
        allow_remote=invocation.assumptions.allow_remote,
    )
    return list_candidates(invocation.paths, listing)


def no_candidates_message(invocation: RequestInvocation) -> ImgcheckError:
    """Whether the run had no candidate."""
    return ImgcheckError(f"no candidates in {', '.join(invocation.paths)}")


def run_requests(
    invocation: RequestInvocation,
    target: RequestTarget,
    use: Callable[[BuiltBody], tuple[str | None, Row]],
    writer: ReportWriter[Row],
    close: Callable[[Report], None],
) -> Report:
    """Build every body, pass it to ``use``, which returns its destination and row; print the row, and count.

    close: ends the report.

    After an interruption, by Ctrl-C or by a body that cannot be written or sent, the report is closed too.
    Raises ImgcheckError without bodies, and at the end if some could not be written.
    """
    errors, report = RunErrors(), Report()
    try:
        every = bodies(candidates(invocation), target, invocation.options, on_failure=errors.report)
        for built in single(every, invocation.single) if invocation.single else every:
            place, row = _use_body(built, use, errors)
            writer.open()
            with DelayedSignals():
                writer.add(row)
                for number, result in enumerate(built.body.results):
                    findings = result.findings if number else result.findings + built.body.findings
                    report = report.plus(replace(result, emitted=place, findings=findings), tensor_expected=True)
            writer.flush()
            check_signals()
            gc.enable()  # a short command ends without it; a collection among the imports needs 9 ms
    finally:
        if report.candidates:
            close(report)
    if not report.candidates:
        raise no_candidates_message(invocation)
    errors.sum_up()
    return report


def _use_body(
    built: BuiltBody, use: Callable[[BuiltBody], tuple[str | None, Row]], errors: RunErrors
) -> tuple[str | None, Row]:
    try:
        return use(built)
    except OutputRefused as error:  # the cause is its location, not that of all
        return use(replace(built, body=replace(built.body, payload=None, refused=errors.report(built.item, error))))


def body_writer(out: str, target: RequestTarget, *, force: bool, infix: str) -> BodyWriter:
    """Return the writer for ``-o``: a folder, one file (a name with a suffix), or standard output (``-``).

    infix: between name and suffix of files in a folder.
    """
    if out == "-" and sys.stdout.isatty():
        raise typer.BadParameter("-o - would fill the terminal with bytes: redirect it, or name a file")
    folder, name = out, ""
    if out != "-" and "." in os.path.basename(out) and not os.path.isdir(out):  # noqa: PTH112, PTH119 - as it was typed
        folder, name = os.path.split(out)
    return BodyWriter(
        outputs=Outputs(folder=folder, form="", file=name, force=force),
        stream=sys.stdout.buffer if out == "-" else None,
        infix=infix,
        manifest=target.endpoint == "batch",
    )
