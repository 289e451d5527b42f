"""``sm-imgcheck handler``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import CHECK_EXITS, output_paths
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import group_options, memory_option, python_option, timeout_option
from sm_imgcheck.core.frozen import frozen

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Result
    from sm_imgcheck.features.handler import Handler

__all__ = ["handler"]

RANK = 6
EXITS = CHECK_EXITS
SUMMARY = "Run your own handler, and check its tensors."


@frozen
class HandlerOptions:
    """What is called, and under which limits."""

    PANEL = "Handler"

    function: Annotated[
        str | None,
        typer.Option(
            "--function",
            metavar="NAME",
            help="The function to call, such as preprocess or Net.prepare: with the body, and with its content type "
            "as second argument, if any; with an image, an array or a path if it does not accept bytes. Default: the "
            "function that a server calls.",
            show_default=False,
        ),
    ] = None
    content_type: Annotated[
        str | None,
        typer.Option(
            "--content-type",
            metavar="TYPE",
            help="Content type of each request. Default: that of the image.",
            show_default=False,
        ),
    ] = None
    python: Annotated[
        str | None,
        python_option("Interpreter that runs FILE, 3.8 or later, with NumPy. Default: that of sm-imgcheck."),
    ] = None
    model_dir: Annotated[
        str | None,
        typer.Option(
            "--model-dir",
            metavar="DIR",
            help="Folder that model_fn gets. Default: that of the archive, or of FILE. Where the model cannot be "
            "loaded, a stub replaces it.",
            show_default=False,
        ),
    ] = None
    timeout: Annotated[float, timeout_option("For importing FILE, and for each request.")] = 60.0
    memory: Annotated[float | None, memory_option("Resident memory of FILE's process and all that it starts.")] = None


@group_options
def handler(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A Python file, a folder with inference.py or code/inference.py, a model.tar.gz or a .mar.",
            show_default=False,
        ),
    ],
    paths: common.Paths,
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    limits: HandlerOptions,
    assumptions: common.AssumptionOptions,
    selection: common.SelectionOptions,
    fail_on: common.FailOn = "error",
    report: common.ReportOptions,
    picture: output_paths.Picture = None,
    force: common.Force = False,
    stdin_filename: common.StdinFilename = "stdin",
) -> None:
    """Run your own handler, and check its tensors.

    Sends each PATH to FILE as a request, and checks the tensor that its input_fn, input_handler, handler or preprocess
    returns, or that predict_fn and transform_fn call the model with. The request's image is the source: the
    preprocessing is identified too. FILE runs with your permissions: the limits of time and memory, and the AWS
    credentials that it does not get, do not isolate it.
    """
    from sm_imgcheck.cli.invocation import Invocation
    from sm_imgcheck.cli.next_command import code_command
    from sm_imgcheck.cli.session import report_on

    invocation = Invocation(
        paths=paths,
        spec=spec,
        options=check_options(
            assumptions,
            selection,
            as_sent=True,
            content_type=limits.content_type,
            keep_arrays=picture is not None,
        ),
        assumptions=assumptions,
        run=common.RunOptions(force=force, stdin_filename=stdin_filename),
        report=report,
        fail_on=fail_on,
        handler=_handler(file, limits),
    )
    if picture is not None:
        output_paths.check_one(paths)
    results: list[Result] = []
    counts = report_on(invocation, command=code_command(invocation), results=results)
    if picture is not None:
        output_paths.draw(invocation, results, picture)
    raise typer.Exit(counts.exit_code(fail_on))


def _handler(file: str, limits: HandlerOptions) -> Handler:
    from sm_imgcheck.features.handler import Handler

    return Handler(
        file=file,
        function=limits.function or "",
        python=limits.python or "",
        content_type=limits.content_type,
        model_dir=limits.model_dir or "",
        seconds=limits.timeout,
        most_bytes=None if limits.memory is None else int(limits.memory * (1 << 30)),
    )
