"""``--handler`` and what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli.option_groups import at_most, said
from sm_imgcheck.core.frozen import frozen

if TYPE_CHECKING:
    from sm_imgcheck.features.handler import Handler

__all__ = ["HandlerOptions", "handler_of"]

_LONGEST = 604_800
"""Seconds: a week."""
_LARGEST = 1 << 20
"""GiB: a pebibyte."""


@frozen
class HandlerOptions:
    """The user's own code, and the limits under which it runs."""

    handler: Annotated[
        str | None,
        typer.Option(
            "--handler",
            metavar="FILE.py",
            help="Send each PATH to this inference.py, and check the tensor that its input_fn, input_handler, handler "
            "or preprocess makes (or that predict_fn and transform_fn call the model with). This runs its code; no "
            "sandbox.",
            callback=said,
            show_default=False,
        ),
    ] = None
    function: Annotated[
        str | None,
        typer.Option(
            "--function",
            metavar="NAME",
            help="The function of --handler to be called, such as preprocess or Net.prepare: with the body, and with "
            "its content type if it takes two. Default: the one that a container calls.",
            callback=said,
            show_default=False,
        ),
    ] = None
    python: Annotated[
        str | None,
        typer.Option(
            "--python",
            metavar="PATH",
            help="The interpreter for --handler, 3.8 or later, with NumPy. Default: the one that runs this.",
            callback=said,
            show_default=False,
        ),
    ] = None
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            help="For importing the file of --handler, and for each request.",
            min=0.1,
            callback=at_most(_LONGEST),
        ),
    ] = 60.0
    memory: Annotated[
        float | None,
        typer.Option(
            "--memory",
            metavar="GIB",
            help="Resident memory of --handler and of all that it starts. Default: 8, or three quarters of the "
            "machine's.",
            min=0.05,
            show_default=False,
            callback=at_most(_LARGEST),
        ),
    ] = None


def handler_of(options: HandlerOptions, content_type: str | None) -> Handler | None:
    """The code to run; None: there is none. Raises BadParameter for an option that needs --handler."""
    needs_handler = (("--function", options.function), ("--python", options.python), ("--memory", options.memory))
    if options.handler is None:
        for name, value in needs_handler:
            if value is not None:
                raise typer.BadParameter(f"{name} says how --handler is run: name its file with --handler")
        return None
    from sm_imgcheck.features.handler import Handler

    return Handler(
        file=options.handler,
        function=options.function or "",
        python=options.python or "",
        content_type=content_type,
        seconds=options.timeout,
        most_bytes=None if options.memory is None else int(options.memory * (1 << 30)),
    )
