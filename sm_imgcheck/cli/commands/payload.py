"""``sm-imgcheck payload``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import CHECK_EXITS
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import group_options, said

if TYPE_CHECKING:
    from sm_imgcheck.cli.payload_session import RequestInvocation
    from sm_imgcheck.core.types import Report
    from sm_imgcheck.report.payload import BodyRow
    from sm_imgcheck.run.outputs.bodies import BuiltBody

__all__ = ["payload"]

RANK = 2
EXITS = CHECK_EXITS
SUMMARY = "Write request bodies, and the commands that send them."


@group_options
def payload(
    paths: common.Paths,
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    out: Annotated[
        str,
        typer.Option(
            "--output",
            "--out",
            "-o",
            metavar="BODY",
            help="A file for one body (a name with a suffix), a folder for one or several, or - for standard output. "
            "Default: cat.jpg becomes cat.body.npy in the current folder; the suffix is that of its envelope.",
            callback=said,
        ),
    ] = "",
    request: common.RequestOptions,
    sizes: Annotated[
        bool,
        typer.Option("--sizes", help="Only list the size of each envelope, and which fit."),
    ] = False,
    fail_on: common.FailOn = "never",
    assumptions: common.AssumptionOptions,
    force: common.Force = False,
    report: common.ReportOptions,
    stdin_filename: common.StdinFilename = "stdin",
) -> None:
    """Write request bodies, and the commands that send them.

    Checks and fixes each candidate as convert does, and encodes it as the spec's payload describes. Several candidates
    become one body where the model's batch, the envelope and the size limits allow. A body over a limit is not written.
    """
    from sm_imgcheck.cli import payload_session

    invocation = payload_session.RequestInvocation(
        paths=paths,
        spec=spec,
        options=check_options(assumptions, headers_only=sizes),
        assumptions=assumptions,
        request=request,
        report=report,
        stdin_filename=stdin_filename,
        excluded_folder="" if out in {"", "-"} else out,
    )
    if sizes:
        raise typer.Exit(_list_sizes(invocation))
    raise typer.Exit(_write(invocation, out, fail_on, force=force))


def _write(invocation: RequestInvocation, out: str, fail_on: common.FailOn, *, force: bool) -> int:
    from dataclasses import replace

    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.cli.printing import ReportWriter
    from sm_imgcheck.report.payload import PayloadContent

    target = payload_session.resolve_request_target(invocation)
    sink = payload_session.body_writer(out, target, force=force, infix="" if out else ".body")
    invocation = replace(invocation, single=out if out == "-" or sink.outputs.file else "")
    content = PayloadContent(target, folder=sink.outputs.folder, fail_on=fail_on)
    report = invocation.report
    stream = sys.stderr if out == "-" else sys.stdout
    writer = ReportWriter(content, report, stream)

    def use(built: BuiltBody) -> tuple[str | None, BodyRow]:
        place = sink.put(built)
        return place, replace(built.body, place=place or "")

    def close(counts: Report) -> None:
        sink.finish()
        writer.close(counts)

    return payload_session.run_requests(invocation, target, use, writer, close).exit_code(fail_on)


def _list_sizes(invocation: RequestInvocation) -> int:
    from sm_imgcheck.cli import payload_session
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.features.requests.sizes import sizes
    from sm_imgcheck.report.sizes import SizesContent, SizeTable
    from sm_imgcheck.run.loads import loads

    target = payload_session.resolve_request_target(invocation)
    statistics = loads(payload_session.candidates(invocation), target, invocation.options)
    for path, why in statistics.failed:
        typer.echo(f"{for_terminal(path)}: no body: {for_terminal(why)}", err=True)
    if statistics.largest is not None:
        table = SizeTable(
            load=statistics.largest, sizes=tuple(sizes(target, statistics.largest)), shapes=statistics.shapes
        )
        print_report(SizesContent(target), invocation.report, [table])
    elif not statistics.failed:
        raise payload_session.no_candidates_message(invocation)
    return int(bool(statistics.failed))
