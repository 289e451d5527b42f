"""``--handler`` and what goes with it."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sm_imgcheck.features.handler import Handler

__all__ = ["File", "Function", "Memory", "Python", "Timeout", "asked"]

File = Annotated[
    str | None,
    typer.Option(
        "--handler",
        metavar="FILE.py",
        help="Send each PATH to this inference.py, and check the tensor that its input_fn, input_handler, handler or "
        "preprocess makes (or that predict_fn and transform_fn call the model with). This runs its code; no sandbox.",
        show_default=False,
    ),
]
Function = Annotated[
    str | None,
    typer.Option(
        "--function",
        metavar="NAME",
        help="The function of --handler to be called, such as preprocess or Net.prepare: with the body, and with its "
        "content type if it takes two. Default: the one that a container calls.",
        show_default=False,
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        metavar="PATH",
        help="The interpreter for --handler, 3.8 or later, with NumPy. Default: the one that runs this.",
        show_default=False,
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout", metavar="SECONDS", help="For importing the file of --handler, and for each request.", min=0.1
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        "--memory",
        metavar="GIB",
        help="Resident memory of --handler and of all that it starts. Default: 8, or three quarters of the machine's.",
        min=0.05,
        show_default=False,
    ),
]


def asked(
    file: str | None,
    content_type: str | None,
    function: str | None,
    python: str | None,
    *,
    timeout: float,
    memory: float | None,
) -> Handler | None:
    """What is to be run. Raises BadParameter for an option that needs --handler."""
    if file is None:
        for name, value in (("--function", function), ("--python", python), ("--memory", memory)):
            if value is not None:
                raise typer.BadParameter(f"{name} says how --handler is run: name its file with --handler")
        return None
    for name, value in (("--timeout", timeout), ("--memory", memory)):
        if value is not None and not isfinite(value):
            raise typer.BadParameter(f"{name} {value} is no limit: give a number")
    from sm_imgcheck.features.handler import Handler

    most_bytes = None if memory is None else int(memory * (1 << 30))
    return Handler(
        file=file,
        function=function or "",
        python=python or "",
        content_type=content_type,
        seconds=timeout,
        most_bytes=most_bytes,
    )
